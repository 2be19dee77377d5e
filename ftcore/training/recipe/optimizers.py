"""The optimizer of a phase: one parameter group per depth, with a smaller rate the further it lies from the head."""

from collections.abc import Sequence

from torch import nn, optim

from ftcore import vision
from ftcore.models.groups import DepthGroup
from ftcore.settings import OPTIMIZERS
from ftcore.training.recipe.layer_lr import group_rates


def build_optimizer(
    name: str,
    model: nn.Module,
    groups: Sequence[DepthGroup],
    *,
    lr: float,
    layer_decay: float,
    weight_decay: float,
    body_decay: float | None = None,
) -> optim.Optimizer:
    """An optimizer over the parameters of ``groups``.

    Args:
        name: A name in ``settings.OPTIMIZERS``.
        model: Owns the parameters.
        groups: Depth groups that learn, the head last.
        lr: Peak rate of the head. The group before it gets ``BODY_SHARE`` of it, and each further one ``layer_decay``
            of its successor (Howard & Ruder 2018, ULMFiT, https://arxiv.org/abs/1801.06146).
        layer_decay: Between 0 and 1.
        weight_decay: For weight matrices only; biases and norms are left alone.
        body_decay: The same for all groups but the head; None is as for the head.
    """
    OPTIMIZERS[name]
    parameters = dict(model.named_parameters())
    rates = group_rates(len(groups), lr=lr, layer_decay=layer_decay)
    rows = []
    for group, rate in zip(groups, rates, strict=True):
        decay = weight_decay if group is groups[-1] or body_decay is None else body_decay
        for decays in (True, False):
            members = [parameters[n] for n in group.parameters if (parameters[n].ndim > 1) == decays]
            if members:
                rows.append({"params": members, "lr": rate, "weight_decay": decay if decays else 0.0})
    rows.reverse()  # the head first: its rate is the one that is reported
    momentum = 0.9 if name == "sgd" else 0.0  # RMSprop could take one as well
    return vision.create_optimizer_v2(rows, opt=name, lr=lr, weight_decay=weight_decay, momentum=momentum)
