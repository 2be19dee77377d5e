"""The kinds of jobs there are, one row each: all that the store, the queue, the worker, the pages and the command line
know about them.

A kind that is registered here waits in the queue, is worked on, is watched and is listed without any other change.
"""

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ftcore.errors import RunError

if TYPE_CHECKING:
    from ftcore.runs.state import JobState


@dataclass(frozen=True, kw_only=True)
class JobKind:
    """A kind of job.

    Args:
        name: In ``settings.json`` and in the queue, so it is never renamed.
        title: What people call a job of this kind.
        doing: What people call it while it works.
        folder: Of the workspace, in which its jobs lie.
        worker: Module whose ``run(job)`` does a job; imported by the worker's process alone.
        lane: Kinds of one lane wait for each other.
        room: How many jobs of its lane are worked on at once.
        result: File in the job's folder that is there once the job has made what it was for; empty where what it makes
            lies elsewhere.
        parameter: What the address of a page calls an open job of this kind; empty where none is opened by itself.
        state: Class of ``state.JobState`` that its log is folded into; importing its module makes the events known that
            such a log may hold.
        starts_torch: The worker's first seconds go into importing PyTorch, which is said before.
    """

    name: str
    title: str
    doing: str
    folder: str
    worker: str
    lane: str
    room: int = 1
    result: str = ""
    parameter: str = ""
    state: str = "ftcore.runs.state.JobState"
    starts_torch: bool = False

    def new_state(self) -> "JobState":
        """Return what is true of a job that has said nothing yet."""
        module, _, name = self.state.rpartition(".")
        state: JobState = getattr(importlib.import_module(module), name)()
        return state


KINDS: dict[str, JobKind] = {}
"""By name, in the order in which people see them."""


def register(row: JobKind) -> JobKind:
    """Add a kind of job.

    Raises:
        ValueError: Its name or its folder is taken, or its lane has room for another number of jobs.
    """
    for other in KINDS.values():
        if row.name == other.name or row.folder == other.folder:
            raise ValueError(f"There is a kind of job {other.name!r} in {other.folder}/ already.")
        if row.lane == other.lane and row.room != other.room:
            raise ValueError(f"Lane {row.lane!r} has room for {other.room} jobs, not for {row.room}.")
    KINDS[row.name] = row
    return row


def find(name: str) -> JobKind:
    """Return the kind of this name. Raises RunError for any other."""
    if not isinstance(name, str) or name not in KINDS:
        raise RunError(f"There is no kind of job {str(name)[:80]!r}.", fix=f"Choose one of: {', '.join(KINDS)}.")
    return KINDS[name]


def lanes() -> dict[str, list[JobKind]]:
    """Return the kinds of each lane."""
    found: dict[str, list[JobKind]] = {}
    for row in KINDS.values():
        found.setdefault(row.lane, []).append(row)
    return found


register(
    JobKind(
        name="train",
        title="Training",
        doing="Training",
        folder="runs",
        worker="ftcore.jobs.train",
        lane="train",  # two trainings would only slow each other down
        result="bundle/bundle.json",
        parameter="run",
        state="ftcore.training.run_state.RunState",
        starts_torch=True,
    )
)
register(
    JobKind(
        name="import",
        title="Import",
        doing="Importing",
        folder="imports",
        worker="ftcore.jobs.import_dataset",
        lane="import",
        room=2,
        parameter="import",
        state="ftcore.datasets.importing.import_state.ImportState",
    )
)
register(
    JobKind(
        name="examine",
        title="Examination",
        doing="Examining",
        folder="examinations",
        worker="ftcore.jobs.examine",
        lane="examine",
    )
)
register(
    JobKind(
        name="map",
        title="Map of the pictures",
        doing="Drawing",
        folder="maps",
        worker="ftcore.jobs.feature_map",
        lane="map",
    )
)
register(
    JobKind(
        name="rates",
        title="Trial of learning rates",
        doing="Trying",
        folder="rates",
        worker="ftcore.jobs.lr_finder",
        lane="rates",
        result="found.json",
        starts_torch=True,
    )
)
register(
    JobKind(
        name="estimate",
        title="Estimate of the cost",
        doing="Measuring",
        folder="estimates",
        worker="ftcore.jobs.estimate",
        lane="estimate",
        result="measured.json",
    )
)
register(
    JobKind(
        name="race",
        title="Race of models",
        doing="Racing",
        folder="races",
        worker="ftcore.jobs.race",
        lane="race",
        state="ftcore.search.race_state.RaceState",
    )
)
