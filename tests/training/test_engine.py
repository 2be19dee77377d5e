"""Frozen means computed once: the same numbers as without, for a fraction of the work."""

import shutil

import pytest

from ftcore import settings as s
from ftcore.events import EpochDone, Note, Progress
from ftcore.freezing import feature_cache
from ftcore.training import engine
from ftcore.training.assemble import assemble
from ftcore.training.loop import finetune


def train(dataset, *values):
    settings = s.with_values(
        s.RunSettings(dataset=dataset.id),
        ["model.pretrained=false", "model.image_size=32", "train.epochs=2", "train.batch_size=16", *values],
    )
    parts = assemble(settings, dataset)
    return parts, list(finetune(parts))


def curve(events):
    return [(e.train, e.val) for e in events if isinstance(e, EpochDone)]


def fills(events):
    return [e for e in events if isinstance(e, Progress) and e.stage.startswith("fill")]


@pytest.mark.parametrize(
    "values",
    [
        ["freeze.preset=head"],
        ["freeze.preset=last_stage"],
        ["freeze.preset=head", "model.dropout=0.3"],
        ["freeze.preset=head_then_last", "train.ema=0.9"],
    ],
    ids=["head", "last stage", "dropout", "phases with a moving average"],
)
def test_cached_and_uncached_training_give_the_same_losses(tiny_dataset, values):
    _, cached = train(tiny_dataset, *values, "engine.precision=float32")
    _, uncached = train(tiny_dataset, *values, "engine.cache=off")
    assert fills(cached) and not fills(uncached)
    for (train_a, val_a), (train_b, val_b) in zip(curve(cached), curve(uncached), strict=True):
        assert train_a == pytest.approx(train_b, abs=1e-5)
        assert val_a == pytest.approx(val_b, abs=1e-5)


def test_half_precision_differs_by_less_than_a_thousandth(tiny_dataset):
    _, half = train(tiny_dataset, "freeze.preset=head")
    _, full = train(tiny_dataset, "freeze.preset=head", "engine.precision=float32")
    for (train_a, val_a), (train_b, val_b) in zip(curve(half), curve(full), strict=True):
        assert train_a["loss"] == pytest.approx(train_b["loss"], abs=1e-3)
        assert val_a["loss"] == pytest.approx(val_b["loss"], abs=1e-3)


def test_a_second_run_with_another_rate_computes_nothing_again(tiny_dataset):
    _, first = train(tiny_dataset, "freeze.preset=head")
    _, second = train(tiny_dataset, "freeze.preset=head", "train.lr=0.001")
    assert fills(first) and not fills(second)


def test_a_deleted_cache_costs_time_and_no_numbers(tiny_dataset, workspace):
    _, first = train(tiny_dataset, "freeze.preset=head")
    shutil.rmtree(workspace / "cache")
    _, second = train(tiny_dataset, "freeze.preset=head")
    assert fills(second)
    assert curve(first) == curve(second)


def test_too_much_to_keep_falls_back_and_says_so(tiny_dataset, monkeypatch):
    monkeypatch.setattr(engine, "MOST_BYTES", 10)
    _, events = train(tiny_dataset, "freeze.preset=head")
    assert not fills(events)
    assert any("per picture would have to be kept" in e.message for e in events if isinstance(e, Note))
    assert len(curve(events)) == 2


def test_a_full_disk_falls_back_and_says_so(tiny_dataset, monkeypatch):
    monkeypatch.setattr(feature_cache, "LARGEST", 10)
    _, events = train(tiny_dataset, "freeze.preset=head")
    assert any("cache may hold" in e.message for e in events if isinstance(e, Note))
    assert len(curve(events)) == 2


def test_frozen_layers_end_bit_for_bit_as_they_began(tiny_dataset):
    settings = s.with_values(s.RunSettings(dataset=tiny_dataset.id), ["model.pretrained=false", "model.image_size=32"])
    parts = assemble(settings, tiny_dataset)
    before = {name: value.clone() for name, value in parts.model.state_dict().items()}
    list(finetune(parts))
    changed = {name for name, value in parts.model.state_dict().items() if not value.equal(before[name])}
    assert changed == {"classifier.weight", "classifier.bias"}
