"""The race on the Model page: asked for, watched, and its winner taken."""

from dataclasses import replace

import pytest

from ftcore import hardware
from ftcore.errors import SettingsError
from ftcore.events import Finished, Note, Progress
from ftcore.models import catalogue
from ftcore.runs import drafts, log, store
from ftcore.search import candidates
from ftcore.search.events import CandidateScored
from ftcore.search.race import race as race_of
from ftcore.tasks import scores
from pages.components import charts, session
from tests.pages.conftest import OWNER, open_page, texts

MODELS = ["tf_efficientnet_lite0", "tf_efficientnet_lite1", "tf_efficientnet_lite2"]


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    monkeypatch.setattr(hardware, "reachable", lambda *_a, **_k: False)


def stood(model, score, seconds=1.5):
    return CandidateScored(
        model=model, metric="accuracy", score=score, low=score - 0.05, high=score + 0.04, seconds=seconds, megabytes=20
    )


@pytest.fixture
def race(tiny_dataset):
    job = candidates.job(tiny_dataset, MODELS)
    log.append(job.folder, Progress(stage="race", label="Racing: model 3 of 3", done=2, total=3, seconds=8))
    log.append(job.folder, stood(MODELS[0], 0.8), stood(MODELS[1], 0.9))
    return job


def test_one_press_is_one_race_of_the_usual_models(tiny_dataset, started):
    at = open_page("model", "race", dataset=tiny_dataset.id)
    at.button(key="race").click().run()
    assert not at.exception
    (job,) = store.list_jobs("race")
    assert started == [job.id] and job.request["models"] == MODELS
    assert at.button(key="race").disabled, "one at a time"


def test_standings_are_shown_while_others_run(tiny_dataset, race, started):
    started.append(race.id)
    at = open_page("model", "race", dataset=tiny_dataset.id)
    assert not at.exception
    table = at.dataframe[0].value
    assert list(table["Model"]) == ["EfficientNet-Lite1", "EfficientNet-Lite0", "EfficientNet-Lite2"]
    assert list(table["Accuracy"]) == ["90.0%", "80.0%", "…"]
    assert table["Likely between"][0] == "85.0% – 94.0%"
    assert at.get("progress")[0].text.replace("\\", "") == "Racing: model 3 of 3, about 4 s left"
    assert not [button for button in at.button if button.label.startswith("Use ")]


def test_the_winner_is_taken_with_one_click(tiny_dataset, race):
    log.append(race.folder, Note(message="resnet18 takes no part."), Finished(reason="Raced.", seconds=9.0))
    at = open_page("model", "race", dataset=tiny_dataset.id)
    assert not at.exception
    assert "takes no part" in texts(at)
    labels = [button.label for button in at.button if button.label.startswith("Use ")]
    assert labels == ["Use EfficientNet-Lite1", "Use EfficientNet-Lite0"], "the best first"
    at.button(key=f"use_{MODELS[1]}").click().run()
    assert not at.exception
    assert at.radio[0].value == MODELS[1]
    draft = drafts.load(tiny_dataset.id, OWNER, lambda: None)
    assert draft.settings.model.name == MODELS[1]
    assert draft.settings == session.suggested(tiny_dataset, "quick", draft.settings)


def test_numbers_are_raced_by_what_is_explained(tiny_dataset, race):
    worse = CandidateScored(model=MODELS[2], metric="r2", score=-0.31, low=-0.5, high=-0.1, seconds=1, megabytes=20)
    log.append(race.folder, *(replace(stood(name, 0.5), metric="r2") for name in MODELS[:2]), worse)
    log.append(race.folder, Finished(reason="Raced.", seconds=9.0))
    at = open_page("model", "race", dataset=tiny_dataset.id)
    assert not at.exception
    assert scores.text("r2", -0.31) in list(at.dataframe[0].value[scores.find("r2").label])


def test_ranges_that_overlap_are_said_to_be_undecided(tiny_dataset, race):
    log.append(race.folder, stood(MODELS[2], 0.89), Finished(reason="Raced.", seconds=9.0))
    assert "may be equally good" in texts(open_page("model", "race", dataset=tiny_dataset.id))


def test_a_finished_race_can_be_run_again(tiny_dataset, race, started):
    log.append(race.folder, Finished(reason="Raced.", seconds=9.0))
    at = open_page("model", "race", dataset=tiny_dataset.id)
    at.button(key="race").click().run()
    assert not at.exception and started == [race.id]
    assert not log.read(race.folder)[0], "with a fresh log"


def test_any_model_of_the_catalogue_can_enter_and_more_than_eight_cannot(tiny_dataset, started):
    at = open_page("model", "race", dataset=tiny_dataset.id)
    (field,) = at.multiselect
    assert field.options[:2] == ["EfficientNet-Lite0", "EfficientNet-Lite1"] and field.proto.max_selections == 8
    assert len(candidates.offered()) == len(set(candidates.offered())) == len(catalogue.models())
    field.set_value([MODELS[0], "resnet26.bt_in1k"])
    at.run().button(key="race").click().run()
    assert not at.exception
    assert [job.request["models"] for job in store.list_jobs("race")] == [[MODELS[0], "resnet26.bt_in1k"]]
    with pytest.raises(SettingsError, match="9 different models were given, a race takes 2 to 8"):
        next(race_of(tiny_dataset, candidates.offered()[:9]))


def test_an_earlier_race_of_a_model_that_is_not_in_the_list_any_more_can_be_shown(tiny_dataset):
    job = candidates.job(tiny_dataset, [MODELS[0], "a_model_of_the_command_line"])
    log.append(job.folder, stood(MODELS[0], 0.8), Finished(reason="Raced.", seconds=9.0))
    at = open_page("model", "race", dataset=tiny_dataset.id)
    assert not at.exception and at.multiselect[0].value == [MODELS[0]]


def test_the_winner_leaves_what_was_answered(tiny_dataset, race):
    log.append(race.folder, Finished(reason="Raced.", seconds=9.0))
    draft = session.draft(tiny_dataset)
    answered = replace(draft, answers={"likeness": "drawn", "sides": "mirror"})
    drafts.save(replace(answered, settings=session.refitted(tiny_dataset, answered, draft.settings)))
    at = open_page("model", "race", dataset=tiny_dataset.id)
    at.button(key=f"use_{MODELS[1]}").click().run()
    settings = session.draft(tiny_dataset).settings
    assert settings.model.name == MODELS[1]
    assert (settings.freeze.preset, settings.freeze.layer_decay, settings.augment.flip) == (
        "head_then_last", 1.0, "horizontal",
    )  # fmt: skip


@pytest.mark.parametrize(("metric", "shown", "per_cent"), [("r2", "0.870", False), ("accuracy", "87.0%", True)])
def test_the_chart_and_the_table_write_scores_alike(metric, shown, per_cent):
    row = {"title": "A", "metric": metric, "score": 0.87, "low": 0.8, "high": 0.9}
    figure = charts.leaderboard([row], n_candidates=1)
    assert figure.data[0].customdata[0][0] == scores.text(metric, 0.87) == shown
    assert (figure.layout.xaxis.tickformat == ".0%") == per_cent
