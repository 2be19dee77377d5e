"""L1 and L2-SP beside autograd, and beside a step computed by hand."""

import pytest
import torch
from torch import nn

from ftcore.events import EpochDone
from ftcore.models.depth_groups import head_parameters
from ftcore.training.loop import finetune
from ftcore.training.recipe.regularizers import Penalty


def network():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 6), nn.Tanh(), nn.Linear(6, 2))


HEAD = ("2.weight", "2.bias")


@pytest.mark.parametrize("l1, l2_sp", [(0.01, 0.0), (0.0, 0.3), (0.02, 0.1)])
def test_the_gradient_is_that_of_the_formula(l1, l2_sp):
    model = network()
    penalty = Penalty(l1=l1, l2_sp=l2_sp, head=HEAD)
    penalty.remember(model)
    start = model[0].weight.detach().clone()
    with torch.no_grad():
        model[0].weight += torch.randn(6, 4)
    inputs = torch.rand(5, 4)
    model(inputs).square().sum().backward()
    penalty.add(model.parameters())
    found = [parameter.grad.clone() for parameter in model.parameters()]
    model.zero_grad()
    loss = model(inputs).square().sum()
    loss = loss + l1 * (model[0].weight.abs().sum() + model[2].weight.abs().sum())
    loss = loss + l2_sp / 2 * (model[0].weight - start).square().sum()
    loss.backward()
    for parameter, gradient in zip(model.parameters(), found, strict=True):
        assert torch.allclose(gradient, parameter.grad, atol=1e-6)


def test_a_step_with_l2_sp_by_hand():
    """w = 3 began at 1: the pull is 0.5 * (3 - 1), so a step of 0.1 without a loss goes to 2.9."""
    model = nn.Sequential(nn.Linear(1, 1, bias=False))
    model[0].weight.data.fill_(1.0)
    penalty = Penalty(l1=0.0, l2_sp=0.5, head=())
    penalty.remember(model)
    model[0].weight.data.fill_(3.0)
    model[0].weight.grad = torch.zeros(1, 1)
    penalty.add(model.parameters())
    torch.optim.SGD(model.parameters(), lr=0.1).step()
    assert model[0].weight.item() == pytest.approx(2.9)


def test_what_has_no_gradient_is_left_alone():
    model = network()
    penalty = Penalty(l1=1.0, l2_sp=1.0, head=HEAD)
    penalty.remember(model)
    penalty.add(model.parameters())
    assert all(parameter.grad is None for parameter in model.parameters())


def travelled(context):
    """How far the body's weight matrices went in a run, and what the head did."""
    before = {name: value.clone() for name, value in context.model.named_parameters()}
    assert any(isinstance(event, EpochDone) for event in finetune(context))
    head = set(head_parameters(context.model))
    with torch.no_grad():
        return sum(
            float((value - before[name]).square().sum())
            for name, value in context.model.named_parameters()
            if value.ndim > 1 and name not in head
        )


def test_a_run_stays_nearer_to_where_it_began(make_context):
    values = ("train.optimizer=sgd", "train.lr=0.1", "train.epochs=4")
    free, held = (travelled(make_context(*values, f"train.l2_sp={strength}")) for strength in (0.0, 10.0))
    assert held < 0.8 * free


def test_with_l2_sp_the_body_has_no_other_pull(make_context):
    context = make_context("train.l2_sp=0.1", "train.weight_decay=0.05")
    rows = context.enter(0).optimizer.param_groups
    head = {id(p) for name, p in context.model.named_parameters() if name in head_parameters(context.model)}
    decays = {(id(p) in head, row["weight_decay"]) for row in rows for p in row["params"]}
    assert decays == {(True, 0.05), (True, 0.0), (False, 0.0)}
