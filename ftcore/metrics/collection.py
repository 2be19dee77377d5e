"""The metrics of each task, by the names of ftcore/tasks/scores.py."""

from collections.abc import Callable
from functools import partial
from typing import Protocol

import torch
from torch import Tensor

from ftcore.metrics import classification as single
from ftcore.metrics import multilabel as multi
from ftcore.metrics import regression as numbers


class Metric(Protocol):
    """Added up over batches. ``compute`` raises NotComputable before the first picture."""

    unit: str
    better: str

    def reset(self) -> None: ...

    def update(self, scores: Tensor, target: Tensor) -> None: ...

    def compute(self) -> float: ...


METRICS: dict[str, dict[str, Callable[[], Metric]]] = {
    "multiclass": {
        "loss": single.CrossEntropy,
        "accuracy": single.Accuracy,
        "balanced_accuracy": partial(single.FromConfusion, "balanced_accuracy", single.balanced_accuracy),
        "precision": partial(single.FromConfusion, "precision", lambda counts: single.macro(counts)[0]),
        "recall": partial(single.FromConfusion, "recall", lambda counts: single.macro(counts)[1]),
        "f1": partial(single.FromConfusion, "f1", lambda counts: single.macro(counts)[2]),
    },
    "multilabel": {
        "loss": multi.BinaryCrossEntropy,
        "exact_match": multi.ExactMatch,
        "mean_average_precision": multi.MeanAveragePrecision,
        "f1_micro": multi.F1Micro,
        "f1": multi.F1Macro,
    },
    "regression": {
        "loss": partial(numbers.RegressionMetric, "loss", numbers.squared_errors),
        "mae": partial(numbers.RegressionMetric, "mae", numbers.mean_errors),
        "median_error": partial(numbers.RegressionMetric, "median_error", numbers.median_errors),
        "rmse": partial(numbers.RegressionMetric, "rmse", numbers.root_squared_errors),
        "r2": partial(numbers.RegressionMetric, "r2", numbers.explained),
    },
}
"""What each task is scored by. ``update`` takes what ``Outputs.scores`` gives, and targets as data sets hold them."""


class MetricCollection:
    """All metrics of a task, over the same batches.

    Batches are put together before they are counted: many short ones cost as little as few long ones.

    Args:
        task: ``multiclass``, ``multilabel`` or ``regression``.
    """

    MOST = 4096  # pictures that wait to be counted

    def __init__(self, task: str) -> None:
        self._metrics = {name: make() for name, make in METRICS[task].items()}
        self._waiting: list[tuple[Tensor, Tensor]] = []
        self._n_waiting = 0
        self.seen = 0

    def update(self, scores: Tensor, target: Tensor) -> None:
        """Add a batch; for its shapes see the metrics of the task."""
        self._waiting.append((scores.detach(), target))
        self._n_waiting += len(target)
        self.seen += len(target)
        if self._n_waiting >= self.MOST:
            self._count()

    def compute(self) -> dict[str, float]:
        """Every score by its name."""
        self._count()
        return {name: metric.compute() for name, metric in self._metrics.items()}

    def _count(self) -> None:
        if not self._waiting:
            return
        scores, targets = (torch.cat(tensors).cpu() for tensors in zip(*self._waiting, strict=True))
        for metric in self._metrics.values():
            metric.update(scores, targets)
        self._waiting, self._n_waiting = [], 0
