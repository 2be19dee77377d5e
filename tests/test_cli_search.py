"""The commands that look before a training: race and lr-find."""

import json

import pytest

from ftcore import cli


@pytest.fixture
def answer(capsys, tiny_dataset):
    def ask(*arguments):
        assert cli.main([*arguments, "--dataset", tiny_dataset.id]) == 0
        return json.loads(capsys.readouterr().out.strip().splitlines()[-1])

    return ask


def test_a_race_is_one_object_with_the_best_first(answer):
    models = answer("race", "--models", "tf_efficientnet_lite0, tf_efficientnet_lite1", "--image-size", "64")["models"]
    assert [set(row) for row in models] == [{"model", "accuracy", "metric", "low", "high", "seconds", "megabytes"}] * 2
    assert models[0]["accuracy"] >= models[1]["accuracy"]


def test_a_race_of_one_is_one_sentence(tiny_dataset, capsys):
    assert cli.main(["race", "--dataset", tiny_dataset.id, "--models", "tf_efficientnet_lite0"]) == 2
    assert "a race takes 2 to 8" in capsys.readouterr().err


def test_a_learning_rate_is_suggested_from_a_curve(answer):
    found = answer("lr-find", "--set", "model.pretrained=false", "--set", "model.image_size=32")
    assert set(found) == {"suggestion", "rates", "losses"}
    assert found["suggestion"] in found["rates"] and len(found["rates"]) == len(found["losses"])
