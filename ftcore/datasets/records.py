"""Data sets in the workspace: what is known of one without opening its table, and the table.

``datasets/<id>/`` holds

    dataset.json      name, classes, counts per class and split, what was left out and why
    records.parquet   one row per picture
    pixels.bin        the decoded pictures (pixels.py)
    pictures/         the files as they came, named by their SHA-256; samples of the app keep none
    version.json      only where somebody edited another data set to make this one (versions.py)

A data set never changes. Its id ends in the first digits of a hash over its pictures, labels and split.
"""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from ftcore import names, workspace
from ftcore.datasets.splits import SPLITS
from ftcore.errors import DataError
from ftcore.settings import DatasetFacts

FOLDER = "datasets"
ABOUT = "dataset.json"
TABLE = "records.parquet"
PIXELS = "pixels.bin"
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
)
EXCLUSION = ("excluded", "excluded_from")
"""Columns that only an edited data set keeps on disk; an import excludes nothing."""


@dataclass(frozen=True, eq=False)
class Dataset:
    """An imported data set.

    Args:
        id: Name of its folder; safe in a path and a URL.
        name: What people call it, cleaned.
        task: ``single``: every picture has exactly one class.
        classes: Class names, cleaned; the position is the class index.
        seed: Seed of the split.
        split_shares: Percentages of train, validation and test that were asked for.
        created: Seconds since 1970.
        source: ``sample:<name>``, or the cleaned name of the file or folder it came from.
        left_out: What did not make it, as ``{"name", "reason"}``.
        split_source: ``random``, or ``folders`` where the source had train and test folders.
        content: Hash over labels, pictures and split, SHA-256.
        split_counts: Pictures per class (rows) and split (train, validation, test).
        side: Median short side of the kept pixels.
        n_junk: System files (``.DS_Store`` and the like) that were passed over.
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

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Dataset) and (self.id, self.content) == (other.id, other.content)

    def __hash__(self) -> int:
        return hash((self.id, self.content))

    @property
    def folder(self) -> Path:
        return workspace.folder(FOLDER) / self.id

    @property
    def n_images(self) -> int:
        return sum(sum(row) for row in self.split_counts)

    def records(self) -> pd.DataFrame:
        """One row per picture.

        Columns: path (as in the source, cleaned), sha256 (of the file), width and height (of the file, in pixels,
        upright), target (class index), label (class name), split, pixels_offset (bytes), pixels_height and
        pixels_width (as kept, in pixels), original (name in ``pictures/``, empty if not kept), excluded (why the
        picture is not used; empty if it is), excluded_from (the split it was in). An excluded picture's split is empty.
        """
        try:
            table = pd.read_parquet(self.folder / TABLE)
        except (OSError, ValueError) as error:  # pyarrow's own errors are ValueErrors
            raise DataError(f"The table of data set {self.id!r} cannot be read.", fix="Import it again.") from error
        for column in EXCLUSION:
            if column not in table:
                table[column] = ""
        return table

    def counts(self) -> pd.DataFrame:
        """Columns label, split, count: a row for every class and split, also where there is no picture."""
        rows = [
            (label, split, count)
            for label, row in zip(self.classes, self.split_counts, strict=True)
            for split, count in zip(SPLITS, row, strict=True)
        ]
        return pd.DataFrame(rows, columns=["label", "split", "count"])

    def facts(self) -> DatasetFacts:
        """What good settings depend on: training pictures, classes, median short side in pixels."""
        n_train = sum(row[0] for row in self.split_counts)
        return DatasetFacts(n_train=n_train, n_classes=len(self.classes), side=self.side)


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
    """``split_counts`` of a data set with this table; rows of no split are not counted."""
    if task != "single":
        raise DataError(f"Data sets of the task {task!r} cannot be counted.", fix="Import them as single.")
    counts = Counter(zip(table["target"], table["split"], strict=True))
    return {"split_counts": tuple(tuple(counts[i, split] for split in SPLITS) for i in range(n_classes))}


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
    """What ``dataset.json`` holds."""
    return {name: getattr(dataset, name) for name in Dataset.__dataclass_fields__}


def from_json(about: Mapping[str, Any]) -> Dataset:
    """A data set from what ``dataset.json`` holds. Raises KeyError, TypeError or ValueError if it holds less."""
    values = {name: about[name] for name in Dataset.__dataclass_fields__}
    train, validation, test = values["split_shares"]
    return Dataset(
        **{
            **values,
            "classes": tuple(values["classes"]),
            "split_shares": (train, validation, test),
            "left_out": tuple(values["left_out"]),
            "split_counts": tuple((row[0], row[1], row[2]) for row in values["split_counts"]),
        }
    )
