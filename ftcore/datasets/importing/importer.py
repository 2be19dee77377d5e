"""A ZIP, a folder or a sample becomes a data set in the workspace, whole or not at all."""

import errno
import hashlib
import json
import os
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from filelock import FileLock, Timeout

from ftcore import names, tasks, workspace
from ftcore.datasets import records
from ftcore.datasets.images.pixel_store import SHORT_SIDE, PixelStore
from ftcore.datasets.importing import resplit
from ftcore.datasets.importing.exclude import require_something, select
from ftcore.datasets.importing.read import ImportedImage, read_all
from ftcore.datasets.labels import column_roles
from ftcore.datasets.labels import resolve as label_files
from ftcore.datasets.labels.folders import Layout
from ftcore.datasets.labels.resolve import Labels
from ftcore.datasets.progress import ReportProgress, ignore
from ftcore.datasets.records import Dataset
from ftcore.datasets.sources import huggingface, samples, torchvision_sets
from ftcore.datasets.sources.archive import Listing, folder_entries, shown, zip_entries
from ftcore.datasets.sources.upload import Content, pack_classes, pack_upload
from ftcore.datasets.splits import SPLITS, divide, known_groups, parse_shares
from ftcore.errors import DataError, SettingsError

__all__ = ["Labels", "import_classes", "import_source", "pack_classes", "pack_upload", "summary"]

TASKS = ("auto", *tasks.NAMES)
LOOSE = "My pictures"  # what loose pictures are called that nobody gave a name
_SAMPLE, _HUB, _TORCHVISION = "sample:", "hf:", "torchvision:"
BY_NAME = (_SAMPLE, _HUB, _TORCHVISION)
"""What a source that is no path begins with."""
_MADE = ("sample", "torchvision set")  # sources whose pictures are made from arrays: no originals are kept
_MOST_TOLD = 10_000  # files of which it is told one by one why they were left out
_LOCK = "lock"  # file of a half-written import that is held by it
_YOUNG = 60  # seconds in which an import that just began surely holds its lock
_STALE = 24 * 3600  # seconds after which a half-written folder without a lock cannot be anybody's any more
_BETWEEN = 0.1  # seconds between two reports of progress

_Grouping = Callable[[pd.DataFrame], np.ndarray | None]


@dataclass(frozen=True)
class ImportRequest:
    """What the caller wants, checked."""

    source: str
    name: str
    given_name: bool
    shares: tuple[int, int, int]
    seed: int
    task: str = "auto"
    split_by: str = "auto"


def import_source(
    source: str | Path,
    *,
    name: str | None = None,
    task: str = "auto",
    split: str = "70/15/15",
    seed: int = 0,
    split_by: str = "auto",
    labels: Labels | None = None,
    on_progress: ReportProgress = ignore,
) -> Dataset:
    """Import pictures. The same pictures, labels and split give the same data set, which is then found, not made.

    Args:
        source: Path of a ZIP or a folder, ``sample:<name>``, or a public set: ``hf:<owner>/<name>`` of the Hugging
            Face hub, ``torchvision:<name>``.
        name: What people will call it; the source's own name if None.
        task: ``multiclass`` (one class per picture), ``multilabel`` (any number of classes), ``regression`` (one or
            more numbers) or ``auto``: whatever the labels look like.
        split: Percentages of train, validation and test. Train and test folders in the source go first.
        seed: Seed of the random split.
        split_by: One of splits.METHODS.
        labels: A table or another file of labels, and what its columns mean; found in the source if None.
        on_progress: Called with a label, done and total; at the start, at the end, and at most ten times a second.

    Raises:
        DataError: The source cannot be used; nothing was written.
        SettingsError: Unknown task, bad split or seed, or labels for a set that brings its own.
        WorkspaceError: The disk is full or refuses; nothing was written.
    """
    labels = labels or Labels()
    asked, opened, source_type = _check(source, name, task, split, seed, split_by, labels, on_progress)
    _remove_stale()
    with opened as listing:
        layout = label_files.place(listing, Labels() if source_type == "hub set" else labels, task, source=source_type)
        asked = replace(asked, task=layout.task)
        keep_originals = source_type not in _MADE
        workspace.require_space(_estimate(layout, keep_originals), "The import")
        with _staging() as folder:
            imported, damaged = read_all(
                layout.placed,
                folder,
                keep_originals=keep_originals,
                on_progress=_throttled(on_progress, "Reading pictures"),
            )
            if not imported:
                raise DataError(
                    f"None of the {len(damaged):,} pictures can be read.",
                    fix=f"The first one is {damaged[0]['name']}: {damaged[0]['reason']}." if damaged else "",
                )
            kept, unwanted = select(imported, layout.task, merge_copies=layout.merges_copies)
            left_out = [*damaged, *unwanted, *layout.left_out]
            require_something(kept, layout.task, left_out)
            return _keep(asked, folder, kept, _told(left_out), layout, listing.n_junk, on_progress)


