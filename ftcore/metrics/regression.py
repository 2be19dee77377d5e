"""Formulas for numbers, in the unit of the numbers, one score for each number.

They take ``target`` and ``values``, both [N, T] float, and compute in double precision; the score of a model is their
mean over the numbers, as scikit-learn's ``uniform_average``.
"""

import numpy as np


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
