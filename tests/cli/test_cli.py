"""The command line as a script sees it: exit code, one sentence on stderr, JSON as the last line of stdout."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

import ftcore
from ftcore import cli
from ftcore import workspace as disk
from ftcore.runs import log, process, store

CODE = Path(ftcore.__file__).parents[1]
SMALL = [
    *("--seed", "1"),
    *("--set", "model.pretrained=false"),
    *("--set", "model.image_size=32"),
    *("--set", "train.epochs=2"),
    *("--set", "train.threads=1"),
]
ENDLESS = ["--set", "train.epochs=500"]  # ended by the test


def command(*arguments, **options):
    environment = {**os.environ, "PYTHONPATH": str(CODE), **options.pop("environment", {})}
    return subprocess.run(
        [sys.executable, "-m", "ftcore", *map(str, arguments)],
        capture_output=True,
        text=True,
        env=environment,
        **options,
    )


def answer(*arguments, **options):
    done = command(*arguments, **options)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A workspace that the tests of this file share."""
    with pytest.MonkeyPatch.context() as patch:
        path = tmp_path_factory.mktemp("cli")
        patch.setenv(disk.VARIABLE, str(path))
        yield path


@pytest.fixture(scope="module")
def imported(place, tiny_zip):
    return answer("import", tiny_zip)


@pytest.fixture(scope="module")
def trained(imported):
    return answer("train", "--dataset", imported["dataset"], "--name", "Colours", *SMALL)


@pytest.fixture(scope="module")
def picture(tiny_zip, tmp_path_factory):
    folder = tmp_path_factory.mktemp("pictures")
    shutil.unpack_archive(tiny_zip, folder)
    return folder / "red" / "00.png"


def test_an_import_says_what_it_made(imported):
    assert imported == {
        "dataset": imported["dataset"],
        "task": "multiclass",
        "images": 60,
        "classes": {"blue": 20, "green": 20, "red": 20},
        "splits": {"train": 42, "validation": 9, "test": 9},
        "left_out": 0,
    }


def test_a_folder_is_the_same_data_set_as_its_zip(imported, picture):
    assert answer("import", picture.parents[1])["dataset"] == imported["dataset"]


def test_a_sample_is_imported_by_its_name(place):
    assert answer("import", "sample:digits")["images"] == 1797


def test_an_import_takes_a_name_a_split_and_a_seed(place, tiny_zip):
    made = answer("import", tiny_zip, "--name", "Halves", "--split", "50/25/25", "--seed", "3")
    assert (made["dataset"].startswith("halves-"), made["splits"]["train"]) == (True, 30)


def test_a_training_says_how_it_ended(trained):
    assert {key: trained[key] for key in ("state", "epochs")} == {"state": "finished", "epochs": 2}
    assert set(trained) == {"run", "state", "epochs", "best_epoch", "seconds", "val", "test", "engine", "task", "units"}


def test_a_training_gives_its_scores_with_error_bars(trained):
    assert set(trained["val"]) == {"loss", "accuracy", "balanced_accuracy", "precision", "recall", "f1"}
    assert set(trained["test"]["accuracy"]) == {"value", "low", "high"}
    assert set(trained["test"]["loss"]) == {"value"}


def test_epochs_are_counted_from_one(trained):
    assert trained["best_epoch"] in (1, 2)


def test_a_finished_run_that_is_resumed_is_shown_as_it_is(trained):
    assert answer("resume", trained["run"]) == trained


def test_runs_are_listed(trained):
    rows = answer("runs", "--json")["runs"]
    assert {**trained, "name": "Colours"} in rows


def test_a_list_for_people_goes_to_stderr(trained):
    assert trained["run"] in command("runs").stderr


def test_a_run_is_shown_with_its_settings_and_history(trained):
    shown = answer("show", trained["run"])
    assert (shown["settings"]["train"]["epochs"], len(shown["history"])) == (2, 2)


def test_a_training_says_what_was_computed_once(trained):
    engine = trained["engine"]
    wanted = {"prefix", "cut", "crossing_bytes_per_image", "views", "fill_seconds", "suffix_seconds", "cache_hit"}
    assert set(engine) == wanted
    assert engine["prefix"] == "eager" and engine["cut"] and not engine["cache_hit"]
    assert engine["crossing_bytes_per_image"] > 0
    assert 0 < engine["fill_seconds"] < trained["seconds"] and 0 < engine["suffix_seconds"] < trained["seconds"]


@pytest.mark.parametrize("preset", ["quarter", "none"])
def test_the_engine_can_be_asked_for(imported, preset):
    values = [f"--set=freeze.preset={preset}", "--set=engine.prefix=openvino", "--set=augment.views=1"]
    engine = answer("train", "--dataset", imported["dataset"], *SMALL, *values)["engine"]
    assert engine["prefix"] == (None if preset == "none" else "openvino")
    assert bool(engine["cut"]) == (preset != "none")
    assert engine["views"] == 1


