import json

import pytest

from ftcore import cli
from ftcore.events import Failed, Finished, Note, Progress, Started
from ftcore.runs import kinds, log, store


@pytest.fixture
def answer(workspace, capsys):
    """``answer("jobs")``: the exit code, and the object on stdout."""

    def ask(*arguments):
        code = cli.main(list(arguments))
        return code, json.loads(capsys.readouterr().out)

    return ask


def test_an_empty_workspace_has_no_jobs(answer):
    assert answer("jobs") == (0, {"jobs": []})


def test_jobs_of_every_kind_are_listed_the_newest_first(answer):
    made = [store.create(kind, "Cats", {}) for kind in kinds.KINDS]
    code, found = answer("jobs", "--json")
    assert code == 0
    assert [(row["kind"], row["id"]) for row in found["jobs"]] == [(job.kind, job.id) for job in reversed(made)]
    assert {row["state"] for row in found["jobs"]} == {"interrupted"}


def test_a_job_says_how_far_it_is_and_what_was_asked_for(answer):
    job = store.create("map", "Cats", {"dataset": "cats-1"})
    reading = Progress(stage="look", label="Looking", done=1, total=4)
    log.append(job.folder, Started(), Note(message="One is blurred."), reading)
    code, found = answer("jobs", "--kind", "map")
    assert code == 0 and found["jobs"][0]["notes"] == ["One is blurred."]
    log.append(job.folder, Finished(reason="The map is drawn.", seconds=2.0))
    code, found = answer("job", "map", job.id)
    assert (code, found["state"], found["seconds"], found["reason"]) == (0, "finished", 2.0, "The map is drawn.")
    assert (found["request"], found["result"], found["stage"]) == ({"dataset": "cats-1"}, None, None)


def test_a_job_that_failed_says_why_and_is_no_success(answer):
    job = store.create("estimate", "resnet18", {})
    log.append(job.folder, Started(), Failed(message="It is too large.", fix="Take a smaller one."))
    code, found = answer("job", "estimate", job.id)
    assert (code, found["state"], found["problem"]) == (1, "failed", "It is too large. Take a smaller one.")


@pytest.mark.parametrize("arguments", [("jobs", "--kind", "toy"), ("job", "toy", "bear")])
def test_an_unknown_kind_is_a_sentence(workspace, capsys, arguments):
    assert cli.main(list(arguments)) == 2
    assert "There is no kind of job 'toy'. Choose one of: train, import" in capsys.readouterr().err


def test_an_unknown_job_is_a_sentence(workspace, capsys):
    assert cli.main(["job", "race", "gone-1"]) == 2
    assert "There is no run 'gone-1'" in capsys.readouterr().err
