"""Where the labels of a source come from: its folders, a table, or the label files of a detector."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import pandas as pd

from ftcore import names, tasks
from ftcore.datasets import targets
from ftcore.datasets.images.decode import EXTENSIONS
from ftcore.datasets.labels import coco_yolo, column_roles, matching, tables
from ftcore.datasets.labels.column_roles import Mapping
from ftcore.datasets.labels.folders import Layout, Placed, arrange, split_off
from ftcore.datasets.sources.archive import Entry, Listing, shown, suffix
from ftcore.datasets.splits import split_named
from ftcore.errors import DataError
from ftcore.tasks import MULTICLASS, MULTILABEL, REGRESSION
from ftcore.tasks.labels import as_number, classes_in_words, numbers_in_words

_METADATA = ("metadata.csv", "metadata.jsonl")  # one beside the pictures of each folder, as the Hugging Face hub has it
_MOST_TABLES = 5  # of a source that are tried
_MOST_FILES = 50  # JSON files beyond which each describes one picture, and none all of them
_PLAIN = ("labels", "annotations", "targets")
_MEANT = ("labels", "label", "annotations", "targets", "train", "data", "metadata")


@dataclass(frozen=True)
class Labels:
    """A file of labels and what its columns mean; whatever is empty is found out.

    Args:
        file: Path of a table or of a COCO file, or its name inside the source.
        image: Column with the file name.
        targets: Columns with what is to be learned.
        split: Column with train, validation or test; column_roles.NO_COLUMN if none is to be found out.
        group: Column that says which pictures belong together; likewise.
        separator: Between several classes in one cell.
    """

    file: str = ""
    image: str = ""
    targets: tuple[str, ...] = ()
    split: str = ""
    group: str = ""
    separator: str = ""


def place(listing: Listing, labels: Labels, task: str, *, source: str = "ZIP") -> Layout:
    """Return what is to be learned of every picture.

    A file that is named wins, then a table of which columns are named; then tables called metadata, as the Hugging
    Face hub has them, or called labels if they name nearly every picture; then folders, if there are at least two
    classes of them; then any table that fits, then COCO or YOLO files in the source.

    Args:
        listing: The files of the source.
        labels: The file of labels, if one was named.
        task: ``auto``, ``multiclass``, ``multilabel`` or ``regression``.
        source: What sentences call the source.

    Raises:
        DataError: No labels, or none that fit the pictures or the task.
    """
    entries = listing.entries
    if labels.file:
        file = _named_file(labels.file, entries)
        pictures, left_out = split_off([entry for entry in entries if entry is not file], source=source)
        layout = _from_file(file, pictures, labels, task, inside=file in entries)
        return _with_task(_and_also(layout, left_out), task)
    folders = _folders(entries, source)
    named = labels != Labels()  # columns, so that only a table can be meant
    if not named and not isinstance(folders, DataError) and _speak(folders, entries):
        detected = None if folders.has_splits else _detector(entries)
        return _with_task(detected or folders, task)
    problem = folders if isinstance(folders, DataError) else None
    try:
        found = _from_tables(entries, labels, task, source)
    except DataError as error:
        if named:
            raise
        found, problem = None, error
    if found is None and named:
        raise DataError(
            f"Columns of a table were named, but the {source} holds no table.", fix="Name the file of labels too."
        )
    found = found or _detector(entries)
    if found is None:
        if problem:
            raise problem
        assert isinstance(folders, Layout)
        found = folders
    return _with_task(found, task)


def find_table(listing: Listing) -> tuple[str, pd.DataFrame] | None:
    """The table that place() would use, with its name in the source: for a form that shows it.

    None if it uses none, or several together, of which no form could show one. A table of which no row names a
    picture has to do with something else.
    """
    entries = listing.entries
    folders = _folders(entries, "source")
    if not isinstance(folders, DataError) and _speak(folders, entries):
        return None
    if len(_metadata(entries)) > 1:
        return None
    pictures = [entry.name for entry in entries if suffix(entry.name) in EXTENSIONS and not entry.refused]
    for entry in _table_files(entries)[:_MOST_TABLES]:
        try:
            table = tables.read_table(entry.name, entry.read())
        except DataError:
            continue
        if matching.names_some(table, pictures, folder=entry.name.rpartition("/")[0]):
            return entry.name, table
    return None


def _speak(folders: Layout, entries: Sequence[Entry]) -> bool:
    """Tell whether the folders say what the classes are, so that no table is asked."""
    return len({item.label for item in folders.placed}) > 1 and not _metadata(entries) and not _lists_all(entries)


def _lists_all(entries: Sequence[Entry]) -> bool:
    """Tell whether a table that is called after its labels names nearly every picture: the folders are mere folders
    then."""
    pictures = [entry.name for entry in entries if suffix(entry.name) in EXTENSIONS and not entry.refused]
    for file in _table_files(entries)[:1]:
        if file.name.rpartition("/")[2].lower().rpartition(".")[0] not in _PLAIN:
            return False
        try:
            table = tables.read_table(file.name, file.read())
            folder = file.name.rpartition("/")[0]
            image = column_roles.guess(table, pictures, folder=folder).image
            return 10 * len(matching.match(table, image, pictures, folder=folder).row_of) >= 9 * len(pictures)
        except DataError:
            return False
    return False


def _folders(entries: Sequence[Entry], source: str) -> Layout | DataError:
    try:
        return arrange(entries, source=source)
    except DataError as error:
        return error


def _detector(entries: Sequence[Entry]) -> Layout | None:
    """COCO or YOLO files, if the source has some that fit."""
    if not any(suffix(entry.name) in (".json", ".txt") for entry in entries):
        return None
    pictures, left_out = split_off(entries)
    written = [entry for entry in entries if suffix(entry.name) == ".json"]
    files = [entry for entry in written if coco_yolo.is_coco(entry)] if len(written) <= _MOST_FILES else []
    if files:
        layout = coco_yolo.coco(files, pictures)
        used = {entry.name for entry in files}
    else:
        of = coco_yolo.yolo_labels(entries, pictures)
        if not of:
            return None
        layout = coco_yolo.yolo(of, entries, pictures)
        used = {entry.name for entry in of.values()}
        used |= {entry.name for entry in entries if suffix(entry.name) in (".txt", ".yaml", ".yml", ".names")}
    return _and_also(layout, [item for item in left_out if item["name"] not in {shown(name) for name in used}])


def _metadata(entries: Sequence[Entry]) -> list[Entry]:
    return [entry for entry in entries if entry.name.rpartition("/")[2].lower() in _METADATA and not entry.refused]


def _table_files(entries: Sequence[Entry]) -> list[Entry]:
    """Tables of the source, the likeliest first: called metadata, called labels, the least deep."""
    found = [entry for entry in entries if suffix(entry.name) in tables.SUFFIXES and not entry.refused]

    def order(entry: Entry) -> tuple[bool, bool, int, str]:
        file = entry.name.rpartition("/")[2].lower()
        return file not in _METADATA, file.rpartition(".")[0] not in _MEANT, entry.name.count("/"), entry.name

    return sorted(found, key=order)


def _from_tables(entries: Sequence[Entry], labels: Labels, task: str, source: str) -> Layout | None:
    """The first table that fits; all of those called metadata together. The reason why none fits, if there is one."""
    files = _table_files(entries)
    if not files:
        return None
    pictures, left_out = split_off(entries, source=source)
    used = {shown(entry.name) for entry in (_metadata(entries) or files[:1])}
    rest = [item for item in left_out if item["name"] not in used]
    metadata = _metadata(entries)
    if len(metadata) > 1:
        return _and_also(_from_metadata(metadata, pictures, labels, task), rest)
    problem: DataError | None = None
    for file in files[:_MOST_TABLES]:
        try:
            return _and_also(_from_file(file, pictures, labels, task, inside=True), rest)
        except DataError as error:
            problem = problem or error
    assert problem is not None
    raise problem


def _from_metadata(files: Sequence[Entry], pictures: Sequence[Entry], labels: Labels, task: str) -> Layout:
    """One table for several folders, each with the split that its folder names."""
    parts = []
    for file in files:
        table = tables.read_table(file.name, file.read())
        folder = file.name.rpartition("/")[0]
        mapping = column_roles.guess(table, [p.name for p in pictures], known=_known_roles(labels, task), folder=folder)
        table[mapping.image] = [f"{folder}/{called}" if called else "" for called in table[mapping.image]]
        if not mapping.split and (split := split_named(folder.rpartition("/")[2])):
            table["split"] = split
        parts.append(table)
    table = pd.concat(parts, ignore_index=True).fillna("")
    return from_table(table, pictures, _known_roles(labels, task), called=shown(files[0].name))


def _named_file(file: str, entries: Sequence[Entry]) -> Entry:
    """The file of labels: on disk, or in the source."""
    usable = [entry for entry in entries if not entry.refused]
    for entry in usable:
        if entry.name == file:
            return entry
    inside = [entry for entry in usable if entry.name.endswith(f"/{file}")]
    path = Path(file).expanduser()
    if path.is_file():
        resolved = path.resolve()
        return Entry(resolved.name, resolved.stat().st_size, resolved.read_bytes)
    if len(inside) == 1:
        return inside[0]
    raise DataError(
        f"There is no file of labels {names.clean(file)!r}"
        + (f", but {len(inside)} in the source." if inside else "."),
        fix="Give its path, or its name inside the source.",
    )


def _from_file(file: Entry, pictures: Sequence[Entry], labels: Labels, task: str, *, inside: bool) -> Layout:
    try:
        data = file.read()
    except OSError as error:
        raise DataError(f"The file of labels {shown(file.name)} cannot be read.", fix="Check the path.") from error
    if suffix(file.name) == ".json" and not data.lstrip().startswith(b"["):
        return coco_yolo.coco([Entry(file.name, len(data), lambda: data)], pictures)
    table = tables.read_table(file.name, data)
    folder = file.name.rpartition("/")[0] if inside else ""
    return from_table(table, pictures, _known_roles(labels, task), called=shown(file.name), folder=folder)


def _known_roles(labels: Labels, task: str) -> Mapping:
    return Mapping(labels.image, labels.targets, task, labels.split, labels.group, labels.separator)


def from_table(
    table: pd.DataFrame, pictures: Sequence[Entry], known: Mapping, *, called: str = "the table", folder: str = ""
) -> Layout:
    """Return what a table says about the pictures; rows and pictures that do not fit together are both left out.

    Args:
        table: From tables.read_table().
        pictures: Of the source.
        known: What is known of the columns.
        called: Name of the table, for sentences.
        folder: Where in the source it lies.

    Raises:
        DataError: The columns do not fit, or no row names a picture.
    """
    by_name = {entry.name: entry for entry in pictures}
    mapping = column_roles.guess(table, list(by_name), known=known, folder=folder)
    match = matching.match(table, mapping.image, list(by_name), folder=folder)
    if not match.row_of:
        raise DataError(
            f"None of the {len(table):,} rows of {called} names a picture of the source; the first one names "
            f"{names.clean(str(table[mapping.image].iloc[0]))!r}, the first picture is {shown(next(iter(by_name)))!r}.",
            fix="Choose the column with the file names.",
        )
    rows = {str(column): table[column].tolist() for column in table.columns}
    pairs = targets.names_and_units(mapping.targets)
    left_out = [*match.unmatched]
    left_out += [{"name": shown(name), "reason": f"not listed in {called}"} for name in match.unlisted]
    placed = []
    for name, listed in match.row_of.items():
        try:
            placed.append(_row(by_name[name], rows, listed, mapping, tuple(unit for _, unit in pairs)))
        except DataError as error:
            left_out.append({"name": shown(name), "reason": error.what.rstrip(".")})
    if not placed:
        raise DataError(
            f"No row of {called} says what is to be learned.",
            fix=f"The first picture is {left_out[0]['name']}: {left_out[0]['reason']}.",
        )
    n_numbers = len(placed[0].numbers)
    whole = [item for item in placed if len(item.numbers) == n_numbers]
    left_out += [
        {"name": shown(item.entry.name), "reason": f"has {len(item.numbers)} numbers and not {n_numbers}"}
        for item in placed
        if len(item.numbers) != n_numbers
    ]
    called_numbers = [pair for pair in pairs] if len(pairs) == n_numbers else []
    return Layout(
        tuple(sorted(whole, key=lambda item: item.entry.name)),
        tuple(left_out),
        bool(mapping.split),
        task=mapping.task,
        numbers=tuple(name for name, _ in called_numbers) or tuple(f"number {i + 1}" for i in range(n_numbers)),
        units=tuple(unit for _, unit in called_numbers) or ("",) * n_numbers,
        origin=f"{_listed(mapping.targets)} of {called}",
        splits_from="column",
    )


def _row(
    entry: Entry, rows: dict[str, list[str]], listed: Sequence[int], mapping: Mapping, units: Sequence[str]
) -> Placed:
    """One picture from the row, or the rows, that name it. Raises DataError with the reason to leave it out."""
    split = _agreed(rows, listed, mapping.split) if mapping.split else None
    if mapping.split:
        split = split_named(split or "")
        if split is None:
            raise DataError(f"has no split in column {names.clean(mapping.split)!r}", fix="Fill it in.")
    group = _group(_agreed(rows, listed, mapping.group)) if mapping.group else ""
    task = tasks.of(mapping.task)
    if task.several:
        found = tuple(sorted({label for row in listed for label in _classes(rows, row, mapping)}))
        return Placed(entry, classes_in_words(found), split, labels=found, group=group)
    cells = [_agreed(rows, listed, column) for column in mapping.targets]
    missing = [names.clean(column) for column, cell in zip(mapping.targets, cells, strict=True) if not cell]
    if missing:
        raise DataError(f"has no value in column {missing[0]!r}", fix="Fill it in.")
    if not task.has_classes:
        values = column_roles.numbers(cells)
        if None in values:
            cell = names.clean(cells[min(values.index(None), len(cells) - 1)])
            raise DataError(f"{cell!r} is not a number", fix="Write a number.")
        numbers = tuple(value for value in values if value is not None)
        text = numbers_in_words(numbers, units if len(units) == len(numbers) else ())
        return Placed(entry, text, split, numbers=numbers, group=group)
    one = column_roles.values(cells[0], "")  # a list in JSON may hold several
    if len(one) != 1:
        raise DataError(f"has {len(one)} classes and not one", fix="Keep one of them.")
    return Placed(entry, one[0], split, group=group)


@lru_cache(maxsize=4096)  # one name for all pictures of a group
def _group(cell: str) -> str:
    return names.clean(cell, fallback="")


def _classes(rows: dict[str, list[str]], row: int, mapping: Mapping) -> tuple[str, ...]:
    """The classes that one row names: in one cell, or by the columns that say yes."""
    if len(mapping.targets) == 1:
        cell = rows[mapping.targets[0]][row]
        return column_roles.values(cell, mapping.separator)
    found: list[str] = []
    for column in mapping.targets:
        cell = rows[column][row]
        on = column_roles.is_on(cell)
        found += [names.clean(column)] if on else column_roles.values(cell, mapping.separator) if on is None else []
    return tuple(found)


def _agreed(rows: dict[str, list[str]], listed: Sequence[int], column: str) -> str:
    found = {rows[column][row] for row in listed}
    if len(found) > 1:
        what = f"is listed {len(listed)} times with different values in column {names.clean(column)!r}"
        raise DataError(what, fix="Keep one of the rows.")
    return str(found.pop())


def _with_task(layout: Layout, task: str) -> Layout:
    """The same pictures for another task, where that is possible."""
    if task in ("auto", layout.task):
        return layout
    convert = _CONVERSIONS.get((layout.task, task))
    if convert is None:
        raise DataError(
            f"The labels are {tasks.of(layout.task).label}, asked for were {tasks.of(task).label}.",
            fix=f"Choose the task {layout.task}, or other labels.",
        )
    return replace(convert(layout), task=task)


def _each_of_one(layout: Layout) -> Layout:
    """The class of a picture as the only one of several."""
    placed = tuple(replace(item, labels=(item.label,)) for item in layout.placed)
    return replace(layout, placed=placed, merges_copies=True)


def _the_only_one(layout: Layout) -> Layout:
    """The only class of a picture as its class; pictures with more or none are left out."""
    one = tuple(replace(item, label=item.labels[0], labels=()) for item in layout.placed if len(item.labels) == 1)
    more = [
        {"name": shown(item.entry.name), "reason": f"has {len(item.labels)} classes and not one"}
        for item in layout.placed
        if len(item.labels) != 1
    ]
    return _and_also(replace(layout, placed=one), more)


def _as_number(layout: Layout) -> Layout:
    """The name of a picture's class read as a number."""
    values = [(item, as_number(item.label)) for item in layout.placed]
    wrong = next((item.label for item, value in values if value is None), None)
    if wrong is not None:
        raise DataError(
            f"{wrong!r} is the name of a folder and no number.", fix="Use a table with a column of numbers."
        )
    placed = tuple(replace(item, numbers=(value,)) for item, value in values if value is not None)
    return replace(layout, placed=placed, numbers=("value",), units=("",))


_CONVERSIONS = {
    (MULTICLASS.name, MULTILABEL.name): _each_of_one,
    (MULTILABEL.name, MULTICLASS.name): _the_only_one,
    (MULTICLASS.name, REGRESSION.name): _as_number,
}
"""Labels of one task read as another's, by the names of both."""


def _and_also(layout: Layout, left_out: Sequence[dict[str, str]]) -> Layout:
    return replace(layout, left_out=(*layout.left_out, *left_out))


def _listed(columns: Sequence[str]) -> str:
    shown_columns = [repr(names.clean(column)) for column in columns[:3]]
    more = f" and {len(columns) - 3} more" if len(columns) > 3 else ""
    return f"column{'s' if len(columns) > 1 else ''} {', '.join(shown_columns)}{more}"
