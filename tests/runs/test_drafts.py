import dataclasses
import json

import pytest

from ftcore import settings as s
from ftcore.errors import RunError
from ftcore.runs import drafts, owners, store

ME, YOU = owners.new(), owners.new()


def fresh():
    return s.RunSettings(dataset="cats-1")


@pytest.fixture
def draft(workspace):
    return drafts.load("cats-1", ME, fresh)


def test_a_draft_is_found_as_it_was_saved(draft):
    changed = dataclasses.replace(draft, settings=s.with_value(draft.settings, "train.epochs", 7), done=("model",))
    drafts.save(changed)
    assert drafts.load("cats-1", ME, fresh) == changed


def test_a_first_draft_is_kept(draft):
    assert drafts.load("cats-1", ME, fresh) == draft


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"settings": {"x": 1}, "run": "a", "done": []}'])
def test_a_draft_that_cannot_be_read_is_replaced(draft, workspace, content):
    (workspace / "drafts" / ME / "cats-1.json").write_text(content)
    assert drafts.load("cats-1", ME, fresh).settings == fresh()


def test_level_and_answers_are_kept_with_the_settings(draft):
    changed = drafts.save(dataclasses.replace(draft, level="everything", answers={"time": "much"}))
    assert drafts.load("cats-1", ME, fresh) == changed
    assert (changed.level, changed.answers) == ("everything", {"time": "much"})


@pytest.mark.parametrize("level", ["expert", None, 3, ["guided"]])
@pytest.mark.parametrize("answers", [None, [], "much"])
def test_a_level_or_answers_that_nobody_knows_cost_no_settings(draft, workspace, level, answers):
    changed = drafts.save(dataclasses.replace(draft, settings=s.with_value(draft.settings, "train.epochs", 7)))
    path = workspace / "drafts" / ME / "cats-1.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "level": level, "answers": answers}))
    assert drafts.load("cats-1", ME, fresh) == changed


def test_each_data_set_has_its_own_draft(draft):
    other = drafts.load("dogs-1", ME, lambda: s.RunSettings(dataset="dogs-1"))
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
    assert drafts.to_job(drafts.load("cats-1", ME, fresh), "Cats") == second


@pytest.mark.parametrize("dataset", ["../x", "a/b", ""])
def test_a_data_set_that_could_be_a_path_is_a_sentence(workspace, dataset):
    with pytest.raises(RunError, match="There is no data set"):
        drafts.load(dataset, ME, lambda: s.RunSettings(dataset=dataset))


# owners


def test_two_owners_have_drafts_of_their_own(draft):
    drafts.save(dataclasses.replace(draft, settings=s.with_value(draft.settings, "train.epochs", 7)))
    yours = drafts.load("cats-1", YOU, fresh)
    assert yours.settings == fresh() and yours.run != draft.run
    drafts.save(dataclasses.replace(yours, settings=s.with_value(yours.settings, "train.epochs", 9)))
    assert [drafts.load("cats-1", one, fresh).settings.train.epochs for one in (ME, YOU)] == [7, 9]


@pytest.fixture
def shared(workspace):
    """A draft as the first version kept it, for everybody."""
    drafts.save(drafts.Draft(s.with_value(fresh(), "train.epochs", 7), "run-1", ME, ("model",), level="standard"))
    file = workspace / "drafts" / "cats-1.json"
    (workspace / "drafts" / ME / "cats-1.json").rename(file)
    return file


def test_whoever_has_no_draft_starts_from_the_one_that_all_shared(shared):
    before = shared.read_bytes()
    mine, yours = (drafts.load("cats-1", owner, fresh) for owner in (ME, YOU))
    assert (mine.settings.train.epochs, mine.done, mine.level) == (7, ("model",), "standard")
    assert dataclasses.replace(mine, owner=YOU, run=yours.run) == yours
    assert len({mine.run, yours.run, "run-1"}) == 3, "or two people's runs would be one"
    assert drafts.load("cats-1", ME, fresh) == mine and shared.read_bytes() == before


def test_a_draft_of_ones_own_counts_more_than_the_shared_one(shared):
    mine = drafts.save(drafts.Draft(fresh(), "run-2", ME))
    assert drafts.load("cats-1", ME, fresh) == mine


def test_a_shared_draft_that_cannot_be_read_is_passed_over(shared):
    shared.write_text("{")
    assert drafts.load("cats-1", ME, fresh).settings == fresh()


@pytest.mark.parametrize("owner", ["../x", "", "a/b", "A", "x" * 100])
def test_an_owner_that_could_be_a_path_is_a_sentence(workspace, owner):
    with pytest.raises(RunError, match="cannot own"):
        drafts.load("cats-1", owner, fresh)
    assert not list(workspace.rglob("*.json")) and not list(workspace.parent.glob("*.json"))
