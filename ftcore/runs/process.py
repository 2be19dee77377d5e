"""The worker of a job: another interpreter that outlives tabs and the server, found again by its folder."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
from filelock import FileLock, Timeout

from ftcore import workspace
from ftcore.runs.store import Job

LOCK = "run.lock"
STOP = "stop"
NOTE = "process.json"
WORKER_ENVIRONMENT = {
    # Waiting threads sleep instead of spinning: beside other work, a nice worker that spins takes three times as long.
    "OMP_WAIT_POLICY": "PASSIVE",
    # glibc gives large blocks back to the kernel at once and faults them in again at the next step: keeping them made
    # full training steps of EfficientNet-Lite0 1.8 times as fast (15 to 28 pictures per second). Other libcs ignore it.
    "MALLOC_MMAP_THRESHOLD_": "1000000000",
    "MALLOC_TRIM_THRESHOLD_": "4000000000",
    "MALLOC_TOP_PAD_": "64000000",
    # Large blocks in pages of 2 MB: 5 % more pictures per second in full training steps (27.3 to 28.4; ConvNeXt-Atto
    # 30.5 to 32.4). glibc before 2.35 ignores it.
    "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",
}
"""What a worker's process is started with, unless the user's environment says otherwise."""

SETTLES = 10.0  # seconds that a supervisor is given to start its worker, or to tidy up after it


def start(job: Job) -> int:
    """Launch ``python -m ftcore.jobs FOLDER`` in a session of its own and return its process id.

    A plain child interpreter, not ``multiprocessing``: a forked server would carry its threads along, and a spawned
    one would import the page script again. Called by the queue, which sees to it that a job is started once.
    """
    (job.folder / STOP).unlink(missing_ok=True)
    environment = {**WORKER_ENVIRONMENT, **os.environ, workspace.VARIABLE: str(workspace.root())}
    environment["PYTHONPATH"] = os.pathsep.join(
        part for part in (str(Path(__file__).parents[2]), environment.get("PYTHONPATH")) if part
    )
    with workspace.disk_errors(), (job.folder / "worker.log").open("ab") as log:
        child = subprocess.Popen(
            [sys.executable, "-m", "ftcore.jobs", str(job.folder)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            cwd=job.folder,
            env=environment,
        )
    try:
        workspace.write_json(job.folder / NOTE, {"pid": child.pid, "born": psutil.Process(child.pid).create_time()})
    except psutil.NoSuchProcess:
        pass  # it is gone already; a missing note says so
    except BaseException:
        child.kill()  # nobody would know of it
        raise
    return child.pid


def is_alive(folder: Path) -> bool:
    """Return True while a worker holds the job's lock, or its supervisor is starting one or tidying up after it.

    The kernel frees the lock on any death, so no note or timestamp can lie; a process id counts only together with
    the time at which that process was born.
    """
    return supervised_since(folder) is not None or _locked(folder)


def settle(folder: Path) -> None:
    """Wait while a supervisor starts its worker or tidies up after it: for moments, in which nobody can tell which."""
    for _ in range(round(SETTLES / 0.02)):
        if supervised_since(folder) is None or _locked(folder):
            return
        time.sleep(0.02)


def request_stop(job: Job) -> None:
    """Ask the worker to leave after the current step and to keep the best that it has."""
    (job.folder / STOP).touch()


def stop_requested(folder: Path) -> bool:
    """Return True once somebody has asked the job to stop."""
    return (folder / STOP).exists()


def supervised_since(folder: Path) -> float | None:
    """Return when the supervisor that is there now was started, seconds since 1970; None when there is none."""
    try:
        note = json.loads((folder / NOTE).read_text())
        supervisor = psutil.Process(note["pid"])
        same = abs(supervisor.create_time() - note["born"]) < 2.0  # a corrected clock moves both times, seldom alike
        return note["born"] if same and supervisor.status() != psutil.STATUS_ZOMBIE else None
    except (OSError, ValueError, KeyError, TypeError, psutil.Error):
        return None


def forget(folder: Path) -> None:
    """Take back the note on this job's supervisor: from here on the job is not alive."""
    (folder / NOTE).unlink(missing_ok=True)


def _locked(folder: Path) -> bool:
    if not (folder / LOCK).exists():
        return False
    for _ in range(5):
        lock = FileLock(folder / LOCK)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            time.sleep(0.005)  # another reader that asks the same question holds it for microseconds; a worker, on
            continue
        lock.release()
        return False
    return True
