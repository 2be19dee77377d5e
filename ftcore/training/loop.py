"""The training loop, written once. It yields what happened; it writes no file and knows no interface.

Workers, the command line and tests all drive this one generator::

    for event in finetune(context, should_stop=asked):
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
from ftcore.evaluation.predict import predict_outputs
from ftcore.events import Event, Failed, Note, Stopped
from ftcore.freezing.plan import FreezePlan
from ftcore.metrics.collection import MetricCollection
from ftcore.preprocessing import Preprocessing
from ftcore.tasks import scores
from ftcore.tasks.outputs import Outputs
from ftcore.training.batches import Batches
from ftcore.training.cpu_kernels import computing
from ftcore.training.events import EpochDone, Planned, StepDone
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
class TrainerState:
    """Where a run stands, between two epochs. Checkpoints keep it."""

    epoch: int = 0
    step: int = 0
    best_epoch: int | None = None
    best_score: float = 0.0
    best_loss: float = math.inf
    stale_epochs: int = 0
    seconds: float = 0.0


class Source(Protocol):
    """Batches of (inputs, targets [B, ...]): pictures, or what the frozen part made of them."""

    def epoch(self, epoch: int = 0) -> Iterator[tuple[Any, Tensor]]: ...


@dataclass
class PhaseState:
    """What moves the weights in one phase.

    Args:
        phase: Index in the plan.
        optimizer: Over what learns.
        scheduler: Of the learning rate, a step per batch.
        forward: Maps ``train``'s inputs to outputs while training; None is the whole model on pictures.
        answer: Maps ``validation``'s inputs to outputs; None is the answering model on pictures.
        train: Inputs of this phase; None are the pictures.
        validation: The same for validation.
        prepared: Whether the inputs of this phase have been seen to.
        autocast: Whether training steps compute in bfloat16; None until it is decided (precision.py).
        plateau: Lowers the rate when validation stalls, where the schedule is of that kind.
    """

    phase: int
    optimizer: optim.Optimizer
    scheduler: optim.lr_scheduler.LambdaLR
    forward: nn.Module | None = None
    answer: nn.Module | None = None
    train: Source | None = None
    validation: Source | None = None
    prepared: bool = False
    autocast: bool | None = None
    plateau: Plateau | None = None


class PhaseInputs(Protocol):
    """Makes a phase cheaper before it begins, and says what it does."""

    def prepare(self, context: "TrainingContext", phase_state: PhaseState) -> Iterator[Event]: ...

    def of_split(
        self, model: nn.Module, pictures: Batches, what: str
    ) -> Generator[Event, None, tuple[nn.Module, Source]]: ...


@dataclass
class TrainingContext:
    """Everything a run is made of, as objects (assemble.py builds it from settings).

    Args:
        model: Maps [B, 3, S, S] to [B, outputs.n].
        preprocessing: From picture to input.
        outputs: What these outputs mean.
        train: Shuffled training batches.
        validation: Validation batches.
        plan: Which depth groups learn when.
        start_phase: Makes the optimizer and the schedule of a phase.
        monitor: Which validation score decides the best epoch; one of the task's.
        patience: Epochs without improvement before the run ends early; 0 never.
        loss: What is minimised; reported losses are plain cross entropy or squared error.
        clip: Largest length of the gradient over all parameters; 0 leaves it as it is.
        ema: Moving average of the model, or None.
        state: Where the run stands.
        phase: Optimizer and schedule of the current phase, or None before the first.
        name: What the log calls the model.
        inputs: Caches what is frozen (phase_inputs.py), or None.
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
    start_phase: Callable[[int], PhaseState]
    monitor: str
    patience: int = 0
    loss: Loss = functional.cross_entropy
    clip: float = 0.0
    ema: ModelEmaV3 | None = None
    state: TrainerState = field(default_factory=TrainerState)
    phase: PhaseState | None = None
    name: str = ""
    inputs: PhaseInputs | None = None
    mixing: Mixing | None = None
    penalty: Penalty | None = None
    notes: tuple[str, ...] = ()

    @property
    def answering(self) -> nn.Module:
        """The model that is validated and kept: the moving average where there is one."""
        return self.ema.module if self.ema is not None else self.model

    def enter(self, epoch: int) -> PhaseState:
        """Bring, at the start of a phase, gradients, modes and the optimizer in line with it."""
        phase = self.plan.phase_of(epoch)
        if self.phase is None or self.phase.phase != phase:
            self.plan.apply(self.model, phase)
            self.phase = self.start_phase(phase)
        return self.phase


