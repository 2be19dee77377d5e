"""A kind of job that the app does not know: one row, a worker, an event and a state of its own."""

import time
from dataclasses import dataclass, replace
from typing import Self

from ftcore.errors import DataError
from ftcore.events import Event, Note, Progress, register
from ftcore.runs.kinds import JobKind
from ftcore.runs.state import JobState

ROW = JobKind(
    name="toy",
    title="Toy",
    doing="Playing",
    folder="toys",
    worker="tests.jobs.toy",
    lane="toy",
    result="played.json",
    state="tests.jobs.toy.ToyState",
)


@register("toy_moved")
@dataclass(frozen=True, kw_only=True)
class Moved(Event):
    steps: int


@dataclass(frozen=True, kw_only=True)
class ToyState(JobState):
    steps: int = 0

    def after(self, event: Event) -> Self:
        if isinstance(event, Moved):
            return replace(self, steps=self.steps + event.steps)
        return super().after(event)


@dataclass(frozen=True)
class Played:
    steps: int


def run(job):
    """Play for ``steps`` steps; for ever where there are none, and not at all where it is ``broken``."""
    from ftcore.jobs.drive import drive

    drive(job, playing(job.request))


def playing(request):
    from ftcore.jobs.drive import Outcome

    if request.get("broken"):
        raise DataError("The toy is broken.", fix="Mend it.")
    steps, done = request.get("steps", 0), 0
    yield Note(message="It is wound up.")
    while not steps or done < steps:
        yield Progress(stage="play", label="Playing", done=done, total=steps)
        yield Moved(steps=1)
        done += 1
        time.sleep(0.01)
    return Outcome(reason="Played.", result=Played(done))
