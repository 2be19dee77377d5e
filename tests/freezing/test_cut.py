"""A model in two halves is the same model."""

import pytest
import torch

from ftcore.freezing.cut import CutError, cut
from ftcore.freezing.plan import FreezePlan, Phase
from ftcore.models.build import build_model
from ftcore.models.depth import depth_groups, n_last_stage

FAMILIES = [  # name, side of the pictures
    ("tf_efficientnet_lite0", 64),
    ("mobilenetv3_small_050", 64),
    ("resnet18", 64),
    ("vit_tiny_patch16_224", 224),
    ("swin_tiny_patch4_window7_224", 224),
    ("convnext_atto", 64),
    ("densenet121", 64),
    ("poolformer_s12", 64),
    ("regnetx_002", 64),
    ("mixer_s32_224", 224),
    ("levit_128s", 224),
    ("edgenext_xx_small", 64),
    ("hiera_tiny_224", 224),
    ("rdnet_tiny", 64),
]


def model_with(name, size, n_groups, *, dropout=0.0):
    model, _ = build_model(name, n_outputs=3, image_size=size, pretrained=False, dropout=dropout)
    groups = depth_groups(model)
    n = {"head": 1, "last": n_last_stage(groups), "all": len(groups)}[n_groups]
    plan = FreezePlan(groups, [Phase(0, 1, n, "")])
    plan.apply(model, 0)
    return model, plan


@pytest.mark.parametrize("n_groups", ["head", "last"])
@pytest.mark.parametrize(("name", "size"), FAMILIES)
def test_prefix_and_suffix_answer_exactly_as_the_whole_model(name, size, n_groups):
    model, _ = model_with(name, size, n_groups)
    halves = cut(model, size)
    pictures = torch.randn(3, 3, size, size)
    model.eval()
    with torch.no_grad():
        assert torch.equal(model(pictures), halves.suffix(halves.prefix(pictures)))


@pytest.mark.parametrize(("name", "size"), FAMILIES[:3])
def test_gradients_behind_the_cut_equal_those_of_the_whole_model(name, size):
    model, plan = model_with(name, size, "last")
    pictures, targets = torch.randn(4, 3, size, size), torch.tensor([0, 1, 2, 0])

    def gradients(forward):
        model.zero_grad()
        plan.apply(model, 0)
        torch.nn.functional.cross_entropy(forward(pictures), targets).backward()
        return {name: p.grad.clone() for name, p in model.named_parameters() if p.grad is not None}

    before = {name: value.clone() for name, value in model.state_dict().items()}
    whole = gradients(model)
    model.load_state_dict(before)  # batch norms behind the cut moved their averages
    halves = cut(model, size)
    behind = gradients(lambda x: halves.suffix(halves.prefix(x)))
    assert set(whole) == set(behind) != set()
    for name_ in whole:
        torch.testing.assert_close(behind[name_], whole[name_], rtol=1e-4, atol=1e-6)


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
