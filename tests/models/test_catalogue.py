import importlib.util
import subprocess
import sys

import pytest
import torch

from ftcore import vision
from ftcore.errors import SettingsError
from ftcore.models import catalogue
from ftcore.models.catalogue import BACKBONES


def called(row):
    return row.name


def test_the_catalogue_holds_every_pretrained_model_of_timm():
    assert sorted(row.name for row in catalogue.models()) == sorted(vision.timm.list_pretrained())


def test_every_row_says_what_timm_says():
    for row in catalogue.models():
        config = vision.timm.get_pretrained_cfg(row.name)
        assert row.input_size == config.input_size[1], row.name
        assert row.fixed == config.fixed_input_size
        assert row.license == (config.license or "unknown")
        assert row.default == (vision.timm.get_pretrained_cfg(row.architecture).tag == config.tag)
        assert row.hub in (config.hf_hub_id, f"{config.hf_hub_id}{row.name}", config.url, "-")


def test_every_model_has_its_numbers_and_they_make_sense():
    for row in catalogue.models():
        assert 1e5 < row.parameters < 1e10, row.name
        assert row.multiply_adds > row.activations > row.features > 0, row.name
        assert 32 <= row.input_size <= 1024
        assert row.top1 is None or (0.5 < row.top1 < 0.95 and row.top1_size) or row.architecture.startswith("test_")


@pytest.mark.parametrize("row", BACKBONES, ids=called)
def test_a_row_counts_the_parameters_and_features_that_the_model_has(row):
    with torch.device("meta"):
        model = vision.create_model(row.name)
    assert row.parameters == sum(parameter.numel() for parameter in model.parameters())
    assert row.features == model.num_features


@pytest.mark.parametrize(
    ("name", "published"),  # in the papers' own tables, in percent
    [
        ("resnet50.a1_in1k", 80.4),  # Wightman et al. 2021, ResNet strikes back, table 1 (224 pixels)
        ("convnext_tiny.fb_in1k", 82.1),  # Liu et al. 2022, A ConvNet for the 2020s, table 1
        ("swin_tiny_patch4_window7_224.ms_in1k", 81.3),  # Liu et al. 2021, Swin Transformer, table 1
        ("deit_small_patch16_224.fb_in1k", 79.8),  # Touvron et al. 2021, DeiT, table 5
        ("regnety_032.pycls_in1k", 79.0),  # Radosavovic et al. 2020, Designing Network Design Spaces, table 4
    ],
)
def test_published_accuracies_agree_with_the_papers(name, published):
    assert 100 * catalogue.find(name).top1 == pytest.approx(published, abs=0.7)


def test_many_models_carry_their_published_accuracy():
    assert sum(row.top1 is not None for row in catalogue.models()) >= 1000


@pytest.mark.parametrize("row", BACKBONES, ids=called)
def test_a_row_of_the_short_list_can_be_found_and_read(row):
    assert catalogue.find(row.name) is row
    assert row.default  # the name without a tag means these weights
    assert catalogue.native_size(row.name) == row.input_size
    assert row.title and row.help.endswith(".")


def test_a_name_is_found_with_and_without_its_tag():
    assert catalogue.find("resnet34") == catalogue.find("resnet34.a1_in1k")
    assert catalogue.find("convnextv2_huge.fcmae_ft_in22k_in1k_384").input_size == 384


def test_a_name_without_pretrained_weights_has_no_row():
    assert catalogue.find("resnet1001") is None
    assert catalogue.find("resnet50.no_such_tag") is None
    assert catalogue.native_size("resnet1001") == 224


def test_no_name_stands_twice():
    assert len({row.name for row in BACKBONES}) == len({row.title for row in BACKBONES}) == len(BACKBONES)


def found(*words, **conditions):
    return [row.name for row in catalogue.select(*words, **conditions)]


def test_words_may_come_in_any_order_and_case_and_with_hyphens():
    assert found("small vit imagenet-21k") == found("ImageNet-21k ViT small") != []
    assert all("vit" in name and "small" in name for name in found("small vit imagenet-21k"))
    assert "resnet50.a1_in1k" in found("ResNet-50 a1")
    assert "tf_efficientnet_lite0.in1k" in found("EfficientNet-Lite0")
    assert found("no such model") == []
    assert len(found("")) == len(catalogue.models())


