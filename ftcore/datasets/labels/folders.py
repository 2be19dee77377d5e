"""From file names to classes: which folder is a class, and whether the folders already say what is for testing."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from ftcore import names
from ftcore.datasets.images.decode import EXTENSIONS
from ftcore.datasets.sources.archive import Entry, shown, suffix
from ftcore.datasets.splits import split_named
from ftcore.errors import DataError

EXAMPLE = "Make one folder per class, for example cats/1.jpg, cats/2.jpg, dogs/1.jpg."
_SAVE_AS = {".avif": "JPEG", ".svg": "PNG", ".pdf": "PNG"}


@dataclass(frozen=True)
class Placed:
    """An entry with what is known of it.

    Args:
        entry: The picture.
        label: Its class; for other tasks everything that is to be learned, as one text.
        split: Where the source names one.
        labels: For ``multilabel``: its classes.
        numbers: For ``regression``: its values.
        group: Pictures of one group stay together; empty if nothing is known.
    """

    entry: Entry
    label: str
    split: str | None
    labels: tuple[str, ...] = ()
    numbers: tuple[float, ...] = ()
    group: str = ""


@dataclass(frozen=True)
class Layout:
    """The pictures with their classes, and what is left out as ``{"name", "reason"}``.

    Args:
        placed: The pictures.
        left_out: Everything else.
        has_splits: Whether each picture has a split of its own.
        task: ``multiclass``, ``multilabel`` or ``regression``.
        numbers: For ``regression``: what each number is called.
        units: For ``regression``: the unit of each, or an empty text.
        origin: Where the labels come from, as a phrase for people.
        splits_from: ``folders`` or ``column``, if there are splits.
        merges_copies: For ``multilabel``: a picture that lies in two places has the classes of both.
    """

    placed: tuple[Placed, ...]
    left_out: tuple[dict[str, str], ...]
    has_splits: bool
    task: str = "multiclass"
    numbers: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    origin: str = "the names of the folders"
    splits_from: str = "folders"
    merges_copies: bool = False


def arrange(entries: Sequence[Entry], *, source: str = "ZIP") -> Layout:
    """Find the class of every picture.

    Folders around everything are looked through, then train/validation/test folders if there are at least two of
    them, and then the first folder is the class. What lies deeper belongs to that class.

    Args:
        entries: Files of the source.
        source: What sentences call it: ``ZIP`` or ``folder``.

    Raises:
        DataError: The source is empty, holds no picture, or no picture lies in a folder.
    """
    found, left_out = split_off(entries, source=source)
    pictures = [(entry, [part for part in entry.name.split("/") if part not in ("", ".")]) for entry in found]
    wrapping, has_splits = _top([parts for _, parts in pictures])
    depth = wrapping + has_splits
    placed = []
    for entry, parts in pictures:
        if len(parts) < depth + 2:
            left_out.append({"name": shown(entry.name), "reason": "not inside a class folder"})
        else:
            split = split_named(parts[wrapping]) if has_splits else None
            placed.append(Placed(entry, names.clean(parts[depth]), split))
    if not placed:
        raise DataError(f"The {source} has no class folders.", fix=EXAMPLE)
    return Layout(tuple(placed), tuple(left_out), has_splits)


def split_off(entries: Sequence[Entry], *, source: str = "ZIP") -> tuple[list[Entry], list[dict[str, str]]]:
    """The pictures among the entries, and the rest as ``{"name", "reason"}``.

    Raises:
        DataError: There is no picture.
    """
    if not entries:
        raise DataError(f"The {source} is empty.", fix=f"Put pictures into it. {EXAMPLE}")
    pictures, left_out = [], []
    for entry in entries:
        reason = entry.refused or _not_a_picture(entry.name)
        if reason:
            left_out.append({"name": shown(entry.name), "reason": reason})
        else:
            pictures.append(entry)
    if not pictures:
        raise DataError(
            f"The {source} holds no picture among its {len(entries):,} files.",
            fix=f"The first one is {left_out[0]['name']}: {left_out[0]['reason']}.",
        )
    return pictures, left_out


def _top(paths: list[list[str]]) -> tuple[int, bool]:
    """Return how many folders lie around everything, and whether split folders come next."""
    wrapping = 0
    while True:
        inside = [parts[wrapping:] for parts in paths if len(parts) > wrapping + 1]
        folders = Counter(parts[0] for parts in inside)
        splits = {split_named(folder) for folder in folders}
        if len(splits) > 1 and None not in splits:
            return wrapping, True
        # One folder around everything is a wrapper only if most pictures lie deeper: else it is the only class.
        n_deeper = sum(len(parts) > 2 for parts in inside)
        if len(folders) != 1 or 2 * n_deeper <= len(inside):
            return wrapping, False
        wrapping += 1


def _not_a_picture(name: str) -> str:
    ending = suffix(name)
    if ending in EXTENSIONS:
        return ""
    if ending in _SAVE_AS:
        return f"{ending} files are not read; save it as {_SAVE_AS[ending]}"
    return f"not a picture ({names.clean(ending)})" if ending else "not a picture (no file ending)"
