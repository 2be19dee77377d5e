import pytest
import torch
from torch import nn
from torch.nn import functional

from ftcore.errors import SettingsError
from ftcore.freezing.plan import FreezePlan, Phase, make_phases
from ftcore.models.build import build_model
from ftcore.models.depth_groups import depth_groups
from ftcore.models.groups import DepthGroup, n_last_stage
from ftcore.settings import FREEZE_PRESETS

GROUPS = [DepthGroup(f"stage {i}", i, (f"p{i}",)) for i in range(16)] + [DepthGroup("head", 16, ("h",))]
NORMS = (nn.BatchNorm2d, nn.BatchNorm1d)


def small(name="mobilenetv3_small_050", dropout=0.0):
    return build_model(name, n_outputs=3, image_size=32, dropout=dropout, pretrained=False)[0]


def pictures(n=4):
    return torch.rand(n, 3, 32, 32, generator=torch.Generator().manual_seed(0)), torch.arange(n) % 3


def step(model, rate=0.1):
    """One plain step over everything that has a gradient."""
    images, targets = pictures()
    functional.cross_entropy(model(images), targets).backward()
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.requires_grad and parameter.grad is not None:
                parameter -= rate * parameter.grad
            parameter.grad = None


def copied(model):
    return {name: value.clone() for name, value in model.state_dict().items()}


def changed(model, before):
    return {name for name, value in model.state_dict().items() if not torch.equal(value, before[name])}


# phases


@pytest.mark.parametrize("n_epochs", [1, 2, 3, 4, 5, 8, 13, 100])
@pytest.mark.parametrize("preset", list(FREEZE_PRESETS))
def test_phases_follow_each_other_without_a_gap_and_fill_the_run(preset, n_epochs):
    phases = make_phases(preset, GROUPS, n_epochs)
    next_epoch = 0
    for phase in phases:
        assert phase.first_epoch == next_epoch
        assert phase.n_epochs >= 1
        next_epoch += phase.n_epochs
    assert next_epoch == n_epochs
    assert [phase.n_groups for phase in phases] == sorted(phase.n_groups for phase in phases)


@pytest.mark.parametrize(
    "preset, labels",
    [
        ("head", ["Head only"]),
        ("last_stage", ["Last stage"]),
        ("head_then_last", ["Head only", "Last stage"]),
        ("gradual", ["Head only", "Last stage", "Last half", "Everything"]),
        ("none", ["Everything"]),
    ],
)
def test_a_preset_has_its_phases_and_with_few_epochs_its_last_ones(preset, labels):
    for n_epochs in (1, 2, 3, 4, 9):
        assert [phase.label for phase in make_phases(preset, GROUPS, n_epochs)] == labels[-n_epochs:]


@pytest.mark.parametrize(
    "preset, n_groups", [("head", 1), ("none", 17), ("last_stage", n_last_stage(GROUPS)), ("gradual", 17)]
)
def test_the_last_phase_trains_what_was_asked_for(preset, n_groups):
    for n_epochs in (1, 3, 10):
        assert make_phases(preset, GROUPS, n_epochs)[-1].n_groups == n_groups


def test_a_head_alone_gets_a_quarter_of_the_epochs_at_most():
    assert [phase.n_epochs for phase in make_phases("head_then_last", GROUPS, 8)] == [2, 6]
    assert [phase.n_epochs for phase in make_phases("gradual", GROUPS, 12)] == [3, 3, 3, 3]


def test_an_unknown_preset_is_a_sentence():
    with pytest.raises(SettingsError, match=r"Unknown freezing preset 'ice'\. Choose one of: head, last_stage"):
        make_phases("ice", GROUPS, 3)


def test_every_epoch_has_its_phase():
    plan = FreezePlan(GROUPS, make_phases("gradual", GROUPS, 12))
    assert plan.n_epochs == 12
    assert [plan.phase_of(epoch) for epoch in range(12)] == [0] * 3 + [1] * 3 + [2] * 3 + [3] * 3
    for outside in (-1, 12):
        with pytest.raises(SettingsError, match=rf"Epoch {outside} lies outside the plan of 12 epochs"):
            plan.phase_of(outside)


# what a model is told


@pytest.mark.parametrize("name", ["mobilenetv3_small_050", "resnet10t", "test_vit"])
def test_exactly_the_groups_of_a_phase_learn(name):
    model = small(name)
    groups = depth_groups(model)
    plan = FreezePlan(groups, make_phases("gradual", groups, 8))
    for index, phase in enumerate(plan.phases):
        plan.apply(model, index)
        wanted = {parameter for group in groups[len(groups) - phase.n_groups :] for parameter in group.parameters}
        assert {name for name, parameter in model.named_parameters() if parameter.requires_grad} == wanted
        assert {parameter for group in plan.trainable(index) for parameter in group.parameters} == wanted


@pytest.mark.parametrize("name", ["mobilenetv3_small_050", "resnet10t", "test_efficientnet"])
@pytest.mark.parametrize("preset", ["head", "last_stage", "none"])
def test_a_frozen_batch_norm_neither_moves_nor_averages_on(name, preset):
    model = small(name)
    groups = depth_groups(model)
    plan = FreezePlan(groups, make_phases(preset, groups, 1))
    model.train()
    plan.apply(model, 0)
    learning = {parameter for group in plan.trainable(0) for parameter in group.parameters}
    before = copied(model)
    step(model)
    moved = changed(model, before)
    norms = [name for name, module in model.named_modules() if isinstance(module, NORMS)]
    assert norms
    for norm in norms:
        learns = f"{norm}.weight" in learning
        assert model.get_submodule(norm).training == learns
        assert (f"{norm}.running_mean" in moved) == learns


def test_dropout_inside_a_frozen_part_is_off_and_before_the_head_on():
    model = nn.ModuleDict(
        {"body": nn.Sequential(nn.Linear(2, 2), nn.Dropout(0.5)), "drop": nn.Dropout(0.5), "head": nn.Linear(2, 2)}
    )
    groups = [
        DepthGroup("body", 0, ("body.0.weight", "body.0.bias")),
        DepthGroup("head", 1, ("head.weight", "head.bias")),
    ]
    FreezePlan(groups, [Phase(0, 1, 1, "Head only")]).apply(model, 0)
    assert not model["body"].training and not model["body"][1].training
    assert model["drop"].training and model["head"].training


def test_a_later_phase_wakes_what_an_earlier_one_froze():
    model = small()
    groups = depth_groups(model)
    plan = FreezePlan(groups, make_phases("gradual", groups, 4))
    plan.apply(model, 0)
    plan.apply(model, 3)
    assert all(parameter.requires_grad for parameter in model.parameters())
    assert all(module.training for module in model.modules())


@pytest.mark.parametrize("name", ["mobilenetv3_small_050", "resnet10t", "test_vit", "test_convnext"])
@pytest.mark.parametrize("preset", list(FREEZE_PRESETS))
def test_what_a_checkpoint_keeps_covers_everything_that_steps_change(name, preset):
    model = small(name)
    groups = depth_groups(model)
    plan = FreezePlan(groups, make_phases(preset, groups, 4))
    before = copied(model)
    for index in range(len(plan.phases)):
        plan.apply(model, index)
        step(model)
    moved = changed(model, before)
    keeps = plan.changing(model)
    assert moved and moved <= keeps
    assert keeps <= set(model.state_dict())
    learning = {p for index in range(len(plan.phases)) for g in plan.trainable(index) for p in g.parameters}
    assert {name for name, _ in model.named_parameters()} & keeps == learning
