"""Labels and numbers in the loop: the same with and without a cache, and how numbers are scaled."""

import numpy as np
import pytest

from ftcore.errors import RunError
from ftcore.settings import RunSettings, suggest, with_values
from ftcore.training import checkpoints
from ftcore.training.assemble import assemble, outputs_of
from ftcore.training.events import EpochDone
from ftcore.training.loop import finetune, validate
from tests.training.conftest import QUICK


@pytest.fixture
def make_context(import_task):
    """``make_context("multilabel", "section.field=value", …)``: a run of seconds over labels or numbers."""

    def make(what, *values):
        dataset = import_task(what)
        suggested = suggest("quick", dataset.facts(), base=RunSettings(dataset=dataset.id))
        return assemble(with_values(suggested, [*QUICK, *values]), dataset)

    return make


def curve(context):
    return [(event.train, event.val) for event in finetune(context) if isinstance(event, EpochDone)]


@pytest.mark.parametrize("what", ["multilabel", "numbers"])
def test_cached_activations_give_the_numbers_of_uncached_training(make_context, what):
    head = ("freeze.preset=head", "engine.precision=float32", "train.ema=0.9")
    plain = curve(make_context(what, *head))
    cached = curve(make_context(what, *head, "engine.cache=on"))
    for ours, theirs in zip(cached, plain, strict=True):
        for found, expected in zip(ours, theirs, strict=True):
            assert found == pytest.approx(expected, rel=1e-3, abs=1e-3)


def test_an_untrained_head_says_about_the_mean_of_the_training_numbers(make_context):
    context = make_context("regression")
    numbers = context.train.targets.numpy().astype(float)
    assert context.outputs.mean == pytest.approx(numbers.mean(axis=0))
    assert context.outputs.std == pytest.approx(numbers.std(axis=0))
    assert context.outputs.units == ("cd",)
    found = validate(context)
    assert found["mae"] < 3 * numbers.std(), "a head that began at 0 cd would be off by a thousand"
    assert found["loss"] == pytest.approx(found["rmse"] ** 2)


def test_a_number_that_never_changes_is_no_division_by_zero(import_task):
    dataset = import_task("numbers")
    table = dataset.records()
    table["target"] = [np.array([value[0], 7.0]) for value in table["target"]]
    table.to_parquet(dataset.folder / "records.parquet")
    outputs = outputs_of(RunSettings(dataset=dataset.id), dataset)
    assert (outputs.mean[1], outputs.std[1]) == (7.0, 1.0)


def test_a_checkpoint_of_numbers_on_another_scale_is_refused(make_context, tmp_path):
    context = make_context("regression", "train.epochs=1")
    checkpoints.begin(tmp_path / "c", context)
    list(finetune(context))
    checkpoints.save(tmp_path / "c", context)
    fresh = make_context("regression", "train.epochs=1")
    assert checkpoints.restore(tmp_path / "c", fresh) and fresh.outputs == context.outputs
    with pytest.raises(RunError, match="answers something else"):
        checkpoints.restore(tmp_path / "c", make_context("numbers", "train.epochs=1"))
