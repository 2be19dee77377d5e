"""Edits make a new version of a data set; the one that was edited stays as it is, so undo is opening it again.

A version is a data set like any other, in a folder of its own. Its pixels and pictures are hard links to its parent's:
they take no space, and deleting one version leaves every other whole. ``version.json`` beside them holds

    root      id of the data set that was imported
    parent    id of the version that was edited
    history   what was done, oldest first: id of the result, id of its parent, when, and the edits in words

An edit whose result is there already leads to it and makes nothing; ``ways.json`` in it then says from which version
somebody came, when, and by which edits.

Rows keep their numbers over all versions: row 17 is the same picture in each of them.
"""

import contextlib
import hashlib
import json
import os
import shutil
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ftcore import names, tasks, workspace
from ftcore.datasets import holdout_log, records
from ftcore.datasets.records import Dataset
from ftcore.datasets.splits import SPLITS
from ftcore.errors import DataError

VERSION = "version.json"
WAYS = "ways.json"
ACTIONS = ("exclude", "include", "relabel", "move")
BY_HAND = "left out by hand"
_IN_WORDS = {"train": "training", "validation": "validation", "test": "test"}


@dataclass(frozen=True)
class Edit:
    """One thing to do to some pictures.

    Args:
        action: ``exclude`` (from every split), ``include`` (again, in the split it was in), ``relabel`` or ``move``.
        rows: Row numbers of the pictures.
        value: Why it is excluded; the class to relabel as, or classes or numbers in words (tasks/labels.py:
            classes_in_words, numbers_of); the split to move to. Nothing for ``include``.
    """

    action: str
    rows: tuple[int, ...]
    value: str = ""

    def in_words(self) -> str:
        """Return what the edit does, in one phrase for the history."""
        pictures = f"{len(self.rows):,} picture{'' if len(self.rows) == 1 else 's'}"
        if self.action == "exclude":
            return f"excluded {pictures}: {self.value or BY_HAND}"
        if self.action == "include":
            return f"included {pictures} again"
        if self.action == "relabel":
            return f"relabelled {pictures} as {self.value!r}"
        return f"moved {pictures} to {_IN_WORDS.get(self.value, self.value)}"


@dataclass(frozen=True)
class Revision:
    """One entry of a history.

    Args:
        id: The version that came out.
        parent: The version that was edited.
        at: When, seconds since 1970.
        words: The edits, in words.
    """

    id: str
    parent: str
    at: float
    words: tuple[str, ...]


def edit(dataset: Dataset, edits: Sequence[Edit]) -> Dataset:
    """A new version with the edits done in order. The same result, reached on any way, is found and not made again.

    Raises:
        DataError: An edit cannot be done, or the result could not be trained on; nothing was written.
        WorkspaceError: The disk is full or refuses; nothing was written.
    """
    before = dataset.records()
    table = before.copy()
    for one in edits:
        _do(table, one, dataset)
    return changed(dataset, table, tuple(one.in_words() for one in edits), {}, before=before)


def changed(
    dataset: Dataset,
    table: pd.DataFrame,
    words: tuple[str, ...],
    about: Mapping[str, Any],
    *,
    before: pd.DataFrame | None = None,
) -> Dataset:
    """A new version with another table.

    Args:
        dataset: Whose version.
        table: Its rows, with the same pictures in the same order.
        words: What was done, for the history.
        about: Fields of Dataset that the change gives another value.
        before: The table as it was, if it is at hand.

    Raises:
        DataError: The result could not be trained on; nothing was written.
        WorkspaceError: The disk is full or refuses; nothing was written.
    """
    if _rows(table) == _rows(dataset.records() if before is None else before):
        return dataset
    root = root_of(dataset)
    version = replace(_described(dataset, table, _content(root, table)), **about)
    known = _known(root, version.content, table)
    if known is not None:
        ways = {**_ways(known), dataset.id: {"at": time.time(), "words": words}}
        workspace.write_json(known.folder / WAYS, ways)
        return known
    version = replace(version, id=records.free_id(dataset.name, version.content))
    revision = Revision(version.id, dataset.id, version.created, words)
    lineage = {"root": root, "parent": dataset.id, "history": [asdict(s) for s in (*history(dataset), revision)]}
    try:
        _write(version, table, dataset.folder, lineage)
    except FileExistsError:  # the same edit was made twice at once, and the other one was faster
        return records.open_dataset(version.id)
    return version


def parent(dataset: Dataset, before: str = "") -> Dataset | None:
    """The version that this one was made from: opening it undoes the last edit. None if there is none, or no more.

    Args:
        dataset: The version.
        before: Id of the version from which somebody came to it, where that was another one; see history().
    """
    revisions = history(dataset, before)
    if not revisions:
        return None
    try:
        return records.open_dataset(revisions[-1].parent)
    except DataError:
        return None


