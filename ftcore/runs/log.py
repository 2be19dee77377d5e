"""events.jsonl: what happened, one line per event, appended by one writer and read by everybody."""

from pathlib import Path

from ftcore.events import Event, decode, encode
from ftcore.journal import Journal
from ftcore.runs import kinds
from ftcore.runs.state import JobState, replay
from ftcore.runs.store import Job

NAME = "events.jsonl"


def append(folder: Path, *events: Event, sync: bool = False) -> None:
    """Add events in one write; with ``sync`` they also survive a power cut from here on."""
    Journal(folder / NAME).append(*map(encode, events), sync=sync)


def read(folder: Path, offset: int = 0) -> tuple[list[Event], int]:
    """Events after byte ``offset``, and the offset to ask for next time.

    A half-written last line is left for the next call, so a reader never sees a torn event. A line that is no event
    (torn by a kill and followed by others, or of a kind that a newer version wrote) is an ``Unreadable`` one.
    """
    lines, offset = Journal(folder / NAME).read(offset)
    return [decode(line) for line in lines if line], offset


def replayed(job: Job) -> JobState:
    """Fold the log of a job into the state of its kind."""
    return replay(read(job.folder)[0], kinds.find(job.kind).new_state())
