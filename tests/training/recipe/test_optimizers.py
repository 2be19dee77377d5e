import copy

import pytest
import torch
from torch import nn

from ftcore import vision
from ftcore.errors import SettingsError
from ftcore.models.build import build_model
from ftcore.models.depth_groups import depth_groups
from ftcore.models.groups import DepthGroup
from ftcore.settings import OPTIMIZERS, FreezeSettings, TrainSettings, fields
from ftcore.training.recipe.layer_lr import group_rates
from ftcore.training.recipe.optimizers import build_optimizer, options_of

BODY_SHARE = FreezeSettings().body_share


ORIGINALS = {
    "adamw": torch.optim.AdamW,
    "adam": torch.optim.Adam,
    "sgd": torch.optim.SGD,
    "rmsprop": torch.optim.RMSprop,
    "lion": vision.timm.optim.Lion,
}
AS_EVER = {"sgd": {"momentum": 0.9, "nesterov": True}, "rmsprop": {"alpha": 0.9}}
"""What the app has always set beside the rate and the decay; all else is the original's own."""

# optimiser, settings of ours, what the original calls them
SET = [
    ("sgd", {"momentum": 0.5}, {"momentum": 0.5, "nesterov": True}),
    ("sgd", {"momentum": 0.0}, {}),
    ("sgd", {"nesterov": False}, {"momentum": 0.9}),
    ("adamw", {"beta1": 0.5}, {"betas": (0.5, 0.999)}),
    ("adamw", {"beta2": 0.9}, {"betas": (0.9, 0.9)}),
    ("adamw", {"eps": 0.1}, {"eps": 0.1}),
    ("adam", {"beta1": 0.5}, {"betas": (0.5, 0.999)}),
    ("adam", {"beta2": 0.9}, {"betas": (0.9, 0.9)}),
    ("adam", {"eps": 0.1}, {"eps": 0.1}),
    ("rmsprop", {"rmsprop_alpha": 0.5}, {"alpha": 0.5}),
    ("rmsprop", {"eps": 0.1}, {"alpha": 0.9, "eps": 0.1}),
    ("lion", {"beta1": 0.5}, {"betas": (0.5, 0.99)}),
    ("lion", {"beta2": 0.5}, {"betas": (0.9, 0.5)}),
]


def tiny():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 8), nn.LayerNorm(8), nn.Tanh(), nn.Linear(8, 2))


GROUPS = [
    DepthGroup("stem", 0, ("0.weight", "0.bias")),
    DepthGroup("norm", 1, ("1.weight", "1.bias")),
    DepthGroup("head", 2, ("3.weight", "3.bias")),
]


def test_every_optimiser_has_an_original_to_be_compared_with():
    assert set(ORIGINALS) == set(OPTIMIZERS)


def after_steps(settings, options, *, body_share=BODY_SHARE):
    """Weights after some steps: of ours, and of the original with its own names for the same things."""
    model = tiny()
    twin = copy.deepcopy(model)
    lr, decay = 0.01, 0.05
    optimiser = build_optimizer(
        settings.optimizer,
        model,
        GROUPS,
        lr=lr,
        layer_decay=0.5,
        body_share=body_share,
        weight_decay=decay,
        options=options_of(settings),
    )
    own = dict(twin.named_parameters())
    rates = {"0": lr * body_share * 0.5, "1": lr * body_share, "3": lr}
    theirs = [
        ORIGINALS[settings.optimizer](
            [own[key]], lr=rates[key[0]], weight_decay=decay if key in ("0.weight", "3.weight") else 0.0, **options
        )
        for key in own
    ]
    random = torch.Generator().manual_seed(1)
    for _ in range(5):
        inputs, directions = torch.rand(16, 3, generator=random), torch.randn(2, generator=random)
        for net, moving in ((model, [optimiser]), (twin, theirs)):
            net.zero_grad()
            (net(inputs).logsumexp(1).sum() + (net(inputs) @ directions).sum()).backward()
            for one in moving:
                one.step()
    return [torch.cat([value.detach().flatten() for value in net.parameters()]) for net in (model, twin)]


