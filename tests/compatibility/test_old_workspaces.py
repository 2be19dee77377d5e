"""What earlier versions wrote stays readable: an archive of each version's workspace (write_workspace.py)."""

import json
import tarfile
from pathlib import Path

import numpy as np
import pytest

from ftcore import hardware, tasks
from ftcore.datasets import holdout_log, versions
from ftcore.datasets.doctor import findings
from ftcore.datasets.explore import feature_map
from ftcore.datasets.images.pixel_store import PixelStore
from ftcore.datasets.records import list_datasets, open_dataset
from ftcore.evaluation import report
from ftcore.evaluation.predictions import Predictions
from ftcore.export.bundle import Bundle
from ftcore.jobs import supervise
from ftcore.models import own_weights
from ftcore.runs import drafts, kinds, lr_trials, owners, store
from ftcore.runs.tail import Tail
from ftcore.settings import fields, value_of
from ftcore.training.cost import price

ARCHIVES = sorted(Path(__file__).parent.glob("workspace_*.tar.xz"))
ACROSS_MACHINES = 2e-3  # processors round differently; what is compared is of the order of 1


@pytest.fixture(params=ARCHIVES, ids=lambda path: path.name.split(".")[0])
def old(request, workspace):
    """The workspace of an earlier version, unpacked."""
    with tarfile.open(request.param) as archive:
        archive.extractall(workspace, filter="tar")
    return workspace


def named(name, kind="train"):
    return next(job for job in store.list_jobs(kind) if job.name == name)


def run_of(task):
    return named({"multiclass": "Colours quick", "multilabel": "Seen quick", "regression": "Glow quick"}[task])


def test_the_archives_are_small():
    assert ARCHIVES and all(path.stat().st_size < 300_000 for path in ARCHIVES)


def test_every_data_set_opens(old):
    tasks = sorted((dataset.name, dataset.task) for dataset in list_datasets())
    assert tasks == [
        ("Colours", "multiclass"),
        ("Colours", "multiclass"),
        ("Glow", "regression"),
        ("Seen", "multilabel"),
    ]
    for dataset in list_datasets():
        table = dataset.records()
        assert len(dataset.targets(table[table["split"] != ""])) == dataset.n_images
        assert PixelStore(dataset, 32).picture(3).size == (24, 24)


def test_an_edit_its_history_and_its_undo_are_known(old):
    edited = next(dataset for dataset in list_datasets() if versions.history(dataset))
    (step,) = versions.history(edited)
    assert step.words == ("excluded 2 pictures: by hand", "relabelled 1 picture as 'red'")
    assert versions.parent(edited).name == "Colours"
    assert versions.excluded(edited).index.tolist() == [0, 1]


def test_looks_at_the_test_score_are_still_counted(old):
    dataset = open_dataset(named("Colours quick").settings.dataset)
    assert (holdout_log.count(dataset.id), holdout_log.n_runs(dataset.id)) == (1, 1)


def test_findings_and_map_are_still_there(old):
    dataset = open_dataset(named("Colours quick").settings.dataset)
    found = findings.load(dataset).findings
    assert [finding.count for finding in found] and {finding.issue for finding in found} <= set(findings.ISSUES)
    assert len(feature_map.load(dataset).points) == dataset.n_images


def test_a_draft_is_still_the_same(old):
    (dataset,) = (dataset for dataset in list_datasets() if versions.history(dataset))
    runs = set()
    is_shared = (old / "drafts" / f"{dataset.id}.json").exists()  # whoever has none starts from the one that all shared
    asking = (owners.CLI, owners.new(), owners.new()) if is_shared else (owners.CLI,)
    for owner in asking:
        draft = drafts.load(dataset.id, owner, lambda: pytest.fail("the draft was not found"))
        assert (draft.done, draft.settings.train.epochs) == (("model",), 4)
        assert draft.settings.model.start == own_weights.list_all()[0].id
        runs.add(draft.run)
    assert len(runs) == len(asking), "each starts a run of their own"


