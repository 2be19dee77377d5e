"""What is true now about a job: a fold over its log, plus whether its worker is alive.

There is no status variable anywhere that could go stale.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any

from ftcore import events as e
from ftcore import tasks
from ftcore.metrics.score import shared_unit
from ftcore.tasks import scores as known

FINAL = ("finished", "stopped")
"""Nothing is left to be done: such a job is never started again."""

OVER = (*FINAL, "failed")
"""The worker has said its last word. ``interrupted`` is not over: it can be resumed."""


@dataclass(frozen=True)
class RunState:
    """The replayed log. ``replay(a + b) == replay(b, replay(a))``.

    Args:
        status: waiting, working, stopping, finished, stopped, failed or interrupted, as far as the log knows.
        plan: What ``Planned`` said, or None.
        promised: What ``Estimated`` said, or None where nothing had been estimated.
        stage: The latest ``Progress``, or None while training steps go on.
        history: One row per epoch that counts: epoch, phase, lr, seconds, images_per_second, memory_mb,
            train_<metric>, val_<metric>, best.
        steps: (step, loss) since the start, thinned to at most 400 points.
        step: Optimiser steps done.
        speed: Training pictures per second, latest.
        memory_mb: Resident memory of the worker, latest.
        lr: Learning rate, latest.
        started: When the current sitting began, seconds since 1970, or None.
        training_since: When the current sitting's first training report came, and at which step.
        best_epoch: Index of the best epoch in ``history``, or None.
        scores: Test scores, metric -> {value, low, high}.
        n_tested: Test pictures behind ``scores``.
        problem: Why it failed or was interrupted, with its fix.
        notes: Sentences to show.
        prepared: What ``FeaturesCached`` said, per phase; a phase that was prepared again has its latest.
        leaderboard: What ``CandidateScored`` said, per backbone of a race, in the order in which they ran.
        dataset: Id of the data set an import made.
        reason: Why it finished.
        seconds: Computing time over all sittings, once finished.
    """

    status: str = "waiting"
    plan: e.Planned | None = None
    promised: e.Estimated | None = None
    stage: e.Progress | None = None
    history: tuple[dict[str, Any], ...] = ()
    steps: tuple[tuple[int, float], ...] = ()
    step: int = 0
    speed: float = 0.0
    memory_mb: float = 0.0
    lr: float = 0.0
    started: float | None = None
    training_since: tuple[float, int] | None = None
    last_at: float = 0.0
    best_epoch: int | None = None
    scores: dict[str, dict[str, float]] | None = None
    n_tested: int = 0
    problem: str = ""
    notes: tuple[str, ...] = ()
    prepared: tuple[e.FeaturesCached, ...] = ()
    leaderboard: tuple[e.CandidateScored, ...] = ()
    dataset: str = ""
    reason: str = ""
    seconds: float = 0.0

    @property
    def is_over(self) -> bool:
        return self.status in OVER

    @property
    def headline(self) -> str:
        """The name of the score to show for this run (ftcore/tasks/scores.py)."""
        if self.plan is None:
            return tasks.MULTICLASS.main
        return tasks.of(self.plan.task).headline(self.plan.monitor, self.plan.units)

    @property
    def unit(self) -> str:
        """The unit of the numbers that are learned, if they share one; else empty."""
        return shared_unit(self.plan.units) if self.plan else ""

    def worded(self, value: float) -> str:
        """A value of the headline score as people write it."""
        return known.text(self.headline, value, self.unit)

    @property
    def tested(self) -> str:
        """The headline score on the test pictures as people write it; empty before there is one."""
        return self.worded(self.scores[self.headline]["value"]) if self.headline in (self.scores or {}) else ""  # type: ignore[index]

    @property
    def fraction(self) -> float:
        """How much of the current stage, or of the training, is done, 0-1."""
        if self.status == "finished" or self.status == "stopped":
            return 1.0
        if self.stage is not None:
            return self.stage.done / self.stage.total if self.stage.total else 0.0
        return self.step / self.plan.n_steps if self.plan and self.plan.n_steps else 0.0

    @property
    def seconds_left(self) -> float | None:
        """Time left in the current stage or training at the pace so far, or None when it cannot be told yet."""
        if self.stage is not None:
            if not 0 < self.stage.done < self.stage.total:
                return None
            return self.stage.seconds / self.stage.done * (self.stage.total - self.stage.done)
        if self.plan is None or self.training_since is None:
            return None
        since, first_step = self.training_since
        done = self.step - first_step
        return (self.last_at - since) / done * (self.plan.n_steps - self.step) if done > 0 else None


def advance(state: RunState, event: e.Event) -> RunState:
    """The state after one more event."""
    state = replace(state, last_at=event.at)
    match event:
        case e.Planned():
            event = replace(event, task=tasks.current(event.task))
            return replace(state, status="working", plan=event, stage=None, problem="", started=event.at)
        case e.Estimated():
            return replace(state, promised=event)
        case e.Progress():
            status = state.status if state.status in ("stopping", "failed") else "working"
            return replace(state, status=status, stage=event, problem=state.problem if status == "failed" else "")
        case e.Note(message=message):
            return state if message in state.notes else replace(state, notes=(*state.notes, message))
        case e.FeaturesCached():
            return replace(
                state, prepared=(*(p for p in state.prepared if p.phase != event.phase), _again(state, event))
            )
        case e.StepDone():
            return _after_step(state, event)
        case e.EpochDone():
            return _after_epoch(state, event)
        case e.Resumed(epoch=epoch):
            return _rewound(state, epoch)
        case e.Stopped():
            return replace(state, status="stopping")
        case e.Tested(scores=scores, n_images=n):
            return replace(state, scores=scores, n_tested=n, stage=None)
        case e.CandidateScored():
            others = (standing for standing in state.leaderboard if standing.model != event.model)
            return replace(state, leaderboard=(*others, event))
        case e.Imported(dataset=dataset):
            return replace(state, dataset=dataset, stage=None)
        case e.Failed(message=message, fix=fix):
            return replace(state, status="failed", problem=f"{message} {fix}".strip(), stage=None)
        case e.Interrupted(message=message, fix=fix):
            return replace(state, status="interrupted", problem=f"{message} {fix}".strip(), stage=None)
        case e.Finished(reason=reason, seconds=seconds):
            ending = {"stopping": "stopped", "failed": "failed"}.get(state.status, "finished")
            return replace(state, status=ending, reason=reason, seconds=seconds, stage=None)
    return state


def replay(events: Iterable[e.Event], start: RunState | None = None) -> RunState:
    """Fold events into a state."""
    return reduce(advance, events, start or RunState())


def _again(state: RunState, event: e.FeaturesCached) -> e.FeaturesCached:
    """A phase that a resumed run prepared once more: what the first sitting computed still counts."""
    for before in state.prepared:
        if before.phase == event.phase:
            return replace(
                event,
                prefix=event.prefix or before.prefix,
                seconds=before.seconds + event.seconds,
                cache_hit=before.cache_hit and event.cache_hit,
            )
    return event


def _after_step(state: RunState, event: e.StepDone) -> RunState:
    steps = (*state.steps, (event.step, event.loss))
    if len(steps) > 400:
        steps = (*steps[:-1:2], steps[-1])
    return replace(
        state,
        status="working",
        stage=None,
        steps=steps,
        step=event.step,
        speed=event.images_per_second,
        memory_mb=event.memory_mb,
        lr=event.lr,
        training_since=state.training_since or (event.at, event.step),
    )


def _after_epoch(state: RunState, event: e.EpochDone) -> RunState:
    row = {
        "epoch": event.epoch,
        "phase": event.phase,
        "step": event.step,
        "lr": event.lr,
        "seconds": event.seconds,
        "images_per_second": event.images_per_second,
        "memory_mb": event.memory_mb,
        "best": event.best,
        **{f"train_{name}": value for name, value in event.train.items()},
        **{f"val_{name}": value for name, value in event.val.items()},
    }
    history = (*state.history, row)
    return replace(
        state,
        status="working",
        stage=None,
        history=history,
        step=event.step,
        speed=event.images_per_second,
        memory_mb=event.memory_mb,
        best_epoch=event.epoch if event.best else state.best_epoch,
        training_since=state.training_since or (event.at, event.step),
    )


def _rewound(state: RunState, epoch: int) -> RunState:
    """Forget what the log says about ``epoch`` and later: it is computed again."""
    history = tuple(row for row in state.history if row["epoch"] < epoch)
    step = history[-1]["step"] if history else 0
    best = [row["epoch"] for row in history if row["best"]]
    return replace(
        state,
        status="working",
        stage=None,
        history=history,
        steps=tuple(point for point in state.steps if point[0] <= step),
        step=step,
        best_epoch=best[-1] if best else None,
        training_since=None,
        scores=None,
        problem="",
        reason="",
    )
