"""A ZIP, a folder or a sample becomes a data set in the workspace, whole or not at all."""

import errno
import hashlib
import json
import os
import re
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ftcore import names, workspace
from ftcore.datasets import records, samples
from ftcore.datasets.archive import Listing, folder_entries, shown, zip_entries
from ftcore.datasets.layout import Layout, arrange
from ftcore.datasets.pixels import SHORT_SIDE
from ftcore.datasets.reading import Read, read_all
from ftcore.datasets.records import Dataset
from ftcore.datasets.selection import require_two_classes, select
from ftcore.datasets.splits import SPLITS, complete, parse_shares, stratified
from ftcore.datasets.upload import pack_upload
from ftcore.errors import DataError, SettingsError

__all__ = ["import_source", "pack_upload", "summary"]

TASKS = ("auto", "single")
_SAMPLE = "sample:"
_STALE = 24 * 3600  # seconds after which a half-written import cannot be anybody's any more
_BETWEEN = 0.1  # seconds between two reports of progress

Progress = Callable[[str, int, int], None]


def ignore(label: str, done: int, total: int) -> None:
    """Progress that nobody asked for."""


@dataclass(frozen=True)
class _Asked:
    """What the caller wants, checked."""

    source: str
    name: str
    given_name: bool
    shares: tuple[int, int, int]
    seed: int
    task: str = "single"


def import_source(
    source: str | Path,
    *,
    name: str | None = None,
    task: str = "auto",
    split: str = "70/15/15",
    seed: int = 0,
    progress: Progress = ignore,
) -> Dataset:
    """Import pictures. The same pictures, labels and split give the same data set, which is then found, not made.

    Args:
        source: Path of a ZIP or a folder, or ``sample:<name>``.
        name: What people will call it; the source's own name if None.
        task: ``auto`` or ``single`` (one class per picture).
        split: Percentages of train, validation and test. Train and test folders in the source go first.
        seed: Seed of the random split.
        progress: Called with a label, done and total; at the start, at the end, and at most ten times a second.

    Raises:
        DataError: The source cannot be used; nothing was written.
        SettingsError: Unknown task, bad split or seed.
        WorkspaceError: The disk is full or refuses; nothing was written.
    """
    asked, opened, kind = _check(source, name, task, split, seed)
    _remove_stale()
    with opened as listing:
        layout = arrange(listing.entries, source=kind)
        keep_originals = kind != "sample"
        workspace.require_space(_estimate(layout, keep_originals), "The import")
        with _staging() as folder:
            reads, damaged = read_all(
                layout.placed, folder, keep_originals=keep_originals, progress=_throttled(progress, "Reading pictures")
            )
            if not reads:
                raise DataError(
                    f"None of the {len(damaged):,} pictures can be read.",
                    fix=f"The first one is {damaged[0]['name']}: {damaged[0]['reason']}.",
                )
            kept, unwanted = select(reads)
            left_out = [*damaged, *unwanted, *layout.left_out]
            require_two_classes(kept, left_out)
            return _keep(asked, folder, kept, left_out, layout.has_splits, listing.n_junk)


def summary(dataset: Dataset) -> dict[str, Any]:
    """The data set in numbers, as the command line prints them."""
    counts = dataset.counts()
    return {
        "dataset": dataset.id,
        "images": dataset.n_images,
        "classes": {label: sum(row) for label, row in zip(dataset.classes, dataset.split_counts, strict=True)},
        "splits": {split: int(counts.loc[counts["split"] == split, "count"].sum()) for split in SPLITS},
        "left_out": len(dataset.left_out),
    }


def _check(
    source: str | Path, name: str | None, task: str, split: str, seed: int
) -> tuple[_Asked, AbstractContextManager[Listing], str]:
    """The request, the opened source, and what sentences call the source."""
    if task not in TASKS:
        raise SettingsError(f"Unknown task {task!r}.", fix=f"Choose one of: {', '.join(TASKS)}.")
    if type(seed) is not int or not 0 <= seed < 2**31:
        raise SettingsError(
            f"The seed is {seed!r}, expected a whole number from 0 to {2**31 - 1}.", fix="For example 0."
        )
    shares = parse_shares(split)
    opened: AbstractContextManager[Listing]
    if str(source).startswith(_SAMPLE):
        sample = samples.find(str(source)[len(_SAMPLE) :])
        opened, kind, own_name, text = (
            nullcontext(samples.open_sample(sample.name)),
            "sample",
            sample.title,
            str(source),
        )
    else:
        path = Path(source).expanduser()
        text = names.clean(path.resolve().name)
        if path.is_dir():
            opened, kind, own_name = folder_entries(path), "folder", text
        elif path.is_file():
            opened, kind, own_name = zip_entries(path), "ZIP", names.clean(path.stem)
        else:
            raise DataError(
                f"There is no file or folder {shown(str(source))!r}.",
                fix=f"Give a ZIP, a folder or a sample: {', '.join(_SAMPLE + known for known in samples.SAMPLES)}.",
            )
    asked = _Asked(text, names.clean(name or own_name), bool(name), shares, seed)
    return asked, opened, kind


def _estimate(layout: Layout, keep_originals: bool) -> int:
    """Bytes of disk that the import will take at most, more or less: a packed picture hardly decodes to 20 times."""
    largest = SHORT_SIDE * SHORT_SIDE * 3 * 2
    originals = sum(item.entry.size for item in layout.placed) if keep_originals else 0
    return originals + sum(min(largest, 20 * item.entry.size) for item in layout.placed)


