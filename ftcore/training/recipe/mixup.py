"""Mixup and CutMix: two pictures become one, and so do their answers, so that the model learns what lies between.

They act where a training step begins: on the pictures, or on what the frozen part made of them (Verma et al. 2019,
Manifold mixup, https://arxiv.org/abs/1806.05236), so that the frozen part is still computed only once. What is mixed
with what is drawn from the seed and the number of the step alone: a resumed run mixes as an uninterrupted one.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

_DRAWS = (0, 3)  # keeps these random numbers apart from those of order and views (batches.py, views.py)


@dataclass(frozen=True)
class Mixed:
    """A batch after mixing.

    Args:
        inputs: As they came in.
        targets: Shares of the answers: [B, C] where they were classes, else of the shape that they came in.
        mostly: The targets of the picture that has the larger share, as they came in: what a count of right answers
            compares with.
    """

    inputs: Any
    targets: Tensor
    mostly: Tensor


class Mixing:
    """Mixes batches.

    Args:
        mixup: Strength a of Beta(a, a), from which the share of each is drawn; 0 is off (Zhang et al. 2018,
            https://arxiv.org/abs/1710.09412).
        cutmix: The same for CutMix (Yun et al. 2019, https://arxiv.org/abs/1905.04899).
        switch_prob: With both: the probability that a step takes CutMix; else it takes Mixup.
        n_classes: Classes, C.
        seed: Of the run.
    """

    def __init__(self, *, mixup: float, cutmix: float, switch_prob: float, n_classes: int, seed: int) -> None:
        self._mixup, self._cutmix, self._switch_prob = mixup, cutmix, switch_prob
        self._n_classes, self._seed = n_classes, seed

    def mix(self, inputs: Any, targets: Tensor, step: int) -> Mixed:
        """Mix a batch with itself in another order.

        Args:
            inputs: A tensor [B, ...], or a tuple of such.
            targets: Class indices [B], or numbers [B, ...], which are mixed in proportion.
            step: Of the run; it decides the draws.
        """
        random = np.random.default_rng((self._seed, step, *_DRAWS))
        cuts = bool(self._cutmix) and (not self._mixup or random.random() < self._switch_prob)
        strength = self._cutmix if cuts else self._mixup or self._cutmix
        share = float(random.beta(strength, strength))
        centre = random.random(2)
        partner = torch.from_numpy(random.permutation(len(targets))).to(targets.device)
        tensors = inputs if isinstance(inputs, tuple) else (inputs,)
        if cuts and self.is_spatial(inputs):
            boxed = [_boxed(tensor, tensor[partner], share, centre) for tensor in tensors]
            mixed, share = tuple(tensor for tensor, _ in boxed), max(boxed, key=lambda one: one[0].numel())[1]
        else:
            mixed = tuple(tensor * share + tensor[partner] * (1 - share) for tensor in tensors)
        shares = self._shares(targets)
        return Mixed(
            mixed if isinstance(inputs, tuple) else mixed[0],
            shares * share + shares[partner] * (1 - share),
            targets if share >= 0.5 else targets[partner],
        )

    def falls_back(self, inputs: Any) -> bool:
        """Tell whether CutMix was asked for and these inputs have no places that a piece could be cut from."""
        return bool(self._cutmix) and not self.is_spatial(inputs)

    @staticmethod
    def is_spatial(inputs: Any) -> bool:
        """Tell whether all inputs are maps: pictures, or activations that still know where in the picture they are."""
        return all(_sides(tensor) is not None for tensor in (inputs if isinstance(inputs, tuple) else (inputs,)))

    def _shares(self, targets: Tensor) -> Tensor:
        return targets if targets.is_floating_point() else functional.one_hot(targets, self._n_classes).float()


def _sides(tensor: Tensor) -> tuple[int, int] | None:
    """Return the dimensions of height and width: those two that are equal, as pictures are square.

    Swin keeps its channels last.
    """
    if tensor.ndim != 4:
        return None
    for sides in ((2, 3), (1, 2)):
        if tensor.shape[sides[0]] == tensor.shape[sides[1]] >= 2:
            return sides
    return None


def _boxed(tensor: Tensor, other: Tensor, share: float, centre: np.ndarray) -> tuple[Tensor, float]:
    """Put a piece of ``other`` into ``tensor``, at a centre in shares of the sides; return also what is left, 0-1.

    The piece has ``1 - share`` of the area unless the edge cuts it off.
    """
    sides = _sides(tensor)
    assert sides is not None
    place: list[Any] = [slice(None)] * 4
    area = 1.0
    for side, middle in zip(sides, centre, strict=True):
        n, half = tensor.shape[side], math.sqrt(1 - share) / 2
        low, high = (round(n * min(1.0, max(0.0, edge))) for edge in (middle - half, middle + half))
        place[side] = slice(low, high)
        area *= (high - low) / n
    mixed = tensor.clone()
    mixed[tuple(place)] = other[tuple(place)]
    return mixed, 1 - area