def import_classes(classes: Mapping[str, Iterable[tuple[str, Content]]], **options: Any) -> Dataset:
    """Import loose pictures, several for each class.

    Args:
        classes: Name and content of the pictures of each class, by its name.
        options: As for import_source().
    """
    upload = workspace.folder("uploads") / f"{names.new_id('classes')}.zip"
    try:
        return import_source(pack_classes(classes, upload), **{"name": LOOSE, **options})
    finally:
        upload.unlink(missing_ok=True)


def summary(dataset: Dataset) -> dict[str, Any]:
    """The data set in numbers, as the command line prints them."""
    return {
        "dataset": dataset.id,
        "task": dataset.task,
        "images": dataset.n_images,
        "classes": {label: sum(row) for label, row in zip(dataset.classes, dataset.split_counts, strict=True)},
        "splits": dict(zip(SPLITS, dataset.sizes, strict=True)),
        "left_out": len(dataset.left_out),
    }


def _check(
    source: str | Path,
    name: str | None,
    task: str,
    split: str,
    seed: int,
    split_by: str,
    labels: Labels,
    on_progress: ReportProgress,
) -> tuple[ImportRequest, AbstractContextManager[Listing], str]:
    """The request, the opened source, and what sentences call the source."""
    if task not in TASKS:
        raise SettingsError(f"Unknown task {task!r}.", fix=f"Choose one of: {', '.join(TASKS)}.")
    if type(seed) is not int or not 0 <= seed < 2**31:
        raise SettingsError(
            f"The seed is {seed!r}, expected a whole number from 0 to {2**31 - 1}.", fix="For example 0."
        )
    resplit.check_method(split_by)
    shares = parse_shares(split)
    opened: AbstractContextManager[Listing]
    if str(source).startswith(_SAMPLE):
        sample = samples.find(str(source)[len(_SAMPLE) :])
        opened, source_type, own_name, text = (
            nullcontext(samples.open_sample(sample.name)),
            "sample",
            sample.title,
            str(source),
        )
    elif str(source).startswith((_HUB, _TORCHVISION)):
        text = names.clean(str(source))
        prefix, _, called = str(source).partition(":")
        own_name = names.clean(called.rpartition("/")[2])
        if f"{prefix}:" == _HUB:
            _require_hub_labels(labels)
            target = labels.targets[0] if labels.targets else ""
            listing = huggingface.open_set(called, image=labels.image, target=target, on_progress=on_progress)
            opened, source_type = nullcontext(listing), "hub set"
        else:
            on_progress("Downloading", 0, 0)
            opened, source_type = nullcontext(torchvision_sets.open_set(called)), "torchvision set"
    else:
        path = Path(source).expanduser()
        text = names.clean(path.resolve().name)
        if path.is_dir():
            opened, source_type, own_name = folder_entries(path), "folder", text
        elif path.is_file():
            opened, source_type, own_name = zip_entries(path), "ZIP", names.clean(path.stem)
        else:
            raise DataError(
                f"There is no file or folder {shown(str(source))!r}.",
                fix=f"Give a ZIP, a folder or a sample: {', '.join(_SAMPLE + known for known in samples.SAMPLES)}; "
                f"or a public set: {_HUB}owner/name, {_TORCHVISION}CIFAR10.",
            )
    asked = ImportRequest(text, names.clean(name or own_name), bool(name), shares, seed, task, split_by)
    return asked, opened, source_type