def finetune(context: TrainingContext, *, should_stop: Callable[[], bool] = lambda: False) -> Iterator[Event]:
    """Train from ``context.state`` to the end of the plan and report.

    Ends after ``Stopped`` (asked to), ``Failed`` (the loss is no number any more) or the last ``EpochDone``.
    ``context.state`` is up to date whenever ``EpochDone`` is yielded.
    """
    yield planned(context)
    yield from (Note(message=note) for note in context.notes)
    state, told = context.state, -1
    for epoch in range(state.epoch, context.plan.n_epochs):
        if context.patience and state.stale_epochs >= context.patience and context.plan.is_last(epoch):
            return
        phase_state = context.enter(epoch)
        if context.inputs is not None and not phase_state.prepared:
            started = time.perf_counter()
            yield from context.inputs.prepare(context, phase_state)
            phase_state.prepared = True
            state.seconds += time.perf_counter() - started
        started = time.perf_counter()
        train = phase_state.train or context.train
        totals = _Totals(context.outputs, time.perf_counter())
        stopped = False
        for inputs, targets in train.epoch(epoch):  # [B, 3, S, S] or what crosses the cut, [B]
            if context.mixing is not None and context.mixing.falls_back(inputs) and told != phase_state.phase:
                told = phase_state.phase
                yield Note(message=f"{context.plan.phases[told].label}: {NO_PLACES}")
            mixed = mix(context, inputs, targets, state.step)
            outputs, loss = train_step(context, phase_state, mixed.inputs, mixed.targets)
            if not math.isfinite(loss):
                yield _diverged(context, epoch, loss)
                return
            rate = float(phase_state.optimizer.param_groups[0]["lr"])
            phase_state.scheduler.step()
            state.step += 1
            if context.ema is not None:
                context.ema.update(context.model, step=state.step)
            totals.add(outputs, mixed.mostly)
            if totals.is_due():
                yield totals.report(epoch, state.step, rate)
            if should_stop():
                stopped = True
                break
        if stopped and state.best_epoch is not None:
            state.seconds += time.perf_counter() - started
            yield Stopped()
            return
        validation = validate(context)
        if not all(math.isfinite(validation[name]) for name in ("loss", context.monitor)):
            yield _diverged(context, epoch, validation["loss"])
            return
        is_best = _update_best(context, epoch, validation)
        state.seconds += time.perf_counter() - started
        state.epoch = epoch + 1
        news = _on_plateau(context, phase_state, validation)
        yield EpochDone(
            epoch=epoch,
            phase=phase_state.phase,
            step=state.step,
            train=totals.metrics(),
            val=validation,
            lr=rate,
            seconds=time.perf_counter() - started,
            images_per_second=totals.speed(),
            memory_mb=hardware.memory_mb(),
            best=is_best,
        )
        if stopped or should_stop():
            yield Stopped()
            return
        if news:
            yield Note(message=news)


def mix(context: TrainingContext, inputs: Any, targets: Tensor, step: int) -> Mixed:
    """Return what a step trains on: the batch, mixed where the run mixes (mixup.py)."""
    return context.mixing.mix(inputs, targets, step) if context.mixing is not None else Mixed(inputs, targets, targets)


def train_step(context: TrainingContext, phase_state: PhaseState, inputs: Any, targets: Tensor) -> tuple[Tensor, float]:
    """One step of the optimizer at its present rate; where the loss is no finite number, nothing moves.

    Args:
        context: Of the run.
        phase_state: Of the phase.
        inputs: Pictures [B, 3, S, S], or what crosses the cut.
        targets: [B], [B, C] or [B, T]; shares of the classes [B, C] where they are mixed.

    Returns:
        What the network gave before the step, [B, n] float32 without gradients, and the loss.
    """
    forward = phase_state.forward or context.model
    with computing(forward, targets.device.type, bool(phase_state.autocast)):
        outputs = forward(inputs)
    outputs = outputs.float()
    loss = context.loss(outputs, targets)
    if math.isfinite(loss.item()):
        loss.backward()
        learning = [parameter for group in phase_state.optimizer.param_groups for parameter in group["params"]]
        if context.penalty is not None:
            context.penalty.add(learning)
        if context.clip:
            nn.utils.clip_grad_norm_(learning, context.clip)
        phase_state.optimizer.step()
        phase_state.optimizer.zero_grad(set_to_none=True)
    return outputs.detach(), loss.item()


