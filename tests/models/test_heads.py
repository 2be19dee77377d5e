import pytest
import torch
from torch import nn

from ftcore import vision
from ftcore.errors import ModelError
from ftcore.models.build import build_model, creation_options, rebuild
from ftcore.models.depth_groups import classifier_paths, depth_groups
from ftcore.models.heads import PLAIN, Head, as_python, poolings, put_on

# what the families of timm write in reset_classifier about the poolings they know
TAKEN = {
    "resnet18": ["default", "avg", "max", "avgmax", "catavgmax"],
    "mobilenetv3_small_050": ["default", "avg", "max", "avgmax"],  # its last convolution reads one row of fixed width
    "vit_tiny_patch16_224": ["default", "token", "avg", "max", "avgmax"],
    "levit_128s": ["default", "avg"],
    "swin_tiny_patch4_window7_224": ["default", "avg", "max", "avgmax", "catavgmax"],
    "nf_regnet_b0": ["default", "avg", "max", "avgmax", "catavgmax"],
}
WAYS = {
    "token": lambda rows: rows[:, 0],
    "avg": lambda rows: rows[:, 1:].mean(1),
    "max": lambda rows: rows[:, 1:].amax(1),
    "avgmax": lambda rows: (rows[:, 1:].mean(1) + rows[:, 1:].amax(1)) / 2,
}


def built(name, **head):
    return build_model(name, n_outputs=3, image_size=64, pretrained=False, head=Head(**head))[0].eval()


def pictures(n=2):
    return torch.rand(n, 3, 64, 64, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("name", TAKEN)
def test_every_family_says_which_poolings_it_takes(name):
    options = creation_options(name, image_size=64, dropout=0.0)
    assert poolings(name, options, 64) == TAKEN[name]


@pytest.mark.parametrize(("name", "pool"), [("resnet18", "token"), ("mobilenetv3_small_050", "catavgmax")])
def test_a_pooling_that_a_family_does_not_take_is_refused_with_the_list_of_those_that_it_takes(name, pool):
    with pytest.raises(ModelError, match=f"'{name}' does not take the pooling '{pool}'") as caught:
        built(name, pool=pool)
    assert caught.value.fix == f"Choose one of: {', '.join(TAKEN[name])}."


def test_a_size_that_a_model_cannot_take_is_not_blamed_on_the_pooling():
    with pytest.raises(ModelError, match="cannot be built for pictures of 100 pixels"):
        build_model("xcit_nano_12_p16_224", n_outputs=2, image_size=100, pretrained=False, head=Head(pool="avg"))


@pytest.mark.parametrize("pool", WAYS)
def test_a_transformers_answer_is_the_classifier_on_what_was_pooled(pool):
    model = built("vit_tiny_patch16_224", pool=pool)
    with torch.no_grad():
        rows = model.forward_features(pictures())  # [B, 1 + places, D]
        torch.testing.assert_close(model(pictures()), model.head(WAYS[pool](rows)))


def test_a_convolutional_networks_answer_is_the_classifier_on_average_and_largest():
    model = built("resnet18", pool="catavgmax")
    with torch.no_grad():
        features = model.forward_features(pictures())  # [B, D, H, W]
        pooled = torch.cat([features.mean((2, 3)), features.amax((2, 3))], 1)
        torch.testing.assert_close(model(pictures()), model.fc(pooled))


@pytest.mark.parametrize("n_layers", [0, 1, 2])
@pytest.mark.parametrize("name", ["resnet18", "dla46_c", "deit_tiny_distilled_patch16_224", "levit_128s"])
def test_hidden_layers_stand_before_every_classifier_and_count_as_head(name, n_layers):
    model = built(name, layers=n_layers, width=12, dropout=0.25)
    for path in classifier_paths(model) if n_layers else ():
        layers = list(model.get_submodule(path))
        assert [type(layer) for layer in layers[1::3]] == [nn.GELU] * n_layers
        assert [layer.p for layer in layers[2::3]] == [0.25] * n_layers
        assert [len(layer.weight) for layer in layers[::3]] == [12] * n_layers + [3]
    head = depth_groups(model)[-1].parameters
    if n_layers:
        assert len(head) == 2 * (n_layers + 1) * {"resnet18": 1, "dla46_c": 1}.get(name, 2)  # distilled ones have two
    assert all(name.startswith(tuple(classifier_paths(model))) for name in head)


def test_a_hidden_layer_computes_what_it_says():
    model = built("resnet18", layers=1, width=12)
    with torch.no_grad():
        rows = model.forward_features(pictures()).mean((2, 3))
        hidden = nn.functional.gelu(rows @ model.fc[0].weight.T + model.fc[0].bias)
        torch.testing.assert_close(model(pictures()), hidden @ model.fc[3].weight.T + model.fc[3].bias)


@pytest.mark.parametrize("head", [{}, {"layers": 2, "width": 9, "dropout": 0.5}, {"pool": "catavgmax", "layers": 1}])
def test_a_rebuilt_model_takes_the_weights_and_answers_the_same(head):
    model = built("tf_efficientnet_lite0", **head)
    again = rebuild("tf_efficientnet_lite0", n_outputs=3, image_size=64, head=Head.from_json(Head(**head).to_json()))
    again.load_state_dict(model.state_dict())
    with torch.no_grad():
        assert torch.equal(again.eval()(pictures()), model(pictures()))


def test_the_lines_for_a_reader_make_the_same_head():
    head = Head(pool="avg", layers=1, width=12, dropout=0.25)
    model = built("deit_tiny_patch16_224", pool="avg", layers=1, width=12, dropout=0.25)
    theirs = vision.create_model("deit_tiny_patch16_224", num_classes=3, img_size=64)
    for line in as_python(model, head, 3):
        exec(line, {"model": theirs, "torch": torch})
    theirs.load_state_dict(model.state_dict())
    with torch.no_grad():
        assert torch.equal(theirs.eval()(pictures()), model(pictures()))
    assert as_python(built("resnet18"), PLAIN, 3) == []


def test_the_same_seed_gives_the_same_head():
    first, second = built("test_efficientnet", layers=2, width=8), built("test_efficientnet", layers=2, width=8)
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), second.parameters(), strict=True))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({}, {}, True),
        ({}, {"width": 64, "dropout": 0.5}, True),  # without hidden layers neither means anything
        ({"layers": 1}, {"layers": 1, "dropout": 0.5}, True),
        ({"layers": 1}, {"layers": 1, "width": 64}, False),
        ({"layers": 1}, {"layers": 2}, False),
        ({"pool": "max"}, {}, False),
    ],
)
def test_heads_have_the_same_layers_or_not(one, other, same):
    assert Head(**one).same_layers(Head(**other)) == same


def test_a_classifier_of_an_unknown_kind_is_a_sentence():
    class Strange(nn.Module):
        def reset_classifier(self, n_outputs):
            self.answer = nn.Bilinear(4, 4, n_outputs)

        def get_classifier(self):
            return self.answer

    with pytest.raises(ModelError, match=r"kind Bilinear takes no hidden layers\. Set the hidden layers to 0\."):
        put_on(Strange(), Head(layers=1), 2)