def _require_hub_labels(labels: Labels) -> None:
    """Raise SettingsError for what cannot be said of a set of the hub: its labels are in its own tables."""
    extra = {"file of labels": labels.file, "column of the split": labels.split, "separator": labels.separator}
    extra |= {"column of the group": labels.group, "second target column": "".join(labels.targets[1:])}
    if unused := [what for what, said in extra.items() if said not in ("", column_roles.NO_COLUMN)]:
        raise SettingsError(
            f"A set of the Hugging Face hub brings its own labels, so a {unused[0]} cannot be used.",
            fix="Leave it out; the columns with the picture and with the class may be named.",
        )


def _estimate(layout: Layout, keep_originals: bool) -> int:
    """Bytes of disk that the import will take at most, more or less: a packed picture hardly decodes to 20 times."""
    largest = SHORT_SIDE * SHORT_SIDE * 3 * 2
    originals = sum(item.entry.size for item in layout.placed) if keep_originals else 0
    return originals + sum(min(largest, 20 * item.entry.size) for item in layout.placed)


def _keep(
    asked: ImportRequest,
    staging: Path,
    kept: Sequence[ImportedImage],
    left_out: Sequence[dict[str, str]],
    layout: Layout,
    n_junk: int,
    on_progress: ReportProgress,
) -> Dataset:
    """Name the data set by its content; return the one that is there already, or put the staged files in place."""

    def grouping(table: pd.DataFrame) -> np.ndarray | None:
        staged = PixelStore.of_file(staging / records.PIXELS, table)
        return resplit.groups_by(asked.split_by, table, staged, on_progress)

    table, classes, split_source = _table(asked, kept, layout, grouping)
    units = layout.units
    content = _content(asked, table, (*classes, *units))
    known = _known(asked, content)
    if known is not None:
        return known
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
        split_source=split_source,
        content=content,
        side=int(np.median(table[["pixels_height", "pixels_width"]].min(axis=1))),
        n_junk=n_junk,
        units=units,
        labels_from=layout.origin,
        notes=_notes(kept),
        **records.counted(table, asked.task, len(classes)),
    )
    try:
        _write(dataset, table, staging)
    except OSError as error:
        if error.errno not in (errno.EEXIST, errno.ENOTEMPTY):
            raise
        return records.open_dataset(dataset.id)  # the same import ran twice at once, and the other one was faster
    return dataset


def _table(
    asked: ImportRequest, kept: Sequence[ImportedImage], layout: Layout, grouping: _Grouping
) -> tuple[pd.DataFrame, tuple[str, ...], str]:
    """The table, sorted by class and path, the class names in the order of their index, and how it was divided."""
    table = pd.DataFrame([vars(read) for read in kept])
    task = tasks.of(asked.task)
    classes, table["target"] = task.coded(table, layout.numbers)
    # Split in an order that depends on the pictures alone: a renamed file, or another archiver, changes nothing.
    table = table.sort_values([*task.order, "sha256"], ignore_index=True)
    table["split"], split_source = _split(asked, table, classes, layout, grouping)
    table = table.sort_values([*task.order, "path", "sha256"], ignore_index=True)
    return table[list(records.COLUMNS)], classes, split_source


def _split(
    asked: ImportRequest, table: pd.DataFrame, classes: Sequence[str], layout: Layout, grouping: _Grouping
) -> tuple[np.ndarray, str]:
    """A split for each picture, and where it came from."""
    array = tasks.of(asked.task).as_array(table["target"], len(classes))
    given = table["given"].to_numpy(dtype="<U10") if layout.has_splits and asked.split_by == "auto" else None  # [N]
    if given is None:
        groups = grouping(table)
    else:
        _require_train(given, array, asked.task, classes)
        groups = known_groups(table["group"])
    table["group"] = table["group"] if groups is None else groups.astype(str)
    split = divide(asked.task, array, shares=asked.shares, seed=asked.seed, given=given, groups=groups, classes=classes)
    resplit.require_parts(split, asked.shares)
    return split, layout.splits_from if given is not None else resplit.source_of(asked.split_by, groups)


