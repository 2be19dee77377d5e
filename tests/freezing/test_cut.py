"""A model in two halves is the same model; tests/test_every_family.py tries it for every family."""

import pytest
import torch
from torch import nn

from ftcore.freezing.cut import CutError, cut
from ftcore.freezing.plan import FreezePlan, Phase
from ftcore.inputs import InputSpec
from ftcore.models.build import build_model
from ftcore.models.depth_groups import depth_groups
from ftcore.models.groups import n_last_stage


def model_with(name, size, n_groups, *, dropout=0.0):
    model, _ = build_model(name, n_outputs=3, image_size=size, pretrained=False, dropout=dropout)
    groups = depth_groups(model)
    n = {"head": 1, "last": n_last_stage(groups), "all": len(groups)}[n_groups]
    plan = FreezePlan(groups, [Phase(0, 1, n, "")])
    plan.apply(model, 0)
    return model, plan


def assert_same_answers(model, halves, pictures):
    model.eval()
    halves.suffix.eval()
    with torch.no_grad():
        assert torch.equal(model(pictures), halves.suffix(halves.prefix(pictures)))


@pytest.mark.parametrize(("name", "n_tensors"), [("densenet121", 13), ("resnet18", 1)])
def test_a_wide_cut_moves_to_an_earlier_place_where_one_small_tensor_crosses(name, n_tensors):
    model, plan = model_with(name, 64, "last")
    FreezePlan(plan.groups, [Phase(0, 1, 6, "")]).apply(model, 0)
    natural = cut(model, InputSpec.square(64))
    assert len(natural.names) == n_tensors and not natural.moved
    narrow = natural.values_per_image - 1
    try:
        halves = cut(model, InputSpec.square(64), most_values=narrow)
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
    halves = cut(model, InputSpec.square(64))
    own = {id(parameter) for parameter in model.parameters()}
    assert {id(parameter) for parameter in halves.suffix.parameters()} <= own
    learning = {id(parameter) for parameter in model.parameters() if parameter.requires_grad}
    assert learning == {id(p) for p in halves.suffix.parameters() if p.requires_grad}


def test_dropout_before_the_head_stays_random_behind_the_cut():
    model, _ = model_with("tf_efficientnet_lite0", 64, "head", dropout=0.5)
    halves = cut(model, InputSpec.square(64))
    features = halves.prefix.eval()(torch.randn(2, 3, 64, 64))
    assert not torch.equal(halves.suffix(features), halves.suffix(features))
    halves.suffix.eval()
    assert torch.equal(halves.suffix(features), halves.suffix(features))


def test_cutting_leaves_the_model_as_it_was():
    model, _ = model_with("tf_efficientnet_lite0", 64, "head", dropout=0.5)
    names, modes = list(model.state_dict()), {name: m.training for name, m in model.named_modules()}
    cut(model, InputSpec.square(64))
    assert list(model.state_dict()) == names
    assert {name: m.training for name, m in model.named_modules()} == modes


def test_a_model_with_nothing_frozen_is_not_cut():
    model, _ = model_with("resnet18", 64, "all")
    with pytest.raises(CutError, match="Nothing of this model is frozen"):
        cut(model, InputSpec.square(64))


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
        cut(Stubborn(), InputSpec.square(2))


def test_values_per_image_counts_what_crosses():
    model, _ = model_with("resnet18", 64, "head")
    assert cut(model, InputSpec.square(64)).values_per_image == model.num_features


class Grey(nn.Module):
    """A network that reads images of one channel that are wider than high."""

    def __init__(self):
        super().__init__()
        self.body, self.head = nn.Conv2d(1, 4, 3), nn.Linear(4 * 18 * 28, 2)

    def forward(self, x):
        return self.head(self.body(x).relu().flatten(1))


def test_an_example_of_any_shape_passes():
    torch.manual_seed(0)
    model, spec = Grey().eval(), InputSpec((1, 20, 30))
    model.body.requires_grad_(False)
    halves = cut(model, spec)
    examples = torch.rand(5, *spec.shape)
    assert torch.equal(halves.suffix(halves.prefix(examples)), model(examples))
    assert halves.values_per_image == 4 * 18 * 28
