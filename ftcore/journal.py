"""An append-only file of lines: what happened stays, in the order in which it happened.

Several processes may append to one journal and read it meanwhile. A line counts once its newline is on disk. A writer
that died in the middle of a line leaves a torn one: a reader waits for its rest, and the next writer ends it, so that
it spoils no other.

A journal that rotates goes on in ``name.1.jsonl``, ``name.2.jsonl``, … once a file is large enough. Files are neither
renamed nor cut, so that a position, once told, stays true.
"""

import errno
import fcntl
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ftcore import workspace


@dataclass(frozen=True)
class Journal:
    """The lines of a file, and of those in which it goes on.

    Args:
        path: Of the first file; made by the first append, in a folder that is there.
        max_bytes: Size from which on a file is full and lines go to the next; never if None.
    """

    path: Path
    max_bytes: int | None = None

    def append(self, *lines: str, sync: bool = False) -> None:
        """Add lines in one write, so that a reader or a kill never finds half of one between two others.

        Args:
            lines: Without newlines in them.
            sync: The lines survive a power cut from here on.

        Raises:
            WorkspaceError: The disk is full or forbidden; lines that are whole on disk stay, half of one does not.
            FileNotFoundError: The folder is not there.
        """
        data = "".join(f"{line}\n" for line in lines).encode()
        with workspace.disk_errors():
            first = self._open(self.path)
            try:
                fcntl.flock(first, fcntl.LOCK_EX)  # one writer at a time; the kernel takes it back on any death
                handle = self._last(first)
                try:
                    _write(handle, data)
                    if sync:
                        os.fsync(handle)
                finally:
                    if handle != first:
                        os.close(handle)
            finally:
                os.close(first)

    def read(self, position: int = 0) -> tuple[list[bytes], int]:
        """Return the whole lines after a position, and the position to ask for next time.

        A torn last line is left for the next call, so a reader never sees half of one.

        Args:
            position: Bytes from the begin of the first file, over all files; 0, or what an earlier call returned.
        """
        lines: list[bytes] = []
        begin = 0
        for path in self.files():
            with suppress(FileNotFoundError), path.open("rb") as file:  # its folder may be deleted meanwhile
                size = os.fstat(file.fileno()).st_size
                if begin + size > position:
                    file.seek(position - begin)
                    whole, newline, _torn = file.read(begin + size - position).rpartition(b"\n")
                    if newline:
                        lines += whole.split(b"\n")
                        position += len(whole) + 1
                begin += size
        return lines, position

    def files(self) -> list[Path]:
        """Return the files that are there, in the order in which they were filled."""
        found: list[Path] = []
        while (path := self._file(len(found))).exists():
            found.append(path)
        return found

    def _file(self, number: int) -> Path:
        return self.path.with_name(f"{self.path.stem}.{number}{self.path.suffix}") if number else self.path

    def _last(self, first: int) -> int:
        """Return a handle of the file that the next lines go to, ``first`` or another; the lock is held."""
        if self.max_bytes is None:
            return first
        number = len(self.files()) - 1
        handle = self._open(self._file(number)) if number else first
        size = os.fstat(handle).st_size
        if size < self.max_bytes:
            return handle
        if os.pread(handle, 1, size - 1) != b"\n":
            _write(handle, b"")  # a file that is left behind has no torn line that a reader would wait for
        if handle != first:
            os.close(handle)
        return self._open(self._file(number + 1))

    @staticmethod
    def _open(path: Path) -> int:
        return os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644)


def _write(handle: int, data: bytes) -> None:
    """Append data behind a whole line; of what does not fit on the disk only whole lines stay."""
    size = os.fstat(handle).st_size
    if size and os.pread(handle, 1, size - 1) != b"\n":
        data = b"\n" + data  # an earlier writer died in the middle of a line; it stays as it is
    written = os.write(handle, data)
    if written < len(data):
        os.ftruncate(handle, size + data[:written].rfind(b"\n") + 1)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
