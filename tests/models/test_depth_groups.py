import re

import pytest
import torch

from ftcore import vision
from ftcore.models.depth_groups import depth_groups, head_parameters
from ftcore.models.groups import DepthGroup, n_last_stage
from tests.families import SMALL

FAMILIES = [name for name, _ in SMALL]


def on_paper(name):
    """A model that has shapes and names but no numbers."""
    with torch.device("meta"):
        return vision.create_model(name, num_classes=7)


@pytest.mark.parametrize("name", FAMILIES)
def test_every_parameter_lies_in_one_group_and_the_head_is_last(name):
    model = on_paper(name)
    groups = depth_groups(model)
    members = [parameter for group in groups for parameter in group.parameters]
    assert sorted(members) == sorted(parameter for parameter, _ in model.named_parameters())
    assert groups[-1].name == "head"
    sizes = {parameter: tuple(value.shape) for parameter, value in model.named_parameters()}
    assert 7 in {sizes[parameter][0] for parameter in groups[-1].parameters}
    assert 7 not in {sizes[parameter][0] for group in groups[:-1] for parameter in group.parameters}
    assert all(group.parameters for group in groups)
    assert len(groups) >= 4


@pytest.mark.parametrize("name", FAMILIES)
def test_groups_follow_the_models_own_order(name):
    model = on_paper(name)
    groups = depth_groups(model)
    stages = [group.stage for group in groups]
    assert stages == sorted(stages)
    assert stages[-1] > stages[-2]
    assert groups[0].name == "stem"
    if hasattr(model, "group_matcher"):
        depth = vision.group_parameters(model, model.group_matcher(coarse=False), reverse=True)
        depths = [{depth[parameter] for parameter in group.parameters} for group in groups[:-1]]
        assert all(len(found) == 1 for found in depths)
        assert [min(found) for found in depths] == sorted(min(found) for found in depths)


@pytest.mark.parametrize("name", FAMILIES)
def test_every_group_has_a_name_that_a_person_can_say(name):
    for group in depth_groups(on_paper(name)):
        assert re.fullmatch(r"[a-z0-9][a-z0-9 ]*", group.name)


@pytest.mark.parametrize("name", ["poolformer_s12", "pit_ti_224"])
def test_a_family_without_its_own_order_gets_timms_automatic_one(name):
    model = on_paper(name)
    if hasattr(model, "group_matcher"):
        del type(model).group_matcher
    found = depth_groups(model)
    assert len(found) >= 4
    assert found[-1].parameters == tuple(head_parameters(model))


def test_names_are_those_of_the_textbook():
    names = [group.name for group in depth_groups(on_paper("resnet18"))]
    assert names == ["stem", *[f"stage {i} block {j}" for i in range(1, 5) for j in range(1, 3)], "head"]
    names = [group.name for group in depth_groups(on_paper("vit_tiny_patch16_224"))]
    assert names[:3] == ["stem", "block 1", "block 2"]
    assert "block 12" in names


@pytest.mark.parametrize(
    "name, expected",
    [
        ("resnet18", ["stage 4 block 1", "stage 4 block 2", "head"]),
        ("convnext_atto", ["stage 4"]),
        ("vit_tiny_patch16_224", ["block 12"]),
        ("tf_efficientnet_lite0", ["stage 7 block 1"]),
    ],
)
def test_the_last_stage_holds_the_layers_before_the_head(name, expected):
    groups = depth_groups(on_paper(name))
    learning = [group.name for group in groups[-n_last_stage(groups) :]]
    assert learning[-1] == "head"
    assert len(learning) < len(groups) / 2
    assert [one for one in expected if not any(name.startswith(one) for name in learning)] == []


def test_a_model_of_a_head_alone_has_a_last_stage_of_one():
    assert n_last_stage([DepthGroup("head", 1, ("weight",))]) == 1
