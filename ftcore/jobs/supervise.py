"""The two processes of a job. The supervisor starts the worker and learns how it ended; the worker holds the lock."""

import contextlib
import importlib
import signal
import subprocess
import sys
import traceback
from pathlib import Path

from filelock import FileLock, Timeout

from ftcore import hardware, workspace
from ftcore.errors import FinetuneError, WorkspaceError
from ftcore.events import Event, Failed, Interrupted, Progress, Started
from ftcore.jobs import LOADING
from ftcore.runs import kinds, log, process, queue, store

PATIENCE = 5.0  # seconds for a worker that has just been killed to let go of the lock
FAILED = 3  # exit code of a worker that has written why it failed


def supervise(folder: Path) -> int:
    """Run the worker to its end, write its ending where it could not, and let the next job start."""
    job = store.load(folder)
    kills_before = hardware.oom_kills()
    worker = subprocess.Popen([sys.executable, "-m", "ftcore.jobs", str(folder), "--work"], stdin=subprocess.DEVNULL)
    code = worker.wait()
    if code not in (0, FAILED):
        with contextlib.suppress(FinetuneError, OSError):  # a full disk: the free lock then tells as much
            log.append(folder, ending(code, n_oom_kills=hardware.oom_kills() - kills_before))
    queue.release(job)
    return code


def ending(code: int, *, n_oom_kills: int = 0) -> Event:
    """The ending of a worker that said nothing itself, in words.

    Args:
        code: Its return code; minus the number of a signal that killed it.
        n_oom_kills: How many processes the kernel killed for want of memory meanwhile.
    """
    if code == -signal.SIGKILL and n_oom_kills:
        return Interrupted(
            message="The computer ran out of memory and ended the worker.",
            fix="Resume after closing other programs, or start again with a smaller batch or image size.",
        )
    if code < 0:
        name = signal.Signals(-code).name if -code in set(signal.Signals) else f"signal {-code}"
        return Interrupted(
            message=f"The worker was ended from outside ({name}).", fix="Resume it: what was saved goes on from there."
        )
    return Failed(
        message="Something went wrong inside the app; the details are in the run's worker.log.",
        fix="Resume to try again; nothing that was saved is lost.",
    )


def work(folder: Path) -> int:
    """Do the job of a folder. Returns 0, or ``FAILED`` when the log says why not."""
    lock = FileLock(folder / process.LOCK)
    try:
        lock.acquire(timeout=PATIENCE)
    except Timeout:
        print("another worker holds this job", file=sys.stderr)
        return 0
    hardware.be_nice()
    try:
        with workspace.disk_errors():
            _run(store.load(folder))
    except WorkspaceError as error:
        traceback.print_exc()
        return _say(folder, Interrupted(message=error.what, fix=error.fix))
    except FinetuneError as error:
        traceback.print_exc()
        return _say(folder, Failed(message=error.what, fix=error.fix))
    except (MemoryError, RuntimeError) as error:
        if not hardware.is_about_memory(error):
            raise
        traceback.print_exc()
        return _say(
            folder,
            Interrupted(message="The memory was not enough.", fix="Start again with a smaller batch or image size."),
        )
    finally:
        lock.release()
    return 0


def _run(job: store.Job) -> None:
    kind = kinds.find(job.kind)
    log.append(job.folder, Started())
    if kind.starts_torch:
        log.append(job.folder, Progress(stage="load", label="Starting PyTorch", done=0, total=LOADING))
    importlib.import_module(kind.worker).run(job)


def _say(folder: Path, event: Event) -> int:
    with contextlib.suppress(FinetuneError, OSError):  # nothing can be written on a full disk; the log stays open-ended
        log.append(folder, event)
    return FAILED