def history(dataset: Dataset, before: str = "") -> tuple[Revision, ...]:
    """Return what was done since the import, oldest first; empty for a data set as it was imported.

    Edits of different versions may have the same result. Its history is then that of whoever made it first, or, with
    ``before``, the history of the version of that id and the edit that led from there to here.
    """
    if before and (way := _ways(dataset).get(before)):
        with contextlib.suppress(DataError, KeyError, TypeError, ValueError):
            revision = Revision(dataset.id, before, float(way["at"]), tuple(way["words"]))
            return (*history(records.open_dataset(before)), revision)
    try:
        revisions = _lineage(dataset)["history"]
        return tuple(Revision(s["id"], s["parent"], float(s["at"]), tuple(s["words"])) for s in revisions)
    except (KeyError, TypeError, ValueError):
        return ()


def root_of(dataset: Dataset) -> str:
    """Id of the import that this version goes back to; its own id if it was not edited."""
    return str(_lineage(dataset).get("root", dataset.id))


def family(dataset: Dataset) -> list[Dataset]:
    """Every version that goes back to the same import and is still there, newest first."""
    root = root_of(dataset)
    return [other for other in records.list_datasets() if root_of(other) == root]


def families() -> list[list[Dataset]]:
    """All data sets, the versions of one import together. The newest first, in each family and of the families."""
    found: dict[str, list[Dataset]] = {}
    for dataset in records.list_datasets():
        found.setdefault(root_of(dataset), []).append(dataset)
    return list(found.values())


def log_holdout_access(dataset: Dataset, run_id: str, *, shown: bool = False) -> None:
    """Note a look at the test score (holdout_log.record), for every version that tests on the same pictures.

    Raises:
        DataError: The data set is not there any more.
        WorkspaceError: The disk refuses.
    """
    line = holdout_log.record(dataset.id, run_id, shown=shown)
    tested = _tested(dataset.records())
    for other in family(dataset):
        if other != dataset and _same_test(tested, other):
            with contextlib.suppress(DataError):  # deleted meanwhile
                holdout_log.add(other.id, [line])


def excluded(dataset: Dataset) -> pd.DataFrame:
    """The pictures that are not used, with the columns of the table."""
    table = dataset.records()
    return table[table["excluded"] != ""]


def rows_called(table: pd.DataFrame, called: Sequence[str]) -> tuple[int, ...]:
    """Row numbers of pictures by their path, or by their file name alone where only one picture has it.

    Raises:
        DataError: No picture, or several, are called so.
    """
    paths = table["path"].tolist()
    by_path = Counter(paths)
    by_name = Counter(path.rpartition("/")[2] for path in paths)
    row_of = {path.rpartition("/")[2]: row for row, path in enumerate(paths)}
    row_of |= {path: row for row, path in enumerate(paths)}
    found = []
    for name in called:
        n = by_path[name] or by_name[name]
        if n != 1:
            raise DataError(
                f"{'No picture is' if n == 0 else f'{n} pictures are'} called {name!r}, expected one.",
                fix="Give its path as the data set's table has it." if n else f"For example {paths[0]}.",
            )
        found.append(row_of[name])
    return tuple(found)


def paired(action: str, table: pd.DataFrame, pairs: Sequence[str]) -> list[Edit]:
    """Edits from ``IMAGE=VALUE`` texts, one for each value. Both sides may hold a ``=``: the first picture fits.

    Raises:
        DataError: No ``=``, or no picture is called so.
    """
    chosen: dict[str, list[int]] = {}
    for pair in pairs:
        image, sign, value = pair.partition("=")
        if not sign:
            raise DataError(f"{pair!r} was given, expected a picture, = and a value.", fix="For example cat/1.jpg=dog.")
        while True:
            try:
                (row,) = rows_called(table, [image])
                break
            except DataError:
                more, sign, rest = value.partition("=")
                if not sign:
                    rows_called(table, [pair.partition("=")[0]])  # says what is wrong with the shortest reading
                    raise
                image, value = f"{image}={more}", rest
        chosen.setdefault(value, []).append(row)
    return [Edit(action, tuple(rows), value) for value, rows in chosen.items()]


def _do(table: pd.DataFrame, one: Edit, dataset: Dataset) -> None:
    """Do one edit on the table, in place."""
    rows = list(dict.fromkeys(one.rows))
    if one.action not in ACTIONS:
        raise DataError(f"Unknown edit {one.action!r}.", fix=f"Choose one of: {', '.join(ACTIONS)}.")
    if any(type(row) is not int or not 0 <= row < len(table) for row in rows):
        raise DataError(f"The data set has rows 0 to {len(table) - 1}, an edit names another.", fix="Choose again.")
    out = table.loc[rows, "excluded"] != ""
    if one.action == "exclude":
        rows = [row for row, is_out in zip(rows, out, strict=True) if not is_out]
        table.loc[rows, "excluded_from"] = table.loc[rows, "split"]
        table.loc[rows, "excluded"] = names.clean(one.value, fallback=BY_HAND)
        table.loc[rows, "split"] = ""
    elif one.action == "include":
        rows = [row for row, is_out in zip(rows, out, strict=True) if is_out]
        table.loc[rows, "split"] = table.loc[rows, "excluded_from"]
        table.loc[rows, ["excluded", "excluded_from"]] = ""
    elif one.action == "relabel":
        tasks.of(dataset.task).relabel(table, rows, one.value, dataset.classes, dataset.units)
    else:
        if one.value not in SPLITS:
            raise DataError(f"There is no split {one.value!r}.", fix=f"Choose one of: {', '.join(SPLITS)}.")
        table.loc[rows, "split"] = [("" if is_out else one.value) for is_out in out]
        table.loc[rows, "excluded_from"] = [(one.value if is_out else "") for is_out in out]