def test_the_cache_can_be_left_off(imported):
    values = ["--set=freeze.preset=quarter", "--set=engine.cache=off"]
    engine = answer("train", "--dataset", imported["dataset"], *SMALL, *values)["engine"]
    assert (engine["prefix"], engine["cut"], engine["fill_seconds"], engine["cache_hit"]) == (None, None, 0, False)
    assert engine["suffix_seconds"] > 0


def test_the_cache_is_shown_and_emptied(trained):
    shown = answer("cache")
    assert shown["bytes"] == sum(row["bytes"] for row in shown["entries"]) > 0
    assert answer("cache", "--clear")["freed_bytes"] == shown["bytes"]
    assert answer("cache") == {"bytes": 0, "entries": []}


def test_the_settings_of_a_run_can_be_used_again(trained, imported, tmp_path):
    settings = answer("show", trained["run"])["settings"]
    (tmp_path / "settings.json").write_text(json.dumps(settings))
    again = answer("train", "--dataset", imported["dataset"], "--settings", tmp_path / "settings.json")
    assert (again["val"], again["test"]) == (trained["val"], trained["test"])


def test_a_prediction_is_a_probability_for_every_class(trained, picture):
    (predicted,) = answer("predict", trained["run"], picture)["predictions"]
    assert sum(predicted["probabilities"].values()) == pytest.approx(1.0, abs=1e-5)
    assert predicted["class"] == max(predicted["probabilities"], key=predicted["probabilities"].get)


def test_the_workspace_is_named_before_or_after_the_command(trained, place):
    elsewhere = {disk.VARIABLE: "/nowhere/at/all"}
    before = answer("--workspace", place, "runs", "--json", environment=elsewhere)
    assert before == answer("runs", "--json", "--workspace", place, environment=elsewhere)


def test_another_workspace_has_other_runs(trained, tmp_path):
    assert answer("runs", "--json", "--workspace", tmp_path) == {"runs": []}


WRONG = {
    "an unknown setting": (["train", "--set", "train.epoch=5"], "Unknown setting 'train.epoch'."),
    "a setting without a value": (["train", "--set", "train.epochs"], "'train.epochs' is not a setting."),
    "a value that is no number": (["train", "--set", "train.epochs=many"], "Epochs is 'many'"),
    "a value out of range": (["train", "--set", "train.epochs=0"], "Epochs is 0"),
    "a value that is not a number": (["train", "--set", "train.lr=nan"], "Learning rate is nan"),
    "an unknown choice": (["train", "--set", "train.optimizer=adamx"], "Unknown optimiser 'adamx'."),
    "an unknown section": (["train", "--set", "trainer.epochs=1"], "Unknown setting 'trainer.epochs'."),
    "a settings file that is missing": (["train", "--settings", "missing.json"], "The settings file 'missing.json'"),
    "settings and a preset": (["train", "--settings", "x", "--preset", "best"], "--settings and --preset"),
    "an unknown model": (["train", "--model", "efficientnet_x"], "timm has no model called 'efficientnet_x'."),
    "an unknown run to show": (["show", "nothing"], "There is no run 'nothing'"),
    "an unknown run to resume": (["resume", "../x"], "There is no run '../x'"),
    "an unknown run to ask": (["predict", "nothing", "a.png"], "There is no run 'nothing'"),
    "a source that is missing": (["import", "missing.zip"], "There is no file or folder 'missing.zip'."),
    "an unknown sample": (["import", "sample:cats"], "There is no sample 'cats'."),
    "a bad split": (["import", "sample:digits", "--split", "70/15"], ""),
    "an unknown task": (["import", "sample:digits", "--task", "many"], "Unknown task 'many'."),
    "a bad seed": (["import", "sample:digits", "--seed", "-1"], "The seed is -1"),
}


@pytest.fixture
def refusal(place, monkeypatch, capsys, tmp_path):
    """``refusal(*arguments)``: the one sentence on stderr of a command that ends with nothing on stdout."""
    monkeypatch.setenv(disk.VARIABLE, str(place))  # --workspace changes it
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        code = cli.main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        (sentence,) = (line for line in err.splitlines() if line.strip())
        assert (code != 0, out) == (True, "")
        return sentence

    return run


@pytest.mark.parametrize("wrong", WRONG)
def test_what_a_user_gets_wrong_is_one_sentence(imported, refusal, wrong):
    arguments, begins = WRONG[wrong]
    if arguments[0] == "train":
        arguments = [*arguments, "--dataset", imported["dataset"]]
    assert refusal(*arguments).startswith(begins)


def test_a_sentence_is_all_that_a_terminal_shows(imported):
    done = command("train", "--dataset", imported["dataset"], "--set", "train.epochs=0")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)


def test_an_unknown_model_makes_no_run(imported, refusal):
    before = store.list_jobs()
    refusal("train", "--dataset", imported["dataset"], "--model", "efficientnet_x")
    assert store.list_jobs() == before


def test_an_unknown_data_set_is_one_sentence(refusal):
    assert refusal("train", "--dataset", "nothing-1").startswith("There is no data set 'nothing-1'.")


