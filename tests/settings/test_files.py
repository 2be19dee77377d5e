"""Settings as a file: what was taken away comes back the same, and bad files are refused in one sentence."""

import json

import pytest

from ftcore import settings as s
from ftcore.errors import SettingsError
from ftcore.settings import RunSettings, files
from ftcore.settings.files import OtherDatasetError

HERE = "cats-12345678"
CHANGED = s.with_values(RunSettings(dataset=HERE, preset="best", seed=3), ["train.lr=0.0123", "augment.flip=both"])


def file(**changes):
    return json.dumps({**s.to_json(CHANGED), **changes}).encode()


def test_settings_come_back_as_they_went():
    assert files.from_bytes(files.to_bytes(CHANGED), HERE) == CHANGED


def test_a_file_with_a_byte_order_mark_is_read():
    assert files.from_bytes(b"\xef\xbb\xbf" + files.to_bytes(CHANGED), HERE) == CHANGED


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "is not JSON"),
        (b"\xff\xfe\x00", "is not JSON"),
        (b"[" * 100_000, "is not JSON"),
        (b"[1]", "not a JSON object"),
        (file(train={"lr": "fast"}), "Learning rate is 'fast', expected a number"),
        (file(train={"lr": float("nan")}), "Learning rate is nan, expected a number"),
        (file(train={"epochs": 2.5}), "Epochs is 2.5, expected a whole number"),
        (file(train={"epochs": 0}), "Epochs is 0, expected 1 to"),
        (file(train={"speed": 1}), "Unknown setting 'train.speed'"),
        (file(mood="good"), "Unknown setting 'mood'"),
        (file(train=3), "part 'train' is not a JSON object"),
        (file(train={"optimiser": ["sgd"]}), "Unknown optimiser"),
        (file(preset="huge"), "Unknown preset 'huge'"),
        (file(dataset=5), "The data set is '5', expected its id"),
        (b" " * 2_000_000, "2,000,000 bytes"),
    ],
)
def test_a_bad_file_is_refused_in_a_sentence_with_what_to_do(data, sentence):
    with pytest.raises(SettingsError, match=sentence) as caught:
        files.from_bytes(data, HERE)
    assert caught.value.fix


def test_settings_of_another_data_set_are_refused_unless_they_are_wanted():
    other = file(dataset="dogs-87654321")
    with pytest.raises(OtherDatasetError, match="made for data set 'dogs-87654321'"):
        files.from_bytes(other, HERE)
    assert files.from_bytes(other, HERE, of_any=True) == CHANGED


def test_settings_of_no_data_set_are_taken():
    assert files.from_bytes(file(dataset=""), HERE).dataset == HERE


def test_differences_are_in_words_and_in_the_order_of_the_sections():
    there = s.with_values(CHANGED, ["train.lr=0.5", "augment.flip=none", "augment.fresh=true", "model.start=run-1"])
    found = [(d.key, d.label, d.here, d.there) for d in files.differences(CHANGED, there)]
    assert found == [
        ("model.start", "Start from own weights", "none", "run-1"),
        ("augment.fresh", "Fresh views every epoch", "no", "yes"),
        ("augment.flip", "Mirror", "Both ways", "Never"),
        ("train.lr", "Learning rate", "0.0123", "0.5"),
    ]


def test_the_same_settings_do_not_differ():
    assert files.differences(CHANGED, CHANGED) == []


def test_values_that_differ_read_differently():
    there = s.with_values(CHANGED, ["train.lr=0.0123001"])
    (found,) = files.differences(CHANGED, there)
    assert found.here != found.there
