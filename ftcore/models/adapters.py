"""Low-rank adapters: frozen layers learn a small correction, which is added to their weights at the end.

Hu et al. 2021, LoRA: Low-Rank Adaptation of Large Language Models, https://arxiv.org/abs/2106.09685, section 4.1. A
convolution's weight is taken as a matrix, one row per output channel. The correction is part of the weight itself
(a parametrization), so it acts wherever a family's code reads that weight, and tracing sees an ordinary layer.
"""

import math
from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from ftcore.models.groups import DepthGroup

_INSIDE = ".parametrizations."


class LowRank(nn.Module):
    """W + (alpha / r) B A, the paper's equation 3; W stays as it is, A [r, n_in] and B [n_out, r] learn.

    Args:
        weight: The frozen weight W, [n_out, ...] with n_in numbers per row.
        rank: r; at most as large as the weight itself allows.
        alpha: How strongly the correction acts.
    """

    def __init__(self, weight: Tensor, *, rank: int, alpha: float) -> None:
        super().__init__()
        n_out, n_in = len(weight), weight[0].numel()
        rank = min(rank, n_out, n_in)
        self.scale = alpha / rank
        options = {"device": weight.device, "dtype": weight.dtype}
        # "a random Gaussian initialization for A and zero for B": the model begins as it was
        self.a = nn.Parameter(torch.randn(rank, n_in, **options) / math.sqrt(n_in))  # type: ignore[call-overload]
        self.b = nn.Parameter(torch.zeros(n_out, rank, **options))  # type: ignore[call-overload]

    def forward(self, weight: Tensor) -> Tensor:
        return weight + self.scale * (self.b @ self.a).view(weight.shape)


def add(
    model: nn.Module, groups: Sequence[DepthGroup], n_groups: int, *, rank: int, alpha: float, seed: int = 0
) -> list[DepthGroup]:
    """Put adapters on the linear layers and ungrouped convolutions of the groups that may learn, besides the head.

    Args:
        model: Changed in place; its answers stay the same until the adapters learn.
        groups: Depth groups of ``model``, the head last.
        n_groups: How many of them may learn, counted from the head.
        rank: Of each correction; more can express more and learns more by heart.
        alpha: How strongly the corrections act; twice the rank is usual.
        seed: Of the random start.

    Returns:
        The groups with the model's new names. Those that may learn do so through their adapters alone; norms, biases
        and whatever takes no adapter stay frozen.
    """
    torch.manual_seed(seed)
    layers = {f"{path}.weight": layer for path, layer in model.named_modules() if _takes_one(layer)}
    adapted = []
    for place, group in enumerate(groups[:-1]):
        if place < len(groups) - n_groups:
            adapted.append(group)
            continue
        names, learning = [], []
        for name in group.parameters:
            if name not in layers:
                names.append(name)
                continue
            weight = layers[name].weight
            parametrize.register_parametrization(layers[name], "weight", LowRank(weight, rank=rank, alpha=alpha))
            inside = name.removesuffix(".weight") + f"{_INSIDE}weight"
            names.append(f"{inside}.original")
            learning += [f"{inside}.0.a", f"{inside}.0.b"]
        adapted.append(replace(group, parameters=(*names, *learning), adapters=tuple(learning)))
    return [*adapted, groups[-1]]


def shapes(model: nn.Module, groups: Sequence[DepthGroup]) -> list[list[tuple[int, int]]]:
    """Return of every weight that ``add`` would put an adapter on, [n_out, n_in] as a matrix; by group, none in the
    head."""
    weights = {f"{path}.weight": layer.weight for path, layer in model.named_modules() if _takes_one(layer)}
    found = [[weights[name] for name in group.parameters if name in weights] for group in groups[:-1]]
    return [*([(len(weight), weight[0].numel()) for weight in group] for group in found), []]


def _takes_one(layer: nn.Module) -> bool:
    is_whole = isinstance(layer, nn.Linear) or (isinstance(layer, nn.Conv2d) and layer.groups == 1)
    return is_whole and not parametrize.is_parametrized(layer)


def merge(model: nn.Module) -> None:
    """Add the corrections to the weights for good: an ordinary model with the same answers. Changes it in place."""
    for layer in list(model.modules()):
        if parametrize.is_parametrized(layer, "weight"):
            parametrize.remove_parametrizations(layer, "weight", leave_parametrized=True)


def merged_state(model: nn.Module) -> dict[str, Tensor]:
    """The state dict that ``merge`` would leave, under ordinary names. The model stays as it is."""
    found = {}
    for name, value in model.state_dict().items():
        path, inside, rest = name.partition(_INSIDE)
        if not inside:
            found[name] = value
        elif rest.endswith(".original"):
            attribute = rest.removesuffix(".original")
            found[f"{path}.{attribute}"] = getattr(model.get_submodule(path), attribute).detach()
    return found
