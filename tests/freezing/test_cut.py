"""A model in two halves is the same model."""

import pytest
import torch

from ftcore.freezing.cut import CutError, cut
from ftcore.freezing.plan import FreezePlan, Phase
from ftcore.models.build import build_model
from ftcore.models.depth import depth_groups
from ftcore.models.groups import n_last_stage
from ftcore.vision import DropPath
from tests.families import SMALL


def model_with(name, size, n_groups, *, dropout=0.0):
    model, _ = build_model(name, n_outputs=3, image_size=size, pretrained=False, dropout=dropout)
    groups = depth_groups(model)
    n = {"head": 1, "last": n_last_stage(groups), "all": len(groups)}[n_groups]
    plan = FreezePlan(groups, [Phase(0, 1, n, "")])
    plan.apply(model, 0)
    return model, plan


@pytest.mark.parametrize(("name", "size"), SMALL)
def test_prefix_and_suffix_are_the_whole_model_in_answers_and_gradients(name, size):
    """Answers in eval mode behind a free head and behind a free last stage; gradients while training the last stage."""
    model, plan = model_with(name, size, "head")
    model.drop_rate = 0.0  # some families hide features, or skip blocks, at random by default
    for module in model.modules():
        if isinstance(module, DropPath):
            module.drop_prob = 0.0
        elif isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    pictures, targets = torch.randn(3, 3, size, size), torch.tensor([0, 1, 2])
    assert_same_answers(model, cut(model, size), pictures)
    plan = FreezePlan(plan.groups, [Phase(0, 1, n_last_stage(plan.groups), "")])
    plan.apply(model, 0)
    halves = cut(model, size)
    assert_same_answers(model, halves, pictures)
    before = {name: value.clone() for name, value in model.state_dict().items()}

    def gradients(forward):
        model.zero_grad()
        plan.apply(model, 0)
        torch.nn.functional.cross_entropy(forward(pictures), targets).backward()
        return {name: p.grad.clone() for name, p in model.named_parameters() if p.grad is not None}

    whole = gradients(model)
    model.load_state_dict(before)  # batch norms behind the cut moved their averages
    behind = gradients(lambda x: halves.suffix(halves.prefix(x)))
    learning = {name for group in plan.trainable(0) for name in group.parameters}
    assert set(whole) == set(behind) and set() != set(whole) <= learning
    for parameter, gradient in whole.items():
        torch.testing.assert_close(behind[parameter], gradient, rtol=1e-4, atol=1e-6)


def assert_same_answers(model, halves, pictures):
    model.eval()
    halves.suffix.eval()
    with torch.no_grad():
        assert torch.equal(model(pictures), halves.suffix(halves.prefix(pictures)))


@pytest.mark.parametrize(("name", "n_tensors"), [("densenet121", 14), ("resnet18", 1)])
def test_a_wide_cut_moves_to_an_earlier_place_where_one_small_tensor_crosses(name, n_tensors):
    model, plan = model_with(name, 64, "last")
    FreezePlan(plan.groups, [Phase(0, 1, 6, "")]).apply(model, 0)
    natural = cut(model, 64)
    assert len(natural.names) == n_tensors and not natural.moved
    narrow = natural.values_per_image - 1
    try:
        halves = cut(model, 64, most_values=narrow)
    except CutError as error:
        assert name == "resnet18", "every earlier tensor of a ResNet is larger"
        assert "no narrow place" in error.what
        return
    assert len(halves.names) == 1 and halves.values_per_image <= narrow and halves.moved
    assert_same_answers(model, halves, torch.randn(2, 3, 64, 64))
    frozen = {id(p) for p in model.parameters() if not p.requires_grad}
    assert frozen & {id(p) for p in halves.suffix.parameters()}, "frozen layers behind the cut"


def test_both_halves_share_the_parameters_of_the_model():
    model, _ = model_with("resnet18", 64, "last")
    halves = cut(model, 64)
    own = {id(parameter) for parameter in model.parameters()}
    assert {id(parameter) for parameter in halves.suffix.parameters()} <= own
    learning = {id(parameter) for parameter in model.parameters() if parameter.requires_grad}
    assert learning == {id(p) for p in halves.suffix.parameters() if p.requires_grad}


def test_dropout_before_the_head_stays_random_behind_the_cut():
    model, _ = model_with("tf_efficientnet_lite0", 64, "head", dropout=0.5)
    halves = cut(model, 64)
    features = halves.prefix.eval()(torch.randn(2, 3, 64, 64))
    assert not torch.equal(halves.suffix(features), halves.suffix(features))
    halves.suffix.eval()
    assert torch.equal(halves.suffix(features), halves.suffix(features))


def test_cutting_leaves_the_model_as_it_was():
    model, _ = model_with("tf_efficientnet_lite0", 64, "head", dropout=0.5)
    names, modes = list(model.state_dict()), {name: m.training for name, m in model.named_modules()}
    cut(model, 64)
    assert list(model.state_dict()) == names
    assert {name: m.training for name, m in model.named_modules()} == modes


def test_a_model_with_nothing_frozen_is_not_cut():
    model, _ = model_with("resnet18", 64, "all")
    with pytest.raises(CutError, match="Nothing of this model is frozen"):
        cut(model, 64)


def test_a_model_that_cannot_be_traced_is_named_not_crashed_on():
    class Stubborn(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.frozen = torch.nn.Linear(12, 4).requires_grad_(False)
            self.head = torch.nn.Linear(4, 2)

        def forward(self, x):
            x = self.frozen(x.flatten(1))
            return self.head(x) if float(x.sum()) > 0 else self.head(-x)

    with pytest.raises(CutError, match="cannot be cut"):
        cut(Stubborn(), 2)


def test_values_per_image_counts_what_crosses():
    model, _ = model_with("resnet18", 64, "head")
    assert cut(model, 64).values_per_image == model.num_features
