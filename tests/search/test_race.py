"""The race: real features, honest folds, the test pictures left alone."""

import numpy as np
import pytest

from ftcore.errors import DataError, SettingsError
from ftcore.events import Note, told
from ftcore.search.race import head_accuracy, race


def finished(work):
    events = []
    return told(work, events.append), events


def test_the_best_comes_first_with_an_interval_and_its_price(tiny_dataset):
    standings, _ = finished(race(tiny_dataset, ["tf_efficientnet_lite0", "tf_efficientnet_lite1"], image_size=64))
    assert {standing.model for standing in standings} == {"tf_efficientnet_lite0", "tf_efficientnet_lite1"}
    assert standings[0].accuracy >= standings[1].accuracy > 0.9, "colours are easy"
    for standing in standings:
        assert 0 <= standing.low <= standing.accuracy <= standing.high <= 1
        assert standing.seconds > 0
        assert standing.megabytes == pytest.approx({"0": 18.6, "1": 21.7}[standing.model[-1]], abs=0.1)
    _, again = finished(race(tiny_dataset, ["tf_efficientnet_lite0", "tf_efficientnet_lite1"], image_size=64))
    assert not [event for event in again if getattr(event, "stage", "").startswith("fill")], "features are kept"


def test_the_test_pictures_take_no_part(tiny_dataset):
    table = tiny_dataset.records()
    features = np.random.default_rng(0).normal(size=(len(table), 5)).astype(np.float32)
    used = (table["split"] != "test").to_numpy()
    n_right, n = head_accuracy(tiny_dataset, features)
    assert n == used.sum()
    features[~used] = np.nan  # would break whatever looked at them
    assert head_accuracy(tiny_dataset, features) == (n_right, n)


def test_noise_is_scored_like_noise(tiny_dataset):
    features = np.random.default_rng(1).normal(size=(60, 50)).astype(np.float32)
    n_right, n = head_accuracy(tiny_dataset, features)
    assert n_right / n < 0.6, "a head that saw its own pictures would know them by heart"


def test_a_model_whose_weights_are_not_here_takes_no_part_and_is_named(tiny_dataset):
    standings, events = finished(race(tiny_dataset, ["tf_efficientnet_lite0", "no_such_model"], image_size=64))
    assert [standing.model for standing in standings] == ["tf_efficientnet_lite0"]
    assert any("no_such_model takes no part" in event.message for event in events if isinstance(event, Note))


@pytest.mark.parametrize("models", [[], ["tf_efficientnet_lite0"], ["tf_efficientnet_lite0"] * 3, list("abcdefghi")])
def test_a_race_takes_two_to_eight_different_models(tiny_dataset, models):
    with pytest.raises(SettingsError, match="a race takes 2 to 8"):
        finished(race(tiny_dataset, models))


def test_a_race_over_numbers_is_refused(tiny_dataset):
    from dataclasses import replace

    with pytest.raises(DataError, match="one class per picture"):
        finished(race(replace(tiny_dataset, task="number"), ["a", "b"]))
