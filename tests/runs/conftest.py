"""Workers that are not there: a lock that somebody holds, and a start that only takes notes."""

import contextlib
import fcntl
import json
import os

import psutil
import pytest

from ftcore.runs import process


@pytest.fixture
def worker_lock():
    """``with worker_lock(folder)``: a worker holds the lock of the job."""

    @contextlib.contextmanager
    def held(folder):
        with (folder / process.LOCK).open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    return held


@pytest.fixture
def supervisor():
    """``supervisor(folder)``: the note of a supervisor that is alive, born at ``born``."""

    def write(folder, born=None):
        true = psutil.Process().create_time()
        (folder / process.NOTE).write_text(json.dumps({"pid": os.getpid(), "born": true if born is None else born}))

    return write


class Started(list):
    """Ids of the jobs that were started, in order; those in ``alive`` are still at work."""

    def __init__(self):
        self.alive = set()

    def die(self, job):
        """The worker and its supervisor are killed."""
        self.alive.discard(job.id)


@pytest.fixture
def started(monkeypatch):
    """Jobs are started on paper only."""
    noted = Started()

    def start(job):
        noted.append(job.id)
        noted.alive.add(job.id)
        return 1

    monkeypatch.setattr(process, "start", start)
    monkeypatch.setattr(process, "is_alive", lambda folder: folder.name in noted.alive)
    return noted
