"""What a model said about pictures, in memory and on disk. Needs no torch, so that a page can read it."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from ftcore import workspace


@dataclass(frozen=True)
class Predictions:
    """What a model said about pictures.

    Args:
        classes: Names, [C].
        target: True class indices, [N].
        probabilities: Softmax outputs, [N, C], float32.
        picture: Row numbers of the pictures in their data set, [N].
    """

    classes: tuple[str, ...]
    target: np.ndarray
    probabilities: np.ndarray
    picture: np.ndarray

    def save(self, path: Path) -> None:
        """Write as Parquet: picture, target, and one column ``p0``, ``p1``, … per class."""
        columns = {f"p{index}": self.probabilities[:, index] for index in range(len(self.classes))}
        table = pd.DataFrame({"picture": self.picture, "target": self.target, **columns})
        with workspace.replacing(path) as temporary:
            table.to_parquet(temporary)

    @classmethod
    def load(cls, path: Path, classes: tuple[str, ...]) -> "Predictions":
        table = pd.read_parquet(path)
        probabilities = table[[f"p{index}" for index in range(len(classes))]].to_numpy(np.float32)
        return cls(classes, table["target"].to_numpy(), probabilities, table["picture"].to_numpy())
