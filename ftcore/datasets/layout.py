"""From file names to classes: which folder is a class, and whether the folders already say what is for testing."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from ftcore import names
from ftcore.datasets.archive import Entry, shown, suffix
from ftcore.datasets.pictures import EXTENSIONS
from ftcore.errors import DataError

EXAMPLE = "Make one folder per class, for example cats/1.jpg, cats/2.jpg, dogs/1.jpg."
_SPLIT_NAMES = {
    "train": "train",
    "training": "train",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "test": "test",
    "testing": "test",
}
_SAVE_AS = {".heic": "JPEG", ".heif": "JPEG", ".avif": "JPEG", ".svg": "PNG", ".pdf": "PNG"}


@dataclass(frozen=True)
class Placed:
    """An entry with the class that its folder names, and the split if the folders name one."""

    entry: Entry
    label: str
    split: str | None


@dataclass(frozen=True)
class Layout:
    """The pictures with their classes, and what is left out as ``{"name", "reason"}``."""

    placed: tuple[Placed, ...]
    left_out: tuple[dict[str, str], ...]
    has_splits: bool


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
    if not entries:
        raise DataError(f"The {source} is empty.", fix=f"Put pictures into it. {EXAMPLE}")
    left_out, pictures = [], []
    for entry in entries:
        reason = entry.refused or _not_a_picture(entry.name)
        if reason:
            left_out.append({"name": shown(entry.name), "reason": reason})
        else:
            pictures.append((entry, [part for part in entry.name.split("/") if part not in ("", ".")]))
    if not pictures:
        raise DataError(
            f"The {source} holds no picture among its {len(entries):,} files.",
            fix=f"The first one is {left_out[0]['name']}: {left_out[0]['reason']}.",
        )
    wrapping, has_splits = _top([parts for _, parts in pictures])
    depth = wrapping + has_splits
    placed = []
    for entry, parts in pictures:
        if len(parts) < depth + 2:
            left_out.append({"name": shown(entry.name), "reason": "not inside a class folder"})
        else:
            split = _SPLIT_NAMES[parts[wrapping].lower()] if has_splits else None
            placed.append(Placed(entry, names.clean(parts[depth]), split))
    if not placed:
        raise DataError(f"The {source} has no class folders.", fix=EXAMPLE)
    return Layout(tuple(placed), tuple(left_out), has_splits)


def _top(paths: list[list[str]]) -> tuple[int, bool]:
    """How many folders lie around everything, and whether split folders come next."""
    wrapping = 0
    while True:
        inside = [parts[wrapping:] for parts in paths if len(parts) > wrapping + 1]
        folders = Counter(parts[0] for parts in inside)
        splits = {_SPLIT_NAMES.get(folder.lower()) for folder in folders}
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
