"""A table of labels (CSV, TSV, Excel, JSON lines): which column names the file, and what the others say about it."""

import csv
import io
import json
import re
import zipfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import pandas as pd

from ftcore import names, tasks
from ftcore.datasets import targets
from ftcore.datasets.sources.archive import shown
from ftcore.datasets.splits import split_named
from ftcore.errors import DataError
from ftcore.tasks.labels import as_number

SUFFIXES = (".csv", ".tsv", ".xlsx", ".jsonl")
LARGEST = 200_000_000  # bytes of a table; unpacked, for Excel
MOST_ROWS = 1_000_000
MOST_COLUMNS = 1_000
MOST_CELLS = 10_000_000  # empty ones too: a short file can have many
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
_LONGEST_LINE = 1_000_000  # characters, also of a cell
_MOST_LINES = 1_000  # of one row
_LARGEST_LIST = 50_000_000  # characters of JSON that is one list: it is parsed in one piece
_EXCEL_ROWS = 1_048_576  # of any Excel sheet; a row beyond is a lie
_LOOKED_AT = 2000  # rows that tell what a column is
_JSON_LIST = "\x1f"  # stands between the values of a list in a cell; no text file holds it by accident


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


@dataclass(frozen=True)
class Match:
    """How the rows of a table and the pictures of a source fit together.

    Args:
        row_of: Row numbers of the table that name a picture, by the picture's name.
        unmatched: Rows that name no picture, as ``{"name", "reason"}``.
        unlisted: Pictures that no row names, by name.
    """

    row_of: dict[str, list[int]]
    unmatched: tuple[dict[str, str], ...]
    unlisted: tuple[str, ...]


def read_table(name: str, data: bytes) -> pd.DataFrame:
    """A table with a text in every cell, exactly as it is written; an empty text where there is nothing.

    Args:
        name: Of the file; its ending says what it is.
        data: The whole file.

    Raises:
        DataError: Not a table, too large, without any row, or with more rows, columns or cells than are read. What is
            too much is not read to its end.
    """
    ending = "." + name.rpartition(".")[2].lower()
    called = shown(name)
    if len(data) > LARGEST:
        raise DataError(f"The table {called} is larger than {LARGEST // 10**6} MB.", fix="Split it.")
    try:
        if ending == ".xlsx":
            table = _excel(data)
        elif ending in (".jsonl", ".json", ".ndjson"):
            table = _json_lines(_text(data))
        else:
            table = _csv(_text(data), "\t" if ending == ".tsv" else "")
    except DataError:
        raise
    except Exception as error:  # each of the readers raises a dozen kinds on broken files
        raise DataError(f"The table {called} cannot be read.", fix="Save it as CSV, with column names.") from error
    if table.empty or not len(table.columns):
        raise DataError(
            f"The table {called} has no rows below its column names.", fix="Put one row per picture into it."
        )
    return table


def guess(table: pd.DataFrame, pictures: Iterable[str], *, asked: Mapping | None = None, folder: str = "") -> Mapping:
    """What the columns of a table mean most probably.

    Args:
        table: From read_table().
        pictures: Names of the pictures in the source.
        asked: What is known already; its empty fields are filled in, its task may be ``auto``, its split and group
            NO_COLUMN.
        folder: Where in the source the table lies.

    Raises:
        DataError: A column that was asked for is missing, no column names files, or none can be the target.
    """
    asked = asked or Mapping("", (), "auto")
    columns = [str(column) for column in table.columns]
    extra = [column for column in (asked.split, asked.group) if column != NO_COLUMN]
    for column in (asked.image, *asked.targets, *extra):
        if column and column not in columns:
            raise DataError(
                f"The table has no column {column!r}.", fix=f"It has: {', '.join(map(repr, columns[:20]))}."
            )
    image = asked.image or _image_column(table, Names(pictures, folder))
    rest = [column for column in columns if column != image and column not in asked.targets]
    split = "" if asked.split == NO_COLUMN else asked.split or _named(rest, _SPLIT_NAMES, table)
    group = "" if asked.group == NO_COLUMN else asked.group or _named(rest, _GROUP_NAMES, None)
    free = [column for column in rest if column not in (split, group)]
    chosen = asked.targets or _target_columns(table, free)
    task, separator = _task(table, image, chosen)
    if asked.task != "auto":
        task = asked.task
        separator = separator or (_separator(table[chosen[0]], always=True) if tasks.of(task).several else "")
        if tasks.of(task).labels_name_classes and len(chosen) > 1:
            raise DataError(
                f"{len(chosen)} target columns were given, one class per picture needs one.",
                fix="Choose one column, or several classes per picture, or numbers.",
            )
    return Mapping(image, tuple(chosen), task, split, group, separator if len(chosen) == 1 else "")


