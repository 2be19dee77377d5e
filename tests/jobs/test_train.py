"""Endings of a training, seen from its worker: whatever happens is a sentence, and what was saved goes on."""

from types import SimpleNamespace

import pytest
from torch.nn import functional

from ftcore import hardware, workspace
from ftcore.datasets import holdout_log
from ftcore.datasets.importing.importer import import_source
from ftcore.export.bundle import Bundle
from ftcore.models import weights
from ftcore.runs import log, process
from ftcore.training.recipe import losses
from tests.jobs.power_cut import PowerCut, cut_off_after


@pytest.fixture
def exploding(monkeypatch):
    """``exploding(n)``: the loss is no number from step ``n`` on, counted from 0."""

    def start(n):
        steps = iter(range(1_000_000))

        def loss(*arguments, **options):
            return functional.cross_entropy(*arguments, **options) * (1.0 if next(steps) < n else float("nan"))

        monkeypatch.setattr(losses, "functional", SimpleNamespace(cross_entropy=loss))

    return start


@pytest.fixture
def stopping(monkeypatch):
    """``stopping(n)``: the user asks to stop after ``n`` steps."""

    def start(n):
        steps = iter(range(1, 1_000_000))
        monkeypatch.setattr(process, "stop_requested", lambda folder: next(steps) >= n)

    return start


STEPS = 6  # per epoch: 42 pictures in batches of 8


def test_a_finished_run_has_a_model_that_answers(tiny_dataset, small, work):
    job = small(tiny_dataset.id)
    assert work(job).status == "finished"
    assert Bundle(job.folder / "bundle").classes == tiny_dataset.classes


def test_the_last_word_of_the_log_is_that_it_finished(tiny_dataset, small, work):
    job = small(tiny_dataset.id)
    work(job)
    kinds = [type(event).__name__ for event in log.read(job.folder)[0]]
    assert kinds[-2:] == ["Tested", "Finished"]


def test_a_run_that_exploded_after_an_epoch_keeps_and_tests_the_best(tiny_dataset, small, work, exploding):
    job = small(tiny_dataset.id)
    exploding(STEPS + 2)
    state = work(job)
    assert (state.status, len(state.history), state.n_tested) == ("failed", 1, 9)


def test_a_run_that_exploded_after_an_epoch_has_a_model(tiny_dataset, small, work, exploding):
    job = small(tiny_dataset.id)
    exploding(STEPS + 2)
    work(job)
    assert (job.folder / "bundle.zip").exists()


def test_a_run_that_exploded_proposes_a_lower_rate(tiny_dataset, small, work, exploding):
    job = small(tiny_dataset.id, "train.lr=0.5", "train.optimizer=sgd")
    exploding(STEPS + 2)
    assert work(job).problem == (
        "The loss became nan in epoch 2: the training has exploded. The model of epoch 1 is kept. "
        "Lower the learning rate, for example to 0.05, and start again."
    )


def test_a_run_that_exploded_at_once_has_failed_without_a_model(tiny_dataset, small, work, exploding):
    job = small(tiny_dataset.id)
    exploding(0)
    state = work(job)
    assert (state.status, state.scores, (job.folder / "bundle").exists()) == ("failed", None, False)


def test_a_test_is_counted_as_a_look_once(tiny_dataset, small, work):
    work(small(tiny_dataset.id, "train.epochs=1"))
    assert holdout_log.count(tiny_dataset.id) == 1


def test_a_data_set_without_test_pictures_is_trained_and_not_tested(tiny_zip, workspace, small, work):
    dataset = import_source(tiny_zip, split="75/25/0")
    job = small(dataset.id, "train.epochs=1")
    state = work(job)
    assert (state.status, state.scores, dataset.sizes) == ("finished", None, (45, 15, 0))
    assert Bundle(job.folder / "bundle").classes == dataset.classes and holdout_log.count(dataset.id) == 0


def test_a_stopped_run_keeps_and_tests_the_best(tiny_dataset, small, work, stopping):
    job = small(tiny_dataset.id)
    stopping(STEPS + 2)
    state = work(job)
    assert (state.status, len(state.history), state.n_tested) == ("stopped", 1, 9)


def test_a_run_stopped_in_its_first_epoch_still_has_a_model(tiny_dataset, small, work, stopping):
    job = small(tiny_dataset.id)
    stopping(1)
    assert work(job).status == "stopped"
    assert Bundle(job.folder / "bundle").classes == tiny_dataset.classes


def test_a_run_whose_weights_cannot_be_had_is_a_sentence(tiny_dataset, small, work, monkeypatch, tmp_path):
    monkeypatch.setattr(hardware, "reachable", lambda host: False)
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    job = small(tiny_dataset.id, "model.name=resnet10t", "model.pretrained=true")
    state = work(job)
    assert state.status == "failed"
    assert state.problem.startswith("The pretrained weights of 'resnet10t' are not on this machine")


def test_a_run_whose_data_set_is_gone_is_a_sentence(tiny_dataset, small, work):
    job = small(tiny_dataset.id)
    workspace.remove_folder(tiny_dataset.folder)
    state = work(job)
    assert (state.status, "There is no data set" in state.problem) == ("failed", True)


def test_a_run_goes_on_without_the_pretrained_weights_that_it_began_with(tiny_dataset, small, work, monkeypatch):
    job = small(tiny_dataset.id, "model.name=tf_efficientnet_lite0", "model.pretrained=true", "train.epochs=2")
    with cut_off_after(8), pytest.raises(PowerCut):
        work(job)

    def gone(name, **options):
        raise AssertionError("the weights were asked for again")

    monkeypatch.setattr(weights, "pretrained_model", gone)
    assert work(job).status == "finished"
