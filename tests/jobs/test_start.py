"""Runs that start from what was trained or uploaded before."""

import pytest
import torch
from safetensors.torch import load_file, save

from ftcore import settings as s
from ftcore import vision
from ftcore.export.bundle import Bundle
from ftcore.models import own_weights
from ftcore.training.assemble import assemble

START = ("train.epochs=1", "freeze.preset=head")


@pytest.fixture
def trained(tiny_dataset, small, work):
    job = small(tiny_dataset.id, *START)
    assert work(job).status == "finished"
    return job


def first_weights(job, dataset):
    return assemble(s.from_json(job.request), dataset).model.state_dict()


def test_a_run_goes_on_from_another_run_with_the_same_classes(tiny_dataset, trained, small, work):
    job = small(tiny_dataset.id, *START, f"model.start={trained.id}")
    end = load_file(trained.folder / "bundle" / "model.safetensors")
    begin = first_weights(job, tiny_dataset)
    assert all(torch.equal(begin[key], end[key]) for key in end)
    assert work(job).status == "finished"


def test_for_other_classes_the_body_comes_along_and_the_head_is_new(tiny_dataset, trained, small):
    (trained.folder / "bundle" / "bundle.json").write_text('{"classes": ["green", "blue", "red"]}')
    begin = first_weights(small(tiny_dataset.id, *START, f"model.start={trained.id}"), tiny_dataset)
    end = load_file(trained.folder / "bundle" / "model.safetensors")
    differ = {key for key in end if not torch.equal(begin[key], end[key])}
    assert differ == {"classifier.weight", "classifier.bias"}


def test_a_run_starts_from_uploaded_weights(tiny_dataset, small, work):
    state = vision.create_model("test_efficientnet", num_classes=9).state_dict()
    own = own_weights.add(save(state), "mine.safetensors", "test_efficientnet")
    job = small(tiny_dataset.id, *START, f"model.start={own.id}")
    begin = first_weights(job, tiny_dataset)
    assert all(torch.equal(begin[key], state[key]) for key in state if not key.startswith("classifier"))
    assert work(job).status == "finished"


def test_a_start_that_is_gone_is_a_sentence(tiny_dataset, small, work):
    state = work(small(tiny_dataset.id, *START, "model.start=20260101-000000-gone-0000"))
    assert state.status == "failed"
    assert "There is no run '20260101-000000-gone-0000'" in state.problem


def test_a_start_without_a_trained_model_is_a_sentence(tiny_dataset, small, work):
    waiting = small(tiny_dataset.id, *START)
    state = work(small(tiny_dataset.id, *START, f"model.start={waiting.id}"))
    assert f"Run {waiting.id} has no trained model to start from" in state.problem


def test_a_run_with_adapters_and_its_own_head_leaves_an_ordinary_model_that_goes_on(tiny_dataset, small, work):
    """The next run with the same head takes it along; one with another head brings its own."""
    head = ("model.head_layers=1", "model.head_width=12", "model.pool=max")
    trained = small(tiny_dataset.id, *START, *head, "freeze.preset=half", "freeze.lora_rank=2", "train.epochs=1")
    assert work(trained).status == "finished"
    answering = Bundle(trained.folder / "bundle").model.state_dict()
    assert not any("parametrizations" in name for name in answering)
    start = f"model.start={trained.id}"
    same = first_weights(small(tiny_dataset.id, *START, *head, start), tiny_dataset)
    assert all(torch.equal(value, answering[name]) for name, value in same.items())
    other = first_weights(small(tiny_dataset.id, *START, start), tiny_dataset)
    assert other["classifier.weight"].shape == (3, 256)
    assert torch.equal(other["conv_stem.weight"], answering["conv_stem.weight"])
