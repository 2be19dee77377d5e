"""Who wants the result of a job: work that nobody asked for by a button goes on only while somebody waits for it.

A claim is a file in the job's folder, named after who wants it: a page, or the command line. Whoever wants it looks
again every moment, which keeps the claim fresh; one that was not refreshed for ``ALIVE`` seconds is dead, as that of a
tab that was closed. A job that was never claimed is left alone.
"""

import hashlib
import time
from contextlib import suppress
from pathlib import Path

from ftcore import workspace
from ftcore.errors import RunError
from ftcore.runs import queue, store

FOLDER = "claims"
ALIVE = 15.0
"""Seconds for which a claim holds: pages look every second or so, and a busy computer is slower."""


def hold(job: store.Job, who: str) -> None:
    """Say that somebody wants the result of a job, or still wants it.

    Args:
        job: That waits, works or is about to be submitted; one that was deleted meanwhile is passed over.
        who: Any text that nobody else uses.
    """
    claim = _claim(job, who)
    with suppress(FileNotFoundError), workspace.disk_errors():
        claim.parent.mkdir(exist_ok=True)
        claim.touch()


def is_wanted(job: store.Job) -> bool:
    """Tell whether somebody wants the result of a job: a claim on it is alive."""
    now = time.time()
    return any(now - at < ALIVE for at in _claimed(job))


def release(job: store.Job, who: str) -> None:
    """Drop a claim, and with the last one the job: it leaves the queue, or is asked to stop.

    What somebody else wants goes on, and so does what this one had not claimed.
    """
    claim = _claim(job, who)
    if claim.exists():
        claim.unlink(missing_ok=True)
        if not is_wanted(job) and job.id in queue.entered(job.kind):
            queue.stop(job)


def sweep(kind: str) -> None:
    """Stop the jobs of a kind that were claimed, and that nobody alive wants any more; others may wait for them."""
    for id in queue.entered(kind):
        with suppress(RunError):  # deleted meanwhile
            job = store.find(id, kind)
            if _claimed(job) and not is_wanted(job):
                queue.stop(job)


def _claimed(job: store.Job) -> list[float]:
    """Return when each claim was refreshed last, seconds since 1970."""
    found = []
    with suppress(FileNotFoundError):
        for claim in (job.folder / FOLDER).iterdir():
            with suppress(FileNotFoundError):  # dropped meanwhile
                found.append(claim.stat().st_mtime)
    return found


def _claim(job: store.Job, who: str) -> Path:
    return job.folder / FOLDER / hashlib.sha256(who.encode()).hexdigest()[:32]