def outline(table: pd.DataFrame, pictures: Iterable[str], *, folder: str = "") -> Mapping:
    """What guess() finds apart from the target, for a form in which people choose it; never raises.

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
    """How many groups have rows in more than one split, by these two columns."""
    splits = table[split].map(split_named)
    known = (table[group] != "") & splits.notna()
    return int((splits[known].groupby(table.loc[known, group]).nunique() > 1).sum())


class Names:
    """Finds pictures by what a table calls them: the whole name, the end of it, or without its ending."""

    def __init__(self, pictures: Iterable[str], folder: str = "") -> None:
        """``pictures`` are names in the source; ``folder`` is where the table lies, names may be relative to it."""
        self._folder = folder.rstrip("/") + "/" if folder else ""
        self.all = list(pictures)
        self._whole: dict[str, str] = {}
        self._file: dict[str, list[str]] = defaultdict(list)
        self._stem: dict[str, list[str]] = defaultdict(list)
        for name in self.all:
            plain = _plain(name)
            self._whole[plain] = name
            file = plain.rpartition("/")[2]
            self._file[file].append(name)
            self._stem[file.rpartition(".")[0]].append(name)

    def find(self, called: str) -> list[str]:
        """Every picture that may be meant; one is what one hopes for."""
        plain = _plain(called)
        for candidate in (_plain(self._folder + called), plain):
            if candidate in self._whole:
                return [self._whole[candidate]]
        file = plain.rpartition("/")[2]
        found = self._file.get(file) or self._stem.get(file) or []
        if len(found) > 1:  # as many folders as the table names may tell them apart
            ends = [name for name in found if f"/{_plain(name)}".endswith(f"/{plain}")]
            ends = ends or [name for name in found if f"/{_plain(name)}".rpartition(".")[0].endswith(f"/{plain}")]
            return ends or found
        return found


def match(table: pd.DataFrame, image: str, pictures: Sequence[str], *, folder: str = "") -> Match:
    """Bring rows and pictures together by the column ``image``."""
    known = Names(pictures, folder)
    row_of: dict[str, list[int]] = defaultdict(list)
    unmatched = []
    for row, called in enumerate(table[image]):
        found = known.find(called) if called else []
        if len(found) == 1:
            row_of[found[0]].append(row)
        elif not called:
            unmatched.append({"name": f"row {row + 2}", "reason": f"names no file in column {names.clean(image)!r}"})
        else:
            reason = (
                f"{len(found)} pictures are called so" if found else "listed in the table, but there is no such picture"
            )
            unmatched.append({"name": shown(called), "reason": reason})
    return Match(dict(row_of), tuple(unmatched), tuple(name for name in pictures if name not in row_of))


def names_some(table: pd.DataFrame, pictures: Iterable[str], *, folder: str = "") -> bool:
    """Whether any cell of the table's first rows names a picture."""
    known = Names(pictures, folder)
    return any(known.find(cell) for column in table.columns for cell in table[column].head(_LOOKED_AT) if cell)


def values(cell: str, separator: str) -> tuple[str, ...]:
    """The classes that a cell names, cleaned, each once."""
    parts = cell.split(_JSON_LIST) if _JSON_LIST in cell else cell.split(separator) if separator else [cell]
    return tuple(dict.fromkeys(class_name(part) for part in parts if part.strip()))


@lru_cache(maxsize=4096)  # few names, many cells
def class_name(text: str) -> str:
    """A class name from a cell: cleaned, and ``3`` also where a spreadsheet made ``3.0`` of it."""
    return names.clean(re.sub(r"^(-?\d+)\.0+$", r"\1", text.strip()))


def numbers(cells: Sequence[str]) -> list[float | None]:
    """The numbers in several cells; None where a cell holds none. A cell with a list counts as several."""
    parts = [part for cell in cells for part in ([part for part in cell.split(_JSON_LIST) if part] or [""])]
    return [as_number(part) for part in parts]


def _plain(name: str) -> str:
    if "\\" not in name and "//" not in name and name[:1] not in ("/", ".") and "/./" not in name:
        return name.casefold()  # the usual case, asked for a million times
    parts = [part for part in name.replace("\\", "/").split("/") if part not in ("", ".")]
    return "/".join(parts).casefold()


def _image_column(table: pd.DataFrame, known: Names) -> str:
    """The column with the most values that are names of pictures; a usual name decides between equals."""
    best, most = "", 0.0
    for column in table.columns:
        seen = [value for value in table[column].head(_LOOKED_AT) if value]
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
    if any(_JSON_LIST in value for value in filled):
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
    """What stands between several classes in a cell. A comma may be part of a name: it counts only where the parts
    are fewer than the texts, or stand alone elsewhere."""
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


def is_on(cell: str) -> bool | None:
    """Whether a cell of a column that stands for one class says yes; None if it says neither."""
    plain = cell.strip().casefold()
    if plain in ("1", "1.0", "true", "yes", "x"):
        return True
    return False if plain in ("0", "0.0", "false", "no", "", "-1", "-1.0") else None


def _is_switch(column: pd.Series) -> bool:
    return all(is_on(value) is not None for value in set(column)) and any(column != "")


def _text(data: bytes) -> str:
    for encoding in ("utf-8-sig", "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"):
        try:
            return data.decode(encoding).replace("\0", "")
        except UnicodeError:
            continue
    return data.decode("cp1252", "replace").replace("\0", "")