def planned(context: TrainingContext) -> Planned:
    """Return what the run is going to do, before it does it."""
    sizes = {name: parameter.numel() for name, parameter in context.model.named_parameters()}
    phases = [
        {
            "label": phase.label,
            "first_epoch": phase.first_epoch,
            "n_epochs": phase.n_epochs,
            "trainable": sum(sizes[name] for group in context.plan.trainable(index) for name in group.parameters),
            "groups": [group.name for group in context.plan.trainable(index)],
        }
        for index, phase in enumerate(context.plan.phases)
    ]
    return Planned(
        model=context.name,
        n_epochs=context.plan.n_epochs,
        n_steps=context.plan.n_epochs * len(context.train),
        n_parameters=sum(sizes.values()),
        n_train=len(context.train.rows),
        n_val=len(context.validation.rows),
        monitor=context.monitor,
        phases=phases,
        task=context.outputs.task,
        units=list(context.outputs.units),
    )


def validate(context: TrainingContext) -> dict[str, float]:
    """Every score of the task, of the answering model on the validation pictures."""
    phase_state = context.phase
    model = (phase_state.answer if phase_state else None) or context.answering
    outputs, targets = predict_outputs(
        model, ((phase_state.validation if phase_state else None) or context.validation).epoch()
    )
    collection = _collection(context.outputs)
    collection.update(outputs, targets)
    return collection.compute()


def _collection(outputs: Outputs) -> MetricCollection:
    """Every score of the task."""
    return MetricCollection(outputs.meaning.scores.values(), outputs.outcome)


def _update_best(context: TrainingContext, epoch: int, validation: dict[str, float]) -> bool:
    """Note whether this epoch is the best so far."""
    score, state = _score(context, validation), context.state
    if state.best_epoch is None or score > (state.best_score, -state.best_loss):
        state.best_epoch, state.stale_epochs = epoch, 0
        state.best_score, state.best_loss = score[0], -score[1]
        return True
    state.stale_epochs += 1
    return False


def _score(context: TrainingContext, validation: dict[str, float]) -> tuple[float, float]:
    """Return what the monitor makes of an epoch; higher is better. Equal scores are decided by the lower loss."""
    sign = 1 if scores.find(context.monitor).better == "higher" else -1
    return sign * validation[context.monitor], -validation["loss"]


def _on_plateau(context: TrainingContext, phase_state: PhaseState, validation: dict[str, float]) -> str:
    """Lower, where validation has stalled, the rate or go on to the next phase; a sentence about it, or nothing."""
    state, plan = context.state, context.plan
    if state.epoch >= plan.n_epochs:
        return ""
    if plan.waits(state.epoch) and state.stale_epochs >= plan.stalled:
        state.stale_epochs = 0  # what learns now has its own chance before the run ends early
        return f"Validation has stalled: from epoch {state.epoch + 1} on, {plan.advance(state.epoch).label}."
    if plan.phase_of(state.epoch) != phase_state.phase:
        state.stale_epochs = 0  # likewise
    elif phase_state.plateau is not None and phase_state.plateau.see(_score(context, validation)[0]):
        for group in phase_state.optimizer.param_groups:
            group["lr"] *= phase_state.plateau.factor
        lr = phase_state.optimizer.param_groups[0]["lr"]
        return f"Validation has stalled: from epoch {state.epoch + 1} on, the learning rate is {lr:.2g}."
    return ""


def _diverged(context: TrainingContext, epoch: int, loss: float) -> Failed:
    kept = context.state.best_epoch
    keeps = f" The model of epoch {kept + 1} is kept." if kept is not None else ""
    rate = context.phase.scheduler.base_lrs[0] if context.phase else 0.0
    return Failed(
        message=f"The loss became {loss} in epoch {epoch + 1}: the training has exploded.{keeps}",
        fix=f"Lower the learning rate, for example to {rate / 10:.2g}, and start again.",
    )


class _Totals:
    """Training scores of an epoch, and the loss since the last report."""

    def __init__(self, outputs: Outputs, now: float) -> None:
        self._collection = _collection(outputs)
        self._began, self._reported = now, now

    def add(self, outputs: Tensor, targets: Tensor) -> None:
        self._collection.update(outputs, targets)

    def is_due(self) -> bool:
        return time.perf_counter() - self._reported >= REPORT_EVERY

    def speed(self) -> float:
        """Training pictures per second since the epoch began."""
        return self._collection.seen / max(1e-9, time.perf_counter() - self._began)

    def report(self, epoch: int, step: int, lr: float) -> StepDone:
        loss = self._collection.recent_loss()
        self._reported = time.perf_counter()
        return StepDone(
            epoch=epoch, step=step, loss=loss, lr=lr, images_per_second=self.speed(), memory_mb=hardware.memory_mb()
        )

    def metrics(self) -> dict[str, float]:
        return self._collection.compute()
