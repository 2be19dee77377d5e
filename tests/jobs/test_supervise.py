import errno
import signal
import threading

import pytest

from ftcore.errors import DataError, WorkspaceError
from ftcore.events import Failed, Interrupted, Note, Progress
from ftcore.jobs import import_dataset, supervise
from ftcore.runs import log, process, store


@pytest.fixture
def job(workspace):
    return store.create("import", "Colours", {"source": "sample:none"})


@pytest.fixture
def doing(job, monkeypatch, work):
    """``doing(error)``: the state of a job whose work raises ``error``."""

    def run(error):
        def broken(job):
            log.append(job.folder, Progress(stage="read", label="Reading", done=0, total=9))
            raise error

        monkeypatch.setattr(import_dataset, "run", broken)
        return work(job)

    return run


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV])
def test_a_signal_is_an_interruption_that_names_it(number):
    ended = supervise.ending(-number)
    assert isinstance(ended, Interrupted)
    assert number.name in ended.message


def test_a_signal_without_a_name_is_an_interruption_too():
    assert supervise.ending(-(signal.SIGRTMIN + 3)).message == "The worker was ended from outside (signal 37)."


def test_a_kill_for_want_of_memory_says_so():
    assert supervise.ending(-signal.SIGKILL, n_oom_kills=1).message.startswith("The computer ran out of memory")


def test_another_signal_is_not_blamed_on_memory():
    assert "memory" not in supervise.ending(-signal.SIGTERM, n_oom_kills=1).message


def test_a_crash_has_failed_and_points_to_the_details():
    ended = supervise.ending(1)
    assert isinstance(ended, Failed)
    assert "worker.log" in ended.message


def test_what_a_user_can_mend_has_failed_with_its_fix(doing):
    state = doing(DataError("Class 'cat' is empty.", fix="Add pictures."))
    assert (state.status, state.problem) == ("failed", "Class 'cat' is empty. Add pictures.")


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        RuntimeError("CUDA out of memory. Tried to allocate 20.00 MiB."),
        RuntimeError("[enforce fail at alloc_cpu.cpp:127] DefaultCPUAllocator: can't allocate memory: 12 bytes"),
    ],
)
def test_too_little_memory_is_an_interruption(doing, error):
    state = doing(error)
    assert (state.status, state.problem) == (
        "interrupted",
        "The memory was not enough. Start again with a smaller batch or image size.",
    )


def test_a_full_disk_is_an_interruption(doing):
    state = doing(OSError(errno.ENOSPC, "No space left on device"))
    assert (state.status, state.problem.startswith("The disk is full")) == ("interrupted", True)


@pytest.mark.parametrize("error", [ZeroDivisionError("secret"), RuntimeError("secret")])
def test_a_bug_is_left_to_the_supervisor(doing, error):
    with pytest.raises(type(error)):
        doing(error)


def test_a_worker_that_raises_lets_go_of_the_lock(job, doing):
    with pytest.raises(ZeroDivisionError):
        doing(ZeroDivisionError())
    assert not process.is_alive(job.folder)


def test_a_second_worker_leaves_the_job_to_the_first(job, monkeypatch, work):
    first_is_in, first_may_go = threading.Event(), threading.Event()
    calls = []

    def slow(job):
        calls.append(job.id)
        first_is_in.set()
        first_may_go.wait()

    monkeypatch.setattr(import_dataset, "run", slow)
    monkeypatch.setattr(supervise, "PATIENCE", 0.1)
    first = threading.Thread(target=supervise.work, args=(job.folder,))
    first.start()
    first_is_in.wait()
    code = supervise.work(job.folder)
    first_may_go.set()
    first.join()
    assert (code, calls) == (0, [job.id])


@pytest.fixture
def supervised(job, monkeypatch):
    """``supervised(code)``: the job's events after its worker ended with a return code."""

    class Worker:
        def __init__(self, code):
            self.code = code

        def wait(self):
            return self.code

    def run(code):
        monkeypatch.setattr(supervise.subprocess, "Popen", lambda *arguments, **options: Worker(code))
        supervise.supervise(job.folder)
        return log.read(job.folder)[0]

    return run


def test_a_killed_worker_gets_an_ending(supervised):
    (ended,) = supervised(-signal.SIGKILL)
    assert ended.message == "The worker was ended from outside (SIGKILL)."


@pytest.mark.parametrize("code", [0, supervise.FAILED])
def test_a_worker_that_spoke_for_itself_is_not_spoken_for(supervised, code):
    assert supervised(code) == []


def test_an_ending_that_cannot_be_written_does_not_keep_the_place(job, supervised, monkeypatch):
    def full(folder, *events):
        raise WorkspaceError("The disk is full.")

    released = []
    monkeypatch.setattr(log, "append", full)
    monkeypatch.setattr(supervise.queue, "release", released.append)
    supervised(-signal.SIGKILL)
    assert released == [job]


def test_the_next_job_starts_when_a_worker_has_ended(job, supervised, monkeypatch):
    released = []
    monkeypatch.setattr(supervise.queue, "release", released.append)
    supervised(0)
    assert released == [job]


def test_a_worker_that_died_within_a_line_does_not_spoil_the_ending(job, supervised):
    log.append(job.folder, Note(at=1.0, message="a"))
    with (job.folder / log.NAME).open("ab") as file:
        file.write(b'{"kind": "Progr')
    assert [type(event).__name__ for event in supervised(-signal.SIGKILL)] == ["Note", "Unreadable", "Interrupted"]
