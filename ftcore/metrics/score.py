"""A score is one row: its formula, unit, direction, interval and words. Everything that shows a score reads the row.

The tasks hold the tables of rows (ftcore/tasks/). The curves of a run, its report, the choice of the best epoch, the
charts and the command line read them: a row that is added to a table is in all of them.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ftcore.metrics.outcome import Outcome

INTERVALS = ("share", "bootstrap", "none")


@dataclass(frozen=True)
class Score:
    """One row.

    Args:
        name: In events, files and settings; never renamed.
        label: For people.
        help: One sentence.
        formula: Computes the score of all pictures at once.
        unit: ``fraction`` (shown in per cent), ``nats``, ``target`` (the unit of the numbers), ``target²``, or empty
            for none.
        better: ``higher`` or ``lower``.
        interval: ``share`` for a share of pictures (Wilson), ``bootstrap`` for anything else, ``none``.
        each: Computes the score of each class or number by itself, [C] or [T], for a table; None if there is no such.
        reads_values: Whether ``formula`` reads probabilities or numbers. Where no score of a task does, an epoch does
            not keep them.
    """

    name: str
    label: str
    help: str
    formula: Callable[[Outcome], float]
    unit: str = "fraction"
    better: str = "higher"
    interval: str = "bootstrap"
    each: Callable[[Outcome], np.ndarray] | None = None
    reads_values: bool = True

    def measured_in(self, of_numbers: str = "") -> str:
        """The unit of the score; ``of_numbers`` is that of the numbers, empty where they have none in common."""
        if self.unit.startswith("target"):
            return self.unit.replace("target", of_numbers) if of_numbers else ""
        return self.unit

    def is_fair_over(self, units: Sequence[str]) -> bool:
        """Tell whether its mean over several numbers says anything: not that of errors in different units."""
        return self.unit != "target" or len(set(units)) <= 1

    def title(self, of_numbers: str = "") -> str:
        """Name, unit and direction for the head of a chart."""
        unit = self.measured_in(of_numbers)
        about = [unit] if unit not in ("", "fraction", "nats") else []
        if self.better == "lower":
            about.append("lower is better")
        return f"{self.label} ({', '.join(about)})" if about else self.label

    def text(self, value: float, of_numbers: str = "") -> str:
        """A value as people write it: ``94.4%``, ``3.2 kg``, ``0.87``."""
        if self.unit == "fraction":
            return f"{value:.1%}"
        return number(value, self.measured_in(of_numbers) if self.unit.startswith("target") else "")


def shared_unit(units: Sequence[str]) -> str:
    """The unit of several numbers if it is the same for all, else an empty text: their mean has none."""
    return units[0] if len(set(units)) == 1 else ""


def number(value: float, unit: str = "", *, error: float = 0.0) -> str:
    """A number with three digits that matter, and its unit; if its usual error is known, with two digits of that."""
    size, places = abs(value), 2
    if error > 0:
        size, places = error, 1
    if math.isfinite(value) and (size == 0 or 1e-4 <= size < 1e9):
        digits = max(0, places - math.floor(math.log10(size))) if size else 0
        written = f"{value:,.{digits}f}"
    else:
        written = f"{value:.2e}"
    return f"{written} {unit}".rstrip()
