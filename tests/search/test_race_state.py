import pytest

from ftcore.events import Finished, Progress, Started
from ftcore.runs import state
from ftcore.search.events import CandidateScored
from ftcore.search.race_state import RaceState


def scored(model, score):
    return CandidateScored(
        model=model, metric="accuracy", score=score, low=score - 0.1, high=score + 0.1, seconds=1.0, megabytes=20.0
    )


STORY = [
    Started(),
    Progress(stage="race", label="Racing: model 1 of 2", done=0, total=2),
    scored("a", 0.7),
    scored("b", 0.8),
    Started(),
    scored("a", 0.6),
    Finished(reason="Raced.", seconds=9.0),
]


def test_a_model_that_is_scored_again_stands_once_with_its_latest_score():
    told = state.replay(STORY, RaceState())
    assert [(one.model, one.score) for one in told.leaderboard] == [("b", 0.8), ("a", 0.6)]
    assert told.status == "finished"


@pytest.mark.parametrize("split", range(len(STORY) + 1))
def test_reading_in_two_parts_gives_the_same_state(split):
    half = state.replay(STORY[:split], RaceState())
    assert state.replay(STORY[split:], half) == state.replay(STORY, RaceState())
