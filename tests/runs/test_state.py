import pytest

from ftcore.events import Failed, Finished, Interrupted, Note, Progress, Started, Stopped, Unreadable
from ftcore.runs.state import JobState, replay

FAILED = Failed(at=5.0, message="There are no pictures.", fix="Add some.")
KILLED = Interrupted(at=6.0, message="The worker was ended from outside (SIGKILL).", fix="Resume it.")
FINISHED = Finished(at=9.0, reason="Drawn.", seconds=8.0)


def reading(done=0, *, total=20):
    return Progress(at=2.0 + done, stage="read", label="Reading", done=done, total=total, seconds=float(done))


STORY = [
    Started(at=1.0),
    reading(),
    Note(at=2.5, message="One was left out."),
    Unreadable(),
    reading(7),
    KILLED,
    Unreadable(at=7.0),
    Started(at=8.0),
    Note(at=8.5, message="One was left out."),
    reading(3),
    FAILED,
    Unreadable(),
    Started(at=8.8),
    reading(20),
    Stopped(at=8.9),
    FINISHED,
]


def told(*events):
    return replay(events, JobState())


@pytest.mark.parametrize("split", range(len(STORY) + 1))
def test_reading_in_two_parts_gives_the_same_state(split):
    assert replay(STORY[split:], told(*STORY[:split])) == told(*STORY)


def test_nothing_read_is_waiting():
    assert told() == JobState(status="waiting")


@pytest.mark.parametrize(
    ("events", "status", "is_over", "is_idle"),
    [
        ([], "waiting", False, False),
        ([Started()], "starting", False, False),
        ([Started(), reading()], "working", False, False),
        ([Started(), reading(), Stopped()], "stopping", False, False),
        ([Started(), KILLED], "interrupted", False, True),
        ([Started(), FAILED], "failed", True, True),
        ([Started(), FINISHED], "finished", True, True),
        ([Started(), Stopped(), FINISHED], "stopped", True, True),
        ([Started(), FAILED, FINISHED], "failed", True, True),
    ],
)
def test_the_status_follows_from_what_was_told(events, status, is_over, is_idle):
    state = told(*events)
    assert (state.status, state.is_over, state.is_idle) == (status, is_over, is_idle)


def test_a_job_that_failed_and_is_done_again_has_finished_without_a_problem():
    state = told(Started(), reading(), FAILED, Started(), reading(), FINISHED)
    assert (state.status, state.problem, state.reason) == ("finished", "", "Drawn.")


def test_a_problem_is_told_with_its_fix():
    assert told(FAILED).problem == "There are no pictures. Add some."
    assert told(KILLED).problem == "The worker was ended from outside (SIGKILL). Resume it."


def test_the_same_note_is_shown_once():
    assert told(Note(message="a"), Note(message="b"), Note(message="a")).notes == ("a", "b")


def test_lines_that_could_not_be_read_are_counted_and_said():
    assert told(reading()).notes == ()
    assert told(Unreadable()).notes == ("1 line of its log could not be read.",)
    state = told(Unreadable(), Note(message="a"), Unreadable(), Unreadable())
    assert (state.n_unreadable, state.notes) == (3, ("a", "3 lines of its log could not be read."))


def test_the_last_word_is_as_old_as_it_says():
    assert told(reading(3)).last_at == 5.0
    assert told(reading(3), Unreadable()).last_at == 5.0
    assert told(reading(3), Unreadable(at=7.0)).last_at == 7.0


def test_a_stage_has_a_share_done_and_a_time_left():
    assert (told(reading(5)).fraction, told(reading(5)).seconds_left) == (0.25, pytest.approx(15.0))
    assert told(reading(5), FINISHED).fraction == 1.0


@pytest.mark.parametrize("events", [[], [Started()], [reading(0)], [reading(20)], [reading(3, total=0)]])
def test_time_left_is_unknown_without_a_pace(events):
    assert told(*events).seconds_left is None
