"""Scores that need all pictures at once: they keep every batch until they are asked."""

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

import numpy as np

from ftcore.errors import NotComputable
from ftcore.tasks.scores import SCORES

if TYPE_CHECKING:
    from torch import Tensor


class EpochMetric(ABC):
    """reset / update / compute around a function of all scores and all targets. ``name`` is one of ``SCORES``."""

    name: str

    def __init__(self) -> None:
        self.unit, self.better = SCORES[self.name].unit, SCORES[self.name].better
        self.reset()

    def reset(self) -> None:
        self._scores: list[np.ndarray] = []
        self._targets: list[np.ndarray] = []

    def update(self, scores: "Tensor", target: "Tensor") -> None:
        """Add a batch, ``scores`` and ``target`` [B, ...]."""
        self.check(scores, target)
        if len(target):
            self._scores.append(scores.detach().float().cpu().numpy())
            self._targets.append(target.detach().float().cpu().numpy())

    def compute(self) -> float:
        if not self._targets:
            raise NotComputable(f"{SCORES[self.name].label} needs at least one picture.")
        return self.score(np.concatenate(self._scores), np.concatenate(self._targets))

    @abstractmethod
    def check(self, scores: "Tensor", target: "Tensor") -> None:
        """Raise ValueError for a batch that does not fit."""

    @abstractmethod
    def score(self, scores: np.ndarray, target: np.ndarray) -> float:
        """The score of all pictures, each array [N, ...] float32."""
