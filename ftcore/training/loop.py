"""The training loop, written once. It yields what happened; it writes no file and knows no interface.

Workers, the command line and tests all drive this one generator::

    for event in finetune(parts, should_stop=asked):
        ...
"""

import math
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

from torch import Tensor, nn, optim
from torch.nn import functional

from ftcore import hardware
from ftcore.evaluation.predict import logits
from ftcore.events import EpochDone, Event, Failed, Note, Planned, StepDone, Stopped
from ftcore.freezing.plan import FreezePlan
from ftcore.metrics.collection import METRICS, Scoreboard
from ftcore.preprocessing import Preprocessing
from ftcore.tasks import scores
from ftcore.tasks.outputs import Outputs
from ftcore.training.batches import Batches
from ftcore.training.cpu_kernels import computing
from ftcore.training.recipe.losses import Loss
from ftcore.training.recipe.mixup import Mixed, Mixing
from ftcore.training.recipe.regularizers import Penalty
from ftcore.training.recipe.schedules import Plateau
from ftcore.vision import ModelEmaV3

NO_PLACES = (
    "CutMix needs to know where in the picture things are, and the frozen part hands on numbers that no longer say so: "
    "Mixup takes its place."
)
REPORT_EVERY = 0.5  # seconds between two StepDone events, so that a log of a fast run stays small


@dataclass
class Position:
    """Where a run stands, between two epochs. Checkpoints keep it."""

    epoch: int = 0
    step: int = 0
    best_epoch: int | None = None
    best_score: float = 0.0
    best_loss: float = math.inf
    stale_epochs: int = 0
    seconds: float = 0.0


class Source(Protocol):
    """Batches of (inputs, targets [B, ...]): pictures, or what an engine made of them."""

    def epoch(self, epoch: int = 0) -> Iterator[tuple[Any, Tensor]]: ...


@dataclass
class Motion:
    """What moves the weights in one phase.

    Args:
        phase: Index in the plan.
        optimiser: Over what learns.
        scheduler: Of the learning rate, a step per batch.
        forward: Maps ``train``'s inputs to outputs while training; None is the whole model on pictures.
        answer: Maps ``validation``'s inputs to outputs; None is the answering model on pictures.
        train: Inputs of this phase; None are the pictures.
        validation: The same for validation.
        prepared: Whether the engine has seen to this phase.
        autocast: Whether training steps compute in bfloat16; None until it is decided (precision.py).
        plateau: Lowers the rate when validation stalls, where the schedule is of that kind.
    """

    phase: int
    optimiser: optim.Optimizer
    scheduler: optim.lr_scheduler.LambdaLR
    forward: nn.Module | None = None
    answer: nn.Module | None = None
    train: Source | None = None
    validation: Source | None = None
    prepared: bool = False
    autocast: bool | None = None
    plateau: Plateau | None = None


class Engine(Protocol):
    """Makes a phase cheaper before it begins, and says what it does."""

    def prepare(self, parts: "Parts", motion: Motion) -> Iterator[Event]: ...

    def answers(
        self, model: nn.Module, pictures: Batches, what: str
    ) -> Generator[Event, None, tuple[nn.Module, Source]]: ...


@dataclass
class Parts:
    """Everything a run is made of, as objects (assemble.py builds it from settings).

    Args:
        model: Maps [B, 3, S, S] to [B, outputs.n].
        preprocessing: From picture to input.
        outputs: What these outputs mean.
        train: Shuffled training batches.
        validation: Validation batches.
        plan: Which depth groups learn when.
        start_phase: Makes the optimiser and the schedule of a phase.
        monitor: Which validation score decides the best epoch; one of the task's.
        patience: Epochs without improvement before the run ends early; 0 never.
        loss: What is minimised; reported losses are plain cross entropy or squared error.
        clip: Largest length of the gradient over all parameters; 0 leaves it as it is.
        ema: Moving average of the model, or None.
        position: Where the run stands.
        motion: Optimiser and schedule of the current phase, or None before the first.
        name: What the log calls the model.
        engine: Caches what is frozen (phase_inputs.py), or None.
        mixing: Mixes training batches, or None.
        penalty: Pulls on the weights, or None.
        notes: Sentences to say at the start: what was asked for and cannot be had.
    """

    model: nn.Module
    preprocessing: Preprocessing
    outputs: Outputs
    train: Batches
    validation: Batches
    plan: FreezePlan
    start_phase: Callable[[int], Motion]
    monitor: str
    patience: int = 0
    loss: Loss = functional.cross_entropy
    clip: float = 0.0
    ema: ModelEmaV3 | None = None
    position: Position = field(default_factory=Position)
    motion: Motion | None = None
    name: str = ""
    engine: Engine | None = None
    mixing: Mixing | None = None
    penalty: Penalty | None = None
    notes: tuple[str, ...] = ()

    @property
    def answering(self) -> nn.Module:
        """The model that is validated and kept: the moving average where there is one."""
        return self.ema.module if self.ema is not None else self.model

    def enter(self, epoch: int) -> Motion:
        """At the start of a phase, bring gradients, modes and the optimiser in line with it."""
        phase = self.plan.phase_of(epoch)
        if self.motion is None or self.motion.phase != phase:
            self.plan.apply(self.model, phase)
            self.motion = self.start_phase(phase)
        return self.motion


