import importlib.util
from dataclasses import replace

import pytest

from ftcore.errors import RunError
from ftcore.runs import kinds, queue, store

TOY = kinds.JobKind(name="toy", title="Toy", doing="Playing", folder="toys", worker="no.such.module", lane="toy")


@pytest.fixture
def table(monkeypatch):
    """A table of kinds that forgets what a test registers."""
    monkeypatch.setattr(kinds, "KINDS", dict(kinds.KINDS))
    return kinds


@pytest.mark.parametrize("row", kinds.KINDS.values(), ids=lambda row: row.name)
def test_every_kind_has_a_worker_that_is_there_and_words_for_people(row):
    assert importlib.util.find_spec(row.worker)
    assert row.title and row.doing and row.room >= 1


def test_the_names_that_are_on_disk_stay():
    assert {row.name: row.folder for row in kinds.KINDS.values()} == {
        "train": "runs",
        "import": "imports",
        "examine": "examinations",
        "map": "maps",
        "rates": "rates",
        "estimate": "estimates",
        "race": "races",
    }


def test_an_unknown_kind_is_a_sentence(workspace):
    with pytest.raises(RunError, match=r"There is no kind of job 'toy'. Choose one of: train, import, "):
        store.create("toy", "Bear", {})


@pytest.mark.parametrize(
    "other",
    [
        replace(TOY, folder="others"),
        replace(TOY, name="other"),
        replace(TOY, name="other", folder="others", room=2),
    ],
)
def test_a_row_that_contradicts_another_is_refused(table, other):
    table.register(TOY)
    with pytest.raises(ValueError, match=r"already|room"):
        table.register(other)


def test_kinds_of_one_lane_wait_for_each_other(table, workspace, started):
    table.register(TOY)
    table.register(replace(TOY, name="puzzle", folder="puzzles"))
    bear, puzzle, second = (store.create(kind, "Bear", {}) for kind in ("toy", "puzzle", "toy"))
    for job in (bear, puzzle, second):
        queue.submit(job)
    assert started == [bear.id]
    started.die(bear)
    queue.release(bear)
    assert started == [bear.id, puzzle.id] and queue.waiting("toy") == [second.id]


def test_a_job_of_a_kind_that_is_not_known_any_more_holds_up_nobody(table, workspace, started, monkeypatch):
    table.register(replace(TOY, lane="train"))
    old, new = store.create("toy", "Bear", {}), store.create("train", "Cats", {})
    queue.submit(old)
    monkeypatch.delitem(table.KINDS, "toy")
    queue.submit(new)
    assert started == [old.id, new.id]


def test_a_job_knows_the_file_of_its_result(table, workspace):
    table.register(replace(TOY, result="bear.json"))
    job = store.create("toy", "Bear", {})
    assert job.result == job.folder / "bear.json" and not job.result.exists()
    with pytest.raises(FileNotFoundError):
        store.load_result(job)
    store.save_result(job, TOY)
    assert store.load_result(job)["title"] == "Toy"


def test_a_kind_without_a_result_keeps_none(workspace):
    job = store.create("race", "Cats", {})
    assert job.result is None
    with pytest.raises(ValueError, match="keep no result"):
        store.save_result(job, TOY)
    with pytest.raises(ValueError, match="keep no result"):
        store.load_result(job)
