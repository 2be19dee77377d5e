"""A model on a split: one row of probabilities per picture."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

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


@contextmanager
def evaluating(model: nn.Module) -> Iterator[nn.Module]:
    """Eval mode without gradients; each module gets its own mode back, also after an error."""
    modes = {module: module.training for module in model.modules()}
    model.eval()
    try:
        with torch.inference_mode():
            yield model
    finally:
        for module, mode in modes.items():  # not model.train(): frozen layers were in eval mode
            module.training = mode


def logits(
    model: nn.Module, batches: Iterable[tuple[Tensor, Tensor]], *, seen: Callable[[int], None] = lambda n: None
) -> tuple[Tensor, Tensor]:
    """Run a model over batches of (inputs, targets): logits [N, C] and targets [N]. ``seen`` hears the count so far."""
    outputs, targets, n = [], [], 0
    with evaluating(model):
        for inputs, target in batches:
            outputs.append(model(inputs).float().cpu())
            targets.append(target.cpu())
            n += len(target)
            seen(n)
    return torch.cat(outputs), torch.cat(targets)
