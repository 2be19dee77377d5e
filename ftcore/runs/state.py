"""What is true now about a job: a fold over its log. Tail adds whether its worker is alive (tail.py).

There is no status variable anywhere that could go stale. A kind of job that tells more than any job does has a state of
its own, which the table of kinds names (kinds.py): a subclass that knows what follows from its own events.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Self, TypeVar

from ftcore import events as e

State = TypeVar("State", bound="JobState")

FINAL = ("finished", "stopped")
"""Nothing is left to be done: such a job is never started again."""

OVER = (*FINAL, "failed")
"""The worker has said its last word. ``interrupted`` is not over: it can be resumed."""


@dataclass(frozen=True, kw_only=True)
class JobState:
    """The replayed log of any job. ``replay(a + b, s) == replay(b, replay(a, s))``.

    Args:
        status: waiting, starting, working, stopping, finished, stopped, failed or interrupted, as far as the log knows.
        stage: The latest ``Progress``, or None where the work is in no stage.
        problem: Why it failed or was interrupted, with its fix.
        notes: Sentences to show.
        n_unreadable: Lines of the log that could not be read; a note says so.
        last_at: When something was heard last, seconds since 1970; 0 where nothing was.
        reason: Why it finished.
        seconds: Computing time over all sittings, once finished.
    """

    status: str = "waiting"
    stage: e.Progress | None = None
    problem: str = ""
    notes: tuple[str, ...] = ()
    n_unreadable: int = 0
    last_at: float = 0.0
    reason: str = ""
    seconds: float = 0.0

    @property
    def is_over(self) -> bool:
        """The worker has said its last word."""
        return self.status in OVER

    @property
    def is_idle(self) -> bool:
        """Nothing works on it, and nothing will by itself: it is over, or was interrupted."""
        return self.is_over or self.status == "interrupted"

    @property
    def fraction(self) -> float:
        """The share of the current stage that is done, 0-1."""
        if self.status in FINAL:
            return 1.0
        return self.stage.done / self.stage.total if self.stage and self.stage.total else 0.0

    @property
    def seconds_left(self) -> float | None:
        """Time left in the current stage at the pace so far, or None when it cannot be told yet."""
        if self.stage is None or not self.stage.seconds or not 0 < self.stage.done < self.stage.total:
            return None
        return self.stage.seconds / self.stage.done * (self.stage.total - self.stage.done)

    def advance(self, event: e.Event) -> Self:
        """Return the state after one more event."""
        return replace(self.after(event), last_at=event.at or self.last_at)

    def after(self, event: e.Event) -> Self:
        """Return what follows from an event, whenever it was; a kind of job adds what follows from its own."""
        match event:
            case e.Started():
                return replace(self, status="starting", stage=None, problem="", reason="")
            case e.Progress():
                status = self.status if self.status in ("stopping", "failed") else "working"
                return replace(self, status=status, stage=event, problem=self.problem if status == "failed" else "")
            case e.Note(message=message):
                return self if message in self.notes else replace(self, notes=(*self.notes, message))
            case e.Unreadable():
                return self._after_unreadable()
            case e.Stopped():
                return replace(self, status="stopping")
            case e.Failed(message=message, fix=fix):
                return replace(self, status="failed", problem=f"{message} {fix}".strip(), stage=None)
            case e.Interrupted(message=message, fix=fix):
                return replace(self, status="interrupted", problem=f"{message} {fix}".strip(), stage=None)
            case e.Finished(reason=reason, seconds=seconds):
                ending = {"stopping": "stopped", "failed": "failed"}.get(self.status, "finished")
                return replace(self, status=ending, reason=reason, seconds=seconds, stage=None)
        return self

    def _after_unreadable(self) -> Self:
        said, n = _unreadable(self.n_unreadable), self.n_unreadable + 1
        notes = (note for note in self.notes if note != said)
        return replace(self, n_unreadable=n, notes=(*notes, _unreadable(n)))


def replay(events: Iterable[e.Event], start: State) -> State:
    """Return ``start`` after some events."""
    for event in events:
        start = start.advance(event)
    return start


def _unreadable(n: int) -> str:
    return f"{n} line{'s' if n > 1 else ''} of its log could not be read."
