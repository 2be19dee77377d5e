"""What a run changes in each phase is what its plan says, over several families, with every phase cut at its place."""

import pytest
import torch
from torch import nn

from ftcore.training.events import EpochDone, FeaturesCached
from ftcore.training.loop import finetune

FAMILIES = ("test_efficientnet", "test_vit", "mobilenetv3_small_050", "resnet10t", "test_convnext")
PLANS = {
    "context": ("freeze.preset=gradual", "train.epochs=4"),
    "stages": ("freeze.preset=gradual", "freeze.gradual=stage", "freeze.every=1", "train.epochs=5"),
    "own": ("freeze.preset=custom", "freeze.phases=1:head, 1:50%, 1:2", "train.epochs=3"),
}
EXACT = ("engine.cache=on", "engine.precision=float32", "engine.autocast=off")


def copied(model):
    return {name: value.clone() for name, value in model.state_dict().items()}


def by_phase(context):
    """Per epoch: the phase, the names of what changed, and the events."""
    before, events = copied(context.model), []
    for event in finetune(context):
        events.append(event)
        if isinstance(event, EpochDone):
            now = copied(context.model)
            yield event.phase, {name for name in now if not torch.equal(now[name], before[name])}, events
            before, events = now, []


def norms_of(model):
    return {
        name: module for name, module in model.named_modules() if isinstance(module, nn.modules.batchnorm._BatchNorm)
    }


@pytest.mark.parametrize("plan", PLANS)
@pytest.mark.parametrize("name", FAMILIES)
def test_each_phase_changes_exactly_the_groups_it_says(make_context, name, plan):
    context = make_context(f"model.name={name}", *PLANS[plan], *EXACT)
    cuts = []
    for phase, changed, events in by_phase(context):
        groups = context.plan.trainable(phase)
        learning = {parameter for group in groups for parameter in group.parameters}
        averages = {
            f"{norm}.{buffer}"
            for norm, module in norms_of(context.model).items()
            if f"{norm}.weight" in learning
            for buffer, _ in module.named_buffers()
        }
        parameters = {parameter for parameter, _ in context.model.named_parameters()}
        assert changed & parameters <= learning
        assert all(set(group.parameters) & changed for group in groups), "every group that learns moves"
        assert changed - parameters == averages
        assert len(groups) == context.plan.phases[phase].n_groups
        cuts += [event.cut for event in events if isinstance(event, FeaturesCached)]
    assert len(cuts) == len(context.plan.phases)
    whole = [
        cut for cut, phase in zip(cuts, context.plan.phases, strict=True) if phase.n_groups == len(context.plan.groups)
    ]
    partly = [
        cut for cut, phase in zip(cuts, context.plan.phases, strict=True) if phase.n_groups < len(context.plan.groups)
    ]
    assert whole == [""] * len(whole) and all(partly) and len(set(partly)) == len(partly)


@pytest.mark.parametrize("policy, moves", [("learning", "some"), ("fixed", "none"), ("everywhere", "all")])
@pytest.mark.parametrize("name", ["test_efficientnet", "resnet10t"])
def test_the_batch_norm_policy_decides_which_averages_move(make_context, name, policy, moves):
    context = make_context(
        f"model.name={name}", "freeze.preset=last_stage", "train.epochs=1", f"freeze.batch_norm={policy}", *EXACT
    )
    ((_, changed, _),) = by_phase(context)
    averages = {f"{norm}.running_mean" for norm in norms_of(context.model)}
    moved = averages & changed
    assert {"some": 0 < len(moved) < len(averages), "none": not moved, "all": moved == averages}[moves]
    learning = {parameter for group in context.plan.trainable(0) for parameter in group.parameters}
    assert {f"{norm}.weight" for norm in norms_of(context.model)} & learning <= changed, (
        "their weights learn all the same"
    )
    assert changed <= context.plan.changing(context.model)


def test_drop_path_skips_layers_and_a_network_without_says_so(make_context):
    values = ("model.drop_path=0.5", "train.epochs=1")
    with_it = make_context("model.name=test_convnext", *values)
    assert not with_it.notes
    rates = [module.drop_prob for module in with_it.model.modules() if type(module).__name__ == "DropPath"]
    assert max(rates) == pytest.approx(0.5)
    plain = make_context("model.name=test_convnext", "train.epochs=1")
    losses = [
        next(e for e in finetune(context) if isinstance(e, EpochDone)).train["loss"] for context in (with_it, plain)
    ]
    assert losses[0] != losses[1]
    without = make_context("model.name=ghostnet_050", *values)
    assert next(e.message for e in finetune(without) if type(e).__name__ == "Note") == without.notes[0]
    assert "trains without" in without.notes[0]
