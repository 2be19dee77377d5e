import json

import pytest

from ftcore.errors import RunError
from ftcore.runs import process, queue, store


def test_the_same_id_twice_is_the_same_job(workspace):
    first = store.create("train", "Cats", {"seed": 1}, id="cats-1")
    second = store.create("train", "Dogs", {"seed": 2}, id="cats-1")
    assert second == first
    assert [job.id for job in store.list_jobs()] == ["cats-1"]


def test_a_job_is_found_as_it_was_made(workspace):
    job = store.create("train", "Cats & dogs", {"seed": 1})
    assert store.find(job.id) == job


def test_names_are_cleaned(workspace):
    assert store.create("train", "=cats\n\u202edogs", {}).name == "cats dogs"


def test_trainings_and_imports_are_kept_apart(workspace):
    store.create("import", "Upload", {}, id="same")
    with pytest.raises(RunError, match="no run 'same'"):
        store.find("same")


@pytest.mark.parametrize("id", ["../x", "a/b", "", ".", "A", "x" * 100, "a\n"])
def test_an_id_that_could_be_a_path_is_a_sentence(workspace, id):
    with pytest.raises(RunError, match=r"There is no run .* Choose one of the list"):
        store.find(id)


@pytest.mark.parametrize("id", ["../x", "a/b", ".hidden"])
def test_no_job_is_made_outside_its_folder(workspace, id):
    with pytest.raises(RunError, match="cannot name a run"):
        store.create("train", "Cats", {}, id=id)


def test_an_unknown_run_is_a_sentence(workspace):
    with pytest.raises(RunError, match=r"There is no run 'cats' in this workspace. Choose one of the list of runs."):
        store.find("cats")


def test_the_newest_run_comes_first(workspace):
    made = [store.create("train", "Cats", {}).id for _ in range(3)]
    assert [job.id for job in store.list_jobs()] == made[::-1]


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '"text"', '{"id": "broken"}', None])
def test_a_broken_folder_is_passed_over(workspace, content):
    job = store.create("train", "Cats", {})
    (job.folder.parent / "broken").mkdir()
    if content is not None:
        (job.folder.parent / "broken" / "settings.json").write_text(content)
    assert store.list_jobs() == [job]


def test_a_folder_copied_by_hand_is_not_the_same_run_twice(workspace):
    job = store.create("train", "Cats", {})
    copied = job.folder.parent / "copied"
    copied.mkdir()
    (copied / "settings.json").write_text((job.folder / "settings.json").read_text())
    assert store.list_jobs() == [job]


def test_settings_are_written_as_they_were_asked_for(workspace):
    job = store.create("train", "Cats", {"model": {"name": "x"}})
    assert json.loads((job.folder / "settings.json").read_text())["request"] == {"model": {"name": "x"}}


def test_a_run_that_works_is_not_deleted(workspace, worker_lock):
    job = store.create("train", "Cats", {})
    with worker_lock(job.folder), pytest.raises(RunError, match=r"Run 'Cats' is still working. Stop it first."):
        queue.delete(job)
    assert store.find(job.id) == job


def test_a_dead_run_is_deleted_with_everything_in_it(workspace):
    job = store.create("train", "Cats", {})
    (job.folder / "checkpoints").mkdir()
    (job.folder / "checkpoints" / "last.pt").write_bytes(b"weights")
    (job.folder / process.LOCK).touch()
    queue.delete(job)
    assert list(job.folder.parent.iterdir()) == []


def test_a_waiting_run_is_deleted_from_the_queue_too(workspace, started):
    first, second = (store.create("train", "Cats", {}) for _ in range(2))
    queue.submit(first)
    queue.submit(second)
    queue.delete(second)
    assert queue.waiting() == []
