"""To whom a draft belongs: the id that a browser keeps, on all its tabs and days; to nobody else."""

from dataclasses import replace

import pytest

from ftcore.runs import drafts, owners
from pages.components import owner_cookie, session
from tests.pages.conftest import OWNER, open_page


@pytest.fixture
def visit(tiny_dataset, cookies):
    """Opens the Settings page in a browser that sends a cookie, or none."""
    drafts.save(replace(session.draft(tiny_dataset), level="standard"))

    def open_(cookie=None):
        cookies.clear()
        if cookie is not None:
            cookies[owner_cookie.NAME] = cookie
        at = open_page("settings", dataset=tiny_dataset.id)
        assert not at.exception and not at.error
        if at.session_state["owner"] != OWNER:
            at.segmented_control[0].set_value("standard").run()
        return at

    return open_


def epochs(at):
    return next(widget for widget in at.number_input if widget.label == "Epochs")


def test_two_owners_on_one_data_set_have_drafts_of_their_own(visit, tiny_dataset):
    other = owners.new()
    epochs(visit(OWNER)).set_value(3).run()
    theirs = visit(other)
    assert epochs(theirs).value != 3
    epochs(theirs).set_value(7).run()
    assert (epochs(visit(OWNER)).value, epochs(visit(other)).value) == (3, 7)


def test_an_owner_sees_the_draft_again_in_a_new_session(visit):
    epochs(visit(OWNER)).set_value(3).run()
    assert epochs(visit(OWNER)).value == 3


def test_a_browser_without_a_cookie_gets_a_fresh_owner_for_the_whole_session(visit):
    one, other = visit(), visit()
    ids = [at.session_state["owner"] for at in (one, other)]
    assert len({*ids, OWNER}) == 3 and all(map(owners.of_browser, ids))
    epochs(one).set_value(3).run()
    assert one.session_state["owner"] == ids[0] and epochs(one.run()).value == 3


@pytest.mark.parametrize("cookie", ["../x", "", "cli", "0" * 33, "0" * 5000, "../" * 9 + "000", "A" * 32])
def test_a_forged_cookie_is_no_owner_and_writes_nothing_elsewhere(visit, workspace, cookie):
    at = visit(cookie)
    assert owners.of_browser(at.session_state["owner"]) not in ("", OWNER)
    assert {folder.name for folder in (workspace / "drafts").iterdir()} == {OWNER, at.session_state["owner"]}
    assert [path.name for path in workspace.parent.iterdir()] == ["workspace"]


def test_the_owner_of_a_tab_that_was_faster_is_taken_over(visit, monkeypatch):
    epochs(visit(OWNER)).set_value(3).run()
    kept = []

    def keep(owner):  # the browser says: another tab has written its own
        kept.append(owner)
        return OWNER

    monkeypatch.setattr(owner_cookie, "keep", keep)
    at = visit()
    assert at.session_state["owner"] == OWNER and epochs(at).value == 3
    assert kept[0] != OWNER and set(kept[1:]) == {OWNER}


def test_nothing_that_the_browser_reports_is_believed_unseen(monkeypatch):
    for said in ("../x", "cli", 7, None):
        monkeypatch.setattr(owner_cookie, "_keep", lambda said=said, **_: {"other": said})
        assert owner_cookie.keep(OWNER) == ""
