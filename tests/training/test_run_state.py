import pytest

from ftcore.events import Failed, Finished, Interrupted, Note, Progress, Started, Stopped
from ftcore.runs import state
from ftcore.training import events as told
from ftcore.training.events import EpochDone, FeaturesCached, Planned, Resumed, StepDone
from ftcore.training.run_state import RunState

PER_EPOCH = 10


def replay(events, start=None):
    return state.replay(events, start or RunState())


def planned(n_epochs=4, at=1.0):
    return Planned(
        at=at,
        model="m",
        n_epochs=n_epochs,
        n_steps=n_epochs * PER_EPOCH,
        n_parameters=10,
        n_train=80,
        n_val=20,
        monitor="accuracy",
        phases=[],
    )


def step(number, at=0.0):
    return StepDone(
        at=at or 1.0 + number,
        epoch=(number - 1) // PER_EPOCH,
        step=number,
        loss=1 / number,
        lr=0.1,
        images_per_second=8.0,
        memory_mb=100.0,
    )


def epoch(number, *, best=True, accuracy=0.5):
    return EpochDone(
        at=1.0 + (number + 1) * PER_EPOCH,
        epoch=number,
        phase=0,
        step=(number + 1) * PER_EPOCH,
        train={"loss": 1.0, "accuracy": 0.5},
        val={"loss": 1.0 - number / 10, "accuracy": accuracy},
        lr=0.1,
        seconds=2.0,
        images_per_second=8.0,
        memory_mb=100.0,
        best=best,
    )


def loading():
    return Progress(at=0.5, stage="load", label="Loading", done=0, total=0)


def on_the_test(done=0):
    return Progress(at=90.0, stage="test", label="Testing", done=done, total=20, seconds=float(done))


TESTED = told.Tested(at=91.0, split="test", n_images=20, scores={"accuracy": {"value": 0.5, "low": 0.3, "high": 0.7}})
FINISHED = Finished(at=92.0, reason="All epochs done.", seconds=8.0)
DIVERGED = Failed(at=80.0, message="The loss became nan.", fix="Lower the learning rate.")
KILLED = Interrupted(at=81.0, message="The worker was ended from outside (SIGKILL).", fix="Resume it.")
STORY = [
    Started(at=0.4),
    loading(),
    planned(),
    Note(message="Trains from the pictures."),
    step(3),
    step(8),
    epoch(0),
    step(15),
    KILLED,
    Started(at=0.4),
    loading(),
    Resumed(epoch=1),
    planned(),
    Note(message="Trains from the pictures."),
    step(14),
    epoch(1),
    step(25),
    epoch(2, best=False),
    loading(),
    Resumed(epoch=1),
    planned(),
    step(17),
    epoch(1),
    Stopped(),
    on_the_test(),
    on_the_test(10),
    TESTED,
    FINISHED,
]


@pytest.mark.parametrize("split", range(len(STORY) + 1))
def test_reading_in_two_parts_gives_the_same_state(split):
    assert replay(STORY[split:], replay(STORY[:split])) == replay(STORY)


def test_a_thinned_curve_does_not_depend_on_how_the_log_was_read():
    many = [planned(200), *(step(number) for number in range(1, 1500))]
    assert replay(many[700:], replay(many[:700])) == replay(many)


def test_epochs_become_rows_of_the_history():
    state = replay([loading(), planned(), epoch(0), epoch(1, best=False)])
    assert [(row["epoch"], row["val_accuracy"], row["best"]) for row in state.history] == [
        (0, 0.5, True),
        (1, 0.5, False),
    ]


def test_the_best_epoch_is_the_last_one_that_was_better():
    assert replay([planned(), epoch(0), epoch(1), epoch(2, best=False)]).best_epoch == 1


def test_a_resumed_run_forgets_the_epochs_that_are_computed_again():
    state = replay([planned(), epoch(0), epoch(1), epoch(2), Resumed(epoch=1)])
    assert [row["epoch"] for row in state.history] == [0]


def test_a_resumed_run_forgets_a_best_epoch_that_is_computed_again():
    assert replay([planned(), epoch(0), epoch(1, best=False), epoch(2), Resumed(epoch=2)]).best_epoch == 0


