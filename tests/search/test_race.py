"""The race: real features, honest folds, the test pictures left alone."""

import numpy as np
import pytest

from ftcore.errors import ModelError, SettingsError
from ftcore.evaluation import report
from ftcore.events import Note, drain
from ftcore.search.race import cross_validated, race


def finished(work):
    events = []
    return drain(work, events.append), events


def test_the_best_comes_first_with_an_interval_and_its_price(tiny_dataset):
    leaderboard, _ = finished(race(tiny_dataset, ["tf_efficientnet_lite0", "tf_efficientnet_lite1"], image_size=64))
    assert {standing.model for standing in leaderboard} == {"tf_efficientnet_lite0", "tf_efficientnet_lite1"}
    assert leaderboard[0].score >= leaderboard[1].score > 0.9, "colours are easy"
    for standing in leaderboard:
        assert 0 <= standing.low <= standing.score <= standing.high <= 1
        assert standing.seconds > 0
        assert standing.megabytes == pytest.approx({"0": 18.6, "1": 21.7}[standing.model[-1]], abs=0.1)
    _, again = finished(race(tiny_dataset, ["tf_efficientnet_lite0", "tf_efficientnet_lite1"], image_size=64))
    assert not [event for event in again if getattr(event, "stage", "").startswith("fill")], "features are kept"


def test_the_test_pictures_take_no_part(tiny_dataset):
    table = tiny_dataset.records()
    features = np.random.default_rng(0).normal(size=(len(table), 5)).astype(np.float32)
    used = (table["split"] != "test").to_numpy()
    before = cross_validated(tiny_dataset, features)
    assert before.row.tolist() == table.index[used].tolist()
    features[~used] = np.nan  # would break whatever looked at them
    assert (cross_validated(tiny_dataset, features).values == before.values).all()


def test_noise_is_scored_like_noise(tiny_dataset):
    features = np.random.default_rng(1).normal(size=(60, 50)).astype(np.float32)
    found = cross_validated(tiny_dataset, features)
    assert (found.predicted == found.target).mean() < 0.6, "a head that saw its own pictures would know them by heart"


def test_pictures_of_one_group_are_in_one_fold(tiny_dataset):
    """Features that know the burst and nothing of the class: where bursts are torn apart they know everything."""
    table = tiny_dataset.records()
    burst = table["label"] + (table.index % 4).astype(str)
    table["group"] = burst
    table.to_parquet(tiny_dataset.folder / "records.parquet")
    features = np.random.default_rng(0).normal(size=(12, 40))[burst.factorize()[0]].astype(np.float32)
    found = cross_validated(tiny_dataset, features)
    assert (found.predicted == found.target).mean() < 0.6
    table["group"] = ""
    table.to_parquet(tiny_dataset.folder / "records.parquet")
    torn = cross_validated(tiny_dataset, features)
    assert (torn.predicted == torn.target).mean() > 0.9


def test_a_model_whose_weights_are_not_here_takes_no_part_and_is_named(tiny_dataset):
    leaderboard, events = finished(race(tiny_dataset, ["tf_efficientnet_lite0", "no_such_model"], image_size=64))
    assert [standing.model for standing in leaderboard] == ["tf_efficientnet_lite0"]
    assert any("no_such_model takes no part" in event.message for event in events if isinstance(event, Note))


def test_a_race_that_nobody_can_run_is_a_sentence(tiny_dataset):
    with pytest.raises(ModelError, match="None of these models"):
        finished(race(tiny_dataset, ["no_such_model", "no_such_one"]))


def test_a_race_over_pictures_without_size_is_a_sentence(tiny_dataset):
    with pytest.raises(SettingsError, match="image size is 0"):
        finished(race(tiny_dataset, ["tf_efficientnet_lite0", "tf_efficientnet_lite1"], image_size=0))


@pytest.mark.parametrize("models", [[], ["tf_efficientnet_lite0"], ["tf_efficientnet_lite0"] * 3, list("abcdefghi")])
def test_a_race_takes_two_to_eight_different_models(tiny_dataset, models):
    with pytest.raises(SettingsError, match="a race takes 2 to 8"):
        finished(race(tiny_dataset, models))


@pytest.mark.parametrize("what, metric", [("multilabel", "mean_average_precision"), ("numbers", "r2")])
def test_labels_and_numbers_are_raced_by_scores_of_their_own(import_task, what, metric):
    dataset = import_task(what)
    leaderboard, _ = finished(race(dataset, ["tf_efficientnet_lite0", "no_such_model"], image_size=96))
    (found,) = leaderboard
    assert (found.model, found.metric) == ("tf_efficientnet_lite0", metric)
    assert found.low <= found.score <= found.high
    assert found.score > 0.6, "brightness and colour are easy"


@pytest.mark.parametrize("what", ["multilabel", "numbers"])
def test_a_head_on_noise_knows_no_labels_and_no_numbers(import_task, what):
    dataset = import_task(what)
    features = np.random.default_rng(1).normal(size=(dataset.n_images, 50)).astype(np.float32)
    metric, most = ("f1", 0.75) if what == "multilabel" else ("r2", 0.2)
    assert report.scores(cross_validated(dataset, features))[metric]["value"] < most


def test_a_class_that_every_picture_has_is_no_trouble(import_task):
    dataset = import_task("multilabel")
    table = dataset.records()
    table["target"] = [[0, *(index for index in row if index)] for row in table["target"]]
    features = np.random.default_rng(1).normal(size=(dataset.n_images, 5)).astype(np.float32)
    table.to_parquet(dataset.folder / "records.parquet")
    assert np.isfinite(cross_validated(dataset, features).values).all()
