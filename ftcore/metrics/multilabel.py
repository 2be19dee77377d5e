"""Formulas for several classes per picture.

They work on arrays: ``target`` [N, C] of 0 and 1, ``predicted`` [N, C] bool, ``scores`` [N, C] any monotone score.
"""

import numpy as np

from ftcore.metrics.classification import rates


def exact_matches(target: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """Tell whether each picture's classes are all predicted and no other, [N] bool."""
    return ((target > 0) == predicted).all(axis=1)


def per_label(target: np.ndarray, predicted: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Precision, recall and F1 of each class, each [C]; 0 where nothing can be divided by."""
    has = target > 0
    return rates((has & predicted).sum(axis=0), predicted.sum(axis=0), has.sum(axis=0))


def f1_micro(target: np.ndarray, predicted: np.ndarray) -> float:
    """F1 over all labels of all pictures; 0 where there is none in the truth and none was predicted."""
    has = target > 0
    counted = int(has.sum() + predicted.sum())
    return float(2 * (has & predicted).sum() / counted) if counted else 0.0


def f1_macro(target: np.ndarray, predicted: np.ndarray) -> float:
    """Mean F1 over the classes that occur in the truth or in the predictions; 0 if none does."""
    present = ((target > 0) | predicted).any(axis=0)
    return float(per_label(target, predicted)[2][present].mean()) if present.any() else 0.0


def average_precisions(target: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Area under the steps of precision over recall for each class, [C]; NaN for a class that no picture has.

    Pictures with equal scores enter at the same threshold, as in scikit-learn's ``average_precision_score``.
    """
    found = np.full(target.shape[1], np.nan)
    for label in np.flatnonzero((target > 0).any(axis=0)):
        order = np.argsort(-scores[:, label], kind="stable")
        ranked, right = scores[order, label], np.cumsum(target[order, label] > 0)
        last = np.append(np.flatnonzero(np.diff(ranked)), len(ranked) - 1)  # of each threshold
        steps = np.diff(right[last], prepend=0) / right[-1]
        found[label] = (steps * right[last] / (last + 1)).sum()
    return found


def mean_average_precision(target: np.ndarray, scores: np.ndarray) -> float:
    """Mean over the classes that some picture has; 0 if none has any."""
    found = average_precisions(target, scores)
    return float(np.nanmean(found)) if not np.isnan(found).all() else 0.0
