"""The one folder that everything is written to, and how a file gets there whole or not at all.

``FTCORE_WORKSPACE`` names it (default ``workspace/`` in the current folder); worker processes inherit it.
"""

import errno
import json
import os
import re
import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from ftcore.errors import WorkspaceError

VARIABLE = "FTCORE_WORKSPACE"


def root() -> Path:
    """The workspace folder, made if it is not there yet."""
    path = Path(os.environ.get(VARIABLE) or "workspace").expanduser().resolve()
    try:
        with disk_errors():
            path.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        raise WorkspaceError(f"{path} is not a folder.", fix="Choose another workspace folder.") from error
    return path


def use(path: Path | str) -> Path:
    """Make ``path`` the workspace of this process and of every process it starts."""
    os.environ[VARIABLE] = str(Path(path).expanduser().resolve())
    return root()


def folder(name: str) -> Path:
    """One of the workspace's own folders (``runs``, ``datasets``, …), made if it is not there yet."""
    path = root() / name
    with disk_errors():
        path.mkdir(exist_ok=True)
    return path


@contextmanager
def disk_errors() -> Iterator[None]:
    """Turn what a full or forbidden disk raises into one sentence."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise WorkspaceError(
                "The disk is full, so the file could not be written.", fix="Free some space and try again."
            ) from error
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            raise WorkspaceError(
                f"The folder of {error.filename or 'the workspace'} cannot be written to.",
                fix="Choose another workspace folder or change its permissions.",
            ) from error
        raise


def raise_disk_trouble(error: OSError) -> None:
    """Raise it again if it is of the disk; trouble with a network is an OSError as well and is not."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EROFS):
        raise error


def require_space(n_bytes: int, what: str) -> None:
    """Raise before starting something that cannot fit: ``what`` needs ``n_bytes`` of free disk."""
    free = shutil.disk_usage(root()).free
    if n_bytes > free:
        raise WorkspaceError(
            f"{what} needs {n_bytes / 1e6:,.0f} MB of disk, {free / 1e6:,.0f} MB are free.",
            fix="Free some space and try again.",
        )


def write_bytes(path: Path, data: bytes) -> None:
    """Write a file so that a reader, or a power cut, finds the old content or the new, never a part."""
    with replacing(path) as temporary:
        temporary.write_bytes(data)


def write_json(path: Path, value: Any) -> None:
    """Write JSON whole or not at all. NaN is refused: it is not JSON."""
    write_bytes(path, json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False).encode())


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary path beside ``path``; what the body wrote there is synced and renamed over ``path``."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}.part")
    try:
        with disk_errors():
            yield temporary
            with temporary.open("rb") as written:
                os.fsync(written.fileno())
            os.replace(temporary, path)
            sync_folder(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """A temporary folder beside ``path``, renamed to ``path`` when the body ends well and removed when it does not.

    Raises FileExistsError when another process made ``path`` meanwhile.
    """
    with disk_errors():
        temporary = Path(tempfile.mkdtemp(prefix=f".{path.name}.{os.getpid()}-", suffix=".part", dir=path.parent))
        try:
            yield temporary
            try:
                os.replace(temporary, path)
            except OSError as error:
                if error.errno in (errno.ENOTEMPTY, errno.EEXIST):
                    raise FileExistsError(error.errno, "another process was first", str(path)) from error
                raise
            sync_folder(path.parent)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)


def is_being_written(temporary: Path) -> bool:
    """Tell whether the process that made a temporary folder (``new_folder``) is still there to fill it."""
    found = re.search(r"\.(\d{1,10})-[^.]*\.part$", temporary.name)
    return found is not None and psutil.pid_exists(int(found[1]))


def remove_folder(path: Path) -> None:
    """Delete a folder of the workspace: renamed first, so that it is gone at once and never half there."""
    if root() not in path.resolve().parents:
        raise WorkspaceError(f"{path} lies outside the workspace.", fix="Only the workspace's own folders are deleted.")
    gone = path.with_name(f".{path.name}.gone")
    with disk_errors():
        shutil.rmtree(gone, ignore_errors=True)  # of a delete that was cut off
        os.replace(path, gone)
    finish_removals(path.parent)


def finish_removals(parent: Path) -> None:
    """Delete what is left in a folder of deletes that were cut off, by a kill or a power cut."""
    for gone in parent.glob(".*.gone"):
        shutil.rmtree(gone, ignore_errors=True)


def sync_folder(path: Path) -> None:
    """Make a rename inside ``path`` survive a power cut."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
