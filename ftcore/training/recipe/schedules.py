"""The learning rate over the steps of a phase, as a share of its peak. Plain numbers, so that a page can draw it."""

import math
from dataclasses import dataclass
from typing import Any

from ftcore.freezing.phases import spans
from ftcore.settings import RunSettings, TrainSettings

_POINTS = 240  # of a drawn curve


def factor(settings: TrainSettings, step: int, n_steps: int) -> float:
    """Return the share of the peak rate at a step, 0-1; the first step is never 0.

    Cosine: Loshchilov & Hutter 2017, SGDR, https://arxiv.org/abs/1608.03983, without restarts. One-cycle: Smith & Topin
    2018, https://arxiv.org/abs/1708.07120, with torch's shape; it has a warm-up of its own. Plateau: the peak, for as
    long as validation does not stall (``Plateau`` does the rest).

    Args:
        settings: ``schedule``, ``warmup`` and what begins with ``step_`` and ``one_cycle_`` are read.
        step: From 0 to ``n_steps`` - 1.
        n_steps: Steps of the phase.
    """
    schedule = settings.schedule
    if schedule == "one_cycle":
        return _one_cycle(settings, step, n_steps)
    n_warmup = min(round(settings.warmup * n_steps), n_steps - 1)
    if step < n_warmup:
        return (step + 1) / (n_warmup + 1)
    progress = (step - n_warmup) / max(1, n_steps - n_warmup)
    if schedule in ("constant", "plateau"):
        return 1.0
    if schedule == "step":
        return settings.step_factor ** math.floor(settings.step_parts * progress)
    if schedule == "linear":
        return 1.0 - progress
    return 0.5 * (1.0 + math.cos(math.pi * progress))


def over_the_run(settings: RunSettings, steps_per_epoch: int) -> list[dict[str, Any]]:
    """Return the head's learning rate from the first step to the last, each phase of the freezing plan on its own.

    Phases that begin when validation stalls have no place yet and are left out.

    Args:
        settings: Of the run.
        steps_per_epoch: Optimiser steps in an epoch, at least 1.

    Returns:
        A row per point: epoch (how many have passed, a fraction), rate, phase (index), label (what learns in it).
    """
    train = settings.train
    phases = [span for span in spans(settings.freeze.preset, train.epochs, settings.freeze) if span.n_epochs]
    rows: list[dict[str, Any]] = []
    for index, span in enumerate(phases):
        n_steps = span.n_epochs * steps_per_epoch
        n_points = min(n_steps, _POINTS // len(phases))
        for step in sorted({round(i * (n_steps - 1) / max(1, n_points - 1)) for i in range(n_points)}):
            rate = train.lr * factor(train, step, n_steps)
            epoch = span.first_epoch + step / steps_per_epoch
            rows.append({"epoch": epoch, "rate": rate, "phase": index, "label": span.label})
    return rows


def _one_cycle(settings: TrainSettings, step: int, n_steps: int) -> float:
    top, end = max(1e-9, settings.one_cycle_pct_start * n_steps - 1), n_steps - 1
    low = 1 / settings.one_cycle_div_factor
    lowest = 1 / (settings.one_cycle_div_factor * settings.one_cycle_final_div_factor)
    if step <= top:
        return _between(low, 1.0, step / top)
    return _between(1.0, lowest, (step - top) / max(1e-9, end - top))


def _between(start: float, end: float, share: float) -> float:
    """Return the point along half a cosine wave."""
    return end + (start - end) / 2 * (1 + math.cos(math.pi * share))


@dataclass
class Plateau:
    """Lowers the rate when validation stalls, as torch's ``ReduceLROnPlateau`` does without threshold and cooldown.

    Args:
        factor: What is left of the rate each time.
        patience: Epochs in a row that may bring nothing better.
        share: What is left of the rate now.
        best: The best score of the phase, higher is better; None before the first.
        stale: Epochs since then, or since the rate was lowered.
    """

    factor: float
    patience: int
    share: float = 1.0
    best: float | None = None
    stale: int = 0

    def see(self, score: float) -> bool:
        """Take in the score of an epoch; True when the rate is to be ``factor`` of what it was."""
        if self.best is None or score > self.best:
            self.best, self.stale = score, 0
            return False
        self.stale += 1
        if self.stale <= self.patience:
            return False
        self.share, self.stale = self.share * self.factor, 0
        return True
