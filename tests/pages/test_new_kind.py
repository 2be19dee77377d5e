"""A kind of job that is registered by one row waits, works, is watched and is listed, and no other file changes."""

import json
import os
import time

import pytest

from ftcore import cli
from ftcore.runs import kinds, process, queue, store
from ftcore.runs.tail import Tail
from tests.jobs import toy
from tests.pages.conftest import open_page, texts

DEADLINE = 120.0  # seconds that nothing here comes near to

KNOWN_TO_CHILDREN = """
from ftcore.runs import kinds
from tests.jobs import toy

kinds.register(toy.ROW)
"""


@pytest.fixture(autouse=True)
def registered(workspace, tmp_path, monkeypatch):
    """The row is in the table of this process, and in that of every interpreter that it starts."""
    monkeypatch.setattr(kinds, "KINDS", dict(kinds.KINDS))
    kinds.register(toy.ROW)
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(KNOWN_TO_CHILDREN)
    paths = [str(tmp_path / "site"), *filter(None, [os.environ.get("PYTHONPATH")])]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(paths))


@pytest.fixture
def play():
    """``play(name, steps=…)``: a submitted job."""

    def submit(name="Bear", **request):
        job = store.create("toy", name, request)
        queue.submit(job)
        return job

    return submit


def until(met):
    began = time.monotonic()
    while not met():
        assert time.monotonic() - began < DEADLINE
        time.sleep(0.01)


def ended(job):
    """What is true of a job once its worker and its supervisor are gone."""
    until(lambda: Tail(job).read().is_idle and not process.is_alive(job.folder))
    return Tail(job).read()


def test_it_is_worked_on_and_watched(play):
    job = play(steps=3)
    state = ended(job)
    assert isinstance(state, toy.ToyState)
    assert (state.status, state.steps, state.reason) == ("finished", 3, "Played.")
    assert state.notes == ("It is wound up.",) and not state.n_unreadable
    assert store.load_result(job) == {"steps": 3}
    assert queue.entered("toy") == []


def test_it_waits_for_its_turn_which_the_end_of_another_brings(play):
    first = play()
    second = play("Rabbit", steps=2)
    assert Tail(second).read().status == "waiting"
    until(lambda: Tail(first).read().steps)
    queue.stop(first)
    assert (ended(first).status, ended(first).reason) == ("stopped", "Stopped by you.")
    assert ended(second).status == "finished"


def test_what_ends_it_is_a_sentence(play):
    state = ended(play(broken=True))
    assert (state.status, state.problem) == ("failed", "The toy is broken. Mend it.")


def test_it_is_in_the_list_of_the_runs_page(play):
    job = play("Bear *and* Rabbit")
    until(lambda: Tail(job).read().steps)
    at = open_page("runs")
    assert not at.exception and "Toy" not in texts(at), "a closed part computes nothing"
    at.session_state["part_other_work"] = True
    assert not at.run().exception
    assert r"Toy: **Bear \*and\* Rabbit** :blue-badge[:material/play_circle: Playing]" in texts(at)
    queue.stop(job)
    ended(job)
    assert ":green-badge[:material/stop_circle: Stopped]" in texts(at.run())


def test_the_command_line_knows_it(play, capsys):
    job = play(steps=1)
    ended(job)
    store.create("race", "Cats", {})
    assert cli.main(["jobs"]) == 0
    rows = json.loads(capsys.readouterr().out)["jobs"]
    assert [(row["kind"], row["name"], row["state"]) for row in rows] == [
        ("race", "Cats", "interrupted"),
        ("toy", "Bear", "finished"),
    ]
    assert cli.main(["jobs", "--kind", "toy"]) == 0
    assert [row["id"] for row in json.loads(capsys.readouterr().out)["jobs"]] == [job.id]
    assert cli.main(["job", "toy", job.id]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert (shown["state"], shown["request"], shown["result"]) == ("finished", {"steps": 1}, str(job.result))
