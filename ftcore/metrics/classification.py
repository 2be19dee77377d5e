"""Metrics for one label per picture, added up over batches so that a short last batch never counts too much.

Nothing here imports torch, so that a page can count what was mixed up.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from ftcore.errors import NotComputable
from ftcore.tasks.scores import SCORES

if TYPE_CHECKING:
    from torch import Tensor


class Accuracy:
    """Share of pictures whose highest score is the true class."""

    unit, better = SCORES["accuracy"].unit, SCORES["accuracy"].better

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self._right = self._seen = 0

    def update(self, scores: "Tensor", target: "Tensor") -> None:
        """Add a batch: ``scores`` [B, C], any monotone score; ``target`` [B], class indices."""
        check_class_scores(scores, target)
        self._right += int((scores.argmax(dim=1) == target).sum())
        self._seen += len(target)

    def compute(self) -> float:
        if not self._seen:
            raise NotComputable("Accuracy needs at least one picture.")
        return self._right / self._seen


class CrossEntropy:
    """Mean negative log-likelihood of the true class, in nats: how wrong the model is, and how sure of it."""

    unit, better = SCORES["loss"].unit, SCORES["loss"].better

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self._sum, self._seen = 0.0, 0

    def update(self, scores: "Tensor", target: "Tensor") -> None:
        """Add a batch: ``scores`` [B, C], logits; ``target`` [B], class indices."""
        check_class_scores(scores, target)
        logits = scores.double()
        each = logits.logsumexp(dim=1) - logits.gather(1, target[:, None])[:, 0]  # [B]
        self._sum += float(each.sum())
        self._seen += len(target)

    def compute(self) -> float:
        if not self._seen:
            raise NotComputable("Loss needs at least one picture.")
        return self._sum / self._seen


class FromConfusion:
    """A score that follows from how often each class was taken for each other.

    Args:
        name: In ``SCORES``.
        score: Takes the confusion counts [C, C].
    """

    def __init__(self, name: str, score: Callable[[np.ndarray], float]) -> None:
        self.unit, self.better = SCORES[name].unit, SCORES[name].better
        self._label, self._score = SCORES[name].label, score
        self.reset()

    def reset(self) -> None:
        self._counts: np.ndarray | None = None

    def update(self, scores: "Tensor", target: "Tensor") -> None:
        """Add a batch: ``scores`` [B, C], any monotone score; ``target`` [B], class indices."""
        check_class_scores(scores, target)
        counts = confusion(target.cpu().numpy(), scores.argmax(dim=1).cpu().numpy(), scores.shape[1])
        self._counts = counts if self._counts is None else self._counts + counts

    def compute(self) -> float:
        if self._counts is None or not self._counts.any():
            raise NotComputable(f"{self._label} needs at least one picture.")
        return self._score(self._counts)


def check_class_scores(scores: "Tensor", target: "Tensor") -> None:
    """Raise unless ``scores`` is [B, C] and ``target`` [B] with integers in 0..C-1."""
    if scores.ndim != 2 or target.ndim != 1 or len(scores) != len(target):
        raise ValueError(f"Expected scores [B, C] and target [B], received {list(scores.shape)}, {list(target.shape)}.")
    if target.is_floating_point() or (
        len(target) and not 0 <= int(target.min()) <= int(target.max()) < scores.shape[1]
    ):
        raise ValueError(f"Expected class indices 0 to {scores.shape[1] - 1} in target.")


def confusion(target: np.ndarray, said: np.ndarray, n_classes: int) -> np.ndarray:
    """Counts [C, C]: rows are the truth, columns what was said; ``target`` and ``said`` are class indices [N]."""
    return np.bincount(target * n_classes + said, minlength=n_classes**2).reshape(n_classes, n_classes)


def per_class(counts: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Precision, recall and F1 of each class, each [C], from a confusion; 0 where nothing can be divided by."""
    return rates(counts.diagonal(), counts.sum(axis=0), counts.sum(axis=1))


def rates(right: np.ndarray, said: np.ndarray, true: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Precision, recall and F1 of each class, each [C], from how often it was right, said and true; 0 for 0 by 0."""
    zeros = np.zeros(len(right))
    precision = np.divide(right, said, out=zeros.copy(), where=said > 0)
    recall = np.divide(right, true, out=zeros.copy(), where=true > 0)
    both = precision + recall
    return precision, recall, np.divide(2 * precision * recall, both, out=zeros, where=both > 0)


def macro(counts: np.ndarray) -> tuple[float, float, float]:
    """Mean precision, recall and F1 over the classes that occur in the truth or in the answers."""
    present = (counts.sum(axis=0) + counts.sum(axis=1)) > 0
    precision, recall, f1 = (values[present].mean() for values in per_class(counts))
    return float(precision), float(recall), float(f1)


def balanced_accuracy(counts: np.ndarray) -> float:
    """Mean recall over the classes that occur in the truth (Brodersen et al. 2010, The balanced accuracy)."""
    return float(per_class(counts)[1][counts.sum(axis=1) > 0].mean())
