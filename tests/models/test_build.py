import pytest
import torch

from ftcore import vision
from ftcore.errors import ModelError
from ftcore.models.build import build_model, creation_options, rebuild
from ftcore.models.depth_groups import head_parameters

# one small member per family, and the input size to build it at
FAMILIES = {
    "convnext_atto": 64,
    "deit_tiny_distilled_patch16_224": 64,
    "densenet121": 64,
    "efficientvit_b0": 64,
    "levit_128s": 224,
    "mixer_s32_224": 64,
    "mobilenetv3_small_050": 64,
    "poolformer_s12": 64,
    "regnetx_002": 64,
    "resnet18": 64,
    "swin_tiny_patch4_window7_224": 56,
    "tf_efficientnet_lite0": 64,
    "vit_tiny_patch16_224": 96,
    "edgenext_xx_small": 64,
}


def pictures(size, n=2):
    return torch.rand(n, 3, size, size, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("name, size", FAMILIES.items(), ids=FAMILIES)
def test_a_model_answers_with_one_number_per_class(name, size):
    model, recipe = build_model(name, n_outputs=5, image_size=size, pretrained=False)
    assert recipe.size == size
    with torch.inference_mode():
        assert model.train()(pictures(size)).shape == (2, 5)
        answers = model.eval()(pictures(size))
    assert answers.shape == (2, 5)
    again = rebuild(name, n_outputs=5, image_size=size)
    again.load_state_dict(model.state_dict())
    with torch.inference_mode():
        assert torch.equal(again.eval()(pictures(size)), answers)


@pytest.mark.parametrize("name", ["tf_efficientnet_lite0", "vit_tiny_patch16_224", "densenet121"])
def test_the_recipe_is_what_timm_resolves(name):
    _, recipe = build_model(name, n_outputs=2, image_size=96, fit="squash", pretrained=False)
    expected = vision.resolve_model_data_config(vision.create_model(name))
    assert recipe.mean == tuple(expected["mean"])
    assert recipe.std == tuple(expected["std"])
    assert recipe.interpolation == expected["interpolation"]
    assert (recipe.size, recipe.fit) == (96, "squash")


def test_the_same_seed_gives_the_same_model():
    built = [build_model("mobilenetv3_small_050", n_outputs=3, pretrained=False, seed=seed)[0] for seed in (1, 1, 2)]
    first, same, other = [model.state_dict() for model in built]
    assert all(torch.equal(first[name], same[name]) for name in first)
    assert not torch.equal(first["classifier.weight"], other["classifier.weight"])


def test_pretrained_layers_stay_and_the_seed_decides_the_head():
    built = [build_model("tf_efficientnet_lite0", n_outputs=3, seed=seed)[0] for seed in (1, 1, 2)]
    first, same, other = [model.state_dict() for model in built]
    head = set(head_parameters(built[0]))
    assert head == {"classifier.weight", "classifier.bias"}
    for name in first:
        assert torch.equal(first[name], same[name])
        if name not in head:
            assert torch.equal(first[name], other[name])
    assert not torch.equal(first["classifier.weight"], other["classifier.weight"])


def test_dropout_hides_features_before_the_head_while_training_only():
    model, _ = build_model("mobilenetv3_small_050", n_outputs=3, image_size=32, dropout=0.5, pretrained=False)
    assert model.drop_rate == 0.5
    batch = pictures(32)
    model.eval()
    assert torch.equal(model(batch), model(batch))
    model.drop_rate, before = 0.5, model.training
    assert not before
    model.train()
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.eval()
    assert not torch.equal(model(batch), model(batch))


def test_only_models_of_one_size_are_told_the_size():
    assert creation_options("vit_tiny_patch16_224", image_size=96, dropout=0.0) == {"img_size": 96}
    assert creation_options("resnet18", image_size=96, dropout=0.0) == {}
    assert creation_options("resnet18", image_size=96, dropout=0.2) == {"drop_rate": 0.2}


@pytest.mark.parametrize("name", ["xcit_nano_12_p16_224", "levit_128s", "mvitv2_tiny", "efficientformer_l1"])
def test_a_size_that_a_model_cannot_take_is_a_sentence(name):
    with pytest.raises(
        ModelError, match=rf"'{name}' cannot be built for pictures of 100 pixels and 2 classes \(.+\)\."
    ):
        build_model(name, n_outputs=2, image_size=100, pretrained=False)


@pytest.mark.parametrize("function", [build_model, rebuild])
def test_an_unknown_name_is_a_sentence(function):
    with pytest.raises(ModelError, match="timm has no model called 'resnet19'"):
        function("resnet19", n_outputs=2, image_size=32)


@pytest.mark.parametrize(
    "error, words",
    [
        (RuntimeError("not enough memory: you tried to allocate 9 bytes"), "does not fit into the memory"),
        (TypeError("unexpected keyword"), "could not be built, though the image size suits it"),
    ],
)
def test_the_size_is_not_blamed_for_what_it_did_not_do(monkeypatch, error, words):
    def fails(*_arguments, **_options):
        raise error

    monkeypatch.setattr("ftcore.models.heads.put_on", fails)
    monkeypatch.setattr("ftcore.models.heads.poolings", lambda *_: ["default"])
    with pytest.raises(ModelError, match=words) as found:
        build_model("test_vit3", n_outputs=2, image_size=96, pretrained=False)
    assert str(error) in str(found.value)
