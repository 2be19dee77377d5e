"""Adapters against the paper's formula (Hu et al. 2021, https://arxiv.org/abs/2106.09685, section 4.1)."""

import copy

import pytest
import torch
from torch import nn
from torch.nn.utils import parametrize

from ftcore.freezing.cut import CutError, cut
from ftcore.freezing.plan import FreezePlan, Phase, make_phases
from ftcore.freezing.runtimes import fold_batch_norms
from ftcore.inputs import InputSpec
from ftcore.models import adapters
from ftcore.models.adapters import LowRank
from ftcore.models.build import build_model
from ftcore.models.depth_groups import depth_groups
from ftcore.models.groups import DepthGroup, n_last_stage


def pictures(n=2, size=64):
    return torch.rand(n, 3, size, size, generator=torch.Generator().manual_seed(0))


def adapted(name, n_groups=None, size=64, rank=2):
    """A model with random adapters that say something, its groups, and the model as it was."""
    model, _ = build_model(name, n_outputs=3, image_size=size, pretrained=False)
    groups = depth_groups(model)
    plain = copy.deepcopy(model)
    groups = adapters.add(model, groups, n_groups or len(groups), rank=rank, alpha=3.0)
    torch.manual_seed(1)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name.endswith(".0.b"):
                parameter.normal_(std=0.1)
    return model.eval(), groups, plain.eval()


def group_of(layer):
    return [DepthGroup("body", 0, tuple(name for name, _ in layer.named_parameters())), DepthGroup("head", 1, ())]


def test_an_adapted_layer_computes_the_papers_equation():
    body = nn.Sequential(nn.Linear(7, 5))
    w, bias = body[0].weight.detach().clone(), body[0].bias.detach()
    adapters.add(body, group_of(body), 2, rank=2, alpha=6.0)
    low_rank = body[0].parametrizations.weight[0]
    assert (low_rank.a.shape, low_rank.b.shape) == ((2, 7), (5, 2))
    assert not low_rank.b.any() and low_rank.a.all()  # "a random Gaussian initialization for A and zero for B"
    x = torch.randn(4, 7)
    assert torch.equal(body(x), x @ w.T + bias)
    with torch.no_grad():
        low_rank.b.normal_()
        expected = x @ w.T + 6.0 / 2 * (x @ low_rank.a.T) @ low_rank.b.T + bias  # h = W x + alpha / r B A x
        torch.testing.assert_close(body(x), expected)


def test_a_convolutions_weight_is_taken_as_a_matrix_of_one_row_per_output():
    body = nn.Sequential(nn.Conv2d(3, 6, 3))
    w = body[0].weight.detach().clone()
    adapters.add(body, group_of(body), 2, rank=2, alpha=2.0)
    low_rank = body[0].parametrizations.weight[0]
    assert (low_rank.a.shape, low_rank.b.shape) == ((2, 27), (6, 2))
    with torch.no_grad():
        low_rank.b.normal_()
        expected = w.flatten(1) + low_rank.b @ low_rank.a
        torch.testing.assert_close(body[0].weight.flatten(1), expected)
        assert torch.linalg.matrix_rank(body[0].weight.flatten(1) - w.flatten(1)) == 2


def test_no_adapter_is_larger_than_its_layer():
    assert LowRank(torch.zeros(3, 8), rank=64, alpha=1.0).a.shape == (3, 8)


@pytest.mark.parametrize("name", ["resnet18", "vit_tiny_patch16_224", "eva02_tiny_patch14_224", "test_efficientnet"])
def test_merged_equals_unmerged_and_is_an_ordinary_model(name):
    model, _, plain = adapted(name, size=56 if "patch14" in name else 64)
    x = pictures(size=56 if "patch14" in name else 64)
    state = adapters.merged_state(model)
    assert list(state) == list(plain.state_dict()) or set(state) == set(plain.state_dict())
    with torch.no_grad():
        answers = model(x)
        assert (answers - plain(x)).abs().max() > 1e-4
        plain.load_state_dict(state)
        torch.testing.assert_close(plain(x), answers, rtol=0, atol=1e-5)
        adapters.merge(model)
        torch.testing.assert_close(model(x), answers, rtol=0, atol=1e-5)
    assert {key: value.shape for key, value in model.state_dict().items()} == {k: v.shape for k, v in state.items()}
    assert not any(parametrize.is_parametrized(module) for module in model.modules())


