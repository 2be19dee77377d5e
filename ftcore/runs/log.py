"""events.jsonl: what happened, one line per event, appended by one writer and read by everybody."""

import errno
import os
import time
from collections.abc import Callable
from pathlib import Path

from ftcore import workspace
from ftcore.events import Event, Progress, decode, encode

NAME = "events.jsonl"
_BETWEEN = 0.25  # seconds between two reports of progress


def append(folder: Path, *events: Event, sync: bool = False) -> None:
    """Add events in one write, so that a reader or a kill never finds half of one between two others.

    With ``sync`` they also survive a power cut from here on.
    """
    data = "".join(encode(event) + "\n" for event in events).encode()
    with workspace.disk_errors():
        handle = os.open(folder / NAME, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            size = os.fstat(handle).st_size
            if size and os.pread(handle, 1, size - 1) != b"\n":
                data = b"\n" + data  # an earlier writer died in the middle of a line; it stays unread
            written = os.write(handle, data)
            if written < len(data):
                os.ftruncate(handle, size)
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder / NAME))
            if sync:
                os.fsync(handle)
        finally:
            os.close(handle)


def event_writer(folder: Path) -> Callable[[Event], None]:
    """Writes events down; progress not more often than anybody looks, but the begin and the end of a stage always."""
    last = 0.0

    def tell(event: Event) -> None:
        nonlocal last
        now = time.monotonic()
        if not isinstance(event, Progress) or event.done in (0, event.total) or now - last > _BETWEEN:
            last = now
            append(folder, event)

    return tell


def read(folder: Path, offset: int = 0) -> tuple[list[Event], int]:
    """Events after byte ``offset``, and the offset to ask for next time.

    A half-written last line is left for the next call, so a reader never sees a torn event. A line that is not an
    event (torn by a kill and followed by others, or of a kind that a newer version wrote) is passed over.
    """
    try:
        with (folder / NAME).open("rb") as file:
            file.seek(offset)
            chunk = file.read()
    except FileNotFoundError:
        return [], offset
    whole, newline, _torn = chunk.rpartition(b"\n")
    if not newline:
        return [], offset
    events = []
    for line in whole.split(b"\n"):
        try:
            event = decode(line.decode())
        except (ValueError, TypeError, AttributeError):
            continue
        if event is not None:
            events.append(event)
    return events, offset + len(whole) + 1