@pytest.mark.parametrize(
    ("conditions", "holds"),
    [
        ({"max_parameters": 3e6}, lambda row: row.parameters <= 3e6),
        ({"max_size": 192}, lambda row: row.input_size <= 192),
        ({"family": "ConvNeXt"}, lambda row: row.family == "ConvNeXt"),
        ({"license": "mit"}, lambda row: row.license == "mit"),
        ({"commercial_use": "no"}, lambda row: row.commercial_use == "no"),
        ({"data": "ImageNet-12k"}, lambda row: "ImageNet-12k" in row.data_sets),
        ({"max_parameters": 10e6, "data": "LVD-1689M"}, lambda row: row.parameters <= 10e6 and "LVD" in row.data),
    ],
)
def test_a_filter_keeps_what_meets_it_and_nothing_else(conditions, holds):
    kept = found(**conditions)
    assert kept == [row.name for row in catalogue.models() if holds(row)] != []


@pytest.mark.parametrize("field", catalogue.SORTS)
@pytest.mark.parametrize("descending", [False, True])
def test_sorting_puts_what_has_no_value_last(field, descending):
    values = [getattr(row, field) for row in catalogue.select(sort=field, descending=descending)]
    known = [value for value in values if value is not None]
    if field != "name" or descending:
        assert known == sorted(known, reverse=descending)
    assert None not in values[: len(known)]


def test_an_unknown_order_names_the_known_ones():
    with pytest.raises(SettingsError, match=r"cannot be sorted by 'beauty'\. Choose one of: name, parameters"):
        catalogue.select(sort="beauty")


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("resnet50.a1_in1k", "yes"),  # apache-2.0
        ("convnextv2_atto.fcmae", "no"),  # cc-by-nc-4.0
        ("vit_small_patch16_dinov3.lvd1689m", "unknown"),  # terms of its own
        ("res2net50_14w_8s.in1k", "unknown"),  # timm does not know
    ],
)
def test_commercial_use_follows_from_the_licence(name, answer):
    assert catalogue.find(name).commercial_use == answer


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("convnext_tiny.in12k_ft_in1k", ("ImageNet-12k", "ImageNet-1k")),
        ("vit_base_patch16_clip_224.openai", ("OpenAI's 400 million captioned pictures",)),
        ("resnet18.fb_swsl_ig1b_ft_in1k", ("Instagram, 1 billion", "ImageNet-1k")),
        ("sam2_hiera_tiny.fb_r896", ()),  # its tag does not say
    ],
)
def test_the_training_data_is_read_from_the_tag(name, data):
    assert catalogue.find(name).data_sets == data


def test_every_data_set_family_and_licence_on_offer_finds_something():
    assert all(found(data=data) for data in catalogue.data_sets())
    assert all(found(family=family) for family in catalogue.families())
    assert all(found(license=license) for license in catalogue.licenses())


def test_reading_the_catalogue_brings_no_torch_and_no_pandas():
    code = (
        "import sys; from ftcore.models import catalogue; catalogue.to_json(catalogue.select('vit'))\n"
        "print(sorted({'torch', 'timm', 'pandas', 'numpy', 'huggingface_hub'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.fixture
def hub(tmp_path, monkeypatch):
    """An empty cache of the hub."""
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    return tmp_path


def test_weights_in_a_package_are_here(hub):
    assert [row.name for row in BACKBONES if catalogue.weights_here(row)] == [row.name for row in BACKBONES[:3]]


def test_weights_of_a_package_that_is_not_installed_are_not_here(hub, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert not catalogue.weights_here(BACKBONES[0])


def test_weights_that_the_hub_brought_are_here(hub):
    row = catalogue.find("resnet18")
    folder = hub / "models--timm--resnet18.a1_in1k" / "snapshots" / "abc"
    folder.mkdir(parents=True)
    assert not catalogue.weights_here(row)
    (folder / "model.safetensors").write_bytes(b"")
    assert catalogue.weights_here(row)
    assert "resnet18.a1_in1k" in catalogue.local_names()
    assert "resnet18.a1_in1k" in found("resnet", local=True)


def test_weights_that_torch_brought_are_here(hub):
    row = catalogue.find("gcvit_tiny.in1k")
    assert not catalogue.weights_here(row)
    (hub / "torch" / "hub" / "checkpoints").mkdir(parents=True)
    (hub / "torch" / "hub" / "checkpoints" / row.hub.rsplit("/", 1)[1]).write_bytes(b"")
    assert catalogue.weights_here(row) and row.name in catalogue.local_names()


@pytest.mark.parametrize(
    "variables, expected",
    [
        ({"HF_HUB_CACHE": "/a", "HF_HOME": "/b"}, "/a"),
        ({"HF_HOME": "/b", "XDG_CACHE_HOME": "/c"}, "/b/hub"),
        ({"XDG_CACHE_HOME": "/c"}, "/c/huggingface/hub"),
        ({"HOME": "/home/x"}, "/home/x/.cache/huggingface/hub"),
    ],
)
def test_the_cache_lies_where_the_hubs_own_library_looks(monkeypatch, variables, expected):
    for name in ("HF_HUB_CACHE", "HF_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert str(catalogue.hub_cache()) == expected
