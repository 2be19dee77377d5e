"""Several classes per picture and numbers on the command line; the work itself is done in this process."""

import json
import zipfile

import pytest

from ftcore import cli, hardware
from ftcore.jobs import supervise
from ftcore.runs import queue, store
from tests.datasets.made_pictures import png

SMALL = (
    "model.name=test_efficientnet", "model.pretrained=false", "model.image_size=32", "train.epochs=2",
    "train.threads=1",
)  # fmt: skip


@pytest.fixture
def answer(capsys):
    """``answer(*arguments)``: the JSON object of a command."""

    def ask(*arguments):
        assert cli.main([str(argument) for argument in arguments]) == 0
        return json.loads(capsys.readouterr().out.strip().splitlines()[-1])

    return ask


@pytest.fixture
def train(answer, monkeypatch):
    """``train(dataset)``: a small training with what is suggested; the run as ``show`` prints it."""
    monkeypatch.setattr(queue, "submit", lambda job: supervise.work(job.folder))
    monkeypatch.setattr(hardware, "be_nice", lambda: None)

    def run(dataset):
        values = [part for value in SMALL for part in ("--set", value)]
        return answer("show", answer("train", "--dataset", dataset.id, "--detach", *values)["run"])

    return run


@pytest.fixture
def picture(glowing_zip, tmp_path):
    with zipfile.ZipFile(glowing_zip) as archive:
        archive.extract("00.png", tmp_path)
    return tmp_path / "00.png"


def test_several_classes_are_predicted_with_all_probabilities_and_those_above_the_threshold(
    import_task, train, answer, picture, capsys
):
    shown = train(import_task("multilabel"))
    assert (shown["state"], shown["task"], shown["settings"]["train"]["loss"]) == ("finished", "multilabel", "bce")
    assert set(shown["val"]) == {"loss", "exact_match", "mean_average_precision", "f1_micro", "f1"}
    assert set(shown["test"]["mean_average_precision"]) == {"value", "low", "high"}
    said = answer("predict", shown["run"], picture)["predictions"][0]
    assert set(said) == {"image", "classes", "threshold", "probabilities", "seconds"}
    assert set(said["probabilities"]) == {"blue", "red"} and said["threshold"] == 0.5
    assert said["classes"] == [name for name, p in said["probabilities"].items() if p >= 0.5]
    all_of_them = answer("predict", shown["run"], picture, "--threshold", 0)["predictions"][0]
    assert all_of_them["classes"] == ["blue", "red"]
    assert cli.main(["predict", shown["run"], str(picture), "--threshold", "2"]) == 2
    assert "--threshold is 2, expected 0 to 1" in capsys.readouterr().err


def test_numbers_are_predicted_in_their_units_with_a_typical_error(import_task, train, answer, picture, capsys):
    dataset = import_task("numbers")
    shown = train(dataset)
    assert (shown["state"], shown["units"], shown["settings"]["train"]["monitor"]) == ("finished", ["cd", ""], "r2")
    assert set(shown["val"]) == {"loss", "mae", "median_error", "rmse", "r2"}
    said = answer("predict", shown["run"], picture)["predictions"][0]
    assert set(said) == {"image", "prediction", "units", "typical_error", "seconds"}
    assert said["units"] == {"glow": "cd", "tint": ""}
    assert 900 < said["prediction"]["glow"] < 1300, "in the unit of the table"
    assert 0 < said["typical_error"]["tint"] < 1
    cli.main(["runs"])
    assert f"{shown['test']['r2']['value']:.2f}"[:4] in capsys.readouterr().err


def test_a_setting_that_cannot_serve_the_task_makes_no_run(import_task, capsys):
    dataset = import_task("regression")
    assert cli.main(["train", "--dataset", dataset.id, "--set", "train.loss=focal"]) == 2
    assert capsys.readouterr().err.strip() == (
        "The loss 'focal' does not serve a data set with numbers. Choose one of these for train.loss: mse, mae, huber."
    )
    assert store.list_jobs() == []


@pytest.fixture
def shots(tmp_path):
    """Eight files: four of each of two classes; one has a comma in its name."""
    files = [tmp_path / f"{kind}{'a,b' if i == 3 else i}.png" for kind in ("cup", "key") for i in range(4)]
    for i, file in enumerate(files):
        file.write_bytes(png(i))
    return [str(file) for file in files]


def test_loose_pictures_of_each_class_are_imported(workspace, answer, shots):
    cups = [f"cup={shots[0]},{shots[1]}", shots[2], shots[3]]
    keys = [part for shot in shots[4:] for part in ("--class", f"key={shot}")]
    made = answer("import", "--class", *cups, *keys, "--split", "50/25/25")
    assert (made["task"], made["classes"], made["left_out"]) == ("multiclass", {"cup": 4, "key": 4}, 0)
    assert [dataset["name"] for dataset in answer("datasets", "--json")["datasets"]] == ["My pictures"]
    assert list((workspace / "uploads").iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((), "either a source or pictures of classes"),
        (("sample:digits", "--class", "cup={}"), "either a source or pictures of classes"),
        (("--class", "{}"), "expected NAME=FILE"),
        (("--class", "=x"), "expected NAME=FILE"),
        (("--class", "cup={},gone.png"), "There is no file 'gone.png' for class 'cup'"),
        (("--class", "cup={}", "--labels", "x.csv"), "need no table of labels"),
    ],
)
def test_loose_pictures_that_cannot_be_taken_are_one_sentence(workspace, capsys, shots, arguments, sentence):
    assert cli.main(["import", *(argument.format(shots[0]) for argument in arguments)]) == 2
    said = capsys.readouterr().err.strip()
    assert sentence in said and "\n" not in said
