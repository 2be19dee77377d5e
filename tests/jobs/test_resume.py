"""A resumed run ends with the numbers of an uninterrupted one, wherever it was cut off."""

import contextlib
import os

import pytest
from safetensors.torch import load_file
from torch.testing import assert_close

from ftcore import workspace
from ftcore.runs import process
from ftcore.runs.tail import Tail
from tests.jobs.power_cut import PowerCut, cut_off_after, disk_full_after

EXACT = 1e-6


@pytest.fixture
def smooth(tiny_dataset, small, work):
    """An uninterrupted run."""
    job = small(tiny_dataset.id)
    work(job)
    return job


def sittings(job, work, context):
    """Do a job in sittings that each end one write later than the one before; returns how many it took."""
    for n in range(1, 1000):
        with context(n):
            state = work_until_cut(job, work)
        if state.is_over:
            return n
    raise AssertionError("the run never ended")


def work_until_cut(job, work):
    with contextlib.suppress(PowerCut):
        work(job)
    return Tail(job).read()


def test_a_run_cut_off_at_every_write_ends_with_the_same_numbers(tiny_dataset, small, work, numbers, smooth):
    job = small(tiny_dataset.id)
    assert sittings(job, work, cut_off_after) > 10
    assert numbers(job) == pytest.approx(numbers(smooth), abs=EXACT)


def test_a_run_cut_off_at_every_write_ends_with_the_same_weights(tiny_dataset, small, work, smooth):
    job = small(tiny_dataset.id, "engine.cache=off")
    uncached = small(tiny_dataset.id, "engine.cache=off")
    work(uncached)
    sittings(job, work, cut_off_after)
    ours, theirs = (load_file(run.folder / "bundle" / "model.safetensors") for run in (job, uncached))
    assert_close(ours, theirs, atol=EXACT, rtol=EXACT)


@pytest.mark.parametrize("n", range(1, 12))
def test_a_run_cut_off_anywhere_is_interrupted(tiny_dataset, small, work, n):
    job = small(tiny_dataset.id, "train.epochs=1", "freeze.preset=head")
    with cut_off_after(n):
        assert work_until_cut(job, work).status == "interrupted"


def test_a_run_stopped_after_it_was_cut_off_between_two_files_tests_the_epoch_it_names(
    tiny_dataset, small, work, numbers, monkeypatch
):
    """The second epoch was better and its weights were written, but the checkpoint that names it was not."""
    job = small(tiny_dataset.id, "train.monitor=loss")
    replace = os.replace

    def until_the_second_checkpoint(source, target):
        if os.path.basename(target) == "last.pt" and os.path.exists(target):
            raise PowerCut
        replace(source, target)

    with monkeypatch.context() as patch, pytest.raises(PowerCut):
        patch.setattr(os, "replace", until_the_second_checkpoint)
        work(job)
    assert (job.folder / "checkpoints" / "best-1.safetensors").exists()
    monkeypatch.setattr(process, "stop_requested", lambda folder: True)
    work(job)
    one_epoch = small(tiny_dataset.id, "train.monitor=loss")
    steps = iter(range(1, 1_000_000))
    monkeypatch.setattr(process, "stop_requested", lambda folder: next(steps) > 6)
    work(one_epoch)
    assert numbers(job) == pytest.approx(numbers(one_epoch), abs=EXACT)


def test_a_full_disk_is_an_interruption_with_a_sentence(tiny_dataset, small, work):
    job = small(tiny_dataset.id, "engine.cache=off")
    with disk_full_after(6):
        state = work(job)
    assert (state.status, state.problem) == (
        "interrupted",
        "The disk is full, so the file could not be written. Free some space and try again.",
    )


def test_a_full_disk_leaves_no_half_written_file(tiny_dataset, small, work):
    job = small(tiny_dataset.id, "engine.cache=off")
    with disk_full_after(6):
        work(job)
    assert [path.name for path in job.folder.rglob("*.part")] == []


def test_a_run_on_a_disk_that_was_full_at_every_write_ends_with_the_same_numbers(tiny_dataset, small, work, numbers):
    job, smooth = (small(tiny_dataset.id, "engine.cache=off") for _ in range(2))
    work(smooth)
    assert sittings(job, work, disk_full_after) > 5
    assert numbers(job) == pytest.approx(numbers(smooth), abs=EXACT)


def test_a_resumed_run_does_not_need_the_features_that_it_kept(tiny_dataset, small, work, numbers, smooth):
    job = small(tiny_dataset.id)
    with cut_off_after(20), pytest.raises(PowerCut):
        work(job)
    workspace.remove_folder(workspace.folder("cache") / "frozen")
    work(job)
    assert numbers(job) == pytest.approx(numbers(smooth), abs=EXACT)


def test_a_damaged_checkpoint_is_a_sentence(tiny_dataset, small, work):
    job = small(tiny_dataset.id)
    with cut_off_after(20), pytest.raises(PowerCut):
        work(job)
    (job.folder / "checkpoints" / "last.pt").write_bytes(b"not a checkpoint")
    state = work(job)
    assert (state.status, state.problem) == (
        "failed",
        "The checkpoint of this run cannot be read. Start the run again.",
    )
