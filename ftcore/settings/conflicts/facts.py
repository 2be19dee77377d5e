"""What rules know of the data and the model, and what they answer."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ftcore.settings import DatasetFacts, RunSettings

SEVERITIES = ("serious", "warning", "note")
"""Worst first: the run cannot do what was asked; the model will be worse; a setting that does nothing, or time lost."""


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What rules know of the data and the model, in numbers.

    Args:
        n_train: Training pictures.
        n_classes: Classes, or values to predict.
        side: Median short side of the pictures, in pixels.
        smallest: Training pictures of the smallest class; None where it is not known or there are no classes.
        largest: The same of the largest class.
        native_size: Input size that the model was pretrained at, in pixels; None where it is not known.
        fixed_size: Whether the model is built for that size.
        task: Of the data set.
        longest_phase: Epochs of the longest phase of the freezing plan; None where it is not known.
        last_phase: Epochs of its last phase, the only one that a run can end early in; None where it is not known.
        not_in_plan: Why the model has no such phases, or an empty text.
        start_is_gone: Why the weights of ``model.start`` cannot be had, or an empty text.
        weights_are_away: The same of the model's pretrained weights.
        units: Of the numbers to predict.
        takes_drop_path: Whether the network knows drop path; None where that is not known.
        is_spatial: Whether its layers hand on maps, in which one can tell where in the picture something is; or None.
        poolings: Names in ``settings.POOLS`` that it takes; empty where they are not known.
    """

    n_train: int
    n_classes: int
    side: int
    smallest: int | None = None
    largest: int | None = None
    native_size: int | None = None
    fixed_size: bool = False
    task: str = "multiclass"
    longest_phase: int | None = None
    last_phase: int | None = None
    not_in_plan: str = ""
    start_is_gone: str = ""
    weights_are_away: str = ""
    units: tuple[str, ...] = ()
    takes_drop_path: bool | None = None
    is_spatial: bool | None = None
    poolings: tuple[str, ...] = ()

    @property
    def imbalance(self) -> float:
        """Size of the largest class in sizes of the smallest; 1 where that is not known."""
        return self.largest / max(1, self.smallest) if self.largest and self.smallest is not None else 1.0


@dataclass(frozen=True)
class Conflict:
    """Two things that do not go together.

    Args:
        severity: One of ``SEVERITIES``.
        sentence: What fights what and what comes of it, for somebody who has never trained a model.
        keys: The settings that it is about, as ``settings.with_value`` takes them.
        changes: ``section.field=value`` texts that end it.
    """

    severity: str
    sentence: str
    keys: tuple[str, ...]
    changes: tuple[str, ...]


Rule = Callable[[RunSettings, Facts], Conflict | None]


def with_counts(facts: DatasetFacts, counts: Sequence[int] = (), **known: Any) -> Facts:
    """``Facts`` of a data set.

    Args:
        facts: Of the data set.
        counts: Training pictures per class, where there are classes.
        known: Fields of ``Facts`` about the model and the plan, where they are known.
    """
    return Facts(
        n_train=facts.n_train,
        n_classes=facts.n_classes,
        side=facts.side,
        smallest=min(counts, default=None),
        largest=max(counts, default=None),
        task=facts.task,
        **known,
    )


def n_steps(settings: RunSettings, facts: Facts) -> int:
    """Steps of the whole run."""
    return settings.train.epochs * max(1, math.ceil(facts.n_train / settings.train.batch_size))
