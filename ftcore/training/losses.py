"""What training makes as small as it can. Charts show plain cross entropy, whatever is minimised."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

from ftcore.settings import CLASS_WEIGHTS, LOSSES, TrainSettings

Loss = Callable[[Tensor, Tensor], Tensor]
"""Logits [B, C] and class indices [B], or shares of the classes [B, C] (mixing.py), to one number."""


def build_loss(settings: TrainSettings, counts: Tensor) -> Loss:
    """The loss that the settings ask for.

    Args:
        settings: ``loss``, ``focal_gamma``, ``class_weights`` and ``label_smoothing`` are read.
        counts: Training pictures of each class, [C].
    """
    LOSSES[settings.loss]
    CLASS_WEIGHTS[settings.class_weights]
    weights = balanced_weights(counts) if settings.class_weights == "balanced" else None
    smoothing, gamma = settings.label_smoothing, settings.focal_gamma

    def loss(outputs: Tensor, targets: Tensor) -> Tensor:
        weight = weights.to(outputs.device, outputs.dtype) if weights is not None else None
        if targets.is_floating_point():
            strength = gamma if settings.loss == "focal" else 0.0
            return shared(outputs, targets, gamma=strength, weight=weight, label_smoothing=smoothing)
        if settings.loss == "cross_entropy":
            return functional.cross_entropy(outputs, targets, weight=weight, label_smoothing=smoothing)
        return focal(outputs, targets, gamma=gamma, weight=weight, label_smoothing=smoothing)

    return loss


def balanced_weights(counts: Tensor) -> Tensor:
    """A weight per class, [C] float32, so that each class weighs the same in all: N / (C x pictures of the class).

    The rule of scikit-learn's ``class_weight="balanced"`` (King & Zeng 2001). A class without pictures gets 0.
    """
    present = counts > 0
    weights = torch.zeros(len(counts))
    weights[present] = counts.sum() / (present.sum() * counts[present])
    return weights


def focal(
    outputs: Tensor, targets: Tensor, *, gamma: float, weight: Tensor | None = None, label_smoothing: float = 0.0
) -> Tensor:
    """Cross entropy in which a picture counts the less, the surer the right answer already is: (1 - p)^gamma.

    Lin et al. 2017, https://arxiv.org/abs/1708.02002, equation 5, with the softmax in place of the sigmoid. With
    ``gamma`` 0 it is cross entropy. ``weight`` averages as in torch: divided by the weights of the batch.
    """
    each = functional.cross_entropy(outputs, targets, weight=weight, label_smoothing=label_smoothing, reduction="none")
    right = outputs.softmax(dim=1).gather(1, targets[:, None])[:, 0]  # [B]
    total = (1 - right).pow(gamma) * each
    return total.sum() / (len(targets) if weight is None else weight[targets].sum())


def shared(
    outputs: Tensor, shares: Tensor, *, gamma: float = 0.0, weight: Tensor | None = None, label_smoothing: float = 0.0
) -> Tensor:
    """Cross entropy, or with ``gamma`` the focal loss, where a picture belongs to several classes in part.

    For a share of 1 it is what ``cross_entropy`` and ``focal`` give for the index of that class, weights and smoothing
    included; torch's own version for shares divides by the pictures instead of by their weights.

    Args:
        outputs: Logits, [B, C].
        shares: Rows sum to 1, [B, C].
        gamma: As in ``focal``, with the probability that the shares give the answer.
        weight: Per class, [C].
        label_smoothing: Between 0 and 1.
    """
    weights = torch.ones_like(outputs[0]) if weight is None else weight
    smooth = shares * (1 - label_smoothing) + label_smoothing / outputs.shape[1]
    each = -(smooth * weights * outputs.log_softmax(dim=1)).sum(dim=1)  # [B]
    if gamma:
        right = (shares * outputs.softmax(dim=1)).sum(dim=1)  # [B]
        each = (1 - right).pow(gamma) * each
    return each.sum() / (shares * weights).sum()