def test_a_model_without_adapters_is_merged_as_it_is():
    model = nn.Sequential(nn.Linear(2, 2))
    assert all(torch.equal(value, model.state_dict()[name]) for name, value in adapters.merged_state(model).items())


def test_only_adapters_of_the_groups_that_learn_and_the_head_learn_in_each_phase():
    model, groups, plain = adapted("vit_tiny_patch16_224")
    names = [group.name for group in groups]
    assert names == [group.name for group in depth_groups(plain)]
    plan = FreezePlan(groups, make_phases("gradual", groups, 8))
    assert plan.has_adapters
    for index, phase in enumerate(plan.phases):
        plan.apply(model, index)
        learning = {name for name, parameter in model.named_parameters() if parameter.requires_grad}
        assert learning == {name for group in plan.trainable(index) for name in group.parameters}
        body = learning - set(groups[-1].parameters)
        assert all(name.endswith((".weight.0.a", ".weight.0.b")) for name in body)
        blocks = {name.split(".")[1] for name in body if name.startswith("blocks.")}
        assert len(blocks) <= phase.n_groups and bool(body) == (phase.n_groups > 1)
        assert learning <= plan.changing(model)


def test_groups_before_the_boundary_get_none_and_depthwise_convolutions_neither():
    model, groups, _ = adapted("test_efficientnet", n_groups=3)
    assert [group.adapters is None for group in groups] == [True] * (len(groups) - 3) + [False] * 2 + [True]
    for module in model.modules():
        if parametrize.is_parametrized(module):
            assert getattr(module, "groups", 1) == 1
    plan = FreezePlan(groups, [Phase(0, 1, 3, "")])
    assert [group.name for group in plan.trainable(0)] == [group.name for group in groups[-3:]]


@pytest.mark.parametrize("name", ["swin_tiny_patch4_window7_224", "resnet18", "eva02_tiny_patch14_224"])
def test_the_cut_stays_at_the_boundary(name):
    size = 56
    model, groups, plain = adapted(name, n_groups=4, size=size)
    FreezePlan(groups, [Phase(0, 1, 4, "")]).apply(model, 0)
    halves = cut(model, InputSpec.square(size))
    FreezePlan(depth_groups(plain), [Phase(0, 1, 4, "")]).apply(plain, 0)
    assert halves.shapes == cut(plain, InputSpec.square(size)).shapes
    model.eval(), halves.suffix.eval()
    with torch.no_grad():
        assert torch.equal(model(pictures(size=size)), halves.suffix(halves.prefix(pictures(size=size))))
    behind = {id(parameter) for parameter in halves.suffix.parameters() if parameter.requires_grad}
    assert behind == {id(parameter) for parameter in model.parameters() if parameter.requires_grad}


def test_with_adapters_in_the_first_layers_nothing_is_left_to_cache():
    model, groups, _ = adapted("resnet18")
    FreezePlan(groups, [Phase(0, 1, len(groups), "")]).apply(model, 0)
    with pytest.raises(CutError, match="Nothing of this model is frozen from its input on"):
        cut(model, InputSpec.square(64))


def test_a_frozen_prefix_with_adapters_of_a_later_phase_can_be_folded():
    """Batch norms are not folded into layers whose weight is computed."""
    model, groups, _ = adapted("resnet18", n_groups=4)
    FreezePlan(groups, [Phase(0, 1, 1, "")]).apply(model, 0)
    prefix = cut(model, InputSpec.square(64)).prefix.eval()
    with torch.no_grad():
        torch.testing.assert_close(fold_batch_norms(prefix)(pictures())[0], prefix(pictures())[0], rtol=1e-4, atol=1e-4)


def test_the_last_stage_stays_the_last_stage():
    _, groups, plain = adapted("resnet18")
    assert n_last_stage(groups) == n_last_stage(depth_groups(plain))


def test_the_same_seed_gives_the_same_adapters():
    first, second = adapted("test_vit", size=160)[0], adapted("test_vit", size=160)[0]
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), second.parameters(), strict=True))