def _require_room(n_columns: int, n_rows: int) -> None:
    """Raise DataError for a table that has become too large."""
    if n_columns > MOST_COLUMNS:
        raise DataError(
            f"The table has more than {MOST_COLUMNS:,} columns.", fix="Leave out those that are not needed here."
        )
    if n_rows > MOST_ROWS:
        raise DataError(f"The table has more than {MOST_ROWS:,} rows.", fix="Split it.")
    if n_rows * n_columns > MOST_CELLS:
        raise DataError(
            f"The table has more than {MOST_CELLS:,} cells, counting empty ones.",
            fix="Leave out columns that are not needed here, or split it.",
        )


def _lines(text: str) -> Iterator[str]:
    """The lines with their ends, one at a time."""
    start = 0
    while start < len(text):
        stop = text.find("\n", start) + 1 or len(text)
        if stop - start > _LONGEST_LINE:
            raise DataError(
                f"The table has a line of more than {_LONGEST_LINE:,} characters.", fix="Put one row into each line."
            )
        yield text[start:stop]
        start = stop


def _csv(text: str, delimiter: str) -> pd.DataFrame:
    first = next((line for line in _lines(text) if line.strip()), "")
    delimiter = delimiter or max((",", ";", "\t", "|"), key=first.count)
    csv.field_size_limit(_LONGEST_LINE)
    n_lines = 0  # of the row that is being read

    def counted() -> Iterator[str]:
        nonlocal n_lines
        for line in _lines(text):
            n_lines += 1
            if n_lines > _MOST_LINES:
                raise DataError(
                    f"A row of the table goes over more than {_MOST_LINES:,} lines.", fix="Check its quotation marks."
                )
            yield line

    header: list[str] = []
    body: list[list[str]] = []
    for row in csv.reader(counted(), delimiter=delimiter):
        n_lines = 0
        if not any(cell.strip() for cell in row):
            continue
        if not header:
            _require_room(len(row), 0)
            header = _unique([cell.strip() for cell in row])
            continue
        _require_room(len(header), len(body) + 1)
        body.append([cell.strip() for cell in row[: len(header)]] + [""] * (len(header) - len(row)))
    return pd.DataFrame(body, columns=header or None, dtype=object)


def _excel(data: bytes) -> pd.DataFrame:
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        if sum(info.file_size for info in packed.infolist()) > LARGEST:
            raise DataError(f"The Excel file unpacks to more than {LARGEST // 10**6} MB.", fix="Save it as CSV.")
    from openpyxl import load_workbook

    sheet = load_workbook(io.BytesIO(data), read_only=True, data_only=True).worksheets[0]
    sheet.reset_dimensions()  # rows would be filled up to the size that the file claims
    header: list[str] = []
    body: list[list[str]] = []
    for number, row in enumerate(sheet.iter_rows(values_only=True)):
        if number > _EXCEL_ROWS:
            _require_room(len(header), MOST_ROWS + 1)
        if not header:
            _require_room(len(row), 0)
            named = [_cell(value) for value in row]
            header = _unique(named[: max((i + 1 for i, cell in enumerate(named) if cell), default=0)])
            continue
        cells = [_cell(value) for value in row[: len(header)]]
        if any(cells):
            _require_room(len(header), len(body) + 1)
            body.append(cells + [""] * (len(header) - len(cells)))
    return pd.DataFrame(body, columns=header or None, dtype=object)


def _json_lines(text: str) -> pd.DataFrame:
    columns: dict[str, int] = {}
    body: list[list[str]] = []
    for record in _json_records(text):
        if not isinstance(record, dict):
            raise ValueError("expected one object per line")
        for key in record:
            columns.setdefault(key, len(columns))
        _require_room(len(columns), len(body) + 1)
        cells = [""] * len(columns)
        for key, value in record.items():
            cells[columns[key]] = _cell(value)
        body.append(cells)
    body = [cells + [""] * (len(columns) - len(cells)) for cells in body]
    return pd.DataFrame(body, columns=_unique(list(columns)) or None, dtype=object)


def _json_records(text: str) -> Iterator[Any]:
    """One value for each line, or for each part of a list."""
    if not text.lstrip().startswith("["):
        yield from (json.loads(line) for line in _lines(text) if line.strip())
    elif len(text) > _LARGEST_LIST:
        raise DataError(
            f"The table is a JSON list of more than {_LARGEST_LIST // 10**6} MB.", fix="Save it as JSON lines or CSV."
        )
    else:
        yield from json.loads(text)


def _cell(value: Any) -> str:
    """A value as text; a whole number without a point, a list with its values side by side."""
    if value is None or (isinstance(value, float) and value != value):
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float) and value == int(value) and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, list):
        return "".join(_cell(part) + _JSON_LIST for part in value if not isinstance(part, list | dict))
    if isinstance(value, dict):
        return json.dumps(value)
    return str(value).strip()


def _unique(header: Sequence[str]) -> list[str]:
    """Column names, each once and none empty."""
    taken: dict[str, None] = {}
    for i, name in enumerate(header):
        plain = str(name) or f"column {i + 1}"
        while plain in taken:
            plain += f" ({i + 1})"
        taken[plain] = None
    return list(taken)
