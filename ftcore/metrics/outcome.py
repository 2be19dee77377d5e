"""What was predicted for pictures beside the truth: what every score is computed from."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ftcore.metrics import classification


@dataclass(frozen=True, eq=False)
class Outcome:
    """Predictions of N pictures and the truth about them.

    Args:
        target: The truth: class indices [N] int64; 0 and 1 for each class [N, C]; or numbers [N, T].
        predicted: The same of the prediction: [N] int64, [N, C] bool, or [N, T].
        losses: The loss of each picture by itself, [N] float64.
        n_outputs: Classes C, or numbers T.
        all_values: Probabilities [M, C] or numbers [M, T], or None where no score reads them (``Score.reads_values``).
        rows: Which M of those rows the N pictures are; all in order if None.
    """

    target: np.ndarray
    predicted: np.ndarray
    losses: np.ndarray
    n_outputs: int
    all_values: np.ndarray | None = None
    rows: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.target)

    @cached_property
    def values(self) -> np.ndarray:
        """Probabilities [N, C] or numbers [N, T]. Raises ValueError where they were not kept."""
        if self.all_values is None:
            raise ValueError("Received no probabilities or numbers, expected them for a score that reads values.")
        return self.all_values if self.rows is None else self.all_values[self.rows]

    @cached_property
    def confusion(self) -> np.ndarray:
        """Counts [C, C] for one class per picture: rows are the truth, columns what was predicted."""
        return classification.confusion(self.target, self.predicted, self.n_outputs)

    def take(self, rows: np.ndarray) -> "Outcome":
        """The outcome of some pictures, with repeats; ``rows`` is [n]. Values are copied only if a score reads them."""
        chosen = rows if self.rows is None else self.rows[rows]
        return Outcome(
            self.target[rows], self.predicted[rows], self.losses[rows], self.n_outputs, self.all_values, chosen
        )


def joined(parts: Sequence[Outcome]) -> Outcome:
    """One outcome of all pictures in several. Expects at least one."""
    first = parts[0]
    if len(parts) == 1:
        return first
    target, predicted, losses = (
        np.concatenate([getattr(part, name) for part in parts]) for name in ("target", "predicted", "losses")
    )
    values = None if first.all_values is None else np.concatenate([part.values for part in parts])
    return Outcome(target, predicted, losses, first.n_outputs, values)
