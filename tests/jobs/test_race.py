import pytest

from ftcore.models import catalogue
from ftcore.runs import log, process
from ftcore.search import candidates
from ftcore.search.events import CandidateScored

TWO = ("tf_efficientnet_lite0", "tf_efficientnet_lite1")


def test_every_model_is_told_as_soon_as_it_stands(tiny_dataset, work):
    job = candidates.job(tiny_dataset, TWO, 64)
    state = work(job)
    assert state.status == "finished" and [standing.model for standing in state.leaderboard] == list(TWO)
    kinds = [type(event).__name__ for event in log.read(job.folder)[0]]
    assert kinds.index("CandidateScored") < len(kinds) - 1 - kinds[::-1].index("Progress"), "the second ran after it"
    for standing in state.leaderboard:
        assert standing.low <= standing.score <= standing.high and standing.seconds > 0


def test_a_race_that_is_asked_to_stop_keeps_who_stood(tiny_dataset, work, monkeypatch):
    job = candidates.job(tiny_dataset, TWO, 64)
    asked = iter(range(1000))
    told = lambda: any(isinstance(event, CandidateScored) for event in log.read(job.folder)[0])  # noqa: E731
    monkeypatch.setattr(process, "stop_requested", lambda folder: next(asked) >= 0 and told())
    state = work(job)
    assert state.status == "stopped" and [standing.model for standing in state.leaderboard] == [TWO[0]]


def test_a_race_in_which_nobody_can_run_fails_with_a_sentence(tiny_dataset, work):
    state = work(candidates.job(tiny_dataset, ["no_such_model", "nor_this_one"], 64))
    assert state.status == "failed" and "None of these models could take part" in state.problem
    assert "no_such_model takes no part" in state.notes[0]


def test_the_same_entrants_are_the_same_race(tiny_dataset):
    assert candidates.job(tiny_dataset, TWO).id == candidates.job(tiny_dataset, TWO[::-1]).id
    assert candidates.job(tiny_dataset, TWO).id != candidates.job(tiny_dataset, TWO, 64).id
    assert candidates.latest(tiny_dataset).id == candidates.job(tiny_dataset, TWO, 64).id


@pytest.mark.parametrize("here", [[], ["resnet18"], [row.name for row in catalogue.BACKBONES]])
def test_a_race_begins_with_light_models_that_are_here(monkeypatch, here):
    monkeypatch.setattr(catalogue, "weights_here", lambda row: row.name in here)
    chosen = candidates.suggested(has_gpu=False)
    assert candidates.FEWEST <= len(chosen) <= candidates.USUAL and len(set(chosen)) == len(chosen)
    assert set(here) <= set(chosen) or set(chosen) <= set(here)
    costs = [catalogue.find(name).multiply_adds for name in chosen if name in here]
    assert costs == sorted(costs)
