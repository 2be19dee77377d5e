import subprocess
import sys
import threading
from pathlib import Path

import pytest

from ftcore.errors import WorkspaceError
from ftcore.events import Finished, Interrupted, Note
from ftcore.runs import log, process, queue, store


def jobs(n, kind="train"):
    return [store.create(kind, "Cats", {}, id=f"{kind}-{number}") for number in range(n)]


def test_jobs_start_in_the_order_in_which_they_came(workspace, started):
    submitted = jobs(4)
    for job in submitted:
        queue.submit(job)
    for job in submitted:
        started.die(job)
        queue.release(job)
    assert started == [job.id for job in submitted]


def test_one_training_runs_at_a_time(workspace, started):
    for job in jobs(3):
        queue.submit(job)
    assert (started, queue.waiting()) == (["train-0"], ["train-1", "train-2"])


def test_imports_run_beside_a_training(workspace, started):
    for job in [*jobs(2), *jobs(3, "import")]:
        queue.submit(job)
    assert started == ["train-0", "import-0", "import-1"]


def test_the_next_one_starts_when_one_ends(workspace, started):
    first, second = jobs(2)
    queue.submit(first)
    queue.submit(second)
    started.die(first)
    queue.release(first)
    assert started == [first.id, second.id]


def test_a_place_that_a_dead_worker_left_is_given_on(workspace, started):
    first, second = jobs(2)
    queue.submit(first)
    queue.submit(second)
    started.die(first)
    queue.start_waiting()
    assert started == [first.id, second.id]


def test_a_job_submitted_twice_starts_once(workspace, started):
    (job,) = jobs(1)
    queue.submit(job)
    queue.submit(job)
    assert (started, queue.waiting()) == ([job.id], [])


def test_a_waiting_job_submitted_twice_waits_once(workspace, started):
    for job in [*jobs(2), *jobs(2)]:
        queue.submit(job)
    assert queue.waiting() == ["train-1"]


def test_a_withdrawn_job_does_not_start(workspace, started):
    first, second = jobs(2)
    queue.submit(first)
    queue.submit(second)
    assert queue.withdraw(second)
    started.die(first)
    queue.release(first)
    assert started == [first.id]


def test_a_job_that_has_started_is_not_withdrawn(workspace, started):
    (job,) = jobs(1)
    queue.submit(job)
    assert not queue.withdraw(job)


def test_a_job_whose_worker_died_can_be_submitted_again_at_once(workspace, started):
    (job,) = jobs(1)
    queue.submit(job)
    started.die(job)
    queue.submit(job)
    assert started == [job.id, job.id]


def test_a_resume_is_not_lost_while_the_supervisor_still_tidies_up(workspace, started, supervisor):
    (job,) = jobs(1)
    queue.submit(job)
    supervisor(job.folder)  # its worker is dead: nobody holds the lock
    log.append(job.folder, Interrupted(message="Ended from outside."))

    def tidy_up():
        started.die(job)
        queue.release(job)

    timer = threading.Timer(0.3, tidy_up)
    timer.start()
    queue.submit(job)
    timer.join()
    assert started == [job.id, job.id]


def test_a_job_that_came_to_its_end_is_not_done_again(workspace, started):
    (job,) = jobs(1)
    log.append(job.folder, Finished(reason="All epochs done.", seconds=1.0))
    queue.submit(job)
    assert (started, queue.waiting()) == ([], [])


def test_a_job_that_is_at_work_although_it_was_never_taken_is_not_started_again(workspace, started):
    first, second = jobs(2)
    queue.submit(first)
    queue.submit(second)
    started.alive.add(second.id)  # whoever started it was killed before it could write that down
    started.die(first)
    queue.release(first)
    assert started == [first.id]


def test_a_waiting_job_whose_folder_is_gone_does_not_block_the_others(workspace, started):
    first, gone, third = jobs(3)
    for job in (first, gone, third):
        queue.submit(job)
    (gone.folder / "settings.json").unlink()
    started.die(first)
    queue.release(first)
    assert started == [first.id, third.id]


def test_releasing_a_job_takes_back_the_note_on_its_supervisor(workspace, started, supervisor):
    (job,) = jobs(1)
    supervisor(job.folder)
    queue.release(job)
    assert not (job.folder / process.NOTE).exists()


def test_a_start_that_fails_leaves_the_job_waiting(workspace, started, monkeypatch):
    def full(job):
        raise WorkspaceError("The disk is full.")

    monkeypatch.setattr(process, "start", full)
    (job,) = jobs(1)
    with pytest.raises(WorkspaceError):
        queue.submit(job)
    assert queue.waiting() == [job.id]


def test_a_queue_that_cannot_be_opened_is_a_sentence(workspace):
    (workspace / "studio.db").mkdir()
    with pytest.raises(WorkspaceError, match=r"The queue of this workspace .* cannot be used"):
        queue.waiting()


def test_many_clicks_at_once_start_a_job_once(workspace, started):
    submitted = jobs(1)[0]
    barrier = threading.Barrier(8)

    def click():
        barrier.wait()
        queue.submit(submitted)

    threads = [threading.Thread(target=click) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert started == [submitted.id]


STARTER = """
import sys
from pathlib import Path
from ftcore.runs import process, queue, store

noted = Path(sys.argv[1])
noted.touch()
process.is_alive = lambda folder: folder.name in noted.read_text().split()
process.start = lambda job: noted.open("a").write(job.id + "\\n")
print("ready", flush=True)
sys.stdin.readline()
for job in sorted(store.list_jobs("import"), key=lambda job: job.id):
    queue.submit(job)
"""


def test_processes_that_submit_the_same_jobs_start_each_of_them_once(workspace, tmp_path):
    jobs(2, "import")
    script = [sys.executable, "-c", STARTER, str(tmp_path / "noted")]
    processes = [
        subprocess.Popen(
            script, cwd=Path(queue.__file__).parents[2], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(3)
    ]
    for process_ in processes:
        assert process_.stdout.readline() == "ready\n"
    for process_ in processes:
        process_.stdin.write("go\n")
        process_.stdin.flush()
    for process_ in processes:
        process_.communicate()
    assert sorted((tmp_path / "noted").read_text().split()) == ["import-0", "import-1"]


def test_the_log_of_a_job_is_left_alone_by_the_queue(workspace, started):
    (job,) = jobs(1)
    log.append(job.folder, Note(at=1.0, message="a"))
    queue.submit(job)
    assert log.read(job.folder)[0] == [Note(at=1.0, message="a")]
