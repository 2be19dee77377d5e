"""Mixup and CutMix: shares that add up, pieces where they belong, the same draws for the same step."""

import pytest
import torch
from torch.nn import functional

from ftcore.events import Note
from ftcore.training.events import EpochDone
from ftcore.training.loop import finetune
from ftcore.training.recipe.mixup import Mixing

B, C = 8, 3
TARGETS = torch.tensor([0, 1, 2, 0, 1, 2, 0, 1])


def mixing(mixup=0.0, cutmix=0.0, seed=0, switch_prob=0.5):
    return Mixing(mixup=mixup, cutmix=cutmix, switch_prob=switch_prob, n_classes=C, seed=seed)


def marked(*shape):
    """Inputs in which every number is that of its picture, 0 to B - 1."""
    return torch.arange(B, dtype=torch.float32).reshape(B, *[1] * len(shape)).expand(B, *shape).clone()


@pytest.mark.parametrize("shape", [(3, 16, 16), (5, 7), (20,), (40, 1, 1)])
@pytest.mark.parametrize("step", range(4))
def test_mixup_mixes_answers_as_it_mixes_pictures(shape, step):
    found = mixing(mixup=0.5).mix(marked(*shape), TARGETS, step)
    flat = found.inputs.reshape(B, -1)
    assert torch.allclose(flat, flat[:, :1].expand_as(flat), atol=1e-6)
    numbers = mixing(mixup=0.5).mix(marked(*shape), torch.arange(B, dtype=torch.float32), step)
    assert torch.allclose(numbers.targets, flat[:, 0], atol=1e-5), "numbers are mixed in the same proportion"
    assert found.targets.shape == (B, C) and torch.allclose(found.targets.sum(1), torch.ones(B))


@pytest.mark.parametrize("kind", ["mixup", "cutmix"])
@pytest.mark.parametrize("step", range(12))
def test_the_count_of_right_answers_goes_by_the_larger_share(kind, step):
    found = mixing(**{kind: 1.0}).mix(marked(3, 16, 16), TARGETS, step)
    assert found.mostly.dtype == torch.long
    share_of = found.targets.gather(1, found.mostly[:, None])[:, 0]
    assert (share_of >= 0.5 - 1e-6).all()


@pytest.mark.parametrize("shape, sides", [((3, 16, 16), (2, 3)), ((12, 12, 40), (1, 2)), ((64, 7, 7), (2, 3))])
@pytest.mark.parametrize("step", range(6))
def test_cutmix_puts_in_a_rectangle_and_shares_the_answer_by_its_area(shape, sides, step):
    inputs = marked(*shape)
    found = mixing(cutmix=1.0).mix(inputs, torch.eye(B), step)
    other = found.inputs != inputs
    for index in range(B):
        if other[index].any():
            rows = other[index].movedim([side - 1 for side in sides], [0, 1])
            assert (rows == rows[:, :, :1]).all(), "all channels alike"
            flat = rows[:, :, 0]
            high, wide = flat.any(dim=1).sum(), flat.any(dim=0).sum()
            assert flat.sum() == high * wide
            assert found.targets[index, index] == pytest.approx(1 - float(flat.float().mean()), abs=1e-6)
            strangers = found.inputs[index][other[index]].unique()
            assert len(strangers) == 1
            assert found.targets[index, int(strangers)] == pytest.approx(float(flat.float().mean()), abs=1e-6)


def test_cutmix_cuts_the_same_place_out_of_all_maps():
    fine, coarse = mixing(cutmix=1.0).mix((marked(4, 16, 16), marked(9, 8, 8)), TARGETS, 3).inputs
    changed = [tensor != marked(*tensor.shape[1:]) for tensor in (fine, coarse)]
    assert changed[0].any()
    large = functional.interpolate(changed[1][:, :1].float(), scale_factor=2)
    assert (large - changed[0][:, :1].float()).abs().mean() < 0.15


@pytest.mark.parametrize("shape", [(197, 192), (512,), (1280, 1, 1)])
def test_without_places_mixup_takes_the_place_of_cutmix(shape):
    cuts = mixing(cutmix=1.0)
    assert cuts.falls_back((marked(*shape),)) and not mixing(mixup=1.0).falls_back((marked(*shape),))
    found = cuts.mix((marked(*shape),), TARGETS, 0)
    blended = found.inputs[0].reshape(B, -1)
    assert torch.allclose(blended, blended[:, :1].expand_as(blended), atol=1e-6)
    assert isinstance(found.inputs, tuple)


def test_the_seed_and_the_step_decide_everything():
    inputs = torch.rand(B, 3, 8, 8)
    both = {"mixup": 0.4, "cutmix": 1.0}
    first = mixing(**both).mix(inputs, TARGETS, 5)
    torch.rand(3)
    again = mixing(**both).mix(inputs, TARGETS, 5)
    assert torch.equal(first.inputs, again.inputs) and torch.equal(first.targets, again.targets)
    for other in (mixing(**both).mix(inputs, TARGETS, 6), mixing(**both, seed=1).mix(inputs, TARGETS, 5)):
        assert not torch.equal(first.inputs, other.inputs)


@pytest.mark.parametrize("share", [0.05, 0.5, 0.8])
def test_with_both_cutmix_gets_its_share_of_the_steps(share):
    inputs, both = marked(3, 16, 16), mixing(0.4, 1.0, switch_prob=share)
    whole = [(both.mix(inputs, TARGETS, step).inputs % 1 == 0).all() for step in range(200)]
    assert abs(sum(map(int, whole)) - 200 * share) < 30


def test_the_share_of_cutmix_in_a_run_is_that_of_its_settings(make_context):
    values = ("train.mixup=0.4", "train.cutmix=1", "train.mixup_switch_prob=0.8")
    inputs, runs = marked(3, 16, 16), make_context(*values)
    for step in range(20):
        asked = Mixing(mixup=0.4, cutmix=1.0, switch_prob=0.8, n_classes=len(runs.outputs.classes), seed=0)
        assert torch.equal(runs.mixing.mix(inputs, TARGETS, step).inputs, asked.mix(inputs, TARGETS, step).inputs)


@pytest.mark.parametrize("cache", ["off", "on"])
@pytest.mark.parametrize("preset", ["head", "none"])
def test_a_run_that_mixes_learns_and_says_what_it_cannot_do(make_context, cache, preset):
    values = ("train.cutmix=1.0", f"engine.cache={cache}", f"freeze.preset={preset}", "train.epochs=2")
    events = list(finetune(make_context(*values)))
    said = [event.message for event in events if isinstance(event, Note) and "CutMix" in event.message]
    assert len(said) == (1 if cache == "on" and preset == "head" else 0)
    assert len([event for event in events if isinstance(event, EpochDone)]) == 2
