"""The commands that look before a training: race and lr-find."""

import json

import pytest

from ftcore import cli
from ftcore.datasets import records
from ftcore.events import Finished, Stopped
from ftcore.runs import claims, log, process, queue, store
from ftcore.training.cost import price
from tests.training.cost.test_price import MEASURED


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


def test_an_estimate_says_what_a_training_would_cost_and_the_run_remembers_it(answer, capsys, monkeypatch):
    """One that was stopped before, by Ctrl-C or by a training that began, is made again."""
    made = price.job

    def stopped_before(settings):
        monkeypatch.setattr(price, "job", made)
        job = made(settings)
        log.append(job.folder, Stopped(), Finished(reason="Stopped.", seconds=1.0))
        return job

    monkeypatch.setattr(price, "job", stopped_before)
    small = ("--set", "model.pretrained=false", "--set", "model.image_size=32", "--set", "train.epochs=2")
    found = answer("estimate", *small, "--set", "train.threads=1")
    wanted = {
        "seconds",
        "seconds_low",
        "seconds_high",
        "bytes_memory",
        "bytes_disk",
        "seconds_per_epoch",
        "fill_seconds",
    }
    assert wanted < set(found) and found["fits"] is True
    assert 0 <= found["seconds_low"] < found["seconds"] < found["seconds_high"]
    assert found["bytes_memory"] > 10**8 and found["bytes_disk"] > 10**7
    assert answer("estimate", *small, "--set", "train.threads=1")["seconds"] == found["seconds"], "it is remembered"
    run = answer("train", *small, "--set", "train.threads=1")["run"]
    assert cli.main(["show", run]) == 0
    shown = json.loads(capsys.readouterr().out.strip().splitlines()[-1])
    assert shown["promised"]["seconds"] == found["seconds"]
    assert set(shown["spent"]) == {"seconds", "bytes_memory", "bytes_disk"}


def test_an_estimate_that_the_command_line_waits_for_is_not_stopped_by_a_page_that_leaves(answer, monkeypatch):
    def submit(job):
        claims.hold(job, "a page")
        monkeypatch.setattr(queue, "entered", lambda kind: [job.id])
        claims.release(job, "a page")
        assert not process.stop_requested(job.folder)
        store.save_result(job, MEASURED)
        log.append(job.folder, Finished(reason="Measured.", seconds=1.0))

    monkeypatch.setattr(queue, "submit", submit)
    assert answer("estimate")["seconds"] > 0


def test_too_little_memory_is_one_sentence(monkeypatch, capsys):
    def refused(settings):
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9000000000000 bytes.")

    monkeypatch.setattr(records, "list_datasets", lambda: refused(None))
    assert cli.main(["datasets"]) == 2
    assert capsys.readouterr().err == "The memory was not enough. Start again with a smaller batch or image size.\n"


def test_a_learning_rate_is_suggested_from_a_curve(answer):
    found = answer("lr-find", "--set", "model.pretrained=false", "--set", "model.image_size=32")
    assert set(found) == {"suggestion", "rates", "losses"}
    assert found["suggestion"] in found["rates"] and len(found["rates"]) == len(found["losses"])
