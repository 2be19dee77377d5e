import time

import psutil
import pytest

from ftcore.events import Failed, Finished, Interrupted, Progress, Stopped
from ftcore.runs import log, process, queue, store
from ftcore.runs.tail import Tail
from ftcore.training import events as told
from ftcore.training.events import Planned, Resumed

PLANNED = Planned(model="m", n_epochs=1, n_steps=10, n_parameters=1, n_train=8, n_val=2, monitor="accuracy", phases=[])
TESTING = Progress(stage="test", label="Testing", done=1, total=2)
FAILED = Failed(message="The loss became nan.", fix="Lower the rate.")


@pytest.fixture
def job(workspace):
    return store.create("train", "Cats", {})


@pytest.fixture
def status(job):
    """What a fresh reader says after some events."""

    def read(*events):
        log.append(job.folder, *events)
        return Tail(job).read().status

    return read


def test_a_job_in_the_queue_waits(job, started):
    queue.submit(store.create("train", "Dogs", {}))
    queue.submit(job)
    assert Tail(job).read().status == "waiting"


def test_a_job_that_was_taken_out_of_the_queue_says_so(job):
    state = Tail(job).read()
    assert (state.status, state.problem) == (
        "interrupted",
        "It has not started, and it does not wait in the queue.",
    )


def test_a_job_whose_worker_has_said_nothing_yet_is_starting(job, supervisor):
    supervisor(job.folder)
    assert Tail(job).read().status == "starting"


def test_a_job_that_reports_is_working(job, status, worker_lock):
    with worker_lock(job.folder):
        assert status(PLANNED) == "working"


def test_a_job_that_was_asked_to_stop_is_stopping(job, status, worker_lock):
    process.request_stop(job)
    with worker_lock(job.folder):
        assert status(PLANNED) == "stopping"


def test_a_job_that_works_in_the_log_but_not_in_memory_is_interrupted(job, status):
    assert status(PLANNED) == "interrupted"


def test_a_power_cut_is_told_in_words(job, status):
    status(PLANNED)
    assert Tail(job).read().problem.startswith("The worker ended without a word")


def test_an_interruption_keeps_the_words_of_the_supervisor(job, status):
    status(PLANNED, Interrupted(message="Out of memory.", fix="Resume."))
    assert Tail(job).read().problem == "Out of memory. Resume."


def test_a_stop_that_was_asked_of_a_dead_worker_is_an_interruption(job, status):
    process.request_stop(job)
    assert status(PLANNED) == "interrupted"


def test_a_finished_job_is_finished_while_its_worker_leaves(job, status, worker_lock):
    with worker_lock(job.folder):
        assert status(PLANNED, Finished(reason="Done.", seconds=1.0)) == "finished"


def test_a_stopped_job_is_stopped_although_the_stop_file_is_there(job, status, worker_lock):
    process.request_stop(job)
    with worker_lock(job.folder):
        assert status(PLANNED, Stopped(), Finished(reason="Stopped.", seconds=1.0)) == "stopped"


def test_a_failure_is_not_the_end_while_the_best_epoch_is_tested(job, status, worker_lock):
    with worker_lock(job.folder):
        assert status(PLANNED, FAILED, TESTING) == "working"


def test_a_failure_is_not_the_end_while_the_model_is_written(job, status, worker_lock):
    with worker_lock(job.folder):
        assert status(PLANNED, FAILED, TESTING, told.Tested(split="test", n_images=2, scores={})) == "stopping"


def test_a_failed_job_has_failed_once_its_worker_is_gone(job, status):
    assert status(PLANNED, FAILED) == "failed"


def test_a_failed_job_in_the_queue_waits(job, status, started):
    queue.submit(store.create("train", "Dogs", {}))
    queue.submit(job)
    assert status(PLANNED, FAILED) == "waiting"


@pytest.mark.parametrize("ending", [FAILED, Interrupted(message="Ended from outside.")])
def test_a_job_that_is_begun_again_is_starting(job, status, supervisor, monkeypatch, ending):
    supervisor(job.folder)
    monkeypatch.setattr(process, "supervised_since", lambda folder: time.time() + 1)
    assert status(PLANNED, ending) == "starting"


@pytest.mark.parametrize("ending", [FAILED, Interrupted(message="Ended from outside.")])
def test_a_job_whose_supervisor_tidies_up_is_stopping(job, status, supervisor, ending):
    supervisor(job.folder)
    assert status(PLANNED, ending) == "stopping"


def test_a_job_whose_turn_comes_while_it_is_read_is_not_interrupted(job, supervisor, monkeypatch):
    def its_turn_comes(kind):
        supervisor(job.folder)
        return []

    monkeypatch.setattr(queue, "waiting", its_turn_comes)
    assert Tail(job).read().status == "starting"


def test_only_what_is_new_is_read(job, worker_lock):
    tail = Tail(job)
    with worker_lock(job.folder):
        log.append(job.folder, PLANNED)
        tail.read()
        log.append(job.folder, Resumed(epoch=0), TESTING)
        state = tail.read()
    assert (state.plan, state.stage) == (PLANNED, TESTING)


def test_the_number_of_a_dead_supervisor_does_not_keep_a_job_alive(job, status, supervisor):
    supervisor(job.folder, born=psutil.Process().create_time() - 3600)
    assert status(PLANNED) == "interrupted"
