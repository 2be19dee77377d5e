"""Data sets in the workspace: what is known of one without opening its table, and the table.

``datasets/<id>/`` holds

    dataset.json      name, classes, counts per class and split, what was left out and why
    records.parquet   one row per picture
    pixels.bin        the decoded pictures (pixel_store.py)
    thumbnails.bin    small ones for grids (thumbnails.py); not in data sets of earlier versions of the app
    map.json          which pictures look alike, once somebody asked for it (feature_map.py)
    pictures/         the files as they came, named by their SHA-256; samples of the app keep none
    ways.json         only where another edit led to the same version again (versions.py)
    version.json      only where somebody edited another data set to make this one (versions.py)

A data set never changes. Its id ends in the first digits of a hash over its pictures, labels and split.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ftcore import names, tasks, workspace
from ftcore.datasets.splits import SPLITS
from ftcore.errors import DataError
from ftcore.settings import DatasetFacts, augment_limits

FOLDER = "datasets"
ABOUT = "dataset.json"
TABLE = "records.parquet"
PIXELS = "pixels.bin"
THUMBNAILS = "thumbnails.bin"
MAP = "map.json"
ORIGINALS = "pictures"
COLUMNS = (
    "path",
    "sha256",
    "width",
    "height",
    "target",
    "label",
    "split",
    "pixels_offset",
    "pixels_height",
    "pixels_width",
    "original",
    "group",
    "thumbnail_offset",
    "thumbnail_bytes",
)
_FORMERLY = {"kind": "issue"}  # keys of what was left out, as the first version of the app wrote them; read only
EXCLUSION = ("excluded", "excluded_from")
"""Columns that only an edited data set keeps on disk; an import excludes nothing."""


@dataclass(frozen=True, eq=False)
class Dataset:
    """An imported data set.

    Args:
        id: Name of its folder; safe in a path and a URL.
        name: What people call it, cleaned.
        task: ``multiclass``: every picture has exactly one class; ``multilabel``: any number of them;
            ``regression``: numbers.
        classes: Class names, cleaned; the position is the class index. For numbers: what each number is called.
        seed: Seed of the split.
        split_shares: Percentages of train, validation and test that were asked for.
        created: Seconds since 1970.
        source: ``sample:<name>``, or the cleaned name of the file or folder it came from.
        left_out: What did not make it, as ``{"name", "reason"}``; with an ``"issue"`` where the doctor has one for it.
        split_source: ``random``; ``groups`` where pictures of one group stay together; ``near`` where those that
            show nearly the same do; ``folds`` where one fold of several is validation; ``folders`` or
            ``column`` where the source says which split a picture belongs to.
        content: Hash over labels, pictures and split, SHA-256.
        split_counts: Pictures per class (rows) and split (train, validation, test). A picture of several classes
            counts in each; for numbers every row counts all pictures.
        side: Median short side of the kept pixels.
        n_junk: System files (``.DS_Store`` and the like) that were passed over.
        units: For numbers: the unit of each, empty where there is none.
        split_sizes: Pictures per split; empty in data sets of the first version where ``split_counts`` says it.
        labels_from: Where the labels came from, as a phrase for people.
        notes: What had to be decided while reading pictures, as ``{"note", "count", "first"}``.
    """

    id: str
    name: str
    task: str
    classes: tuple[str, ...]
    seed: int
    split_shares: tuple[int, int, int]
    created: float
    source: str
    left_out: tuple[dict[str, str], ...] = field(repr=False)
    split_source: str
    content: str
    split_counts: tuple[tuple[int, int, int], ...] = field(repr=False)
    side: int
    n_junk: int = 0
    units: tuple[str, ...] = ()
    split_sizes: tuple[int, ...] = ()
    labels_from: str = "the names of the folders"
    notes: tuple[dict[str, Any], ...] = field(default=(), repr=False)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Dataset) and (self.id, self.content) == (other.id, other.content)

    def __hash__(self) -> int:
        return hash((self.id, self.content))

    @property
    def folder(self) -> Path:
        return workspace.folder(FOLDER) / self.id

    @property
    def n_images(self) -> int:
        return sum(self.sizes)

    @property
    def sizes(self) -> tuple[int, int, int]:
        """Pictures for train, validation and test."""
        train, validation, test = self.split_sizes or (sum(column) for column in zip(*self.split_counts, strict=True))
        return train, validation, test

    def records(self) -> pd.DataFrame:
        """One row per picture.

        Columns: path (as in the source, cleaned), sha256 (of the file), width and height (of the file, in pixels,
        upright), target (class index; a list for other tasks, see tasks/task.py), label (class name, or all of it as
        one text), split, pixels_offset (bytes), pixels_height and pixels_width (as kept, in pixels), original (name in
        ``pictures/``, empty if not kept), group (pictures that belong together; empty if nothing is known),
        thumbnail_offset and thumbnail_bytes (in ``thumbnails.bin``; 0 bytes where there is none), excluded (why the
        picture is not used; empty if it is), excluded_from (the split it was in). An excluded picture's split is empty.
        """
        try:
            table = pd.read_parquet(self.folder / TABLE)
        except (OSError, ValueError) as error:  # pyarrow's own errors are ValueErrors
            raise DataError(f"The table of data set {self.id!r} cannot be read.", fix="Import it again.") from error
        for column in EXCLUSION:
            if column not in table:
                table[column] = ""
        for column in ("thumbnail_offset", "thumbnail_bytes"):
            if column not in table:  # imported before there were thumbnails
                table[column] = 0
        return table

    def targets(self, records: pd.DataFrame | None = None) -> np.ndarray:
        """Return what the model is to say about each picture.

        Args:
            records: Rows of ``records()``, for example those of one split; all of them if None.

        Returns:
            ``multiclass``: class indices, [N] int64. ``multilabel``: [N, C] float32, 1 where a picture has the class,
            else 0.
            ``regression``: values, [N, T] float32.
        """
        table = self.records() if records is None else records
        return tasks.of(self.task).as_array(table["target"], len(self.classes))

    def counts(self) -> pd.DataFrame:
        """Columns label, split, count: a row for every class and split, also where there is no picture."""
        rows = [
            (label, split, count)
            for label, row in zip(self.classes, self.split_counts, strict=True)
            for split, count in zip(SPLITS, row, strict=True)
        ]
        return pd.DataFrame(rows, columns=["label", "split", "count"])

    def facts(self) -> DatasetFacts:
        """Return what good settings depend on: training pictures, classes, median short side in pixels, task."""
        return DatasetFacts(
            n_train=self.sizes[0],
            n_classes=len(self.classes),
            side=self.side,
            task=self.task,
            limits=tuple(augment_limits.all_of(self.task, self.classes, self.units).items()),
        )


def open_dataset(dataset_id: str) -> Dataset:
    """The data set of an id. Raises DataError if there is none."""
    if not isinstance(dataset_id, str) or not names.is_id(dataset_id):
        raise DataError(f"{str(dataset_id)[:80]!r} is not the id of a data set.", fix="Choose one from the list.")
    try:
        about = json.loads((workspace.folder(FOLDER) / dataset_id / ABOUT).read_text(encoding="utf-8"))
        dataset = from_json(about)
    except FileNotFoundError:
        raise DataError(
            f"There is no data set {dataset_id!r}.", fix="Choose one from the list or import it again."
        ) from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"Data set {dataset_id!r} cannot be read.", fix="Import it again.") from error
    if dataset.id != dataset_id:
        raise DataError(f"The folder {dataset_id!r} holds another data set.", fix="Rename it back.")
    return dataset


def counted(table: pd.DataFrame, task: str, n_classes: int) -> dict[str, Any]:
    """``split_counts`` and ``split_sizes`` of a data set with this table; rows of no split are not counted."""
    used = table[table["split"].isin(SPLITS)]
    meaning, per_split, sizes = tasks.of(task), [], []
    for split in SPLITS:
        array = meaning.as_array(used.loc[used["split"] == split, "target"], n_classes)
        sizes.append(len(array))
        per_split.append(meaning.counts(array, n_classes).tolist())
    return {"split_counts": tuple(zip(*per_split, strict=True)), "split_sizes": tuple(sizes)}


def histogram(dataset: Dataset, number: int = 0, n_bins: int = 16) -> pd.DataFrame:
    """Return how one of the numbers is spread: columns label (from – to), split, count, a row for every bin and
    split."""
    table = dataset.records()
    table = table[table["split"].isin(SPLITS)]
    values = dataset.targets(table)[:, number].astype(float)
    edges = np.histogram_bin_edges(values, n_bins)
    words = _told_apart(edges.tolist())
    rows = []
    for split in SPLITS:
        counts, _ = np.histogram(values[(table["split"] == split).to_numpy()], edges)
        rows += [
            (f"{low} – {high}", split, int(count))
            for low, high, count in zip(words[:-1], words[1:], counts, strict=True)
        ]
    return pd.DataFrame(rows, columns=["label", "split", "count"])


def _told_apart(values: Sequence[float]) -> list[str]:
    """Different numbers in as few digits as show that they differ, and without a power of ten if seven will do."""
    for digits in range(4, 18):
        words = [f"{value:.{digits}g}" for value in values]
        if len(set(words)) == len(words) and (digits >= 7 or not any("e+" in word for word in words)):
            break
    return words


def delete(dataset: Dataset) -> None:
    """Delete a data set with its pictures. Models that were trained on it stay.

    Raises:
        DataError: It is not there any more.
        WorkspaceError: The disk refuses.
    """
    try:
        workspace.remove_folder(dataset.folder)
    except FileNotFoundError:
        raise DataError(f"There is no data set {dataset.id!r} any more.", fix="Choose one from the list.") from None


def list_datasets() -> list[Dataset]:
    """All data sets, newest first. A folder that cannot be read is passed over."""
    found = []
    for folder in workspace.folder(FOLDER).iterdir():
        if names.is_id(folder.name) and (folder / ABOUT).is_file():
            try:
                found.append(open_dataset(folder.name))
            except DataError:
                continue
    return sorted(found, key=lambda dataset: (-dataset.created, dataset.id))


def free_id(name: str, content: str) -> str:
    """The name and as many digits of the content hash as tell it from what is there."""
    taken = {folder.name for folder in workspace.folder(FOLDER).iterdir()}
    ids = (f"{names.slug(name)}-{content[:n]}" for n in (8, 16, 24, 32))
    return next(candidate for candidate in ids if candidate not in taken)


def to_json(dataset: Dataset) -> dict[str, Any]:
    """Return what ``dataset.json`` holds."""
    return {name: getattr(dataset, name) for name in Dataset.__dataclass_fields__}


def from_json(about: Mapping[str, Any]) -> Dataset:
    """A data set from what ``dataset.json`` holds. Raises KeyError, TypeError or ValueError if it holds less."""
    values: dict[str, Any] = {
        name: about[name]
        for name, known in Dataset.__dataclass_fields__.items()
        if name in about or known.default is MISSING  # what came with a later version has a default
    }
    train, validation, test = values["split_shares"]
    return Dataset(
        **{
            **values,
            "task": tasks.current(values["task"]),
            "classes": tuple(values["classes"]),
            "split_shares": (train, validation, test),
            "left_out": tuple(
                {_FORMERLY.get(key, key): text for key, text in item.items()} for item in values["left_out"]
            ),
            "split_counts": tuple((row[0], row[1], row[2]) for row in values["split_counts"]),
            "units": tuple(values.get("units", ())),
            "split_sizes": tuple(values.get("split_sizes", ())),
            "notes": tuple(values.get("notes", ())),
        }
    )
