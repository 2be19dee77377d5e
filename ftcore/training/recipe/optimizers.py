"""The optimizer of a phase: one parameter group per depth, with a smaller rate the further it lies from the head."""

from collections.abc import Mapping, Sequence
from typing import Any

from torch import nn, optim

from ftcore import vision
from ftcore.models.groups import DepthGroup
from ftcore.settings import OPTIMIZERS, TrainSettings
from ftcore.training.recipe.layer_lr import group_rates

_USUAL_BETA2 = {"adamw": 0.999, "adam": 0.999, "lion": 0.99}
"""Loshchilov & Hutter 2019, https://arxiv.org/abs/1711.05101; Kingma & Ba 2015, https://arxiv.org/abs/1412.6980; Chen
et al. 2023, https://arxiv.org/abs/2302.06675."""


def build_optimizer(
    name: str,
    model: nn.Module,
    groups: Sequence[DepthGroup],
    *,
    lr: float,
    layer_decay: float,
    body_share: float,
    weight_decay: float,
    body_decay: float | None = None,
    options: Mapping[str, Any] | None = None,
) -> optim.Optimizer:
    """Build an optimizer over the parameters of ``groups``.

    Args:
        name: A name in ``settings.OPTIMIZERS``.
        model: Owns the parameters.
        groups: Depth groups that learn, the head last.
        lr: Peak rate of the head; the others follow from it (``group_rates``).
        layer_decay: Between 0 and 1.
        body_share: Between 0 and 1.
        weight_decay: For weight matrices only; biases and norms are left alone (He et al. 2019, Bag of tricks,
            https://arxiv.org/abs/1812.01187, section 3.1).
        body_decay: The same for all groups but the head; None is as for the head.
        options: What ``options_of`` gives; None is what it gives for the defaults.
    """
    OPTIMIZERS[name]
    parameters = dict(model.named_parameters())
    rates = group_rates(len(groups), lr=lr, layer_decay=layer_decay, body_share=body_share)
    rows = []
    for group, rate in zip(groups, rates, strict=True):
        decay = weight_decay if group is groups[-1] or body_decay is None else body_decay
        for decays in (True, False):
            members = [parameters[n] for n in group.parameters if (parameters[n].ndim > 1) == decays]
            if members:
                rows.append({"params": members, "lr": rate, "weight_decay": decay if decays else 0.0})
    rows.reverse()  # the head first: its rate is the one that is reported
    options = options_of(TrainSettings(optimizer=name)) if options is None else options
    return vision.create_optimizer_v2(rows, opt=name, lr=lr, weight_decay=weight_decay, **options)


def options_of(settings: TrainSettings) -> dict[str, Any]:
    """Return what the chosen optimizer takes beside rates and decay, under the names that its own library uses.

    Args:
        settings: ``optimizer``, ``momentum``, ``nesterov``, ``beta1``, ``beta2``, ``eps`` and ``rmsprop_alpha`` are
            read. A ``beta2`` of 0 stands for the one of the optimizer's own paper.
    """
    name = settings.optimizer
    if name == "sgd":  # torch refuses to look ahead by a momentum that there is not
        return {"momentum": settings.momentum, "nesterov": settings.nesterov and settings.momentum > 0}
    if name == "rmsprop":
        return {"alpha": settings.rmsprop_alpha, "eps": settings.eps, "momentum": 0.0}  # its choice says so
    betas = {"betas": (settings.beta1, settings.beta2 or _USUAL_BETA2[name])}
    return betas if name == "lion" else {**betas, "eps": settings.eps}
