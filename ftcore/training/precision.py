"""How training steps are computed: the precision of the arithmetic and the compiler, chosen by measurement.

bfloat16 halves the memory traffic; whether that is faster depends on the processor and the network. Measured on two
cores of a processor with AVX-512 BF16, full training steps at 224 px, pictures per second in float32 and bfloat16:
ResNet-18 18 and 35, ViT-Tiny 19 and 32, ConvNeXt-Atto 36 and 52, EfficientNet-Lite0 30 and 45, with the operators of
cpu_kernels.py; without instructions of that kind it is slower. ``torch.compile`` took 71 s for EfficientNet-Lite0's
step, which then was no faster (26 and 29).
"""

import copy
import time
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor, nn

from ftcore.events import Event, Note
from ftcore.settings import EngineSettings
from ftcore.training.cpu_kernels import computing
from ftcore.training.loop import PhaseState, TrainingContext

WORTH_MEASURING = 20.0
"""Seconds that a phase must take by the first step before bfloat16 is tried; the trial takes a few steps."""

TRIED = 16
"""Pictures that ways are measured on: few, so that the trial needs neither much time nor much memory."""

LEAST_GAIN = 1.15
"""How much faster another way must be to be taken: below that, the noise of the measurement decides."""


def choose(context: TrainingContext, phase_state: PhaseState, settings: EngineSettings) -> Iterator[Event]:
    """Set ``phase_state.autocast`` and, where asked for and faster, compile ``phase_state.forward``.

    Nothing of the model moves meanwhile: copies are measured, and the random numbers are put back. One that
    comes from a checkpoint keeps the precision that it has.
    """
    forward = phase_state.forward or context.model
    if phase_state.autocast is None and settings.autocast != "auto":
        phase_state.autocast = settings.autocast == "on"
    if phase_state.autocast is not None and settings.compile == "off":
        return
    phase = context.plan.phases[phase_state.phase]
    inputs, targets = next((phase_state.train or context.train).epoch(phase.first_epoch))
    inputs = tuple(tensor[:TRIED] for tensor in inputs) if isinstance(inputs, tuple) else inputs[:TRIED]
    targets = targets[:TRIED]
    devices = [targets.device] if targets.is_cuda else []
    with torch.random.fork_rng(devices=devices):
        plain = _step_seconds(forward, inputs, targets, bool(phase_state.autocast))
        total = plain / len(targets) * len(context.train.rows) * phase.n_epochs
        if phase_state.autocast is None:
            phase_state.autocast = False
            if total > WORTH_MEASURING and _has_bfloat16(targets.device.type):
                half = _step_seconds(forward, inputs, targets, True)
                phase_state.autocast = plain / half >= LEAST_GAIN
                if phase_state.autocast:
                    yield Note(
                        message=f"{phase.label}: computes in bfloat16, which is {plain / half:.1f} times as fast here."
                    )
                    plain = half
        if settings.compile == "on":
            yield from _compiled(phase_state, forward, inputs, targets, plain, phase.label)


def _compiled(
    phase_state: PhaseState, forward: nn.Module, inputs: Any, targets: Tensor, plain: float, label: str
) -> Iterator[Event]:
    started = time.perf_counter()
    try:
        seconds = _step_seconds(forward, inputs, targets, bool(phase_state.autocast), wrap=torch.compile)
    except Exception as error:  # a compiler that is missing or does not know a layer
        yield Note(message=f"{label}: torch.compile failed ({type(error).__name__}): trains without it.")
        return
    took = time.perf_counter() - started
    if plain / seconds < LEAST_GAIN:
        yield Note(
            message=f"{label}: torch.compile took {took:.0f} s and made steps {plain / seconds:.2f} times as fast: "
            "trains without it."
        )
        return
    phase_state.forward = torch.compile(forward)  # type: ignore[assignment]
    yield Note(message=f"{label}: torch.compile made steps {plain / seconds:.2f} times as fast, after {took:.0f} s.")


def _step_seconds(
    forward: nn.Module,
    inputs: Any,
    targets: Tensor,
    autocast: bool,
    *,
    wrap: Callable[[nn.Module], Any] = lambda module: module,
) -> float:
    """Seconds of one forward and backward pass of a copy, the faster of two after one that warms up."""
    compute = wrap(copy.deepcopy(forward))
    seconds = []
    for _ in range(3):
        _wait(targets.device)
        started = time.perf_counter()
        with computing(compute, targets.device.type, autocast):
            outputs = compute(inputs)
        outputs.float().square().mean().backward()
        _wait(targets.device)
        seconds.append(time.perf_counter() - started)
    return min(seconds[1:])


def _wait(device: torch.device) -> None:
    """A graphics card answers before it has computed."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def _has_bfloat16(device: str) -> bool:
    if device == "cuda":
        return torch.cuda.is_bf16_supported()
    return device == "cpu"