def finetune(parts: Parts, *, should_stop: Callable[[], bool] = lambda: False) -> Iterator[Event]:
    """Train from ``parts.position`` to the end of the plan and report.

    Ends after ``Stopped`` (asked to), ``Failed`` (the loss is no number any more) or the last ``EpochDone``.
    ``parts.position`` is up to date whenever ``EpochDone`` is yielded.
    """
    yield planned(parts)
    yield from (Note(message=note) for note in parts.notes)
    position, told = parts.position, -1
    for epoch in range(position.epoch, parts.plan.n_epochs):
        if parts.patience and position.stale_epochs >= parts.patience and parts.plan.is_last(epoch):
            return
        motion = parts.enter(epoch)
        if parts.engine is not None and not motion.prepared:
            started = time.perf_counter()
            yield from parts.engine.prepare(parts, motion)
            motion.prepared = True
            position.seconds += time.perf_counter() - started
        started = time.perf_counter()
        train = motion.train or parts.train
        totals = _Totals(parts.outputs, time.perf_counter())
        stopped = False
        for inputs, targets in train.epoch(epoch):  # [B, 3, S, S] or what crosses the cut, [B]
            if parts.mixing is not None and parts.mixing.gives_way(inputs) and told != motion.phase:
                told = motion.phase
                yield Note(message=f"{parts.plan.phases[told].label}: {NO_PLACES}")
            mixed = mix(parts, inputs, targets, position.step)
            outputs, loss = take_step(parts, motion, mixed.inputs, mixed.targets)
            if not math.isfinite(loss):
                yield _diverged(parts, epoch, loss)
                return
            rate = float(motion.optimiser.param_groups[0]["lr"])
            motion.scheduler.step()
            position.step += 1
            if parts.ema is not None:
                parts.ema.update(parts.model, step=position.step)
            totals.add(outputs, mixed.mostly)
            if totals.is_due():
                yield totals.report(epoch, position.step, rate)
            if should_stop():
                stopped = True
                break
        if stopped and position.best_epoch is not None:
            position.seconds += time.perf_counter() - started
            yield Stopped(epoch=epoch)
            return
        validation = validate(parts)
        if not all(math.isfinite(value) for value in validation.values()):
            yield _diverged(parts, epoch, validation["loss"])
            return
        is_best = _see(parts, epoch, validation)
        position.seconds += time.perf_counter() - started
        position.epoch = epoch + 1
        turn = _turn(parts, motion, validation)
        yield EpochDone(
            epoch=epoch,
            phase=motion.phase,
            step=position.step,
            train=totals.metrics(),
            val=validation,
            lr=rate,
            seconds=time.perf_counter() - started,
            images_per_second=totals.speed(),
            memory_mb=hardware.memory_mb(),
            best=is_best,
        )
        if stopped or should_stop():
            yield Stopped(epoch=epoch)
            return
        if turn:
            yield Note(message=turn)


def mix(parts: Parts, inputs: Any, targets: Tensor, step: int) -> Mixed:
    """What a step trains on: the batch, mixed where the run mixes (mixup.py)."""
    return parts.mixing.mix(inputs, targets, step) if parts.mixing is not None else Mixed(inputs, targets, targets)


def take_step(parts: Parts, motion: Motion, inputs: Any, targets: Tensor) -> tuple[Tensor, float]:
    """One step of the optimiser at its present rate; where the loss is no finite number, nothing moves.

    Args:
        parts: Of the run.
        motion: Of the phase.
        inputs: Pictures [B, 3, S, S], or what crosses the cut.
        targets: [B], [B, C] or [B, T]; shares of the classes [B, C] where they are mixed.

    Returns:
        What the network gave before the step, [B, n] float32 without gradients, and the loss.
    """
    forward = motion.forward or parts.model
    with computing(forward, targets.device.type, bool(motion.autocast)):
        outputs = forward(inputs)
    outputs = outputs.float()
    loss = parts.loss(outputs, targets)
    if math.isfinite(loss.item()):
        loss.backward()
        learning = [parameter for group in motion.optimiser.param_groups for parameter in group["params"]]
        if parts.penalty is not None:
            parts.penalty.add(learning)
        if parts.clip:
            nn.utils.clip_grad_norm_(learning, parts.clip)
        motion.optimiser.step()
        motion.optimiser.zero_grad(set_to_none=True)
    return outputs.detach(), loss.item()


