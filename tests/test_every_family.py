"""What must hold for every family: a new head, the cut, a step of training, adapters, the way into a bundle and back.

Each small member is built once, with random weights; the tests of a family run one after the other on it, the last one
changes it for good.
"""

import os
import shutil
from dataclasses import dataclass

import pytest
import torch
from torch import nn

from ftcore.export import bundle
from ftcore.freezing.cut import cut
from ftcore.freezing.plan import FreezePlan, Phase
from ftcore.inputs import InputSpec
from ftcore.models import adapters
from ftcore.models.build import build_model, creation_options
from ftcore.models.depth_groups import classifier_paths, depth_groups
from ftcore.models.groups import DepthGroup, n_last_stage
from ftcore.models.heads import Head
from ftcore.preprocessing import Preprocessing
from ftcore.tasks.outputs import Outputs
from ftcore.training.recipe.optimizers import build_optimizer
from ftcore.vision import DropPath
from tests.families import SMALL

HEAD = Head(layers=1, width=16, dropout=0.1)
CLASSES = ("a", "b", "c")


@dataclass
class Family:
    """A small member: its model, depth groups, what it reads, and three random pictures with their classes."""

    name: str
    size: int
    model: nn.Module
    groups: list[DepthGroup]
    preprocessing: Preprocessing
    pictures: torch.Tensor
    targets: torch.Tensor

    def answers(self):
        self.model.eval()
        with torch.no_grad():
            return self.model(self.pictures)

    def learning(self, n_groups):
        """A plan in which the last groups learn, and the model told so."""
        plan = FreezePlan(self.groups, [Phase(0, 1, n_groups, "")])
        plan.apply(self.model, 0)
        return plan

    def step(self, plan):
        """One step by the gradient's sign, so that the smallest shows; the names of all that it changed."""
        before = {name: value.clone() for name, value in self.model.state_dict().items()}
        phase_state = build_optimizer(
            "lion", self.model, plan.trainable(0), lr=0.01, layer_decay=0.9, body_share=0.2, weight_decay=0.0
        )
        self.model.zero_grad()
        plan.apply(self.model, 0)
        nn.functional.cross_entropy(self.model(self.pictures), self.targets).backward()
        phase_state.step()
        return {name for name, value in self.model.state_dict().items() if not torch.equal(value, before[name])}


def without_chance(model):
    """Some families hide features, or skip blocks, at random by default."""
    model.drop_rate = 0.0
    for module in model.modules():
        if isinstance(module, DropPath):
            module.drop_prob = 0.0
        elif isinstance(module, nn.Dropout):
            module.p = 0.0
    return model


@pytest.fixture(scope="module", params=SMALL, ids=[name for name, _ in SMALL])
def family(request):
    name, size = request.param
    model, recipe = build_model(name, n_outputs=3, image_size=size, pretrained=False, head=HEAD)
    random = torch.Generator().manual_seed(1)
    pictures = torch.randn(3, 3, size, size, generator=random)
    return Family(name, size, without_chance(model), depth_groups(model), recipe, pictures, torch.tensor([0, 1, 2]))


def test_a_head_with_a_hidden_layer_takes_the_classifiers_place(family):
    """The plain head is tried in tests/models, for every family as well."""
    assert family.answers().shape == (3, 3)
    paths = classifier_paths(family.model)
    for path in paths:
        first, _, _, last = family.model.get_submodule(path)
        assert (len(first.weight), last.weight.shape[:2]) == (16, (3, 16))
    assert family.groups[-1].name == "head"
    inside = [name for name, _ in family.model.named_parameters() if name.startswith(tuple(f"{p}." for p in paths))]
    assert sorted(family.groups[-1].parameters) == sorted(inside) != []


def test_prefix_and_suffix_are_the_whole_model_in_answers_and_gradients(family):
    """Answers in eval mode behind a free head and behind a free last stage; gradients while training the last stage."""
    model, pictures = family.model, family.pictures
    family.learning(1)
    assert_same_answers(model, cut(model, InputSpec.square(family.size)), pictures)
    plan = family.learning(n_last_stage(family.groups))
    halves = cut(model, InputSpec.square(family.size))
    assert_same_answers(model, halves, pictures)
    before = {name: value.clone() for name, value in model.state_dict().items()}

    def gradients(forward):
        model.zero_grad()
        plan.apply(model, 0)
        nn.functional.cross_entropy(forward(pictures), family.targets).backward()
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


def test_a_step_moves_what_learns_and_nothing_else(family):
    plan = family.learning(n_last_stage(family.groups))
    moved = family.step(plan)
    parameters = {name: parameter for name, parameter in family.model.named_parameters()}
    learning = {name for group in plan.trainable(0) for name in group.parameters}
    assert moved <= plan.changing(family.model)
    assert moved & set(parameters) <= learning
    touched = {name for name in learning if parameters[name].grad is not None and parameters[name].grad.any()}
    assert set(family.groups[-1].parameters) & touched and touched <= moved


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Of a bundle that need not survive a power cut, nor the test: they are large."""
    monkeypatch.setattr(os, "fsync", lambda _handle: None)
    yield tmp_path / "bundle"
    shutil.rmtree(tmp_path)


def test_adapters_learn_alone_and_a_bundle_holds_them_merged(family, folder):
    """Adapters on the last stage: no change at first, one step, and the bundle's ordinary model answers the same."""
    before = family.answers()
    n_groups = n_last_stage(family.groups)
    family.groups = adapters.add(family.model, family.groups, n_groups, rank=2, alpha=4.0)
    torch.testing.assert_close(family.answers(), before, rtol=0, atol=1e-6)
    names = [name for group in family.groups for name in group.parameters]
    assert sorted(names) == sorted(name for name, _ in family.model.named_parameters())
    plan = family.learning(n_groups)
    moved = family.step(plan)
    body = moved - set(family.groups[-1].parameters)
    assert {name.rpartition(".")[2] for name in body} <= {"a", "b"} and any(name.endswith(".b") for name in body)
    family.model.to(memory_format=torch.channels_last)  # as in a bundle
    bundle.write(
        folder,
        family.model,
        name=family.name,
        architecture=family.name,
        options=creation_options(family.name, image_size=family.size, dropout=0.0),
        head=HEAD,
        outputs=Outputs("multiclass", CLASSES),
        preprocessing=family.preprocessing,
        about={},
    )
    loaded = bundle.Bundle(folder).model
    with torch.no_grad():
        torch.testing.assert_close(loaded(family.pictures), family.answers(), rtol=1e-5, atol=1e-5)
