"""What is measured for a promise: the phases of the plan, the keys that the run will use, and what it writes."""

import pytest

from ftcore import hardware
from ftcore import settings as s
from ftcore.datasets.importing.importer import import_source
from ftcore.events import drain
from ftcore.freezing import disk_cache, model_profile
from ftcore.jobs import supervise
from ftcore.runs import store
from ftcore.runs.tail import Tail
from ftcore.training.assemble import assemble
from ftcore.training.cost import price
from ftcore.training.cost.measure import _Phase, measure
from ftcore.training.cost.price import Measured
from ftcore.training.loop import finetune
from tests.datasets.made_pictures import encoded, noise, png, write_zip

SMALL = ("model.pretrained=false", "model.image_size=32", "train.epochs=2", "train.batch_size=16", "train.threads=1")


def settings(dataset, *values):
    return s.with_values(s.RunSettings(dataset=dataset.id), [*SMALL, *values])


def measured(dataset, *values):
    return drain(measure(settings(dataset, *values), dataset))


def kept_activations():
    return {row["key"] for row in disk_cache.contents() if row["kind"] == "activations"}


@pytest.mark.parametrize("views", [0, 2])
def test_the_keys_are_those_that_the_run_fills(tiny_dataset, views):
    wanted = settings(tiny_dataset, f"augment.views={views}")
    found = drain(measure(wanted, tiny_dataset))
    assert not kept_activations(), "measuring keeps nothing"
    (phase,) = found.phases
    assert price.price(found).fill_seconds > 0
    list(finetune(assemble(wanted, tiny_dataset)))
    filled = {fill.key for fill in phase.fills}
    assert kept_activations() < filled and len(filled) == len(kept_activations()) + 1, "the test pictures come last"
    assert [fill.pictures for fill in phase.fills] == [42] * (1 + views) + [9, 9]
    bytes_kept = sum(row["bytes"] for row in disk_cache.contents() if row["kind"] == "activations")
    promised = sum(fill.bytes for fill in phase.fills if fill.key in kept_activations())
    assert promised == pytest.approx(bytes_kept, rel=0.1, abs=3000), "up to the files' own headers"
    warm = price.price(found)
    test = phase.fills[-1]
    assert (warm.fill_seconds, warm.bytes_disk) == (test.seconds, found.bytes_kept + test.bytes), "the rest is free now"


def test_each_phase_is_measured_with_its_epochs_and_parameters(tiny_dataset):
    found = measured(tiny_dataset, "freeze.preset=head_then_last", "train.epochs=5", "train.ema=0.9")
    assert [phase.label for phase in found.phases] == ["Head only", "Last stage"]
    assert [phase.n_epochs for phase in found.phases] == [1, 4]
    first, second = found.phases
    assert first.trainable == 1280 * 3 + 3 < second.trainable
    assert first.n_groups == 1 < second.n_groups
    assert min(first.step_seconds, second.step_seconds, first.look_seconds, first.save_seconds) > 0
    assert (found.n_train, found.n_validation, found.n_test) == (42, 9, 9)


def test_the_layers_of_each_group_are_timed_and_measured(tiny_dataset):
    layers = measured(tiny_dataset).layers
    network = model_profile.known("tf_efficientnet_lite0", n_outputs=3, image_size=32)
    assert len(layers) == len(network.groups) == 18
    assert sum(layer.share for layer in layers) == pytest.approx(1.0)
    assert min(layer.bytes for layer in layers) > 0 and layers[-1].bytes == 3 * 4


@pytest.mark.parametrize("values", [["freeze.preset=none"], ["engine.cache=off"]])
def test_what_trains_from_the_pictures_fills_nothing(tiny_dataset, values):
    (phase,) = measured(tiny_dataset, *values).phases
    assert phase.fills == () and phase.convert_seconds == 0 and phase.step_seconds > 0


def test_fresh_views_pay_for_the_frozen_part_in_every_epoch(tiny_dataset):
    (fresh,) = measured(tiny_dataset, "augment.fresh=true", "augment.views=1").phases
    (kept,) = measured(tiny_dataset, "augment.views=1").phases
    assert [fill.pictures for fill in fresh.fills] == [9, 9], "validation and test alone are kept"
    assert fresh.step_seconds > kept.step_seconds


def test_fresh_views_are_timed_where_validation_is_known_and_the_phase_has_no_epochs_yet(tiny_dataset, monkeypatch):
    monkeypatch.setattr(_Phase, "_is_missing", lambda self, key: False)
    values = ("augment.fresh=true", "freeze.preset=head_then_last", "freeze.unfreeze=on_plateau", "augment.rotate=5")
    assert [phase.n_epochs for phase in measured(tiny_dataset, *values).phases] == [2, 0]


@pytest.fixture
def two_classes(tmp_path, workspace):
    files = {f"{label}/{i}.png": png(100 * label + i) for label in (0, 1) for i in range(12)}
    return import_source(write_zip(tmp_path / "two.zip", files))


def test_the_bar_of_a_single_sigmoid_finds_its_network(two_classes):
    measured(two_classes, "model.binary=sigmoid")
    assert model_profile.known("tf_efficientnet_lite0", n_outputs=2, image_size=32) is not None


def test_pictures_are_decoded_larger_before_the_run_is_priced(tmp_path, workspace):
    files = {
        f"{label}/{i}.jpg": encoded(noise(9 * label + i, (320, 320)), "JPEG") for label in (0, 1) for i in range(9)
    }
    dataset = import_source(write_zip(tmp_path / "large.zip", files))
    wanted = settings(dataset, "model.image_size=320", "model.name=test_efficientnet")
    events = []
    found = drain(measure(wanted, dataset), events.append)
    assert "enlarge" in {event.stage for event in events}
    list(finetune(assemble(wanted, dataset)))
    filled = {fill.key for fill in found.phases[0].fills}
    assert kept_activations() and kept_activations() < filled


def test_activations_that_would_not_fit_the_cache_are_not_promised(tiny_dataset):
    (phase,) = measured(tiny_dataset, "engine.cache_gb=0.00001").phases
    assert phase.fills == ()


def test_the_disk_is_what_checkpoints_and_the_bundle_take(tiny_dataset, monkeypatch):
    monkeypatch.setattr(hardware, "be_nice", lambda: None)
    wanted = settings(tiny_dataset, "freeze.preset=half")
    job = store.create("estimate", "x", s.to_json(wanted), id=price.key(wanted))
    assert supervise.work(job.folder) == 0
    promised = price.known(wanted)
    run = store.create("train", "Colours", s.to_json(wanted))
    assert supervise.work(run.folder) == 0
    state = Tail(run).read()
    assert state.promised.seconds == pytest.approx(promised.seconds)
    spent = price.spent(run.folder, state)
    assert spent.bytes_disk == pytest.approx(promised.bytes_disk, rel=0.03)
    assert isinstance(price.load(job), Measured)
