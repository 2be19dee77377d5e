"""The learning rate over the steps of a phase, as a share of its peak. Plain numbers, so that a page can draw it."""

import math

from ftcore.settings import SCHEDULES


def factor(schedule: str, step: int, n_steps: int, warmup: float = 0.0) -> float:
    """Share of the peak rate at a step.

    Args:
        schedule: A name in ``settings.SCHEDULES``. Cosine: Loshchilov & Hutter 2017, SGDR,
            https://arxiv.org/abs/1608.03983, without restarts.
        step: From 0 to ``n_steps`` - 1.
        n_steps: Steps of the phase.
        warmup: Share of the steps in which the rate climbs in a straight line, 0-1. The first step is never 0.
    """
    SCHEDULES[schedule]
    n_warmup = min(round(warmup * n_steps), n_steps - 1)
    if step < n_warmup:
        return (step + 1) / (n_warmup + 1)
    progress = (step - n_warmup) / max(1, n_steps - n_warmup)
    if schedule == "constant":
        return 1.0
    if schedule == "linear":
        return 1.0 - progress
    return 0.5 * (1.0 + math.cos(math.pi * progress))
