"""What a model predicted for pictures, in memory and on disk. Needs no torch, so that a page can read it."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from ftcore import tasks, workspace
from ftcore.metrics.outcome import Outcome
from ftcore.tasks.outputs import THRESHOLD


@dataclass(frozen=True)
class Predictions:
    """What a model predicted for pictures.

    Args:
        classes: Names, [C]; for numbers what each is called, [T].
        target: True class indices, [N] int64; for several classes 0 and 1, [N, C] float32; numbers, [N, T] float32.
        values: Probabilities, [N, C], or numbers, [N, T], float32 (outputs.py).
        row: Row numbers of the pictures in their data set, [N].
        task: Name of the task.
        threshold: For several classes: the probability from which on a picture has a class.
    """

    classes: tuple[str, ...]
    target: np.ndarray
    values: np.ndarray
    row: np.ndarray
    task: str = tasks.MULTICLASS.name
    threshold: float = THRESHOLD

    @property
    def predicted(self) -> np.ndarray:
        """The class, [N] int64; for several classes whether each was predicted, [N, C] bool; the numbers, [N, T]."""
        return tasks.of(self.task).predicted(self.values, self.threshold)

    @cached_property
    def outcome(self) -> Outcome:
        """Return what scores are computed from."""
        return tasks.of(self.task).outcome(self.target, self.values, self.threshold)

    def save(self, path: Path) -> None:
        """Write as Parquet: row; ``target``, or ``t0``, ``t1``, … where there are several; ``p0``, ``p1``, …"""
        columns = {"row": self.row, **_columns("t", self.target), **_columns("p", self.values)}
        with workspace.replacing(path) as temporary:
            pd.DataFrame(columns).to_parquet(temporary)

    @classmethod
    def load(
        cls, path: Path, classes: tuple[str, ...], task: str = tasks.MULTICLASS.name, threshold: float = THRESHOLD
    ) -> "Predictions":
        """Read what ``save`` wrote."""
        table = pd.read_parquet(path)
        values = table[[f"p{index}" for index in range(len(classes))]].to_numpy(np.float32)
        several = [f"t{index}" for index in range(len(classes))]
        target = table["target"].to_numpy() if "target" in table else table[several].to_numpy(np.float32)
        row = table["row" if "row" in table else "picture"]  # as the first version called it
        return cls(classes, target, values, row.to_numpy(), task, threshold)


def _columns(letter: str, values: np.ndarray) -> dict[str, np.ndarray]:
    if values.ndim == 1:
        return {"target": values}
    return {f"{letter}{index}": values[:, index] for index in range(values.shape[1])}
