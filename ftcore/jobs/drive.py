"""The one way in which a worker does its job: what happens is written down, a stop is obeyed, the result is kept."""

import time
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ftcore.events import Event, Finished, Progress, Stopped
from ftcore.runs import log, process, store

STOPPED = "Stopped by you."
_BETWEEN = 0.25  # seconds between two reports of how far a stage is: nobody looks more often


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What the work of a job returns when it came to its end.

    Args:
        reason: Why it ended, in a sentence.
        result: A dataclass to keep as the job's result; None where the work has kept what it made.
        last: Events to write in one with the end, so that no kill comes between.
        earlier_seconds: Computing time of earlier sittings.
    """

    reason: str
    result: Any = None
    last: tuple[Event, ...] = ()
    earlier_seconds: float = 0.0


Work = Generator[Event, None, Outcome | None]
"""What a job does, told as events. It returns None where the log says already how it ended."""


def drive(job: store.Job, work: Work, *, stoppable: bool = True, synced: tuple[type[Event], ...] = ()) -> None:
    """Do the work of a job to its end: write its events, keep its result, and write that it finished.

    When the user asks to stop, the work is left between two events.

    Args:
        job: Whose worker this process is.
        work: Of the job; it has not begun yet.
        stoppable: The work may be left. One that looks for a stop itself, or that is over in moments, says no.
        synced: Events that are on disk, safe from a power cut, before the work goes on.

    Raises:
        FinetuneError: What ended the work.
    """
    began = time.perf_counter()
    tell = event_writer(job.folder)
    outcome: Outcome | None = Outcome(reason=STOPPED, last=(Stopped(),))
    with closing(work):
        while not (stoppable and process.stop_requested(job.folder)):
            try:
                event = next(work)
            except StopIteration as ended:
                outcome = ended.value
                break
            tell(event, sync=isinstance(event, synced))
    if outcome is None:
        return
    if outcome.result is not None:
        store.save_result(job, outcome.result)
    seconds = outcome.earlier_seconds + time.perf_counter() - began
    log.append(job.folder, *outcome.last, Finished(reason=outcome.reason, seconds=seconds))


def event_writer(folder: Path) -> Callable[..., None]:
    """Return what writes events down: progress not more often than anybody looks, but the begin and the end of a stage
    always. With ``sync`` an event is safe from a power cut from there on."""
    last, stage = 0.0, ("", "")

    def tell(event: Event, *, sync: bool = False) -> None:
        nonlocal last, stage
        now = time.monotonic()
        if isinstance(event, Progress):
            begins = (event.stage, event.label) != stage or event.done == 0 < event.total
            ends = 0 < event.total <= event.done
            if not (begins or ends or now - last > _BETWEEN):
                return
            last, stage = now, (event.stage, event.label)
        log.append(folder, event, sync=sync)

    return tell
