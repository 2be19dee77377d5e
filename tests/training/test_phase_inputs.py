"""Frozen means computed once: the same numbers as without, for a fraction of the work."""

import errno
import os
import shutil
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image

from ftcore import settings as s
from ftcore.datasets.importing.importer import import_source
from ftcore.evaluation.predict import predict_outputs
from ftcore.events import Note, Progress, drain
from ftcore.training import phase_inputs
from ftcore.training.assemble import assemble, make_batches
from ftcore.training.events import EpochDone, FeaturesCached
from ftcore.training.loop import finetune


def train(dataset, *values):
    settings = s.with_values(
        s.RunSettings(dataset=dataset.id),
        [
            "model.pretrained=false",
            "model.image_size=32",
            "train.epochs=2",
            "train.batch_size=16",
            "augment.views=0",
            *values,
        ],
    )
    context = assemble(settings, dataset)
    return context, list(finetune(context))


ADAPTED = (
    "model.pretrained=false", "model.image_size=32", "model.name=test_efficientnet", "freeze.preset=half",
    "freeze.lora_rank=2",
)  # fmt: skip


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
        ["freeze.preset=last_stage", "freeze.lora_rank=2"],
        ["freeze.preset=head", "model.pool=max", "model.head_layers=1", "model.head_dropout=0.3"],
        ["freeze.preset=custom", "freeze.phases=1:last_stage, 1:head", "train.ema=0.9"],
    ],
    ids=["head", "last stage", "dropout", "phases with an average", "adapters", "another head", "freezing again"],
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


def changed_weight(context):
    with torch.no_grad():
        next(context.model.parameters())[0, 0, 0, 0] += 1e-3


@pytest.mark.parametrize(
    ("values", "change"),
    [
        (["model.image_size=64"], None),
        (["freeze.preset=last_stage"], None),
        (["engine.precision=float32"], None),
        (["model.fit=squash"], None),
        ([], changed_weight),
    ],
    ids=["input size", "cut", "precision", "fit", "one weight"],
)
def test_whatever_changes_the_activations_misses_the_cache(tiny_dataset, values, change):
    base = ["freeze.preset=head", "augment.views=0", "model.image_size=32", "model.pretrained=false"]
    made = s.with_values(s.RunSettings(dataset=tiny_dataset.id), base)
    list(finetune(assemble(made, tiny_dataset)))
    context = assemble(s.with_values(made, values), tiny_dataset)
    if change is not None:
        change(context)
    assert {event.stage for event in fills(finetune(context))} == {"fill_training", "fill_validation"}


def test_one_other_pixel_misses_the_cache(tiny_zip, workspace, tmp_path):
    first = import_source(tiny_zip)
    folder = tmp_path / "changed"
    shutil.unpack_archive(tiny_zip, folder)
    table = first.records()
    path = folder / table[table["split"] == "train"]["path"].iloc[0]
    with Image.open(path) as picture:
        pixels = np.array(picture)
    pixels[0, 0, 0] ^= 1
    Image.fromarray(pixels).save(path)
    second = import_source(folder)
    assert second.n_images == first.n_images
    train(first, "freeze.preset=head")
    _, events = train(second, "freeze.preset=head")
    assert "fill_training" in {event.stage for event in fills(events)}


def test_the_same_pictures_under_other_names_do_not_get_each_others_activations(tiny_zip, workspace, tmp_path):
    """Renamed, they stand in another order: what was kept by row number would belong to another picture."""
    first = import_source(tiny_zip)
    folder = tmp_path / "renamed"
    shutil.unpack_archive(tiny_zip, folder)
    for number, path in enumerate(sorted(folder.rglob("*.png"), reverse=True)):
        path.rename(path.with_name(f"x{number:03}.png"))
    second = import_source(folder)
    train(first, "freeze.preset=head", "engine.precision=float32")
    _, cached = train(second, "freeze.preset=head", "engine.precision=float32")
    _, uncached = train(second, "freeze.preset=head", "engine.cache=off")
    for (train_a, val_a), (train_b, val_b) in zip(curve(cached), curve(uncached), strict=True):
        assert train_a == pytest.approx(train_b, abs=1e-5)
        assert val_a == pytest.approx(val_b, abs=1e-5)


def test_a_deleted_cache_costs_time_and_no_numbers(tiny_dataset, workspace):
    _, first = train(tiny_dataset, "freeze.preset=head")
    shutil.rmtree(workspace / "cache")
    _, second = train(tiny_dataset, "freeze.preset=head")
    assert fills(second)
    assert curve(first) == curve(second)


def test_too_much_to_keep_falls_back_and_says_so(tiny_dataset, monkeypatch):
    monkeypatch.setattr(phase_inputs, "MOST_BYTES", 10)
    _, events = train(tiny_dataset, "freeze.preset=head")
    assert not fills(events)
    assert any("per picture would have to be kept" in e.message for e in events if isinstance(e, Note))
    assert len(curve(events)) == 2


