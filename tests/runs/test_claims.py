import os
import time

import pytest

from ftcore.runs import claims, process, queue, store


@pytest.fixture
def jobs(workspace, started):
    """Two estimates: one is worked on, the other waits for it."""
    found = [store.create("estimate", "Cats", {}, id=f"cats-{number}") for number in range(2)]
    for job in found:
        queue.submit(job)
    return found


def grow_old(job, who):
    """Nobody looks for a while."""
    then = time.time() - claims.ALIVE - 1
    os.utime(claims._claim(job, who), (then, then))


def test_a_job_is_wanted_while_somebody_claims_it(jobs):
    job, _ = jobs
    assert not claims.is_wanted(job)
    claims.hold(job, "a")
    assert claims.is_wanted(job)
    grow_old(job, "a")
    assert not claims.is_wanted(job)
    claims.hold(job, "a")
    assert claims.is_wanted(job)


def test_a_job_that_somebody_else_wants_goes_on(jobs):
    working, waiting = jobs
    for job in jobs:
        claims.hold(job, "a")
        claims.hold(job, "b")
        claims.release(job, "a")
    assert not process.stop_requested(working.folder) and queue.waiting("estimate") == [waiting.id]


def test_the_last_to_release_a_job_stops_it(jobs):
    working, _ = jobs
    for job in jobs:
        for who in ("a", "b"):
            claims.hold(job, who)
        for who in ("a", "b"):
            claims.release(job, who)
    assert process.stop_requested(working.folder) and queue.waiting("estimate") == []
    assert queue.entered("estimate") == [working.id]


def test_a_dead_claim_keeps_nothing_alive(jobs):
    working, _ = jobs
    claims.hold(working, "a")
    claims.hold(working, "closed")
    grow_old(working, "closed")
    claims.release(working, "a")
    assert process.stop_requested(working.folder)


def test_who_never_wanted_a_job_does_not_stop_it(jobs):
    working, _ = jobs
    claims.hold(working, "a")
    grow_old(working, "a")
    claims.release(working, "b")
    assert not process.stop_requested(working.folder)


def test_work_that_nobody_alive_wants_makes_room_for_others(jobs):
    working, waiting = jobs
    claims.hold(working, "closed")
    claims.hold(waiting, "a")
    claims.sweep("estimate")
    assert not process.stop_requested(working.folder), "its page may be looking again in a moment"
    grow_old(working, "closed")
    claims.sweep("estimate")
    assert process.stop_requested(working.folder) and queue.waiting("estimate") == [waiting.id]


def test_work_that_was_never_claimed_is_left_alone(jobs):
    claims.sweep("estimate")
    assert not process.stop_requested(jobs[0].folder) and queue.waiting("estimate") == [jobs[1].id]


def test_a_job_that_is_over_is_not_asked_to_stop(jobs, started):
    working, _ = jobs
    claims.hold(working, "a")
    started.die(working)
    queue.release(working)
    claims.release(working, "a")
    assert not process.stop_requested(working.folder)


def test_a_job_that_was_deleted_meanwhile_is_no_error(jobs, started):
    working, _ = jobs
    started.die(working)
    queue.delete(working)
    claims.hold(working, "a")
    claims.release(working, "a")
    queue.stop(working)
    claims.sweep("estimate")
    assert not working.folder.exists() and not claims.is_wanted(working)


@pytest.mark.parametrize("who", ["../a", "", "a/b", "Ä" * 300])
def test_anything_may_name_who_wants_it(jobs, who):
    claims.hold(jobs[0], who)
    assert claims.is_wanted(jobs[0]) and len(list((jobs[0].folder / claims.FOLDER).iterdir())) == 1
