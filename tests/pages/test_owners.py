"""To whom a draft belongs: the id that a browser keeps, on all its tabs and days; to nobody else."""

from dataclasses import replace

import pytest

from ftcore import settings as s
from ftcore.events import Progress
from ftcore.runs import drafts, log, owners, process, queue, store
from ftcore.training.cost import price
from pages.components import cost, owner_cookie, session
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


# measurements


@pytest.fixture
def measuring(monkeypatch):
    monkeypatch.setattr(cost, "SETTLES", 0.0)


def running(settings, owner, started):
    """A measurement that an owner has asked for and a worker is busy with."""
    job = price.ask(settings, owner)
    log.append(job.folder, Progress(stage="measure", label="Trying head only", done=1, total=3))
    (job.folder / process.NOTE).write_text("{}")
    started.append(job.id)
    return job


def test_a_page_does_not_stop_what_somebody_else_has_measured(visit, tiny_dataset, measuring, started):
    theirs = running(s.with_value(session.draft(tiny_dataset).settings, "train.epochs", 9), owners.new(), started)
    mine = running(s.with_value(session.draft(tiny_dataset).settings, "train.epochs", 8), OWNER, started)
    visit(OWNER)
    assert process.stop_requested(mine.folder) and not process.stop_requested(theirs.folder)
    assert price.key(session.draft(tiny_dataset).settings) in {job.id for job in store.list_jobs("estimate")}


def test_a_page_that_waits_for_somebody_elses_measurement_keeps_it_alive(visit, tiny_dataset, measuring, started):
    other = owners.new()
    job = running(session.draft(tiny_dataset).settings, other, started)
    visit(OWNER)
    price.cancel(other)
    assert not process.stop_requested(job.folder)


def test_two_tabs_of_one_owner_do_not_cancel_each_other_for_ever(visit, tiny_dataset, measuring, started):
    one = visit(OWNER)
    first = price.key(session.draft(tiny_dataset).settings)
    second = running(s.with_value(session.draft(tiny_dataset).settings, "train.epochs", 9), OWNER, started)
    with queue._database() as database:  # the other tab has let the measurement of this one go
        database.execute("DELETE FROM queue WHERE id = ?", (first,))
    started.remove(first)
    one.run()
    assert first in started, "it is asked for again"
    assert not process.stop_requested(second.folder), "and what the other tab wants goes on"
