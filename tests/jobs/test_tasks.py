"""Every task through the whole job: training, test, bundle, resume; what one run promises, a run of each kind keeps."""

import json
import math

import numpy as np
import pytest

from ftcore import settings as s
from ftcore import tasks
from ftcore.datasets.images.pixel_store import PixelStore
from ftcore.datasets.importing.importer import import_source
from ftcore.evaluation import report
from ftcore.evaluation.predictions import Predictions
from ftcore.export.bundle import Bundle
from ftcore.runs import store
from tests.datasets.made_pictures import two_classes, write_zip
from tests.jobs.conftest import SMALL
from tests.jobs.power_cut import PowerCut, cut_off_after

KINDS = ("multiclass", "sigmoid", "multilabel", "regression", "numbers")


@pytest.fixture
def make_job(request, import_task, tmp_path):
    """``make_job(kind, "key=value", …)``: a small training of that kind, with the settings suggested for it."""

    def make(kind, *values):
        if kind == "multiclass":
            dataset = request.getfixturevalue("tiny_dataset")
        elif kind == "sigmoid":
            dataset = import_source(write_zip(tmp_path / "pets.zip", two_classes(12)))
        else:
            dataset = import_task(kind)
        suggested = s.suggest("quick", dataset.facts(), base=s.RunSettings(dataset=dataset.id, seed=1))
        binary = ["model.binary=sigmoid"] if kind == "sigmoid" else []
        settings = s.with_values(
            suggested, [*SMALL, "freeze.preset=head_then_last", "train.epochs=2", *binary, *values]
        )
        return dataset, store.create("train", kind, s.to_json(settings))

    return make


def card_of(job):
    return json.loads((job.folder / "bundle" / "bundle.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("kind", KINDS)
def test_a_run_of_every_task_ends_with_scores_and_a_model_that_gives_them_again(make_job, work, kind):
    dataset, job = make_job(kind)
    state = work(job)
    assert (state.status, state.problem) == ("finished", "")
    assert (state.plan.task, tuple(state.plan.units)) == (dataset.task, dataset.units)
    for row in state.history:
        for name in tasks.of(dataset.task).scores:
            assert math.isfinite(row[f"val_{name}"]) and math.isfinite(row[f"train_{name}"])
    assert set(state.scores) == set(tasks.of(dataset.task).scores)

    bundle = Bundle(job.folder / "bundle")
    kept = Predictions.load(job.folder / "predictions" / "test.parquet", dataset.classes, dataset.task)
    pictures = PixelStore(dataset, 32)
    said = bundle.predict([pictures.picture(int(row)) for row in kept.row])
    assert said.shape == kept.values.shape == (state.n_tested, len(dataset.classes))
    spread = kept.target.std() if dataset.task == "regression" else 1.0
    assert np.abs(said - kept.values).max() < 0.02 * spread, "half precision of the cache is all that differs"
    assert (kept.target == dataset.targets(dataset.records().loc[kept.row])).all()
    again = report.scores(kept)
    assert {name: score["value"] for name, score in again.items()} == pytest.approx(
        {name: score["value"] for name, score in state.scores.items()}
    )
    if dataset.task == "regression":
        errors = np.median(np.abs(kept.values - kept.target), axis=0)
        assert bundle.typical_error == pytest.approx(errors) and bundle.outputs.units == dataset.units
        table = dataset.records().query("split == 'train'")
        assert bundle.outputs.mean == pytest.approx(dataset.targets(table).mean(axis=0), rel=1e-5)
    elif dataset.task == "multiclass":
        assert said.sum(axis=1) == pytest.approx(1.0, abs=1e-5)


@pytest.mark.parametrize("kind", ["sigmoid", "multilabel", "numbers"])
def test_a_run_of_every_task_resumes_with_the_same_numbers(make_job, work, numbers, kind):
    _, whole = make_job(kind)
    work(whole)
    cut = store.create("train", "cut", whole.request)
    with cut_off_after(12), pytest.raises(PowerCut):
        work(cut)
    assert work(cut).status == "finished"
    assert numbers(cut) == numbers(whole)
    assert card_of(cut)["mean"] == card_of(whole)["mean"]


@pytest.mark.parametrize("kind, name", [("multilabel", "mean_average_precision"), ("regression", "r2")])
def test_labels_and_numbers_are_learned(make_job, work, kind, name):
    values = ("train.epochs=12", "freeze.preset=none", "freeze.layer_decay=1.0", "train.ema=0.0", "model.dropout=0.0")
    _, job = make_job(kind, *values)
    state = work(job)
    assert max(row[f"train_{name}"] for row in state.history) > 0.9
    assert max(row[f"val_{name}"] for row in state.history) > 0.5


def test_a_head_goes_on_where_it_says_the_same(make_job, work):
    _, first = make_job("regression", "train.epochs=4", "freeze.preset=head")
    reached = work(first)
    second = store.create("train", "more", {**first.request, "model": {**first.request["model"], "start": first.id}})
    state = work(second)
    assert state.history[0]["train_loss"] < reached.history[0]["train_loss"]


@pytest.mark.parametrize(
    "kind, value, sentence",
    [
        ("regression", "train.loss=cross_entropy", "The loss 'cross entropy' does not serve a data set with numbers."),
        ("multilabel", "train.loss=mse", "The loss 'squared error' does not serve a data set with several classes"),
        ("multiclass", "train.loss=bce", "The loss 'binary cross entropy' does not serve a data set with one class"),
        ("regression", "train.monitor=accuracy", "The monitor 'accuracy' does not serve a data set with numbers."),
        ("regression", "train.class_weights=balanced", "Numbers have no classes that could be weighted"),
        ("multiclass", "model.binary=sigmoid", "One output tells two classes apart, this data set has 3"),
    ],
)
def test_what_cannot_serve_the_task_is_refused_with_a_sentence(make_job, work, kind, value, sentence):
    _, job = make_job(kind, value)
    state = work(job)
    assert state.status == "failed" and state.problem.startswith(sentence)