def planned(parts: Parts) -> Planned:
    """What the run is going to do, before it does it."""
    sizes = {name: parameter.numel() for name, parameter in parts.model.named_parameters()}
    phases = [
        {
            "label": phase.label,
            "first_epoch": phase.first_epoch,
            "n_epochs": phase.n_epochs,
            "trainable": sum(sizes[name] for group in parts.plan.trainable(index) for name in group.parameters),
            "groups": [group.name for group in parts.plan.trainable(index)],
        }
        for index, phase in enumerate(parts.plan.phases)
    ]
    return Planned(
        model=parts.name,
        n_epochs=parts.plan.n_epochs,
        n_steps=parts.plan.n_epochs * len(parts.train),
        n_parameters=sum(sizes.values()),
        n_train=len(parts.train.rows),
        n_val=len(parts.validation.rows),
        monitor=parts.monitor,
        phases=phases,
        task=parts.outputs.task,
        units=list(parts.outputs.units),
    )


def validate(parts: Parts) -> dict[str, float]:
    """Every score of the task, of the answering model on the validation pictures."""
    motion = parts.motion
    model = (motion.answer if motion else None) or parts.answering
    outputs, targets = logits(model, ((motion.validation if motion else None) or parts.validation).epoch())
    board = Scoreboard(parts.outputs.task)
    board.update(parts.outputs.scores(outputs), targets)
    return board.compute()


def _see(parts: Parts, epoch: int, validation: dict[str, float]) -> bool:
    """Note whether this epoch is the best so far."""
    score, position = _score(parts, validation), parts.position
    if position.best_epoch is None or score > (position.best_score, -position.best_loss):
        position.best_epoch, position.stale_epochs = epoch, 0
        position.best_score, position.best_loss = score[0], -score[1]
        return True
    position.stale_epochs += 1
    return False


def _score(parts: Parts, validation: dict[str, float]) -> tuple[float, float]:
    """What the monitor makes of an epoch; higher is better. Equal scores are decided by the lower loss."""
    sign = 1 if scores.SCORES[parts.monitor].better == "higher" else -1
    return sign * validation[parts.monitor], -validation["loss"]


def _turn(parts: Parts, motion: Motion, validation: dict[str, float]) -> str:
    """Where validation has stalled, lower the rate or go on to the next phase; a sentence about it, or nothing."""
    position, plan = parts.position, parts.plan
    if position.epoch >= plan.n_epochs:
        return ""
    if plan.waits(position.epoch) and position.stale_epochs >= plan.stalled:
        position.stale_epochs = 0  # what learns now has its own chance before the run ends early
        return f"Validation has stalled: from epoch {position.epoch + 1} on, {plan.go_on(position.epoch).label}."
    if plan.phase_of(position.epoch) != motion.phase:
        position.stale_epochs = 0  # likewise
    elif motion.plateau is not None and motion.plateau.see(_score(parts, validation)[0]):
        for group in motion.optimiser.param_groups:
            group["lr"] *= motion.plateau.factor
        lr = motion.optimiser.param_groups[0]["lr"]
        return f"Validation has stalled: from epoch {position.epoch + 1} on, the learning rate is {lr:.2g}."
    return ""


def _diverged(parts: Parts, epoch: int, loss: float) -> Failed:
    kept = parts.position.best_epoch
    keeps = f" The model of epoch {kept + 1} is kept." if kept is not None else ""
    rate = parts.motion.scheduler.base_lrs[0] if parts.motion else 0.0
    return Failed(
        message=f"The loss became {loss} in epoch {epoch + 1}: the training has exploded.{keeps}",
        fix=f"Lower the learning rate, for example to {rate / 10:.2g}, and start again.",
    )


class _Totals:
    """Training scores of an epoch, and the loss since the last report."""

    def __init__(self, outputs: Outputs, now: float) -> None:
        self._outputs, self._board = outputs, Scoreboard(outputs.task)
        self._recent = METRICS[outputs.task]["loss"]()
        self._began, self._reported = now, now

    def add(self, outputs: Tensor, targets: Tensor) -> None:
        found = self._outputs.scores(outputs)
        self._board.update(found, targets)
        self._recent.update(found, targets)

    def is_due(self) -> bool:
        return time.perf_counter() - self._reported >= REPORT_EVERY

    def speed(self) -> float:
        """Training pictures per second since the epoch began."""
        return self._board.seen / max(1e-9, time.perf_counter() - self._began)

    def report(self, epoch: int, step: int, lr: float) -> StepDone:
        loss = self._recent.compute()
        self._recent.reset()
        self._reported = time.perf_counter()
        return StepDone(
            epoch=epoch, step=step, loss=loss, lr=lr, images_per_second=self.speed(), memory_mb=hardware.memory_mb()
        )

    def metrics(self) -> dict[str, float]:
        return self._board.compute()