def _keep(
    asked: _Asked,
    staging: Path,
    kept: Sequence[Read],
    left_out: Sequence[dict[str, str]],
    has_splits: bool,
    n_junk: int,
) -> Dataset:
    """Name the data set by its content; return the one that is there already, or put the staged files in place."""
    table, classes = _table(asked, kept, has_splits)
    content = _content(asked, table)
    known = _known(asked, content)
    if known is not None:
        return known
    counts = Counter(zip(table["target"], table["split"], strict=True))
    dataset = Dataset(
        id=records.free_id(asked.name, content),
        name=asked.name,
        task=asked.task,
        classes=classes,
        seed=asked.seed,
        split_shares=asked.shares,
        created=time.time(),
        source=asked.source,
        left_out=tuple(left_out),
        split_source="folders" if has_splits else "random",
        content=content,
        split_counts=tuple(
            (counts[target, "train"], counts[target, "validation"], counts[target, "test"])
            for target in range(len(classes))
        ),
        side=int(np.median(table[["pixels_height", "pixels_width"]].min(axis=1))),
        n_junk=n_junk,
    )
    try:
        _write(dataset, table, staging)
    except OSError as error:
        if error.errno not in (errno.EEXIST, errno.ENOTEMPTY):
            raise
        return records.open_dataset(dataset.id)  # the same import ran twice at once, and the other one was faster
    return dataset


def _table(asked: _Asked, kept: Sequence[Read], has_splits: bool) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """The table, sorted by class and path, and the class names in the order of their index."""
    classes = tuple(sorted({read.label for read in kept}, key=_natural))
    table = pd.DataFrame([asdict(read) for read in kept])
    table["target"] = table["label"].map({label: i for i, label in enumerate(classes)}).astype(np.int64)
    # Split in an order that depends on the pictures alone: a renamed file, or another archiver, changes nothing.
    table = table.sort_values(["target", "sha256"], ignore_index=True)
    targets = table["target"].to_numpy()  # [N]
    if has_splits:
        given = table["given"].to_numpy(dtype="<U10")  # [N]
        _require_train(given, targets, classes)
        table["split"] = complete(given, targets, asked.shares, asked.seed)
    else:
        table["split"] = stratified(targets, asked.shares, asked.seed)
    table = table.sort_values(["target", "path", "sha256"], ignore_index=True)
    return table[list(records.COLUMNS)], classes


def _require_train(given: np.ndarray, targets: np.ndarray, classes: Sequence[str]) -> None:
    for target, label in enumerate(classes):
        if not ((targets == target) & (given == "train")).any():
            raise DataError(
                f"Class {label!r} has no readable pictures in the train folder.",
                fix="Move some of its pictures there, or put all pictures in class folders without train and test.",
            )


def _content(asked: _Asked, table: pd.DataFrame) -> str:
    rows = sorted(zip(table["label"], table["sha256"], table["split"], strict=True))
    described = json.dumps([asked.task, asked.seed, rows], ensure_ascii=False)
    return hashlib.sha256(described.encode("utf-8", "surrogatepass")).hexdigest()


def _known(asked: _Asked, content: str) -> Dataset | None:
    """The data set with this content, under this name if one was given."""
    for dataset in records.list_datasets():
        if dataset.content == content and (not asked.given_name or dataset.name == asked.name):
            return dataset
    return None


def _write(dataset: Dataset, table: pd.DataFrame, staging: Path) -> None:
    with workspace.new_folder(dataset.folder) as folder:
        table.to_parquet(folder / records.TABLE, index=False)
        os.replace(staging / records.PIXELS, folder / records.PIXELS)
        originals = staging / records.ORIGINALS
        if originals.exists():
            wanted = set(table["original"])
            for path in originals.iterdir():
                if path.name not in wanted:
                    path.unlink()
            os.replace(originals, folder / records.ORIGINALS)
        workspace.write_json(folder / records.ABOUT, records.to_json(dataset))


@contextmanager
def _staging() -> Iterator[Path]:
    """A hidden folder for an import whose id is not known before its last picture; removed however it ends."""
    with workspace.disk_errors():
        folder = Path(tempfile.mkdtemp(prefix=".import.", suffix=".part", dir=workspace.folder(records.FOLDER)))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _remove_stale() -> None:
    """Delete what imports that were killed a day ago or longer have left."""
    for folder in workspace.folder(records.FOLDER).glob(".*.part"):
        try:
            newest = max(path.stat().st_mtime for path in (folder, *folder.iterdir()))
        except OSError:
            continue
        if time.time() - newest > _STALE:
            shutil.rmtree(folder, ignore_errors=True)


def _throttled(progress: Progress, label: str) -> Callable[[int, int], None]:
    last = 0.0

    def report(done: int, total: int) -> None:
        nonlocal last
        now = time.monotonic()
        if done in (0, total) or now - last >= _BETWEEN:
            last = now
            progress(label, done, total)

    return report


def _natural(label: str) -> tuple[list[tuple[int, int, str]], str]:
    """Sorts 2 before 10, and a before B."""
    parts = re.split(r"(\d+)", label.casefold())
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts if part], label