def _require_train(given: np.ndarray, array: np.ndarray, task: str, classes: Sequence[str]) -> None:
    """Every class must be in train: what a model never saw it cannot name."""
    train = array[given == "train"]
    if not len(train):
        raise DataError(
            "No readable picture is in train.", fix="Put most pictures there, or leave out the division altogether."
        )
    for label, n in zip(classes, tasks.of(task).counts(train, len(classes)), strict=True):
        if not n:
            raise DataError(
                f"Class {label!r} has no readable pictures in the train folder.",
                fix="Move some of its pictures there, or put all pictures in class folders without train and test.",
            )


def _notes(kept: Sequence[ImportedImage]) -> tuple[dict[str, Any], ...]:
    """Return what had to be decided while reading, with how often and an example."""
    counts = Counter(note for read in kept for note in read.notes)
    first = {note: read.path for read in reversed(kept) for note in read.notes}
    return tuple({"note": note, "count": n, "first": first[note]} for note, n in counts.most_common(50))


def _told(left_out: list[dict[str, str]]) -> list[dict[str, str]]:
    """Return what was left out, one by one as far as anybody reads it."""
    if len(left_out) <= _MOST_TOLD:
        return left_out
    more = len(left_out) - _MOST_TOLD
    return [*left_out[:_MOST_TOLD], {"name": f"{more:,} more", "reason": "left out for reasons like those above"}]


def _content(asked: ImportRequest, table: pd.DataFrame, named: Sequence[str]) -> str:
    task = tasks.of(asked.task)
    columns = [table[task.content_column], table["sha256"], table["split"]]
    if (table["group"] != "").any():
        columns.append(table["group"])
    described: list[Any] = [asked.task, asked.seed, sorted(zip(*columns, strict=True))]
    if not task.labels_name_classes:
        described.append(list(named))
    text = json.dumps(described, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _known(asked: ImportRequest, content: str) -> Dataset | None:
    """The data set with this content, under this name if one was given."""
    for dataset in records.list_datasets():
        if dataset.content == content and (not asked.given_name or dataset.name == asked.name):
            return dataset
    return None


def _write(dataset: Dataset, table: pd.DataFrame, staging: Path) -> None:
    with workspace.new_folder(dataset.folder) as folder:
        table.to_parquet(folder / records.TABLE, index=False)
        for name in (records.PIXELS, records.THUMBNAILS):
            os.replace(staging / name, folder / name)
        originals = staging / records.ORIGINALS
        if originals.exists():
            kept = set(table["original"])
            for path in originals.iterdir():
                if path.name not in kept:
                    path.unlink()
            os.replace(originals, folder / records.ORIGINALS)
        workspace.write_json(folder / records.ABOUT, records.to_json(dataset))


@contextmanager
def _staging() -> Iterator[Path]:
    """A hidden folder for an import whose id is not known before its last picture; removed however it ends.

    It is locked as long as the import lives, however it dies.
    """
    with workspace.disk_errors():
        folder = Path(tempfile.mkdtemp(prefix=".import.", suffix=".part", dir=workspace.folder(records.FOLDER)))
        try:
            with FileLock(folder / _LOCK):
                yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _remove_stale() -> None:
    """Delete what imports and edits that were killed have left, and deletes that were cut off."""
    parent = workspace.folder(records.FOLDER)
    workspace.finish_removals(parent)
    for folder in parent.glob(".*.part"):
        try:
            age = time.time() - max(path.stat().st_mtime for path in (folder, *folder.iterdir()))
            if not (folder / _LOCK).exists():
                if age > _STALE:
                    shutil.rmtree(folder, ignore_errors=True)
            elif age > _YOUNG:
                with FileLock(folder / _LOCK, timeout=0):
                    shutil.rmtree(folder, ignore_errors=True)
        except (OSError, Timeout):  # gone meanwhile, or at work
            continue


def _throttled(on_progress: ReportProgress, label: str) -> Callable[[int, int], None]:
    last = 0.0

    def report(done: int, total: int) -> None:
        nonlocal last
        now = time.monotonic()
        if done in (0, total) or now - last >= _BETWEEN:
            last = now
            on_progress(label, done, total)

    return report
