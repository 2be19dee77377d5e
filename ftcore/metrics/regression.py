"""Metrics for numbers, in the unit of the numbers. Several numbers per picture: the mean of each one's score.

The functions take ``target`` and ``values``, both [N, T] float, and compute in double precision; means over several
numbers are scikit-learn's ``uniform_average``.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from ftcore.metrics.epoch_metric import EpochMetric

if TYPE_CHECKING:
    from torch import Tensor


class RegressionMetric(EpochMetric):
    """A score of numbers.

    Args:
        name: In ``SCORES``.
        each: Takes ``target`` and ``values`` [N, T]; gives the score of each number, [T].
    """

    def __init__(self, name: str, each: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> None:
        self.name, self._each = name, each
        super().__init__()

    def check(self, scores: "Tensor", target: "Tensor") -> None:
        if scores.ndim != 2 or scores.shape != target.shape:
            raise ValueError(f"Expected scores and target [B, T], received {list(scores.shape)}, {list(target.shape)}.")

    def score(self, scores: np.ndarray, target: np.ndarray) -> float:
        return float(self._each(target, scores).mean())


def mean_errors(target: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Mean absolute error of each number, [T]."""
    return np.abs(_differences(target, values)).mean(axis=0)


def median_errors(target: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Median absolute error of each number, [T]."""
    return np.median(np.abs(_differences(target, values)), axis=0)


def squared_errors(target: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Mean squared error of each number, [T]."""
    return np.square(_differences(target, values)).mean(axis=0)


def root_squared_errors(target: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Root of the mean squared error of each number, [T]."""
    return np.sqrt(squared_errors(target, values))


def explained(target: np.ndarray, values: np.ndarray) -> np.ndarray:
    """R² of each number, [T]: 1 - squared error / variance. Where the truth is constant: 1 for no error, else 0."""
    left = squared_errors(target, values)
    spread = target.astype(np.float64).var(axis=0)
    constant = np.ptp(target, axis=0) == 0
    return np.where(constant, (left == 0).astype(float), 1 - left / np.where(constant, 1, spread))


def _differences(target: np.ndarray, values: np.ndarray) -> np.ndarray:
    return values.astype(np.float64) - target.astype(np.float64)  # [N, T]