def test_settings_that_came_later_have_the_values_that_were_fixed_then(old, request):
    old_version = int(request.node.callspec.params["old"].name.split(".")[0].removeprefix("workspace_"))
    job = named("Colours quick")
    kept = json.loads((job.folder / "settings.json").read_text())["request"]
    later = [field for field in fields.every() if field.section and field.name not in kept[field.section]]
    if old_version == 1:
        assert {"freeze.body_share", "train.momentum", "train.beta2", "augment.rand_ops"} <= {f.key for f in later}
    (dataset,) = (dataset for dataset in list_datasets() if versions.history(dataset))
    draft = drafts.load(dataset.id, owners.CLI, lambda: pytest.fail("the draft was not found"))
    for field in later:
        assert value_of(job.settings, field.key) == value_of(draft.settings, field.key) == field.default


@pytest.mark.parametrize("task", ["multiclass", "multilabel", "regression"])
def test_a_finished_run_shows_its_scores_and_answers_as_it_did(old, task):
    job = run_of(task)
    state = Tail(job).read()
    assert (state.status, len(state.history)) == ("finished", 4)
    assert {phase["label"] for phase in state.plan.phases} == {"Head only"} and state.plan.task == task
    assert set(state.scores) == set(tasks.of(task).scores)
    dataset, bundle = open_dataset(job.settings.dataset), Bundle(job.folder / "bundle")
    kept = Predictions.load(job.folder / "predictions" / "test.parquet", bundle.classes, task)
    assert report.scores(kept)[state.headline]["value"] == pytest.approx(state.scores[state.headline]["value"])
    pictures = PixelStore(dataset, 32)
    answers = bundle.predict([pictures.picture(int(row)) for row in kept.row])
    spread = kept.target.std() if task == "regression" else 1.0
    assert np.abs(answers - kept.values).max() < ACROSS_MACHINES * spread


def test_an_interrupted_run_resumes_to_the_numbers_of_one_that_was_not(old, monkeypatch):
    monkeypatch.setattr(hardware, "be_nice", lambda: None)
    job, whole = named("Colours cut off"), Tail(named("Colours quick")).read()
    before = Tail(job).read()
    assert (before.status, len(before.history)) == ("interrupted", 2)
    supervise.work(job.folder)
    state = Tail(job).read()
    assert (state.status, len(state.history), state.best_epoch) == ("finished", 4, whole.best_epoch)
    for ours, theirs in zip(state.history, whole.history, strict=True):
        for name in ("train_loss", "val_loss", "lr"):
            assert ours[name] == pytest.approx(theirs[name], abs=ACROSS_MACHINES)
    assert state.scores["loss"]["value"] == pytest.approx(whole.scores["loss"]["value"], abs=ACROSS_MACHINES)


def test_a_race_has_its_standings(old):
    state = Tail(store.list_jobs("race")[0]).read()
    assert state.status == "finished"
    assert [standing.model for standing in state.leaderboard] == ["tf_efficientnet_lite0", "tf_efficientnet_lite1"]
    assert all(standing.low <= standing.score <= standing.high for standing in state.leaderboard)


def test_a_trial_of_learning_rates_is_found_again(old):
    job = lr_trials.find(named("Colours quick").settings)
    assert Tail(job).read().status == "finished" and lr_trials.load(job).suggestion > 0


def test_every_line_of_every_log_is_read(old):
    states = {job.id: Tail(job).read() for kind in kinds.KINDS for job in store.list_jobs(kind)}
    assert len(states) >= 8 and {state.n_unreadable for state in states.values()} == {0}


def test_other_jobs_are_read(old):
    states = {kind: Tail(store.list_jobs(kind)[0]).read() for kind in ("map", "estimate", "import")}
    assert {kind: state.status for kind, state in states.items()} == {
        "map": "finished",
        "estimate": "finished",
        "import": "failed",
    }
    assert price.load(store.list_jobs("estimate")[0]).n_train == 36
