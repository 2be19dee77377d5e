"""Every task, and every score of a task, on the pages after Dataset: trained here, shown in their own words."""

import json

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from ftcore import hardware, tasks
from ftcore import settings as s
from ftcore.cli import runs
from ftcore.errors import SettingsError
from ftcore.evaluation.predictions import Predictions
from ftcore.jobs import supervise
from ftcore.metrics.score import Score
from ftcore.runs import drafts, store
from ftcore.runs.tail import Tail
from pages.components import cached, session
from tests.datasets.made_pictures import png
from tests.pages.conftest import OWNER, open_page, shown_pictures, texts

SMALL = (
    "model.name=test_efficientnet", "model.pretrained=false", "model.image_size=32", "train.epochs=3",
    "train.threads=1",
)  # fmt: skip


@pytest.fixture(autouse=True)
def _no_model_of_another_test():
    cached.bundle.clear()
    cached.test_tables.clear()


@pytest.fixture
def trained(request, import_task, monkeypatch):
    """``trained(what)``: a data set and a finished small run on it."""
    monkeypatch.setattr(hardware, "be_nice", lambda: None)

    def make(what, *values):
        dataset = request.getfixturevalue("tiny_dataset") if what == "multiclass" else import_task(what)
        suggested = s.suggest("quick", dataset.facts(), base=s.RunSettings(dataset=dataset.id))
        job = store.create("train", what, s.to_json(s.with_values(suggested, [*SMALL, *values])))
        supervise.work(job.folder)
        return dataset, job

    return make


def chosen(at, key):
    """The choices that a selectbox of the settings form offers."""
    return next(box.options for box in at.selectbox if box.key and box.key.endswith(f"/{key}"))


def test_a_run_over_numbers_is_shown_in_their_unit_and_never_as_accuracy(trained):
    dataset, job = trained("regression")
    at = open_page("train", dataset=dataset.id, run=job.id)
    assert not at.exception and not at.error
    labels = [metric.label for metric in at.metric]
    assert labels == ["Mean error", "Median error", "Root mean square error", "R²"]
    assert all(metric.value.endswith(" cd") for metric in at.metric[:3])
    charts = [chart.proto.spec for chart in at.get("plotly_chart")]
    assert any("Loss: squared error" in spec for spec in charts)
    assert any("Mean error (cd, lower is better)" in spec for spec in charts)
    assert any("Truth: glow (cd)" in spec for spec in charts)
    assert "ccuracy" not in texts(at) + "".join(charts)
    assert shown_pictures(at) and " cd → " in shown_pictures(at)[0][1]
    at = open_page("runs")
    assert not at.exception and " cd** test mean error" in texts(at)


def test_a_run_over_several_numbers_shows_each(trained):
    dataset, job = trained("numbers")
    at = open_page("train", dataset=dataset.id, run=job.id)
    assert not at.exception and not at.error
    assert at.dataframe[0].value["label"].tolist() == ["glow", "tint"]
    at.selectbox(key="number_shown").select("tint").run()
    assert any("Truth: tint" in chart.proto.spec for chart in at.get("plotly_chart"))


def test_a_run_over_several_classes_is_shown_with_scores_of_their_own(trained):
    dataset, job = trained("multilabel")
    at = open_page("train", dataset=dataset.id, run=job.id)
    assert not at.exception and not at.error
    assert [metric.label for metric in at.metric] == ["All right", "Average precision", "F1 over all", "F1"]
    assert set(at.dataframe[0].value.columns) >= {"label", "pictures", "precision", "recall", "average_precision"}
    assert "test average precision" in texts(open_page("runs"))


def test_try_answers_numbers_with_unit_truth_and_typical_error(trained):
    dataset, job = trained("numbers")
    at = open_page("try_it", dataset=dataset.id, run=job.id)
    assert not at.exception and not at.error
    assert [metric.label for metric in at.metric] == ["glow", "tint"] * 3
    assert at.metric[0].value.endswith(" cd") and not at.metric[1].value.endswith("cd")
    assert "Half of the test pictures were answered closer" in texts(at)
    assert "Truly" in texts(at) and "right]" not in texts(at)


def test_try_marks_every_class_above_a_threshold_that_can_be_moved(trained):
    dataset, job = trained("multilabel")
    at = open_page("try_it", dataset=dataset.id, run=job.id)
    assert not at.exception and not at.error
    assert len(at.get("plotly_chart")) == 3 and at.slider(key="try_threshold").value == 0.5
    at.slider(key="try_threshold").set_value(0.05).run()
    assert not at.exception and texts(at).count("#### blue \\| red") == 3, "everything is above so low a line"
    at.get("button_group")[0].set_value("upload").run()
    at.file_uploader(key="try_upload").set_value([("good.png", png(1), "image/png")]).run()
    assert not at.exception and "#### blue \\| red" in texts(at)


