"""What drive promises to every kind of job, shown on one that is registered here."""

import os
from dataclasses import dataclass

import pytest

from ftcore.errors import DataError, WorkspaceError
from ftcore.events import Finished, Note, Progress, Stopped
from ftcore.jobs import drive as driving
from ftcore.jobs.drive import STOPPED, Outcome, drive, event_writer
from ftcore.runs import kinds, log, process, store


@dataclass(frozen=True)
class Bear:
    name: str


@pytest.fixture
def job(workspace, monkeypatch):
    monkeypatch.setattr(kinds, "KINDS", dict(kinds.KINDS))
    row = {"title": "Toy", "doing": "Playing", "worker": "none", "lane": "toy", "result": "bear.json"}
    kinds.register(kinds.JobKind(name="toy", folder="toys", **row))
    return store.create("toy", "Bear", {})


def reading(done, total=100, label="Reading"):
    return Progress(stage="read", label=label, done=done, total=total)


def told(job):
    return log.read(job.folder)[0]


def work(*events, outcome=None):
    yield from events
    return outcome


@pytest.fixture
def clock(monkeypatch):
    """``clock(seconds)`` lets time go by."""
    now = [1000.0]
    monkeypatch.setattr(driving.time, "monotonic", lambda: now[0])

    def advance(seconds):
        now[0] += seconds

    return advance


def test_work_ends_with_its_reason_its_result_and_its_seconds(job):
    drive(job, work(Note(message="a"), outcome=Outcome(reason="Played.", result=Bear("Bo"), earlier_seconds=60.0)))
    note, finished = told(job)
    assert (note.message, finished.reason) == ("a", "Played.") and 60.0 <= finished.seconds < 65.0
    assert store.load_result(job) == {"name": "Bo"}


def test_last_words_are_written_in_one_with_the_end(job, monkeypatch):
    written, append = [], log.append
    monkeypatch.setattr(log, "append", lambda folder, *events, **o: (written.append(events), append(folder, *events)))
    drive(job, work(outcome=Outcome(reason="Played.", last=(Note(message="a"), Note(message="b")))))
    assert [len(events) for events in written] == [3]


def test_work_without_an_outcome_has_said_itself_how_it_ended(job):
    drive(job, work(Note(message="The end.")))
    assert [type(event) for event in told(job)] == [Note] and not job.result.exists()


@pytest.mark.parametrize("after", [0, 1, 5])
def test_work_is_left_between_two_events_when_the_user_asks(job, after):
    seen, tidied = [], []

    def endless():
        try:
            for number in range(100):
                if number == after:
                    process.request_stop(job)
                seen.append(number)
                yield Note(message=str(number))
        finally:
            tidied.append(True)

    if not after:
        process.request_stop(job)
    drive(job, endless())
    *_, stopped, finished = told(job)
    assert isinstance(stopped, Stopped) and (type(finished), finished.reason) == (Finished, STOPPED)
    assert seen == list(range(after + 1 if after else 0)) and tidied == ([True] if after else [])
    assert not job.result.exists()


def test_work_that_cannot_be_left_goes_to_its_end(job):
    process.request_stop(job)
    drive(job, work(Note(message="a"), outcome=Outcome(reason="Played.")), stoppable=False)
    assert [type(event) for event in told(job)] == [Note, Finished]


def test_what_must_not_be_lost_is_on_disk_before_the_work_goes_on(job, monkeypatch):
    synced = []
    monkeypatch.setattr(os, "fsync", lambda handle: synced.append(True))

    def saving():
        yield Stopped()
        assert synced == []
        yield Note(message="an epoch")
        assert synced == [True] and told(job)[-1].message == "an epoch"

    drive(job, saving(), synced=(Note,))


@pytest.mark.parametrize("error", [DataError("No."), KeyboardInterrupt()])
def test_what_ends_the_work_is_raised(job, error):
    def failing():
        yield Note(message="a")
        raise error

    with pytest.raises(type(error)):
        drive(job, failing())
    assert [type(event) for event in told(job)] == [Note]


def test_work_is_tidied_up_after_when_its_log_cannot_be_written(job, monkeypatch):
    tidied = []

    def tidy():
        try:
            yield Note(message="a")
        finally:
            tidied.append(True)

    def full(*_arguments, **_options):
        raise WorkspaceError("The disk is full.")

    monkeypatch.setattr(log, "append", full)
    with pytest.raises(WorkspaceError):
        drive(job, tidy())
    assert tidied == [True]


def test_progress_is_written_as_often_as_anybody_looks(job, clock):
    tell = event_writer(job.folder)
    for done in range(101):
        tell(reading(done))
        clock(0.1)
    assert [event.done for event in told(job)] == [0, *range(3, 100, 3), 100]


def test_the_begin_and_the_end_of_every_stage_are_written(job, clock):
    tell = event_writer(job.folder)
    stages = [reading(done, 3, label) for label in ("Reading", "Checking") for done in (1, 2, 3)]
    for event in stages:
        tell(event)
    assert [(event.label, event.done) for event in told(job)] == [
        ("Reading", 1),
        ("Reading", 3),
        ("Checking", 1),
        ("Checking", 3),
    ]


def test_a_stage_of_unknown_length_does_not_flood_the_log(job, clock):
    tell = event_writer(job.folder)
    for done in range(50):
        tell(reading(done, 0))
    assert len(told(job)) == 1


def test_whatever_is_not_progress_is_always_written(job, clock):
    tell = event_writer(job.folder)
    for number in range(20):
        tell(Note(message=str(number)))
        tell(reading(50))
    assert [event.message for event in told(job) if isinstance(event, Note)] == [str(n) for n in range(20)]