def test_a_cache_that_may_hold_too_little_falls_back_and_says_so(tiny_dataset):
    _, events = train(tiny_dataset, "freeze.preset=head", "engine.cache_gb=1e-6")
    assert any("cache may hold" in e.message for e in events if isinstance(e, Note))
    assert len(curve(events)) == 2


def test_a_disk_that_runs_full_while_filling_falls_back_and_says_so(tiny_dataset, monkeypatch, workspace):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    _, smooth = train(tiny_dataset, "freeze.preset=head", "engine.cache=off")
    monkeypatch.setattr(os, "posix_fallocate", full)
    _, events = train(tiny_dataset, "freeze.preset=head")
    assert any("disk is full" in e.message for e in events if isinstance(e, Note))
    assert curve(events) == curve(smooth)
    assert list((workspace / "cache" / "frozen").iterdir()) == []


def test_views_are_computed_once_each_and_give_the_losses_of_uncached_training(tiny_dataset):
    views = ["freeze.preset=last_stage", "augment.views=2", "train.epochs=3"]
    _, cached = train(tiny_dataset, *views, "engine.precision=float32")
    _, uncached = train(tiny_dataset, *views, "engine.cache=off")
    for (train_a, val_a), (train_b, val_b) in zip(curve(cached), curve(uncached), strict=True):
        assert train_a == pytest.approx(train_b, abs=1e-5)
        assert val_a == pytest.approx(val_b, abs=1e-5)
    assert fills(cached)[0].total == 3 * 42
    _, plain = train(tiny_dataset, *views, "engine.precision=float32", "augment.views=0")
    assert not fills(plain), "the clean view is shared"
    assert curve(plain) != curve(cached)
    _, more = train(tiny_dataset, *views, "engine.precision=float32", "augment.views=3")
    assert fills(more)[0].total == 42, "only the fourth view is new"
    _, other = train(tiny_dataset, *views, "engine.precision=float32", "augment.rotate=20")
    assert fills(other)[0].total == 2 * 42, "other views of the same pictures"


def test_fresh_views_cache_validation_only_and_say_what_they_cost(tiny_dataset):
    fresh = ["freeze.preset=head", "augment.fresh=true", "engine.precision=float32"]
    _, events = train(tiny_dataset, *fresh)
    assert {e.stage for e in fills(events)} == {"fill_validation"}
    assert any("s per epoch" in e.message for e in events if isinstance(e, Note))
    _, uncached = train(tiny_dataset, *fresh, "engine.cache=off")
    for (train_a, val_a), (train_b, val_b) in zip(curve(events), curve(uncached), strict=True):
        assert train_a == pytest.approx(train_b, abs=1e-5)
        assert val_a == pytest.approx(val_b, abs=1e-5)


def test_fresh_activations_of_any_precision_can_be_learned_from():
    """A graphics card gives half precision; inference tensors are refused by autograd."""

    def run(images):
        with torch.inference_mode():
            return (images.half() * 2,)

    images, targets = torch.rand(2, 3), torch.tensor([0, 1])
    computed = phase_inputs._Computed(SimpleNamespace(epoch=lambda epoch: iter([(images, targets)])), run)
    ((given,), got) = next(computed.epoch())
    assert given.dtype == torch.float32 and not given.is_inference()
    assert torch.allclose(given, images * 2, atol=1e-2) and torch.equal(got, targets)


def test_what_fresh_views_prepare_is_not_called_known(tiny_dataset):
    for _ in range(2):
        _, events = train(tiny_dataset, "freeze.preset=head", "augment.fresh=true", "augment.views=4")
        (prepared,) = [e for e in events if isinstance(e, FeaturesCached)]
        assert prepared.is_fresh and not prepared.cache_hit and prepared.prefix == "eager"


def test_without_the_cache_it_is_told_that_nothing_was_prepared(tiny_dataset):
    _, events = train(tiny_dataset, "freeze.preset=head_then_last", "engine.cache=off")
    assert [(e.phase, e.cut, e.crossing_bytes) for e in events if isinstance(e, FeaturesCached)] == [
        (0, "", 0),
        (1, "", 0),
    ]


@pytest.mark.parametrize(
    ("precision", "prefix", "shared"),
    [("float32", "openvino", False), ("float32", "eager", True), ("float16", "openvino", True)],
)
def test_full_precision_does_not_take_another_runtimes_numbers(tiny_dataset, precision, prefix, shared):
    def keys(prefix):
        values = [f"engine.precision={precision}", f"engine.prefix={prefix}", "model.pretrained=false"]
        context = assemble(s.with_values(s.RunSettings(dataset=tiny_dataset.id), values), tiny_dataset)
        context.enter(0)
        return context.inputs.survey(context.model, [("validation", context.validation)])[1]

    assert (keys("auto") == keys(prefix)) == shared


