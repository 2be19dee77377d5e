import pytest

from ftcore.errors import ModelError
from ftcore.freezing import model_profile as a
from ftcore.freezing.phases import make_phases
from ftcore.freezing.plan import FreezePlan
from ftcore.models import adapters
from ftcore.models.build import build_model
from ftcore.models.depth_groups import depth_groups

pytestmark = pytest.mark.usefixtures("workspace")


@pytest.mark.parametrize("name", ["resnet10t", "test_vit", "mobilenetv3_small_050"])
def test_it_is_that_of_the_model_that_trains(name):
    model, _ = build_model(name, n_outputs=5, image_size=32, pretrained=False)
    found = a.profile(name, n_outputs=5, image_size=32)
    assert list(found.groups) == depth_groups(model)
    assert found.n_parameters == sum(parameter.numel() for parameter in model.parameters())
    assert found.n_learning(1) == found.sizes[-1]
    phases = make_phases("head_then_last", found.groups, 4)
    assert found.most_learning(phases) == found.n_learning(phases[-1].n_groups) < found.n_parameters


@pytest.mark.parametrize("name", ["resnet10t", "test_vit", "mobilenetv3_small_050"])
def test_with_adapters_these_and_the_head_are_counted(name):
    found = a.profile(name, n_outputs=5, image_size=32)
    for rank in (4, 256):
        model, _ = build_model(name, n_outputs=5, image_size=32, pretrained=False)
        groups = depth_groups(model)
        plan = FreezePlan(groups, make_phases("half", groups, 3))
        n = plan.phases[0].n_groups
        plan.groups = adapters.add(model, groups, n, rank=rank, alpha=1.0)
        plan.apply(model, 0)
        learning = sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)
        assert found.n_learning(n, rank) == found.most_learning(plan.phases, rank) == learning


@pytest.mark.parametrize(
    "name, drop_path, places, poolings",
    [
        ("resnet10t", True, True, ("default", "avg", "max", "avgmax", "catavgmax")),
        ("test_vit", True, False, ("default", "token", "avg", "max", "avgmax")),
        ("vgg11", False, True, ("default", "avg", "max", "avgmax", "catavgmax")),
    ],
)
def test_it_knows_what_the_network_can_be_asked_for(name, drop_path, places, poolings):
    found = a.profile(name, n_outputs=2, image_size=32)
    assert (found.drop_path, found.is_spatial, found.poolings) == (drop_path, places, poolings)


def test_it_is_kept_and_a_damaged_file_is_measured_anew(workspace, monkeypatch):
    assert a.known("test_vit", n_outputs=3) is None
    first = a.profile("test_vit", n_outputs=3)
    assert a.known("test_vit", n_outputs=3) == first
    with monkeypatch.context() as patch:
        patch.setattr(a, "_measured", lambda *_: pytest.fail("it was kept"))
        assert a.profile("test_vit", n_outputs=3) == first
    next((workspace / "anatomy").iterdir()).write_text("{}")
    assert a.profile("test_vit", n_outputs=3) == first


def test_an_unknown_model_is_a_sentence():
    with pytest.raises(ModelError, match="timm has no model called 'vit_of_mine'"):
        a.profile("vit_of_mine", n_outputs=3)