@pytest.mark.parametrize("what, losses", [("regression", 3), ("multilabel", 2)])
def test_only_choices_that_serve_the_task_are_offered(import_task, what, losses):
    dataset = import_task(what)
    assert not open_page("settings", dataset=dataset.id).exception  # with the questions of its task
    draft = session.draft(dataset)
    drafts.save(drafts.Draft(draft.settings, draft.run, OWNER, level="everything"))
    at = open_page("settings", dataset=dataset.id)
    assert not at.exception
    assert len(chosen(at, "train.loss")) == losses
    assert "Accuracy" not in chosen(at, "train.monitor")


def test_a_draft_that_cannot_serve_the_task_cannot_be_started(import_task):
    dataset = import_task("regression")
    base = s.RunSettings(dataset=dataset.id)
    drafts.save(drafts.Draft(base, "glowing-20260101-000000-abcd", OWNER))
    at = open_page("train", dataset=dataset.id)
    assert not at.exception and "does not serve a data set with numbers" in at.error[0].value
    assert at.button(key="start").disabled
    drafts.save(drafts.Draft(session.suggested(dataset, "quick", base), "glowing-20260101-000000-abcd", OWNER))
    assert not open_page("train", dataset=dataset.id).button(key="start").disabled


def kappa(outcome):
    """Cohen's kappa from the counts; 0 where chance alone explains everything."""
    counts = outcome.confusion / len(outcome)
    by_chance = float((counts.sum(axis=0) * counts.sum(axis=1)).sum())
    return (float(np.trace(counts)) - by_chance) / (1 - by_chance) if by_chance < 1 else 0.0


KAPPA = Score("kappa", "Cohen's kappa", "Share of right answers beyond what chance would give.", kappa, unit="")


def test_a_score_that_is_added_to_the_table_of_a_task_is_everywhere(trained, monkeypatch):
    with pytest.raises(SettingsError, match="Unknown monitor 'kappa'"):
        s.with_value(s.RunSettings(), "train.monitor", "kappa")
    monkeypatch.setitem(tasks.MULTICLASS.scores, "kappa", KAPPA)
    assert "kappa" in s.serving("train.monitor", "multiclass"), "the choice of what decides the best epoch"
    assert "kappa" not in s.serving("train.monitor", "multilabel")

    dataset, job = trained("multiclass", "train.monitor=kappa")
    state = Tail(job).read()
    assert (state.status, state.plan.monitor, state.headline) == ("finished", "kappa", "kappa")
    history = [row["val_kappa"] for row in state.history]
    assert len(history) == 3 and all("train_kappa" in row for row in state.history), "the curves"
    assert history[state.best_epoch] == max(history)

    kept = Predictions.load(job.folder / "predictions" / "test.parquet", dataset.classes)
    found = state.scores["kappa"]
    assert found["value"] == pytest.approx(cohen_kappa_score(kept.target, kept.predicted)), "the report"
    assert found["low"] <= found["value"] <= found["high"] and found["low"] < found["high"], "its interval"

    described = runs.describe(job, state)
    assert described["test"]["kappa"] == found and described["val"]["kappa"] == max(history), "the command line"

    at = open_page("train", dataset=dataset.id, run=job.id)
    assert not at.exception
    assert "Cohen's kappa" in [metric.label for metric in at.metric], "the report on the page"
    choice = at.selectbox(key=f"score_{job.id}")
    assert (choice.value, choice.options[0]) == ("kappa", "Accuracy") and "Cohen's kappa" in choice.options
    curves = [chart.proto.spec for chart in at.get("plotly_chart")]
    assert any('"Cohen\'s kappa"' in spec for spec in curves), "the chart"
    drafts.save(drafts.Draft(job.settings, "next", OWNER, level="everything"))
    at = open_page("settings", dataset=dataset.id)
    assert "Cohen's kappa" in chosen(at, "train.monitor"), "the form"


def titles(at):
    """Of every chart of a session."""
    layouts = (json.loads(chart.proto.spec)["layout"] for chart in at.get("plotly_chart"))
    return [layout.get("title", {}).get("text") for layout in layouts]


def test_the_chart_beside_the_loss_shows_any_score_of_the_task(trained):
    dataset, job = trained("multiclass")
    at = open_page("train", dataset=dataset.id, run=job.id)
    choice = at.selectbox(key=f"score_{job.id}")
    assert choice.value == "accuracy" and "Loss" not in choice.options
    assert titles(at)[-5:-3] == ["Loss (lower is better)", "Accuracy"]
    choice.set_value("f1").run()
    assert not at.exception and titles(at)[-5:-3] == ["Loss (lower is better)", "F1"]


def test_no_chart_offers_a_mean_over_different_units(trained):
    dataset, job = trained("numbers")
    at = open_page("train", dataset=dataset.id, run=job.id)
    assert at.selectbox(key=f"score_{job.id}").options == ["R²"] and "R²" in titles(at)


def test_a_run_from_before_a_score_was_known_offers_the_scores_that_it_has(trained, monkeypatch):
    dataset, job = trained("multiclass")
    monkeypatch.setitem(tasks.MULTICLASS.scores, "kappa", KAPPA)
    at = open_page("train", dataset=dataset.id, run=job.id)
    assert not at.exception and "Cohen's kappa" not in at.selectbox(key=f"score_{job.id}").options
