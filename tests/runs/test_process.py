import os
import signal
import subprocess
import sys

import psutil
import pytest

from ftcore.errors import WorkspaceError
from ftcore.runs import process, store

HOLDER = """
import sys, time
from filelock import FileLock
lock = FileLock(sys.argv[1])
lock.acquire()
print("held", flush=True)
time.sleep(600)
"""


@pytest.fixture
def job(workspace):
    return store.create("train", "Cats", {})


@pytest.fixture
def holder(job):
    """Another process that holds the job's lock."""
    child = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(job.folder / process.LOCK)], stdout=subprocess.PIPE, text=True
    )
    assert child.stdout.readline() == "held\n"
    yield child
    child.kill()
    child.communicate()


def test_a_job_that_never_started_is_not_alive(job):
    assert not process.is_alive(job.folder)


def test_a_job_whose_lock_is_held_is_alive(job, holder):
    assert process.is_alive(job.folder)


def test_a_job_is_dead_as_soon_as_its_worker_is_killed(job, holder):
    holder.kill()
    holder.wait()
    assert not process.is_alive(job.folder)


def test_a_worker_that_was_halted_is_alive(job, holder):
    holder.send_signal(signal.SIGSTOP)
    assert process.is_alive(job.folder)


def test_asking_leaves_the_lock_to_the_next_worker(job, worker_lock):
    with worker_lock(job.folder):
        pass
    assert not process.is_alive(job.folder)
    assert not process.is_alive(job.folder)


def test_a_supervisor_counts_before_its_worker_holds_the_lock(job, supervisor):
    supervisor(job.folder)
    assert process.is_alive(job.folder)


def test_a_process_that_got_the_number_of_a_dead_supervisor_does_not_count(job, supervisor):
    supervisor(job.folder, born=psutil.Process().create_time() - 3600)
    assert not process.is_alive(job.folder)


def test_a_supervisor_that_nobody_has_buried_does_not_count(job):
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    note = {"pid": child.pid, "born": psutil.Process(child.pid).create_time()}
    store.workspace.write_json(job.folder / process.NOTE, note)
    os.kill(child.pid, signal.SIGKILL)
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert not process.is_alive(job.folder)
    child.communicate()


@pytest.mark.parametrize("note", ["", "{", "[]", "{}", '{"pid": "x", "born": 1}', '{"pid": -1, "born": 1}'])
def test_a_broken_note_is_nobody(job, note):
    (job.folder / process.NOTE).write_text(note)
    assert not process.is_alive(job.folder)


def test_a_stop_is_a_file_that_the_worker_looks_for(job):
    process.request_stop(job)
    assert process.stop_requested(job.folder)


@pytest.fixture
def quiet_start(monkeypatch):
    """``process.start`` launches something harmless; the children are in the list."""
    children, popen = [], subprocess.Popen

    def launch(command, **options):
        children.append(popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True))
        return children[-1]

    monkeypatch.setattr(process.subprocess, "Popen", launch)
    yield children
    for child in children:
        child.kill()
        child.wait()


def test_a_started_job_is_alive_at_once(job, quiet_start):
    process.start(job)
    assert process.is_alive(job.folder)


def test_a_stop_of_an_earlier_sitting_does_not_stop_the_next_one(job, quiet_start):
    process.request_stop(job)
    process.start(job)
    assert not process.stop_requested(job.folder)


def test_a_supervisor_that_cannot_be_noted_is_not_left_running(job, quiet_start, monkeypatch):
    def full(path, value):
        raise WorkspaceError("The disk is full.")

    monkeypatch.setattr(process.workspace, "write_json", full)
    with pytest.raises(WorkspaceError):
        process.start(job)
    assert quiet_start[0].wait(timeout=60) == -signal.SIGKILL


def test_a_job_whose_worker_holds_the_lock_is_not_waited_for(job, supervisor, worker_lock):
    supervisor(job.folder)
    with worker_lock(job.folder):
        process.settle(job.folder)  # would take SETTLES seconds
        assert process.is_alive(job.folder)
