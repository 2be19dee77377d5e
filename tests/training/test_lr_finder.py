"""The learning-rate finder: a rate that works, and a run that does not notice."""

import itertools
import math

import pytest

from ftcore.errors import SettingsError
from ftcore.events import drain
from ftcore.settings import RunSettings, suggest, with_values
from ftcore.training import lr_finder
from ftcore.training.assemble import assemble
from ftcore.training.events import EpochDone
from ftcore.training.loop import finetune
from ftcore.training.lr_finder import find_rate


def curve(events):
    return [(event.train, event.val) for event in events if isinstance(event, EpochDone)]


HEAD = ("freeze.preset=head", "engine.cache=on", "augment.views=0")


def test_rates_rise_evenly_on_a_logarithmic_scale_until_the_loss_explodes(make_context):
    found = drain(find_rate(make_context(*HEAD)))
    ratios = [after / before for before, after in itertools.pairwise(found.rates)]
    assert ratios == pytest.approx([ratios[0]] * len(ratios)) and ratios[0] > 1
    assert found.rates[0] == lr_finder.LOWEST and found.rates[-1] <= lr_finder.HIGHEST
    assert len(found.rates) == len(found.losses) and all(math.isfinite(loss) for loss in found.losses)
    assert found.suggestion in found.rates


def test_losses_that_jump_before_the_average_has_settled_do_not_decide():
    rates = [10 ** (-6 + 6 * step / 99) for step in range(100)]
    losses = [1.5, 0.9, 1.6, 1.1, *[1.3] * 46, *[1.3 - 0.02 * step for step in range(50)]]
    losses[60:70] = [losses[60] - 0.05 * step for step in range(10)]
    suggestion = lr_finder._steepest(rates, losses)
    assert rates[60] <= suggestion <= rates[70]


def test_the_suggestion_trains_better_than_a_hundredth_of_it(make_context):
    rate = drain(find_rate(make_context(*HEAD))).suggestion
    losses = [curve(finetune(make_context(*HEAD, f"train.lr={lr}")))[-1][0]["loss"] for lr in (rate, rate / 100)]
    assert losses[0] < losses[1]


def test_the_run_that_follows_has_the_same_numbers_with_and_without(make_context):
    without = curve(finetune(make_context(*HEAD)))
    drain(find_rate(make_context(*HEAD)))
    assert curve(finetune(make_context(*HEAD))) == without


@pytest.mark.parametrize("what", ["multilabel", "numbers"])
def test_labels_and_numbers_have_a_rate_too(import_task, what):
    dataset = import_task(what)
    suggested = suggest("quick", dataset.facts(), base=RunSettings(dataset=dataset.id))
    settings = with_values(suggested, ["model.name=test_efficientnet", "model.pretrained=no", "model.image_size=32"])
    found = drain(find_rate(assemble(settings, dataset)))
    assert found.suggestion in found.rates and all(math.isfinite(loss) for loss in found.losses)


def test_a_loss_that_only_rises_is_one_sentence(make_context, monkeypatch):
    monkeypatch.setattr(lr_finder, "LOWEST", 100.0)
    monkeypatch.setattr(lr_finder, "HIGHEST", 1e6)
    with pytest.raises(SettingsError, match="No learning rate made the loss smaller"):
        drain(find_rate(make_context(*HEAD)))