@pytest.mark.parametrize("name", list(OPTIMIZERS))
def test_an_optimiser_steps_as_the_original_does(name):
    ours, original = after_steps(TrainSettings(optimizer=name), AS_EVER.get(name, {}))
    assert torch.allclose(ours, original, atol=1e-6)


@pytest.mark.parametrize(("name", "values", "options"), SET, ids=[f"{name} {values}" for name, values, _ in SET])
def test_a_setting_of_an_optimiser_is_the_originals(name, values, options):
    ours, original = after_steps(TrainSettings(optimizer=name, **values), options)
    assert torch.allclose(ours, original, atol=1e-6)
    usual, _ = after_steps(TrainSettings(optimizer=name), {})
    assert not torch.allclose(ours, usual, atol=1e-6), "it changes what is learned"


def test_every_setting_that_some_optimisers_read_is_compared_with_theirs():
    read = {
        (name, field.name)
        for field in fields.in_section("train")
        if field.only_with and field.only_with.name == "optimizer"
        for name in field.only_with.values
    }
    assert read == {(name, key) for name, values, _ in SET for key in values}


@pytest.mark.parametrize("share", [0.05, 1.0])
def test_pretrained_layers_learn_at_their_share_of_the_heads_rate(share):
    ours, original = after_steps(TrainSettings(optimizer="sgd"), AS_EVER["sgd"], body_share=share)
    assert torch.allclose(ours, original, atol=1e-6)


@pytest.mark.parametrize("share", [0.05, 1.0])
def test_the_share_of_a_run_is_that_of_its_settings(make_context, share):
    context = make_context("freeze.preset=last_stage", "train.lr=0.01", "train.warmup=0", f"freeze.body_share={share}")
    rates = {row["initial_lr"] for row in context.enter(0).optimizer.param_groups}
    assert max(rates) == 0.01 and any(rate == pytest.approx(0.01 * share) for rate in rates)


def test_a_run_steps_with_the_options_of_its_settings(make_context):
    values = ("train.optimizer=sgd", "train.momentum=0.3", "train.nesterov=false")
    assert {(row["momentum"], row["nesterov"]) for row in make_context(*values).enter(0).optimizer.param_groups} == {
        (0.3, False)
    }


def test_rates_fall_from_the_head_to_the_stem():
    assert group_rates(4, lr=1.0, layer_decay=0.5, body_share=0.2) == pytest.approx([0.05, 0.1, 0.2, 1.0])
    assert group_rates(1, lr=0.3, layer_decay=0.5, body_share=0.2) == [0.3]
    assert group_rates(3, lr=1.0, layer_decay=1.0, body_share=0.4) == [0.4, 0.4, 1.0]


@pytest.mark.parametrize("name", ["test_efficientnet", "test_vit", "mobilenetv3_small_050"])
def test_each_parameter_gets_its_groups_rate_and_only_matrices_decay(name):
    model, _ = build_model(name, n_outputs=3, image_size=32, pretrained=False)
    groups = depth_groups(model)[-3:]
    optimiser = build_optimizer("adamw", model, groups, lr=0.1, layer_decay=0.5, body_share=0.3, weight_decay=0.02)
    found = {id(p): (row["lr"], row["weight_decay"]) for row in optimiser.param_groups for p in row["params"]}
    names = {name: p for name, p in model.named_parameters()}
    rates = dict(
        zip((group.name for group in groups), group_rates(3, lr=0.1, layer_decay=0.5, body_share=0.3), strict=True)
    )
    expected = {
        id(names[p]): (rates[group.name], 0.02 if names[p].ndim > 1 else 0.0)
        for group in groups
        for p in group.parameters
    }
    assert found == expected
    assert optimiser.param_groups[0]["lr"] == 0.1  # the rate that is reported is the head's


def test_an_unknown_optimiser_is_a_sentence():
    with pytest.raises(SettingsError, match=r"Unknown optimiser 'adamx'\. Choose one of: adamw, sgd"):
        build_optimizer("adamx", tiny(), GROUPS, lr=0.1, layer_decay=1.0, body_share=0.2, weight_decay=0.0)