def test_a_resumed_run_forgets_the_steps_after_its_checkpoint():
    state = replay([planned(), step(5), epoch(0), step(15), Resumed(epoch=1)])
    assert (state.steps, state.step) == (((5, 1 / 5),), 10)


def test_a_run_resumed_at_its_first_epoch_begins_anew():
    state = replay([planned(), step(5), epoch(0), Resumed(epoch=0)])
    assert (state.history, state.steps, state.step, state.best_epoch) == ((), (), 0, None)


def test_a_run_resumed_after_its_last_epoch_keeps_all_of_them():
    state = replay([planned(2), epoch(0), epoch(1), on_the_test(), KILLED, loading(), Resumed(epoch=2), planned(2)])
    assert ([row["epoch"] for row in state.history], state.status) == ([0, 1], "working")


def test_a_resumed_run_has_no_problem_any_more():
    assert replay([planned(), KILLED, loading(), Resumed(epoch=0)]).problem == ""


def test_a_resumed_run_has_no_score_any_more():
    assert replay([planned(), epoch(0), TESTED, KILLED, loading(), Resumed(epoch=1)]).scores is None


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ([], "finished"),
        ([Stopped()], "stopped"),
        ([DIVERGED], "failed"),
    ],
)
def test_the_ending_says_why_it_ended(told, status):
    state = replay([planned(), epoch(0), *told, on_the_test(), TESTED, FINISHED])
    assert (state.status, state.scores, state.fraction) == (status, TESTED.scores, state.fraction)


def test_a_failed_run_with_a_kept_epoch_keeps_its_sentence_beside_the_score():
    state = replay([planned(), epoch(0), DIVERGED, on_the_test(), TESTED, FINISHED])
    assert state.problem == "The loss became nan. Lower the learning rate."


def test_a_killed_worker_is_interrupted_and_says_why():
    state = replay([planned(), epoch(0), step(15), KILLED])
    assert (state.status, state.problem) == (
        "interrupted",
        "The worker was ended from outside (SIGKILL). Resume it.",
    )


def test_a_stopped_run_that_is_killed_while_it_is_tested_is_interrupted():
    assert replay([planned(), epoch(0), Stopped(), on_the_test(), KILLED]).status == "interrupted"


def test_the_curve_stays_small_and_keeps_its_ends():
    state = replay([planned(1000), *(step(number) for number in range(1, 5001))])
    assert len(state.steps) <= 400
    assert (state.steps[0][0], state.steps[-1][0]) == (1, 5000)


def test_time_left_follows_from_the_pace_so_far():
    state = replay([planned(), step(10, at=100.0), step(20, at=110.0)])
    assert state.seconds_left == pytest.approx(20.0)


def test_time_left_counts_from_the_current_sitting():
    told = [planned(), step(10, at=100.0), epoch(0), KILLED, Resumed(epoch=1), planned()]
    state = replay([*told, step(12, at=1000.0), step(14, at=1004.0)])
    assert state.seconds_left == pytest.approx((40 - 14) * 2.0)


@pytest.mark.parametrize("told", [[], [loading()], [planned()], [planned(), step(3)], [planned(), on_the_test(0)]])
def test_time_left_is_unknown_before_there_is_a_pace(told):
    assert replay(told).seconds_left is None


def test_a_stage_has_its_own_time_left():
    assert replay([planned(), on_the_test(5)]).seconds_left == pytest.approx(15.0)


def test_a_stage_has_its_own_share_done():
    assert replay([planned(), step(20), on_the_test(5)]).fraction == pytest.approx(0.25)


def test_a_phase_that_is_prepared_again_after_a_resume_counts_once():
    prepared = [FeaturesCached(phase=0, seconds=5.0), FeaturesCached(phase=1, seconds=3.0)]
    prepared[1] = FeaturesCached(phase=1, seconds=3.0, prefix="openvino")
    again = FeaturesCached(phase=1, seconds=0.5, cache_hit=True)
    state = replay([planned(), *prepared, Resumed(epoch=2), again])
    assert [(p.phase, p.seconds) for p in state.prepared] == [(0, 5.0), (1, 3.5)]
    assert (state.prepared[1].prefix, state.prepared[1].cache_hit) == ("openvino", False), "what it did still counts"
