"""What training makes as small as it can. Charts show plain cross entropy or squared error, whatever is minimised."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

from ftcore.settings import CLASS_WEIGHTS, LOSSES, TrainSettings
from ftcore.tasks.outputs import Outputs

Loss = Callable[[Tensor, Tensor], Tensor]
"""What the network gives [B, n] and targets as data sets hold them ([B], [B, C] or [B, T]), or shares of the classes
[B, C] (mixup.py), to one number."""


def build_loss(settings: TrainSettings, outputs: Outputs, targets: Tensor) -> Loss:
    """The loss that the settings ask for; ``settings.check_task`` has seen that it serves the task.

    Args:
        settings: ``loss``, ``focal_gamma``, ``huber_delta``, ``class_weights`` and ``label_smoothing`` are read.
        outputs: What the network's outputs mean.
        targets: Of all training pictures: [N] int64, [N, C] or [N, T] float32.
    """
    LOSSES[settings.loss]
    CLASS_WEIGHTS[settings.class_weights]
    return _BY_LINK[outputs.meaning.link](settings, outputs, targets)


def _of_softmax(settings: TrainSettings, outputs: Outputs, targets: Tensor) -> Loss:
    counts = torch.bincount(targets, minlength=len(outputs.classes))
    weights = balanced_weights(counts) if settings.class_weights == "balanced" else None
    smoothing, gamma = settings.label_smoothing, settings.focal_gamma

    def loss(given: Tensor, targets: Tensor) -> Tensor:
        logits = outputs.scores(given)  # [B, C]
        weight = weights.to(logits.device, logits.dtype) if weights is not None else None
        if targets.is_floating_point():
            strength = gamma if settings.loss == "focal" else 0.0
            return shared(logits, targets, gamma=strength, weight=weight, label_smoothing=smoothing)
        if settings.loss == "cross_entropy":
            return functional.cross_entropy(logits, targets, weight=weight, label_smoothing=smoothing)
        return focal(logits, targets, gamma=gamma, weight=weight, label_smoothing=smoothing)

    return loss


def _of_sigmoid(settings: TrainSettings, outputs: Outputs, targets: Tensor) -> Loss:
    weights = positive_weights(targets) if settings.class_weights == "balanced" else None
    gamma = settings.focal_gamma if settings.loss == "focal" else 0.0

    def loss(logits: Tensor, targets: Tensor) -> Tensor:
        weight = weights.to(logits.device, logits.dtype) if weights is not None else None
        smooth = targets * (1 - settings.label_smoothing) + settings.label_smoothing / 2
        return binary(logits, smooth, gamma=gamma, weight=weight)

    return loss


def _of_identity(settings: TrainSettings, outputs: Outputs, targets: Tensor) -> Loss:
    """Build the loss in standardised numbers, so that the learning rate means the same whatever the unit."""
    mean, std = torch.tensor(outputs.mean), torch.tensor(outputs.std)

    def loss(given: Tensor, targets: Tensor) -> Tensor:
        wanted = (targets - mean.to(targets)) / std.to(targets)  # [B, T]
        if settings.loss == "huber":
            return functional.huber_loss(given, wanted, delta=settings.huber_delta)
        return functional.l1_loss(given, wanted) if settings.loss == "mae" else functional.mse_loss(given, wanted)

    return loss


_BY_LINK = {"softmax": _of_softmax, "sigmoid": _of_sigmoid, "identity": _of_identity}
"""Builders of losses by what turns the network's outputs into values."""


def balanced_weights(counts: Tensor) -> Tensor:
    """A weight per class, [C] float32, so that each class weighs the same in all: N / (C x pictures of the class).

    The rule of scikit-learn's ``class_weight="balanced"`` (King & Zeng 2001). A class without pictures gets 0.
    """
    present = counts > 0
    weights = torch.zeros(len(counts))
    weights[present] = counts.sum() / (present.sum() * counts[present])
    return weights


def positive_weights(targets: Tensor) -> Tensor:
    """Return how much a picture that has a class counts beside one that has it not, [C] float32: those without by those
    with.

    So both sides of every class weigh the same in all (torch, BCEWithLogitsLoss). 1 where a side is empty.

    Args:
        targets: 1 where a picture has a class, [N, C].
    """
    positives = targets.sum(dim=0)
    negatives = len(targets) - positives
    known = (positives > 0) & (negatives > 0)
    return torch.where(known, negatives / positives.clamp(min=1), torch.ones_like(positives))


def binary(outputs: Tensor, targets: Tensor, *, gamma: float = 0.0, weight: Tensor | None = None) -> Tensor:
    """Binary cross entropy over all pictures and classes; with ``gamma`` its focal form, (1 - p)^gamma times each.

    p is the probability given to what is true (Lin et al. 2017, https://arxiv.org/abs/1708.02002, equation 4).

    Args:
        outputs: Logits, [B, C].
        targets: Values in 0-1, [B, C].
        gamma: How strongly to look away from what is right already.
        weight: Of the pictures that have a class, [C].
    """
    each = functional.binary_cross_entropy_with_logits(outputs, targets, pos_weight=weight, reduction="none")
    if gamma:
        probability = outputs.sigmoid()
        right = probability * targets + (1 - probability) * (1 - targets)
        each = _unsure(right, gamma) * each
    return each.mean()


def focal(
    outputs: Tensor, targets: Tensor, *, gamma: float, weight: Tensor | None = None, label_smoothing: float = 0.0
) -> Tensor:
    """Cross entropy in which a picture counts the less, the surer the right answer already is: (1 - p)^gamma.

    Lin et al. 2017, https://arxiv.org/abs/1708.02002, equation 5, with the softmax in place of the sigmoid. With
    ``gamma`` 0 it is cross entropy. ``weight`` averages as in torch: divided by the weights of the batch.
    """
    each = functional.cross_entropy(outputs, targets, weight=weight, label_smoothing=label_smoothing, reduction="none")
    right = outputs.softmax(dim=1).gather(1, targets[:, None])[:, 0]  # [B]
    total = _unsure(right, gamma) * each
    return total.sum() / (len(targets) if weight is None else weight[targets].sum())


def _unsure(right: Tensor, gamma: float) -> Tensor:
    """(1 - p)^gamma, never quite 0: there the slope is infinite for ``gamma`` below 1."""
    return (1 - right).clamp(min=1e-8).pow(gamma)


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
        each = _unsure(right, gamma) * each
    return each.sum() / (shares * weights).sum()
