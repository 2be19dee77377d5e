import os
import shutil
import signal
import time

import psutil
import pytest
from filelock import FileLock

from ftcore import workspace as disk
from ftcore.datasets import versions
from ftcore.datasets.records import list_datasets, open_dataset
from ftcore.errors import DataError
from ftcore.events import Progress
from ftcore.jobs import drive, import_dataset
from ftcore.runs import log, process, queue, store
from ftcore.runs.tail import Tail


@pytest.fixture
def upload(tiny_zip, workspace):
    """The pictures as a page leaves them in the workspace."""
    path = disk.folder("uploads") / "colours.zip"
    shutil.copy(tiny_zip, path)
    return path


@pytest.fixture
def job(upload):
    return store.create("import", "Colours", {"source": str(upload), "name": "Colours", "upload": True})


def test_an_import_ends_with_a_data_set(job, work):
    state = work(job)
    assert (state.status, open_dataset(state.dataset).n_images) == ("finished", 60)


def test_an_import_says_how_far_it_is(job, work):
    work(job)
    assert any(isinstance(event, Progress) and event.done == event.total == 60 for event in log.read(job.folder)[0])


def test_the_time_of_a_stage_is_counted_from_its_own_start(job, monkeypatch):
    clock = iter(range(0, 10**6, 100))  # every look at the clock takes 100 seconds
    monkeypatch.setattr(import_dataset.time, "perf_counter", lambda: float(next(clock)))
    monkeypatch.setattr(drive, "_BETWEEN", -1.0)  # every report is written

    def slow(source, *, on_progress, **options):
        for label in ("Downloading", "Reading pictures"):
            for done in range(4):
                on_progress(label, done, 3)
        raise DataError("Enough.")

    monkeypatch.setattr(import_dataset, "import_source", slow)
    with pytest.raises(DataError):
        import_dataset.run(job)
    seconds = [event.seconds for event in log.read(job.folder)[0] if isinstance(event, Progress)]
    assert seconds == [0, 100, 200, 300] * 2


def test_the_upload_is_removed_after_the_import(job, work, upload):
    work(job)
    assert not upload.exists()


def test_pictures_that_lie_elsewhere_are_left_there(tiny_zip, workspace, work):
    work(store.create("import", "Colours", {"source": str(tiny_zip)}))
    assert tiny_zip.exists()


def test_a_data_set_is_divided_again(tiny_dataset, work):
    request = {"divide": tiny_dataset.id, "split_by": "near", "split": "60/20/20", "seed": 1}
    state = work(store.create("import", "Colours", request))
    again = open_dataset(state.dataset)
    assert state.status == "finished" and versions.parent(again) == tiny_dataset
    assert (again.split_source, again.sizes) == ("near", (36, 12, 12))


def test_a_broken_zip_is_a_sentence(job, work, upload):
    upload.write_bytes(b"not a zip")
    state = work(job)
    assert (state.status, state.dataset, list_datasets()) == ("failed", "", [])
    assert state.problem.count("\n") == 0


def test_an_upload_that_cannot_be_used_is_removed(job, work, upload):
    upload.write_bytes(b"not a zip")
    work(job)
    assert not upload.exists()


def test_an_upload_is_kept_when_the_disk_was_full(job, work, upload, monkeypatch):
    def full(n_bytes, what):
        raise disk.WorkspaceError("The disk is full.")

    monkeypatch.setattr(disk, "require_space", full)
    assert (work(job).status, upload.exists()) == ("interrupted", True)


def aged(path, days):
    path.touch()
    os.utime(path, (time.time() - days * 86400,) * 2)
    return path


def test_uploads_that_nobody_will_import_any_more_are_swept(job, work, upload, monkeypatch):
    folder = upload.parent
    expected = {}
    for state, days, stays in (
        ("interrupted", 8, False),
        ("interrupted", 6, True),
        ("waiting", 30, True),
        ("working", 30, True),
    ):
        paths = [aged(folder / f"{state}-{days}{ending}", days) for ending in (".zip", ".csv")]
        other = store.create("import", state, {"source": str(paths[0]), "upload": True, "table": str(paths[1])})
        expected |= {path.name: stays for path in paths}
        if state == "waiting":
            monkeypatch.setattr(queue, "waiting", lambda kind="train", id=other.id: [id])
        if state == "working":
            lock = FileLock(other.folder / process.LOCK)
            lock.acquire()
    expected |= {
        aged(folder / name, days).name: days < 1 for name, days in (("none.zip", 2), (".half.zip.1.part", 0.5))
    }
    expected[aged(upload, 30).name] = False  # its own: read, and then removed as always
    state = work(job)
    lock.release()
    assert state.status == "finished"
    assert {path.name for path in folder.iterdir()} == {name for name, stays in expected.items() if stays}


def test_an_upload_that_was_swept_is_asked_for_again(job, work, upload):
    upload.unlink()
    state = work(job)
    assert state.status == "failed" and "not there any more" in state.problem and "Upload" in state.problem


@pytest.fixture
def killed(workspace):
    """An import that was killed together with its supervisor while it read pictures."""
    job = store.create("import", "Digits", {"source": "sample:digits"})
    queue.submit(job)
    supervisor = psutil.Process(process.json.loads((job.folder / process.NOTE).read_text())["pid"])
    while not log.read(job.folder)[0]:
        assert supervisor.is_running()
    os.killpg(supervisor.pid, signal.SIGKILL)
    while process.is_alive(job.folder):
        pass
    return job


def test_a_killed_import_leaves_no_data_set_and_can_be_resumed(killed, work):
    assert (Tail(killed).read().status, list_datasets()) == ("interrupted", [])
    state = work(killed)
    assert (state.status, open_dataset(state.dataset).n_images) == ("finished", 1797)
