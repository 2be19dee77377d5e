import dataclasses
import json

import pytest

from ftcore import settings as s
from ftcore.errors import RunError
from ftcore.runs import drafts, store


def fresh():
    return s.RunSettings(dataset="cats-1")


@pytest.fixture
def draft(workspace):
    return drafts.load("cats-1", fresh)


def test_a_draft_is_found_as_it_was_saved(draft):
    changed = dataclasses.replace(draft, settings=s.with_value(draft.settings, "train.epochs", 7), done=("model",))
    drafts.save(changed)
    assert drafts.load("cats-1", fresh) == changed


def test_a_first_draft_is_kept(draft):
    assert drafts.load("cats-1", fresh) == draft


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"settings": {"x": 1}, "run": "a", "done": []}'])
def test_a_draft_that_cannot_be_read_is_replaced(draft, workspace, content):
    (workspace / "drafts" / "cats-1.json").write_text(content)
    assert drafts.load("cats-1", fresh).settings == fresh()


def test_level_and_answers_are_kept_with_the_settings(draft):
    changed = drafts.save(dataclasses.replace(draft, level="everything", answers={"time": "much"}))
    assert drafts.load("cats-1", fresh) == changed
    assert (changed.level, changed.answers) == ("everything", {"time": "much"})


@pytest.mark.parametrize("level", ["expert", None, 3, ["guided"]])
@pytest.mark.parametrize("answers", [None, [], "much"])
def test_a_level_or_answers_that_nobody_knows_cost_no_settings(draft, workspace, level, answers):
    changed = drafts.save(dataclasses.replace(draft, settings=s.with_value(draft.settings, "train.epochs", 7)))
    path = workspace / "drafts" / "cats-1.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "level": level, "answers": answers}))
    assert drafts.load("cats-1", fresh) == changed


def test_each_data_set_has_its_own_draft(draft):
    other = drafts.load("dogs-1", lambda: s.RunSettings(dataset="dogs-1"))
    assert other.run != draft.run


def test_a_confirmed_step_is_noted_once(draft):
    again = drafts.confirm(drafts.confirm(draft, "model"), "model")
    assert again.done == ("model",)


def test_one_more_run_gets_a_new_id(draft):
    renewed = drafts.renew(draft)
    assert (renewed.settings, renewed.run != draft.run) == (draft.settings, True)


def test_two_clicks_on_start_make_one_run(draft):
    assert drafts.to_job(draft, "Cats") == drafts.to_job(draft, "Cats")
    assert len(store.list_jobs()) == 1


def test_changed_settings_make_another_run(draft):
    first = drafts.to_job(draft, "Cats")
    changed = dataclasses.replace(draft, settings=s.with_value(draft.settings, "train.epochs", 7))
    second = drafts.to_job(drafts.save(changed), "Cats")
    assert (first.settings.train.epochs, second.settings.train.epochs) == (fresh().train.epochs, 7)


def test_a_second_click_after_changed_settings_is_the_same_run(draft):
    drafts.to_job(draft, "Cats")
    changed = drafts.save(dataclasses.replace(draft, settings=s.with_value(draft.settings, "train.epochs", 7)))
    second = drafts.to_job(changed, "Cats")
    assert drafts.to_job(drafts.load("cats-1", fresh), "Cats") == second


@pytest.mark.parametrize("dataset", ["../x", "a/b", ""])
def test_a_data_set_that_could_be_a_path_is_a_sentence(workspace, dataset):
    with pytest.raises(RunError, match="There is no data set"):
        drafts.load(dataset, lambda: s.RunSettings(dataset=dataset))
