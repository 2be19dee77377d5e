"""All scores of a task, computed over the same batches."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Protocol

from ftcore.errors import NotComputable
from ftcore.metrics.outcome import Outcome, joined
from ftcore.metrics.score import Score

if TYPE_CHECKING:
    from torch import Tensor


class OutcomeOf(Protocol):
    """Makes an outcome of what a network gives [B, n] and the truth [B, ...]; raises ValueError if they do not fit."""

    def __call__(self, outputs: "Tensor", target: "Tensor", *, with_values: bool) -> Outcome: ...


class MetricCollection:
    """Scores by their names: reset / update / compute.

    Batches are put together before they are counted: many short ones cost as little as few long ones. Of each picture
    only its outcome is kept, and probabilities only if a score reads them.

    Args:
        scores: Rows of a task's table.
        outcome_of: Makes an outcome of a batch (``Outputs.outcome``).
    """

    MOST = 4096  # pictures that wait to be counted

    def __init__(self, scores: Iterable[Score], outcome_of: OutcomeOf) -> None:
        self._scores = tuple(scores)
        self._outcome_of = outcome_of
        self._with_values = any(score.reads_values for score in self._scores)
        self.reset()

    def reset(self) -> None:
        """Forget every picture."""
        self._waiting: list[tuple[Tensor, Tensor]] = []
        self._n_waiting = self._n_told = self.seen = 0
        self._counted: list[Outcome] = []

    def update(self, outputs: "Tensor", target: "Tensor") -> None:
        """Add a batch: what the network gave, [B, n], and the truth as data sets hold it, [B, ...]."""
        self._waiting.append((outputs.detach(), target))
        self._n_waiting += len(target)
        self.seen += len(target)
        if self._n_waiting >= self.MOST:
            self._count()

    def compute(self) -> dict[str, float]:
        """Every score by its name. Raises NotComputable before the first picture, ValueError for a wrong batch."""
        outcome = self._outcome()
        return {score.name: score.formula(outcome) for score in self._scores}

    def recent_loss(self) -> float:
        """The mean loss of the pictures since the last call. Raises NotComputable if there is none."""
        self._count()
        told, self._n_told = self._n_told, self.seen
        total, n = 0.0, self.seen - told
        for part in reversed(self._counted):
            if n <= 0:
                break
            total += float(part.losses[-n:].sum())
            n -= len(part)
        if self.seen == told:
            raise NotComputable("A loss needs at least one picture.")
        return total / (self.seen - told)

    def _outcome(self) -> Outcome:
        self._count()
        if not self.seen:
            label = self._scores[0].label if len(self._scores) == 1 else "A score"
            raise NotComputable(f"{label} needs at least one picture.")
        self._counted = [joined(self._counted)]
        return self._counted[0]

    def _count(self) -> None:
        waiting, self._waiting, self._n_waiting = self._waiting, [], 0
        if not any(len(target) for _, target in waiting):
            return
        import torch  # late: pages read the rows without it

        try:
            outputs, targets = (torch.cat(tensors) for tensors in zip(*waiting, strict=True))
        except RuntimeError as error:
            shapes = sorted({str([list(tensor.shape) for tensor in pair]) for pair in waiting})
            raise ValueError(f"Expected batches of one shape, received {', '.join(shapes)[:200]}.") from error
        self._counted.append(self._outcome_of(outputs, targets, with_values=self._with_values))