@pytest.mark.parametrize("content", ["", "{", "[]", '{"train": 5}', '{"x": 1}', '{"train": {"epochs": "5"}}', "\udcff"])
def test_a_settings_file_that_is_none_is_one_sentence(imported, refusal, tmp_path, content):
    file = tmp_path / "settings.json"
    file.write_bytes(content.encode("utf-8", "surrogateescape"))
    assert refusal("train", "--dataset", imported["dataset"], "--settings", file).endswith(".")


def test_a_workspace_that_is_a_file_is_one_sentence(refusal, tmp_path):
    (tmp_path / "file").write_text("")
    assert refusal("runs", "--workspace", tmp_path / "file").startswith("The workspace")


def test_a_zip_that_is_none_is_one_sentence(refusal, tmp_path):
    (tmp_path / "broken.zip").write_bytes(b"PK\x03\x04 not really")
    assert "broken.zip" in refusal("import", tmp_path / "broken.zip")


def test_a_picture_that_is_missing_is_one_sentence(trained, refusal):
    assert refusal("predict", trained["run"], "missing.png").startswith("'missing.png' cannot be read")


def test_a_picture_that_is_broken_is_one_sentence(trained, refusal, tmp_path):
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n broken")
    assert refusal("predict", trained["run"], "broken.png").startswith("broken.png: ")


def test_a_run_without_a_model_cannot_be_asked(imported, refusal, picture):
    job = store.create("train", "Empty", {"dataset": imported["dataset"]})
    assert refusal("predict", job.id, picture).startswith(f"Run {job.id} has no trained model yet.")


def wait_for(folder, kind):
    """Until the log of a job tells of such an event."""
    while not any(type(event).__name__ == kind for event in log.read(folder)[0]):
        time.sleep(0.01)


@pytest.fixture
def detached(imported):
    """A run that was started and left alone; stopped when the test ends."""
    job = store.find(answer("train", "--dataset", imported["dataset"], "--detach", *SMALL, *ENDLESS)["run"])
    yield job
    process.request_stop(job)
    while process.is_alive(job.folder):
        time.sleep(0.01)


def test_a_detached_run_goes_on_without_the_command_line(detached):
    wait_for(detached.folder, "EpochDone")
    assert answer("show", detached.id)["state"] == "working"


def test_ctrl_c_stops_a_run_and_keeps_the_best(detached):
    """The keys reach a command that follows a run; a run that another command started is followed the same way."""
    follower = subprocess.Popen(
        [sys.executable, "-m", "ftcore", "resume", detached.id],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(CODE)},
    )
    assert follower.stderr.readline() == f"run {detached.id}\n"
    wait_for(detached.folder, "EpochDone")
    follower.send_signal(signal.SIGINT)
    out, err = follower.communicate()
    last = json.loads(out.splitlines()[-1])
    assert (follower.returncode, last["state"], "accuracy" in last["test"]) == (0, "stopped", True), err


def test_ctrl_c_takes_a_waiting_run_out_of_the_queue(detached, imported):
    waiting = subprocess.Popen(
        [sys.executable, "-m", "ftcore", "train", "--dataset", imported["dataset"], *SMALL, *ENDLESS],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(CODE)},
    )
    assert waiting.stderr.readline().startswith("run ")
    waiting.send_signal(signal.SIGINT)
    out, err = waiting.communicate()
    last = json.loads(out.splitlines()[-1])
    assert (last["state"], last["epochs"]) == ("interrupted", 0), err


@pytest.fixture
def table(tmp_path, tiny_zip):
    """The pictures of the ZIP in one folder, and a table beside it that calls each by a number and two classes."""
    folder, file = tmp_path / "photos", tmp_path / "labels.csv"
    folder.mkdir()
    rows = ["picture,brightness (cd),what,where,who"]
    with zipfile.ZipFile(tiny_zip) as archive:
        for i, name in enumerate(archive.namelist()):
            (folder / f"{i}.png").write_bytes(archive.read(name))
            what = f"{name.split('/')[0]}|{'even' if i % 2 else 'odd'}"
            rows.append(f"{i}.png,{i / 2},{what},{'train' if i % 3 else 'test'},{i // 3}")
    file.write_text("\n".join(rows))
    return folder, file


def test_a_folder_and_a_table_are_imported_by_the_columns_that_are_named(place, table):
    folder, file = table
    found = answer("import", folder, "--labels", file, "--target-column", "what", "--split-column", "where")
    assert (found["task"], found["images"]) == ("multilabel", 60)
    assert found["classes"] == {"blue": 20, "even": 30, "green": 20, "odd": 30, "red": 20}
    assert found["splits"]["test"] == 20


def test_numbers_are_imported_and_listed(place, table):
    folder, file = table
    columns = ("--target-column", "brightness (cd)", "--group-column", "who", "--image-column", "picture")
    found = answer("import", folder, "--labels", file, *columns, "--task", "regression")
    assert found["task"] == "regression" and list(found["classes"]) == ["brightness"]
    listed = answer("datasets", "--json")["datasets"]
    assert found["dataset"] in [row["dataset"] for row in listed]
