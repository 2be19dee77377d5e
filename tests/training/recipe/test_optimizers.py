import copy

import pytest
import torch
from torch import nn

from ftcore import vision
from ftcore.errors import SettingsError
from ftcore.models.build import build_model
from ftcore.models.depth_groups import depth_groups
from ftcore.models.groups import DepthGroup
from ftcore.settings import OPTIMIZERS
from ftcore.training.recipe.layer_lr import BODY_SHARE, group_rates
from ftcore.training.recipe.optimizers import build_optimizer


def originals():
    return {
        "adamw": lambda p, lr, wd: torch.optim.AdamW(p, lr=lr, weight_decay=wd),
        "adam": lambda p, lr, wd: torch.optim.Adam(p, lr=lr, weight_decay=wd),
        "sgd": lambda p, lr, wd: torch.optim.SGD(p, lr=lr, weight_decay=wd, momentum=0.9, nesterov=True),
        "rmsprop": lambda p, lr, wd: torch.optim.RMSprop(p, lr=lr, weight_decay=wd, alpha=0.9),
        "lion": lambda p, lr, wd: vision.timm.optim.Lion(p, lr=lr, weight_decay=wd),
    }


def tiny():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 8), nn.LayerNorm(8), nn.Tanh(), nn.Linear(8, 2))


GROUPS = [
    DepthGroup("stem", 0, ("0.weight", "0.bias")),
    DepthGroup("norm", 1, ("1.weight", "1.bias")),
    DepthGroup("head", 2, ("3.weight", "3.bias")),
]


def test_every_optimiser_has_an_original_to_be_compared_with():
    assert set(originals()) == set(OPTIMIZERS)


@pytest.mark.parametrize("name", list(OPTIMIZERS))
def test_an_optimiser_steps_as_the_original_does(name):
    model = tiny()
    twin = copy.deepcopy(model)
    lr, decay = 0.01, 0.05
    optimiser = build_optimizer(name, model, GROUPS, lr=lr, layer_decay=0.5, weight_decay=decay)
    own = dict(twin.named_parameters())
    rates = {"0": lr * BODY_SHARE * 0.5, "1": lr * BODY_SHARE, "3": lr}
    theirs = [
        originals()[name]([own[key]], rates[key[0]], decay if key in ("0.weight", "3.weight") else 0.0) for key in own
    ]
    inputs = torch.rand(16, 3)
    for _ in range(5):
        for net, moving in ((model, [optimiser]), (twin, theirs)):
            net.zero_grad()
            net(inputs).logsumexp(1).sum().backward()
            for one in moving:
                one.step()
    for ours, original in zip(model.parameters(), twin.parameters(), strict=True):
        assert torch.allclose(ours, original, atol=1e-6)


def test_rates_fall_from_the_head_to_the_stem():
    assert group_rates(4, lr=1.0, layer_decay=0.5) == pytest.approx([BODY_SHARE / 4, BODY_SHARE / 2, BODY_SHARE, 1.0])
    assert group_rates(1, lr=0.3, layer_decay=0.5) == [0.3]
    assert group_rates(3, lr=1.0, layer_decay=1.0) == [BODY_SHARE, BODY_SHARE, 1.0]


@pytest.mark.parametrize("name", ["test_efficientnet", "test_vit", "mobilenetv3_small_050"])
def test_each_parameter_gets_its_groups_rate_and_only_matrices_decay(name):
    model, _ = build_model(name, n_outputs=3, image_size=32, pretrained=False)
    groups = depth_groups(model)[-3:]
    optimiser = build_optimizer("adamw", model, groups, lr=0.1, layer_decay=0.5, weight_decay=0.02)
    found = {id(p): (row["lr"], row["weight_decay"]) for row in optimiser.param_groups for p in row["params"]}
    names = {name: p for name, p in model.named_parameters()}
    rates = dict(zip((group.name for group in groups), group_rates(3, lr=0.1, layer_decay=0.5), strict=True))
    expected = {
        id(names[p]): (rates[group.name], 0.02 if names[p].ndim > 1 else 0.0)
        for group in groups
        for p in group.parameters
    }
    assert found == expected
    assert optimiser.param_groups[0]["lr"] == 0.1  # the rate that is reported is the head's


def test_an_unknown_optimiser_is_a_sentence():
    with pytest.raises(SettingsError, match=r"Unknown optimiser 'adamx'\. Choose one of: adamw, sgd"):
        build_optimizer("adamx", tiny(), GROUPS, lr=0.1, layer_decay=1.0, weight_decay=0.0)
