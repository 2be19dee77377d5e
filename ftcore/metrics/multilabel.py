"""Metrics for several labels per picture. A class counts as said from probability 0.5 on, which is logit 0.

The functions work on arrays: ``target`` [N, C] of 0 and 1, ``said`` [N, C] bool, ``scores`` [N, C] any monotone score.
"""

from typing import TYPE_CHECKING

import numpy as np

from ftcore.metrics.classification import rates
from ftcore.metrics.epoch_metric import EpochMetric

if TYPE_CHECKING:
    from torch import Tensor


class BinaryCrossEntropy(EpochMetric):
    """Mean negative log-likelihood over all pictures and classes, in nats."""

    name = "loss"

    def check(self, scores: "Tensor", target: "Tensor") -> None:
        check_label_scores(scores, target)

    def score(self, scores: np.ndarray, target: np.ndarray) -> float:
        logits = scores.astype(np.float64)
        return float((np.logaddexp(0, logits) - target * logits).mean())


class ExactMatch(EpochMetric):
    """Share of pictures of which every class is said and no other."""

    name = "exact_match"

    def check(self, scores: "Tensor", target: "Tensor") -> None:
        check_label_scores(scores, target)

    def score(self, scores: np.ndarray, target: np.ndarray) -> float:
        return float(exact_matches(target, scores >= 0).mean())


class F1Micro(EpochMetric):
    """F1 over all labels of all pictures."""

    name = "f1_micro"

    def check(self, scores: "Tensor", target: "Tensor") -> None:
        check_label_scores(scores, target)

    def score(self, scores: np.ndarray, target: np.ndarray) -> float:
        return f1_micro(target, scores >= 0)


class F1Macro(EpochMetric):
    """Mean F1 of the classes."""

    name = "f1"

    def check(self, scores: "Tensor", target: "Tensor") -> None:
        check_label_scores(scores, target)

    def score(self, scores: np.ndarray, target: np.ndarray) -> float:
        return f1_macro(target, scores >= 0)


class MeanAveragePrecision(EpochMetric):
    """Mean average precision of the classes."""

    name = "mean_average_precision"

    def check(self, scores: "Tensor", target: "Tensor") -> None:
        check_label_scores(scores, target)

    def score(self, scores: np.ndarray, target: np.ndarray) -> float:
        return mean_average_precision(target, scores)


def check_label_scores(scores: "Tensor", target: "Tensor") -> None:
    """Raise unless ``scores`` and ``target`` are both [B, C], the target with values in 0-1."""
    if scores.ndim != 2 or scores.shape != target.shape:
        raise ValueError(f"Expected scores and target [B, C], received {list(scores.shape)}, {list(target.shape)}.")
    if len(target) and not bool(((target >= 0) & (target <= 1)).all()):
        raise ValueError("Expected values from 0 to 1 in target.")


def exact_matches(target: np.ndarray, said: np.ndarray) -> np.ndarray:
    """Whether a picture's classes are all said and no other, [N] bool."""
    return ((target > 0) == said).all(axis=1)


def per_label(target: np.ndarray, said: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Precision, recall and F1 of each class, each [C]; 0 where nothing can be divided by."""
    has = target > 0
    return rates((has & said).sum(axis=0), said.sum(axis=0), has.sum(axis=0))


def f1_micro(target: np.ndarray, said: np.ndarray) -> float:
    """F1 over all labels of all pictures; 0 where there is none in the truth and none was said."""
    has = target > 0
    counted = int(has.sum() + said.sum())
    return float(2 * (has & said).sum() / counted) if counted else 0.0


def f1_macro(target: np.ndarray, said: np.ndarray) -> float:
    """Mean F1 over the classes that occur in the truth or in the answers; 0 if none does."""
    present = ((target > 0) | said).any(axis=0)
    return float(per_label(target, said)[2][present].mean()) if present.any() else 0.0


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
