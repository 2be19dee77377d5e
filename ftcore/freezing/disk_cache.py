"""Folders that can be made again: activations and converted prefixes, on disk, within bounds.

``cache/frozen/<key>/`` appears whole or not at all. A key is made of everything that the content depends on. The least
recently used folders go first; deleting all of them costs time, nothing else.
"""

import contextlib
import hashlib
import json
import os
import shutil
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ftcore import workspace
from ftcore.errors import WorkspaceError

if TYPE_CHECKING:
    from torch import nn  # pages ask what is kept, and do without torch

FOLDER = "cache"
ABOUT = "about.json"
LARGEST = 20e9  # bytes, or a quarter of the free disk if that is less


def digest(module: "nn.Module") -> str:
    """A hash over a module's code, its layers with their options, and every one of its weights and buffers."""
    found = hashlib.sha256(str(module).encode())
    for name, value in module.state_dict().items():
        found.update(name.encode())
        found.update(value.detach().cpu().contiguous().numpy().tobytes())
    return found.hexdigest()


def key_of(module: "nn.Module | str", **what: Any) -> str:
    """A name for what a module computes.

    Args:
        module: A module, or its ``digest``.
        what: Everything else that the content depends on: pictures, rows, view, preprocessing, precision. JSON-able.
    """
    known = module if isinstance(module, str) else digest(module)
    return hashlib.sha256(f"{known} {json.dumps(what, sort_keys=True)}".encode()).hexdigest()[:32]


def find(key: str) -> tuple[Path, dict[str, Any]] | None:
    """The folder of a key and what is known of it, or None when it is not there. It counts as used just now."""
    folder = root() / key
    try:
        about = json.loads((folder / ABOUT).read_text())
    except (OSError, ValueError):
        return None
    with contextlib.suppress(OSError):
        os.utime(folder)
    return (folder, about) if isinstance(about, dict) else None


def has(key: str) -> bool:
    """Tell whether a key is there. Asking does not count as using."""
    return (root() / key / ABOUT).is_file()


@contextlib.contextmanager
def new(key: str, about: dict[str, Any]) -> Iterator[Path]:
    """A folder to fill; at the end it becomes that of ``key``, with ``about`` beside what was written.

    When another process was quicker, its folder stays and this one goes.
    """
    with contextlib.suppress(FileExistsError), workspace.new_folder(root() / key) as folder:
        yield folder
        workspace.write_json(folder / ABOUT, about)


def amend(key: str, more: dict[str, Any]) -> None:
    """Add to what is known of a key; nothing happens when it has gone."""
    if found := find(key):
        with contextlib.suppress(FileNotFoundError):
            workspace.write_json(found[0] / ABOUT, {**found[1], **more})


def remove(key: str) -> None:
    """Forget a key."""
    with contextlib.suppress(FileNotFoundError):  # never there, or another process removes it
        workspace.remove_folder(root() / key)


def make_room(n_bytes: float, *, largest: float | None = None, keep: Collection[str] = ()) -> None:
    """Drop the least recently used until ``n_bytes`` more fit. Raises WorkspaceError when they cannot fit at all.

    Args:
        n_bytes: That are going to be written.
        largest: Bytes that the cache may take; a quarter of the free disk is never exceeded.
        keep: Keys that are in use.
    """
    _remove_abandoned()
    limit = most_bytes(largest)
    kept = sum(_bytes_of(root() / key) for key in keep)
    if n_bytes + kept > limit:
        raise WorkspaceError(
            f"Keeping the activations needs {(n_bytes + kept) / 1e6:,.0f} MB, "
            f"the cache may hold {limit / 1e6:,.0f} MB.",
            fix="Free some space, allow a larger cache, or choose a smaller image size.",
        )
    loose = sorted((f for f in _folders() if f.name not in keep), key=_used)
    while loose and total_bytes() + n_bytes > limit:
        remove(loose.pop(0).name)


def most_bytes(largest: float | None = None) -> float:
    """Bytes that the cache may take now: ``largest``, and never more than a quarter of the free disk."""
    return min(LARGEST if largest is None else largest, shutil.disk_usage(root()).free / 4 + total_bytes())


def total_bytes() -> int:
    """Bytes that the cache takes on disk, with what is being written."""
    return sum(_bytes_of(folder) for folder in root().iterdir())


def contents() -> list[dict[str, Any]]:
    """One row per folder, the most recently used first: key, kind, bytes, used (seconds since 1970)."""
    rows = []
    for folder in _folders():
        with contextlib.suppress(OSError, ValueError, KeyError):
            about = json.loads((folder / ABOUT).read_text())
            row = {"key": folder.name, "kind": about["kind"], "bytes": _bytes_of(folder), "used": _used(folder)}
            rows.append(row)
    return sorted(rows, key=lambda row: -row["used"])


def clear() -> int:
    """Empty the cache; returns the bytes that were freed. Runs that use it go on with the files they have open."""
    before = total_bytes()
    _remove_abandoned()
    for folder in _folders():
        remove(folder.name)
    return before - total_bytes()


def root() -> Path:
    """Return where the folders lie."""
    folder = workspace.folder(FOLDER) / "frozen"
    folder.mkdir(exist_ok=True)
    return folder


def _bytes_of(folder: Path) -> int:
    try:
        return sum(file.stat().st_size for file in folder.iterdir())
    except OSError:
        return 0  # another process is removing it


def _used(folder: Path) -> float:
    """Return when a folder was used last, in seconds since 1970; 0 if another process has removed it meanwhile."""
    try:
        return folder.stat().st_mtime
    except OSError:
        return 0.0


def _remove_abandoned() -> None:
    """Delete what killed workers left half-filled, or half removed."""
    for folder in root().glob(".*"):
        if not workspace.is_being_written(folder):
            shutil.rmtree(folder, ignore_errors=True)


def _folders() -> list[Path]:
    return [folder for folder in root().iterdir() if folder.is_dir() and not folder.name.startswith(".")]
