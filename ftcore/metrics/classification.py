"""Metrics for one label per picture, added up over batches so that a short last batch never counts too much."""

import torch
from torch import Tensor
from torch.nn import functional

from ftcore.errors import NotComputable


class Accuracy:
    """Share of pictures whose highest score is the true class."""

    unit, better = "fraction", "higher"

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self._right = self._seen = 0

    def update(self, scores: Tensor, target: Tensor) -> None:
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

    unit, better = "nats", "lower"

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self._sum, self._seen = 0.0, 0

    def update(self, scores: Tensor, target: Tensor) -> None:
        """Add a batch: ``scores`` [B, C], logits; ``target`` [B], class indices."""
        check_class_scores(scores, target)
        self._sum += float(functional.cross_entropy(scores.double(), target, reduction="sum"))
        self._seen += len(target)

    def compute(self) -> float:
        if not self._seen:
            raise NotComputable("Loss needs at least one picture.")
        return self._sum / self._seen


def check_class_scores(scores: Tensor, target: Tensor) -> None:
    """Raise unless ``scores`` is [B, C] and ``target`` [B] with integers in 0..C-1."""
    if scores.ndim != 2 or target.ndim != 1 or len(scores) != len(target):
        raise ValueError(f"Expected scores [B, C] and target [B], received {list(scores.shape)}, {list(target.shape)}.")
    if torch.is_floating_point(target) or (
        len(target) and not 0 <= int(target.min()) <= int(target.max()) < scores.shape[1]
    ):
        raise ValueError(f"Expected class indices 0 to {scores.shape[1] - 1} in target.")