def _described(dataset: Dataset, table: pd.DataFrame, content: str) -> Dataset:
    """The new version as a data set; its id comes later. Sets the table's targets."""
    n_trained = [row[0] for row in dataset.split_counts]
    classes = tasks.of(dataset.task).recoded(table, dataset.classes, n_trained)
    _require_splits(table[table["split"] != ""], dataset)
    counted = records.counted(table, dataset.task, len(classes))
    return replace(dataset, classes=classes, content=content, created=time.time(), **counted)


def _require_splits(used: pd.DataFrame, dataset: Dataset) -> None:
    for split, size in zip(SPLITS, dataset.sizes, strict=True):
        if size and not (used["split"] == split).any():
            raise DataError(f"No {_IN_WORDS[split]} pictures would be left.", fix="Leave at least one there.")


def _rows(table: pd.DataFrame) -> list[tuple[str, ...]]:
    """Return what makes one version differ from another. Why a picture is excluded does not."""
    columns = [table[name].map(_plain) for name in ("sha256", "label", "split", "excluded_from") if name in table]
    return list(zip(*columns, strict=True))


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else str(value)


def _content(root: str, table: pd.DataFrame) -> str:
    described = json.dumps(["version", root, _rows(table)], ensure_ascii=False)
    return hashlib.sha256(described.encode("utf-8", "surrogatepass")).hexdigest()


def _known(root: str, content: str, table: pd.DataFrame) -> Dataset | None:
    """The version with this content; the import itself if every edit was taken back."""
    for other in records.list_datasets():
        if root_of(other) == root and (
            other.content == content or (other.id == root and _rows(other.records()) == _rows(table))
        ):
            return other
    return None


def _write(version: Dataset, table: pd.DataFrame, source: Path, lineage: Mapping[str, Any]) -> None:
    if not (source / records.PIXELS).is_file():
        raise DataError(f"The pixels of data set {source.name!r} are missing.", fix="Import the pictures again.")
    with workspace.new_folder(version.folder) as folder:
        table.to_parquet(folder / records.TABLE, index=False)
        _share(source / records.PIXELS, folder / records.PIXELS)
        for name in (records.THUMBNAILS, records.MAP):  # neither says anything of classes or splits
            if (source / name).is_file():
                _share(source / name, folder / name)
        if (source / records.ORIGINALS).is_dir():
            (folder / records.ORIGINALS).mkdir()
            with os.scandir(source / records.ORIGINALS) as found:
                for file in found:
                    _share(Path(file.path), folder / records.ORIGINALS / file.name)
        if seen := _holdout_log_so_far(lineage["root"], table):
            workspace.write_bytes(folder / holdout_log.NAME, "".join(f"{line}\n" for line in seen).encode())
        workspace.write_json(folder / VERSION, lineage)
        workspace.write_json(folder / records.ABOUT, records.to_json(version))


def _tested(table: pd.DataFrame) -> set[int]:
    return set(np.flatnonzero((table["split"] == "test").to_numpy()).tolist())


def _same_test(tested: set[int], other: Dataset) -> bool:
    """Tell whether another version tests on most of the same pictures: what was seen of those was seen.

    A picture more or less makes no other test; a new division does."""
    try:
        theirs = _tested(pd.read_parquet(other.folder / records.TABLE, columns=["split"]))
    except (OSError, ValueError):  # damaged, or deleted meanwhile
        return False
    return 2 * len(tested & theirs) > len(tested | theirs)


def _holdout_log_so_far(root: str, table: pd.DataFrame) -> list[str]:
    """Return what was seen of the test pictures of a table in any version, oldest first."""
    tested = _tested(table)
    found: dict[str, None] = {}
    for other in reversed(records.list_datasets()):
        if root_of(other) == root and (lines := holdout_log.lines(other.id)) and _same_test(tested, other):
            found |= dict.fromkeys(lines)
    return list(found)


def _share(source: Path, target: Path) -> None:
    """The same file under a second name; a copy on a disk that knows no second names. Neither is ever written to."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def _ways(dataset: Dataset) -> dict[str, dict[str, Any]]:
    """Return by id of an edited version when and how it came to this one, which was there already."""
    try:
        value = json.loads((dataset.folder / WAYS).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def _lineage(dataset: Dataset) -> dict[str, Any]:
    try:
        value = json.loads((dataset.folder / VERSION).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}
