"""A learning rate to start with: raise it step by step, watch the loss, and stay below where it falls fastest.

Smith 2017, Cyclical learning rates for training neural networks, https://arxiv.org/abs/1506.01186, section 3.3. On the
cached activations of a frozen network it takes seconds. The run that follows is assembled anew and does not notice.
"""

import math
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from ftcore.errors import SettingsError
from ftcore.events import Event, Progress
from ftcore.training.loop import PhaseState, TrainingContext, mix, train_step

LOWEST, HIGHEST = 1e-6, 1.0
N_STEPS = 100
EXPLODED = 4.0  # times the lowest loss so far
_MEMORY = 0.9  # of the moving average of losses
_SETTLED = 10  # steps until that average is one: before, it jumps with every batch
_WINDOW = 8  # steps over which a fall is measured: half a power of ten


@dataclass(frozen=True)
class Rates:
    """What was seen.

    Args:
        rates: Of the head, rising, [N].
        losses: Moving average of the training loss at each, [N].
        suggestion: The rate to train with.
    """

    rates: tuple[float, ...]
    losses: tuple[float, ...]
    suggestion: float


def find_rate(context: TrainingContext) -> Generator[Event, None, Rates]:
    """Try rates on the first phase of ``context``, which are used up by it; a generator that returns what was seen.

    The suggestion is the rate at which the smoothed loss falls fastest over the logarithm of the rate.
    """
    phase_state = context.enter(0)
    if context.inputs is not None:
        yield from context.inputs.prepare(context, phase_state)
    batches = _endless(context, phase_state)
    peaks = phase_state.scheduler.base_lrs
    shares = [peak / max(peaks) for peak in peaks]  # of the head's rate: deeper groups learn more slowly
    rates: list[float] = []
    losses: list[float] = []
    average, lowest = 0.0, math.inf
    for step in range(N_STEPS):
        rate = LOWEST * (HIGHEST / LOWEST) ** (step / (N_STEPS - 1))
        for group, share in zip(phase_state.optimizer.param_groups, shares, strict=True):
            group["lr"] = rate * share
        inputs, targets = next(batches)
        mixed = mix(context, inputs, targets, step)
        _, loss = train_step(context, phase_state, mixed.inputs, mixed.targets)
        if not math.isfinite(loss):
            break
        average = _MEMORY * average + (1 - _MEMORY) * loss
        smooth = average / (1 - _MEMORY ** (step + 1))
        rates.append(rate)
        losses.append(smooth)
        lowest = min(lowest, smooth)
        if smooth > EXPLODED * lowest:
            break
        if step % 10 == 9:
            yield Progress(stage="rates", label="Trying learning rates", done=step + 1, total=N_STEPS)
    return Rates(tuple(rates), tuple(losses), _steepest(rates, losses))


def _steepest(rates: list[float], losses: list[float]) -> float:
    slopes = [losses[i + _WINDOW] - losses[i] for i in range(_SETTLED, len(losses) - _WINDOW)]
    if not slopes or min(slopes) >= 0:
        raise SettingsError(
            "No learning rate made the loss smaller.", fix="Check the labels, or choose another model or loss."
        )
    return rates[_SETTLED + slopes.index(min(slopes)) + _WINDOW // 2]


def _endless(context: TrainingContext, phase_state: PhaseState) -> Iterator[tuple[Any, Tensor]]:
    epoch = 0
    while True:
        yield from (phase_state.train or context.train).epoch(epoch)
        epoch += 1
