"""What the columns of a table of labels mean, and what its cells say."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import pandas as pd

from ftcore import names, tasks
from ftcore.datasets import targets
from ftcore.datasets.labels.matching import LOOKED_AT, Names
from ftcore.datasets.labels.tables import JSON_LIST
from ftcore.datasets.splits import split_named
from ftcore.errors import DataError
from ftcore.tasks.labels import as_number

SEPARATORS = ("|", ";", ",")
NO_COLUMN = "none"
"""Asked for as the column of the split or of the group: there is none, whatever the columns are called."""
_IMAGE_NAMES = (
    "file_name",
    "filename",
    "file",
    "image",
    "image_name",
    "image_path",
    "path",
    "filepath",
    "img",
    "picture",
)
_TARGET_NAMES = (
    "label",
    "labels",
    "class",
    "classes",
    "category",
    "categories",
    "target",
    "targets",
    "tags",
    "tag",
)
_SPLIT_NAMES = ("split", "subset", "partition", "set", "usage")
_GROUP_NAMES = ("group", "group_id", "groups", "patient", "patient_id", "subject", "subject_id", "cluster")
_MANY = 20  # different whole numbers beyond which, if each is rare, they are measured and not names of classes


@dataclass(frozen=True)
class Mapping:
    """What the columns of a table mean.

    Args:
        image: Column with the name of the file.
        targets: Columns with what is to be learned.
        task: ``multiclass``, ``multilabel`` or ``regression``.
        split: Column that says train, validation or test; empty if there is none.
        group: Column that says which pictures belong together; empty if there is none.
        separator: Between several classes in one cell; empty where a cell holds one value.
    """

    image: str
    targets: tuple[str, ...]
    task: str = "multiclass"
    split: str = ""
    group: str = ""
    separator: str = ""


def guess(table: pd.DataFrame, pictures: Iterable[str], *, known: Mapping | None = None, folder: str = "") -> Mapping:
    """Return what the columns of a table mean most probably.

    Args:
        table: From read_table().
        pictures: Names of the pictures in the source.
        known: What is known already; its empty fields are filled in, its task may be ``auto``, its split and group
            NO_COLUMN.
        folder: Where in the source the table lies.

    Raises:
        DataError: A column that was asked for is missing, no column names files, or none can be the target.
    """
    known = known or Mapping("", (), "auto")
    columns = [str(column) for column in table.columns]
    extra = [column for column in (known.split, known.group) if column != NO_COLUMN]
    for column in (known.image, *known.targets, *extra):
        if column and column not in columns:
            raise DataError(
                f"The table has no column {column!r}.", fix=f"It has: {', '.join(map(repr, columns[:20]))}."
            )
    image = known.image or _image_column(table, Names(pictures, folder))
    rest = [column for column in columns if column != image and column not in known.targets]
    split = "" if known.split == NO_COLUMN else known.split or _named(rest, _SPLIT_NAMES, table)
    group = "" if known.group == NO_COLUMN else known.group or _named(rest, _GROUP_NAMES, None)
    free = [column for column in rest if column not in (split, group)]
    chosen = known.targets or _target_columns(table, free)
    task, separator = _task(table, image, chosen)
    if known.task != "auto":
        task = known.task
        separator = separator or (_separator(table[chosen[0]], always=True) if tasks.of(task).several else "")
        if tasks.of(task).labels_name_classes and len(chosen) > 1:
            raise DataError(
                f"{len(chosen)} target columns were given, one class per picture needs one.",
                fix="Choose one column, or several classes per picture, or numbers.",
            )
    return Mapping(image, tuple(chosen), task, split, group, separator if len(chosen) == 1 else "")


def outline(table: pd.DataFrame, pictures: Iterable[str], *, folder: str = "") -> Mapping:
    """Return what guess() finds apart from the target, for a form in which people choose it; never raises.

    Where no column names files, the first one stands for it.
    """
    columns = [str(column) for column in table.columns]
    try:
        image = _image_column(table, Names(pictures, folder))
    except DataError:
        image = columns[0]
    rest = [column for column in columns if column != image]
    return Mapping(image, (), split=_named(rest, _SPLIT_NAMES, table), group=_named(rest, _GROUP_NAMES, None))


def n_torn(table: pd.DataFrame, split: str, group: str) -> int:
    """Return how many groups have rows in more than one split, by these two columns."""
    splits = table[split].map(split_named)
    known = (table[group] != "") & splits.notna()
    return int((splits[known].groupby(table.loc[known, group]).nunique() > 1).sum())


def values(cell: str, separator: str) -> tuple[str, ...]:
    """The classes that a cell names, cleaned, each once."""
    parts = cell.split(JSON_LIST) if JSON_LIST in cell else cell.split(separator) if separator else [cell]
    return tuple(dict.fromkeys(class_name(part) for part in parts if part.strip()))


@lru_cache(maxsize=4096)  # few names, many cells
def class_name(text: str) -> str:
    """A class name from a cell: cleaned, and ``3`` also where a spreadsheet made ``3.0`` of it."""
    return names.clean(re.sub(r"^(-?\d+)\.0+$", r"\1", text.strip()))


def numbers(cells: Sequence[str]) -> list[float | None]:
    """The numbers in several cells; None where a cell holds none. A cell with a list counts as several."""
    parts = [part for cell in cells for part in ([part for part in cell.split(JSON_LIST) if part] or [""])]
    return [as_number(part) for part in parts]


def is_on(cell: str) -> bool | None:
    """Tell whether a cell of a column that stands for one class says yes; None if it says neither."""
    plain = cell.strip().casefold()
    if plain in ("1", "1.0", "true", "yes", "x"):
        return True
    return False if plain in ("0", "0.0", "false", "no", "", "-1", "-1.0") else None


def _image_column(table: pd.DataFrame, known: Names) -> str:
    """The column with the most values that are names of pictures; a usual name decides between equals."""
    best, most = "", 0.0
    for column in table.columns:
        seen = [value for value in table[column].head(LOOKED_AT) if value]
        hits = sum(len(known.find(value)) == 1 for value in seen) / max(1, len(seen))
        if hits > 0.3 and str(column).strip().casefold() in _IMAGE_NAMES:
            hits += 0.5  # whole numbers of any kind may look like the names of pictures that are numbered
        if hits > most:
            best, most = str(column), hits
    if most < 0.1:
        raise DataError(
            "No column of the table holds names of the pictures. "
            f"Its columns are {', '.join(repr(names.clean(str(c))) for c in table.columns[:20])}.",
            fix="Put the file names into one column, as they are in the source.",
        )
    return best


def _named(columns: Sequence[str], usual: Sequence[str], table: pd.DataFrame | None) -> str:
    for column in columns:
        fits = table is None or all(split_named(value) for value in set(table[column]) if value)
        if column.strip().casefold() in usual and fits:
            return column
    return ""


def _target_columns(table: pd.DataFrame, free: Sequence[str]) -> tuple[str, ...]:
    usual = [column for column in free if column.strip().casefold() in _TARGET_NAMES]
    if usual:
        return (usual[0],)
    if len(free) == 1:
        return (free[0],)
    switches = [column for column in free if _is_switch(table[column])]
    if len(switches) > 1:
        return tuple(switches)
    measured = [column for column in free if targets.name_and_unit(column)[1] and _is_numeric(table[column])]
    if measured:
        return tuple(measured)
    if free and all(_is_numeric(table[column]) for column in free):
        return tuple(free)
    raise DataError(
        "It is not clear which column of the table is to be learned. "
        f"Its columns are {', '.join(repr(names.clean(column)) for column in free[:20]) or 'only the file names'}.",
        fix="Name the target column.",
    )


def _task(table: pd.DataFrame, image: str, chosen: Sequence[str]) -> tuple[str, str]:
    """The task that fits some columns, and the separator between several classes in a cell."""
    if len(chosen) > 1:
        if all(_is_switch(table[column]) for column in chosen):
            return "multilabel", ""
        return ("regression" if all(_is_numeric(table[column]) for column in chosen) else "multilabel"), ""
    column = table[chosen[0]]
    filled = [value for value in column if value]
    if any(JSON_LIST in value for value in filled):
        return ("regression" if all(n is not None for n in numbers(filled)) else "multilabel"), ""
    if _is_numeric(column):
        parsed = [value for value in numbers(filled) if value is not None]
        n_different = len(set(parsed))
        whole = all(value == int(value) for value in parsed)
        measured = bool(targets.name_and_unit(chosen[0])[1]) or (n_different > _MANY and n_different > len(parsed) / 20)
        return ("regression" if not whole or measured else "multiclass"), ""
    if separator := _separator(column):
        return "multilabel", separator
    repeated = table[[image, chosen[0]]].drop_duplicates()
    if repeated[image].duplicated().sum() > len(repeated) / 50:  # one row for each class of a picture
        return "multilabel", ""
    return "multiclass", ""


def _separator(column: pd.Series, *, always: bool = False) -> str:
    """Return what stands between several classes in a cell. A comma may be part of a name: it counts only where the
    parts are fewer than the texts, or stand alone elsewhere."""
    whole = Counter(value for value in column if value)
    for separator in SEPARATORS:
        if not any(separator in value for value in whole):
            continue
        parts = {part.strip() for value in whole for part in value.split(separator) if part.strip()}
        if separator == "|" or always or len(parts) < len(whole) or parts & set(whole):
            return separator
    return ""


def _is_numeric(column: pd.Series) -> bool:
    filled = [value for value in column if value]
    return bool(filled) and all(number is not None for number in numbers(filled))


def _is_switch(column: pd.Series) -> bool:
    return all(is_on(value) is not None for value in set(column)) and any(column != "")