def test_what_another_run_filled_meanwhile_is_taken_over(tiny_dataset, monkeypatch):
    original = phase_inputs.runtimes.choose

    def beside(*arguments, **options):
        monkeypatch.setattr(phase_inputs.runtimes, "choose", original)
        train(tiny_dataset, "freeze.preset=head")
        return (yield from original(*arguments, **options))

    monkeypatch.setattr(phase_inputs.runtimes, "choose", beside)
    filled = []
    fill = phase_inputs.feature_cache.fill
    monkeypatch.setattr(
        phase_inputs.feature_cache, "fill", lambda key, *rest, **more: filled.append(key) or fill(key, *rest, **more)
    )
    _, events = train(tiny_dataset, "freeze.preset=head")
    assert len(filled) == len(set(filled)) == 2 and not fills(events)


def test_what_was_prepared_is_told_for_each_phase(tiny_dataset):
    _, events = train(tiny_dataset, "freeze.preset=head_then_last", "augment.views=1")
    head, last = [e for e in events if isinstance(e, FeaturesCached)]
    assert (head.phase, last.phase) == (0, 1)
    assert head.crossing_bytes == 1280 * 2 and last.crossing_bytes > 0
    assert head.cut and last.cut and head.cut != last.cut
    assert head.prefix == "eager" and not head.cache_hit and head.views == 1 and head.seconds > 0
    _, again = train(tiny_dataset, "freeze.preset=head_then_last", "augment.views=1")
    assert all(e.cache_hit and e.prefix == "" for e in again if isinstance(e, FeaturesCached))


def test_the_last_look_at_other_pictures_computes_nothing_twice(tiny_dataset):
    context, _ = train(tiny_dataset, "freeze.preset=head", "engine.precision=float32")
    settings = s.with_values(s.RunSettings(dataset=tiny_dataset.id), ["model.image_size=32"])
    test = make_batches(tiny_dataset, "test", context.preprocessing, settings, "cpu")
    expected, _ = predict_outputs(context.model, test.epoch())
    for fills_again in (True, False):
        context.plan.apply(context.model, 0)
        events = []
        model, source = drain(context.inputs.of_split(context.model, test, "test"), events.append)
        assert bool(fills(events)) == fills_again
        got, _ = predict_outputs(model, source.epoch())
        assert torch.allclose(got, expected, atol=1e-5)


def test_a_model_that_reads_its_picture_again_trains_uncached_and_is_named(tiny_dataset):
    _, events = train(
        tiny_dataset,
        "model.name=tnt_s_legacy_patch16_224",
        "freeze.preset=last_stage",
        "model.image_size=64",
        "train.epochs=1",
    )
    assert any("picture itself is needed again" in e.message for e in events if isinstance(e, Note))
    assert len(curve(events)) == 1


def test_adapters_in_the_first_layers_leave_nothing_to_cache_and_that_is_said(tiny_dataset):
    context, events = train(tiny_dataset, "model.name=test_efficientnet", "freeze.preset=none", "freeze.lora_rank=2")
    assert not fills(events) and curve(events)
    (note,) = [event.message for event in events if isinstance(event, Note)]
    assert note == (
        "Everything: trains from the pictures in every epoch. Nothing of this model is frozen from its input on: "
        "adapters learn in its first layers."
    )
    learning = sum(parameter.numel() for parameter in context.model.parameters() if parameter.requires_grad)
    assert learning < 0.5 * sum(parameter.numel() for parameter in context.model.parameters())


def test_adapters_leave_the_weights_that_they_correct_as_they_were(tiny_dataset):
    context, events = train(tiny_dataset, "model.name=test_efficientnet", "freeze.preset=half", "freeze.lora_rank=2")
    fresh = assemble(s.with_values(s.RunSettings(dataset=tiny_dataset.id), ADAPTED), tiny_dataset).model.state_dict()
    moved = {name for name, value in context.model.state_dict().items() if not torch.equal(value, fresh[name])}
    assert moved and all(name.endswith((".0.a", ".0.b")) or name.startswith("classifier.") for name in moved)
    assert any(isinstance(event, FeaturesCached) and event.cut for event in events)


def test_a_wide_cut_moves_towards_the_input_and_says_so(tiny_dataset, monkeypatch):
    monkeypatch.setattr(phase_inputs, "MOST_BYTES", 4 * 600)
    values = ["model.name=densenet121", "freeze.preset=quarter", "train.epochs=1", "engine.precision=float32"]
    _, events = train(tiny_dataset, *values)
    assert any("only the earlier layers" in e.message for e in events if isinstance(e, Note))
    assert fills(events)
    _, uncached = train(tiny_dataset, *values, "engine.cache=off")
    assert curve(events)[0][1] == pytest.approx(curve(uncached)[0][1], abs=1e-5)


def test_frozen_layers_end_bit_for_bit_as_they_began(tiny_dataset):
    settings = s.with_values(s.RunSettings(dataset=tiny_dataset.id), ["model.pretrained=false", "model.image_size=32"])
    context = assemble(settings, tiny_dataset)
    before = {name: value.clone() for name, value in context.model.state_dict().items()}
    list(finetune(context))
    changed = {name for name, value in context.model.state_dict().items() if not value.equal(before[name])}
    assert changed == {"classifier.weight", "classifier.bias"}
