"""What is true now about a training: a fold over its log. Known without torch."""

from dataclasses import dataclass, replace
from typing import Any, Self

from ftcore import tasks
from ftcore.events import Event
from ftcore.metrics.score import shared_unit
from ftcore.runs import store
from ftcore.runs.state import FINAL, JobState
from ftcore.runs.tail import Tail
from ftcore.tasks import scores as known
from ftcore.training.events import EpochDone, Estimated, FeaturesCached, Planned, Resumed, StepDone, Tested


@dataclass(frozen=True, kw_only=True)
class RunState(JobState):
    """The replayed log of a training.

    Args:
        plan: What ``Planned`` said, or None.
        promised: What ``Estimated`` said, or None where nothing had been estimated.
        history: One row per epoch that counts: epoch, phase, lr, seconds, images_per_second, memory_mb,
            train_<metric>, val_<metric>, best.
        steps: (step, loss) since the start, thinned to at most 400 points.
        step: Optimiser steps done.
        speed: Training pictures per second, latest.
        memory_mb: Resident memory of the worker, latest.
        lr: Learning rate, latest.
        training_since: When the current sitting's first training report came, and at which step.
        best_epoch: Index of the best epoch in ``history``, or None.
        scores: Test scores, metric -> {value, low, high}.
        n_tested: Test pictures behind ``scores``.
        prepared: What ``FeaturesCached`` said, per phase; a phase that was prepared again has its latest.
    """

    plan: Planned | None = None
    promised: Estimated | None = None
    history: tuple[dict[str, Any], ...] = ()
    steps: tuple[tuple[int, float], ...] = ()
    step: int = 0
    speed: float = 0.0
    memory_mb: float = 0.0
    lr: float = 0.0
    training_since: tuple[float, int] | None = None
    best_epoch: int | None = None
    scores: dict[str, dict[str, float]] | None = None
    n_tested: int = 0
    prepared: tuple[FeaturesCached, ...] = ()

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
        """The share of the current stage, or of the training, that is done, 0-1."""
        if self.stage is not None or self.status in FINAL:
            return super().fraction
        return self.step / self.plan.n_steps if self.plan and self.plan.n_steps else 0.0

    @property
    def seconds_left(self) -> float | None:
        """Time left in the current stage or training at the pace so far, or None when it cannot be told yet."""
        if self.stage is not None or self.plan is None or self.training_since is None:
            return super().seconds_left
        since, first_step = self.training_since
        done = self.step - first_step
        return (self.last_at - since) / done * (self.plan.n_steps - self.step) if done > 0 else None

    def after(self, event: Event) -> Self:
        match event:
            case Planned():
                return replace(self, status="working", plan=event, stage=None, problem="")
            case Estimated():
                return replace(self, promised=event)
            case FeaturesCached():
                others = (prepared for prepared in self.prepared if prepared.phase != event.phase)
                return replace(self, prepared=(*others, self._again(event)))
            case StepDone():
                return self._after_step(event)
            case EpochDone():
                return self._after_epoch(event)
            case Resumed(epoch=epoch):
                return self._rewound(epoch)
            case Tested(scores=scores, n_images=n):
                return replace(self, scores=scores, n_tested=n, stage=None)
        return super().after(event)

    def _again(self, event: FeaturesCached) -> FeaturesCached:
        """A phase that a resumed run prepared once more: what the first sitting computed still counts."""
        for before in self.prepared:
            if before.phase == event.phase:
                return replace(
                    event,
                    prefix=event.prefix or before.prefix,
                    seconds=before.seconds + event.seconds,
                    cache_hit=before.cache_hit and event.cache_hit,
                )
        return event

    def _after_step(self, event: StepDone) -> Self:
        steps = (*self.steps, (event.step, event.loss))
        if len(steps) > 400:
            steps = (*steps[:-1:2], steps[-1])
        return replace(
            self,
            status="working",
            stage=None,
            steps=steps,
            step=event.step,
            speed=event.images_per_second,
            memory_mb=event.memory_mb,
            lr=event.lr,
            training_since=self.training_since or (event.at, event.step),
        )

    def _after_epoch(self, event: EpochDone) -> Self:
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
        history = (*self.history, row)
        return replace(
            self,
            status="working",
            stage=None,
            history=history,
            step=event.step,
            speed=event.images_per_second,
            memory_mb=event.memory_mb,
            best_epoch=event.epoch if event.best else self.best_epoch,
            training_since=self.training_since or (event.at, event.step),
        )

    def _rewound(self, epoch: int) -> Self:
        """Forget what the log says about ``epoch`` and later: it is computed again."""
        history = tuple(row for row in self.history if row["epoch"] < epoch)
        step = history[-1]["step"] if history else 0
        best = [row["epoch"] for row in history if row["best"]]
        return replace(
            self,
            status="working",
            stage=None,
            history=history,
            steps=tuple(point for point in self.steps if point[0] <= step),
            step=step,
            best_epoch=best[-1] if best else None,
            training_since=None,
            scores=None,
            problem="",
            reason="",
        )


def of(job: store.Job) -> RunState:
    """Return what is true now about a training."""
    state = Tail(job).read()
    assert isinstance(state, RunState)
    return state
