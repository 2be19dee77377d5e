"""A real worker, killed for real at one moment after another, against one that nobody disturbed."""

import os
import random
import signal
import time
from functools import partial

import psutil
import pytest

from ftcore import workspace as disk
from ftcore.datasets.importing.importer import import_source
from ftcore.events import Progress
from ftcore.runs import log, process, queue
from ftcore.runs.tail import Tail
from ftcore.training.events import EpochDone, Planned

DEADLINE = 120.0  # seconds that nothing here comes near to
MOMENTS = ("loading", "features", "mid-epoch", "checkpoint", "power cut", "test")
EPOCHS = ("model.name=tf_efficientnet_lite0", "train.epochs=8")


def until(met, job):
    """Wait for a condition on the job; a job that is over meanwhile is a defect of the test."""
    began = time.monotonic()
    while not met():
        assert time.monotonic() - began < DEADLINE, log.read(job.folder)[0][-3:]
        time.sleep(0.004)


def happened(job, *kinds, after=0, **values):
    """Whether the log tells of such an event after a byte offset."""
    return any(
        isinstance(event, kinds) and all(getattr(event, key) == value for key, value in values.items())
        for event in log.read(job.folder, after)[0]
    )


def processes(job):
    """The supervisor of a job and its worker, once both are there."""
    note = process.json.loads((job.folder / process.NOTE).read_text())
    supervisor = psutil.Process(note["pid"])
    return supervisor, supervisor.children()[0]


def kill(job, *, supervisor_too=False):
    """SIGKILL to the worker, as by the kernel, or to both at once, as by a power cut."""
    supervisor, worker = processes(job)
    if supervisor_too:
        os.killpg(supervisor.pid, signal.SIGKILL)
    else:
        worker.kill()
    until(lambda: not process.is_alive(job.folder), job)


def at(moment, job, after, delay):
    """Wait for a moment of the sitting whose log begins at ``after``, or for its test stage if that is first."""
    folder = job.folder / "checkpoints"
    testing = partial(happened, job, Progress, after=after, stage="test")
    met = {
        "loading": partial(happened, job, Progress, after=after, stage="load"),
        "features": partial(happened, job, Progress, after=after, stage="fill_training"),
        "mid-epoch": partial(happened, job, EpochDone, after=after),
        "checkpoint": lambda: happened(job, Planned, after=after) and any(folder.glob(".*.part")),
        "power cut": partial(happened, job, EpochDone, after=after),
        "test": testing,
    }[moment]
    until(lambda: met() or testing(), job)
    if moment in ("loading", "mid-epoch"):
        time.sleep(delay * 0.1)


@pytest.fixture(scope="module")
def story(tiny_zip, small, tmp_path_factory):
    """The undisturbed run, the killed one, and what was true after each kill."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(disk.VARIABLE, str(tmp_path_factory.mktemp("killed")))
        dataset = import_source(tiny_zip)
        smooth = small(dataset.id, *EPOCHS)
        queue.submit(smooth)
        until(lambda: Tail(smooth).read().is_over and not process.is_alive(smooth.folder), smooth)
        disk.remove_folder(disk.folder("cache") / "frozen")
        job, seen, dice = small(dataset.id, *EPOCHS), {}, random.Random(7)
        for moment in MOMENTS:
            path = job.folder / log.NAME
            after = path.stat().st_size if path.exists() else 0
            queue.submit(job)
            at(moment, job, after, dice.random())
            kill(job, supervisor_too=moment == "power cut")
            seen[moment] = Tail(job).read()
        queue.submit(job)
        until(lambda: Tail(job).read().is_over and not process.is_alive(job.folder), job)
        yield smooth, job, seen


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_killed_run_is_interrupted(story, moment):
    assert story[2][moment].status == "interrupted"


@pytest.mark.parametrize("moment", sorted({*MOMENTS} - {"power cut"}))
def test_a_killed_worker_is_told_in_words(story, moment):
    assert story[2][moment].problem.startswith("The worker was ended from outside (SIGKILL).")


def test_a_power_cut_is_told_in_words(story):
    assert story[2]["power cut"].problem.startswith("The worker ended without a word")


def test_a_run_that_was_killed_again_and_again_finishes(story):
    assert Tail(story[1]).read().status == "finished"


def test_a_run_that_was_killed_again_and_again_ends_with_the_same_numbers(story, numbers):
    smooth, killed, _ = story
    assert numbers(killed) == pytest.approx(numbers(smooth), abs=1e-6)


def test_every_epoch_counts_once(story):
    assert [row["epoch"] for row in Tail(story[1]).read().history] == list(range(8))
