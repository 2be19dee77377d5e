import importlib.util

import pytest
import torch

from ftcore import vision
from ftcore.models import catalogue
from ftcore.models.catalogue import BACKBONES


def called(row):
    return row.name


@pytest.mark.parametrize("row", BACKBONES, ids=called)
def test_a_row_says_what_timm_says(row):
    config = vision.timm.get_pretrained_cfg(row.name)
    assert row.name in vision.architectures()
    assert row.input_size == config.input_size[1] == config.input_size[2]
    assert row.license == config.license
    assert row.hub == config.hf_hub_id.removesuffix("/") + f"/{row.name}.{config.tag}" * config.hf_hub_id.endswith("/")


@pytest.mark.parametrize("row", BACKBONES, ids=called)
def test_a_row_counts_the_parameters_that_the_model_has(row):
    with torch.device("meta"):
        model = vision.create_model(row.name)
    assert row.parameters == round(sum(parameter.numel() for parameter in model.parameters()) / 1e6, 1)


@pytest.mark.parametrize("row", BACKBONES, ids=called)
def test_a_row_can_be_found_and_read(row):
    assert catalogue.find(row.name) is row
    assert catalogue.native_size(row.name) == row.input_size
    assert row.title and row.help.endswith(".")


def test_a_name_beyond_the_list_has_no_row():
    assert catalogue.find("resnet34") is None
    assert catalogue.native_size("resnet34") == 224


def test_no_name_stands_twice():
    assert len({row.name for row in BACKBONES}) == len({row.title for row in BACKBONES}) == len(BACKBONES)


@pytest.fixture
def hub(tmp_path, monkeypatch):
    """An empty cache of the hub."""
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
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
