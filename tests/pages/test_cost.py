"""What a run would cost, on the pages: measured in the background, remembered, and held against what it took."""

import os
from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from ftcore import hardware
from ftcore import settings as s
from ftcore.events import Failed, Finished, Progress, Stopped
from ftcore.runs import claims, drafts, log, process, queue, store
from ftcore.runs.tail import Tail
from ftcore.training.cost import price
from ftcore.training.events import Estimated
from pages.components import cost, session
from tests.pages.conftest import open_page, texts
from tests.training.cost.test_price import MEASURED

KIND = "estimate"


@pytest.fixture
def measuring(monkeypatch):
    """The real component, which asks at once; and no network, which the Model page would ask for."""
    monkeypatch.setattr(hardware, "reachable", lambda *_a, **_k: False)
    monkeypatch.setattr(cost, "SETTLES", 0.0)


def settings_of(dataset):
    return session.draft(dataset).settings


def measured(dataset, value=MEASURED):
    job = price.job(settings_of(dataset))
    store.save_result(job, value)
    return job


def metrics(at):
    return {metric.label: metric.value for metric in at.metric}


@pytest.mark.parametrize("page", ["train", "settings", "model"])
def test_opening_a_page_measures_once(page, tiny_dataset, started, measuring):
    for _ in range(2):
        at = open_page(page, dataset=tiny_dataset.id)
        assert not at.exception
    (job,) = store.list_jobs(KIND)
    assert started == [job.id] == [price.key(settings_of(tiny_dataset))]
    assert any("Measuring on your pictures" in bar.text for bar in at.get("progress"))


def test_settings_that_are_still_being_changed_are_not_measured(tiny_dataset, started, measuring, monkeypatch):
    monkeypatch.setattr(cost, "SETTLES", 3600.0)
    drafts.save(replace(session.draft(tiny_dataset), level="standard"))
    at = open_page("settings", dataset=tiny_dataset.id)
    for n in (3, 4):
        next(widget for widget in at.number_input if widget.label == "Epochs").set_value(n).run()
    assert not at.exception and not started and not store.list_jobs(KIND)
    assert "in a moment" in at.get("progress")[0].text
    monkeypatch.setattr(cost, "SETTLES", 0.0)
    at.run()
    assert started == [price.key(settings_of(tiny_dataset))]


def test_how_far_the_measurement_is_is_shown(tiny_dataset, started, measuring):
    job = price.job(settings_of(tiny_dataset))
    log.append(job.folder, Progress(stage="measure", label="Trying head only", done=1, total=3))
    started.append(job.id)
    at = open_page("train", dataset=tiny_dataset.id)
    assert "trying head only" in at.get("progress")[0].text


def test_the_price_is_there_before_the_start(tiny_dataset, started, measuring):
    measured(tiny_dataset, replace(MEASURED, phases=(replace(MEASURED.phases[0], bytes_memory=700_000_000),)))
    at = open_page("train", dataset=tiny_dataset.id)
    assert not at.exception and not started
    assert (metrics(at)["Time"], metrics(at)["Memory"]) == ("28 s", "700 MB")
    assert "15 s for the frozen part to see every picture once" in texts(at)
    assert any(button.key == "start" for button in at.button)


def test_the_model_page_says_what_an_epoch_takes(tiny_dataset, started, measuring):
    measured(tiny_dataset)
    assert metrics(open_page("model", dataset=tiny_dataset.id))["Time per epoch"] == "1.6 s"


def test_other_settings_are_another_price(tiny_dataset, started, measuring):
    measured(tiny_dataset)
    drafts.save(replace(session.draft(tiny_dataset), level="standard"))
    at = open_page("settings", dataset=tiny_dataset.id)
    assert not started
    epochs = next(widget for widget in at.number_input if widget.label == "Epochs")
    epochs.set_value(3).run()
    assert not at.exception and started == [price.key(settings_of(tiny_dataset))]


def test_what_does_not_fit_is_marked_with_what_to_change(tiny_dataset, started, measuring):
    measured(tiny_dataset, replace(MEASURED, phases=(replace(MEASURED.phases[0], bytes_memory=10**15),)))
    at = open_page("train", dataset=tiny_dataset.id)
    assert "smaller batch or image size" in at.error[0].value.replace("\\", "")


def test_a_measurement_that_failed_says_why_and_can_be_made_again(tiny_dataset, started, measuring):
    job = price.job(settings_of(tiny_dataset))
    log.append(job.folder, Failed(message="This model needs pictures of 224 pixels."))
    at = open_page("train", dataset=tiny_dataset.id)
    assert "needs pictures of 224 pixels" in at.warning[0].value and not started
    at.button(key=f"again_{job.id}").click().run()
    assert not at.exception and started == [job.id]


def test_what_was_let_go_is_measured_when_it_is_asked_for_again(tiny_dataset, started, measuring):
    open_page("train", dataset=tiny_dataset.id)
    (job,) = store.list_jobs(KIND)
    started.clear()
    queue.release(job)  # as if it had been stopped before it began
    assert Tail(job).read().status == "interrupted"
    open_page("train", dataset=tiny_dataset.id)
    assert started == [job.id]


def test_a_measurement_that_nobody_is_left_to_start_is_started_while_a_page_waits(tiny_dataset, started):
    def look_again(settings, name):  # what a page that stands open does, without being drawn anew
        from functools import partial

        import streamlit as st

        from pages.components import cost, job_progress

        st.session_state[cost._SINCE] = name, 0.0
        job_progress.follow(partial(cost._wanted, settings), cost._progress)

    settings = settings_of(tiny_dataset)
    job = price.job(settings)
    with queue._database() as database:  # its turn would have come when another ended, which was killed
        database.execute("INSERT INTO queue VALUES (?, ?, 1.0, 'waiting')", (job.id, KIND))
    at = AppTest.from_function(look_again, args=(settings, job.id)).run()
    assert not at.exception and started == [job.id]


def look():
    """A page that shows the cost of the settings in its session."""
    import streamlit as st

    from ftcore import settings as s
    from pages.components import cost

    cost.show(s.from_json(st.session_state["shown"]))


@pytest.fixture
def visit(tiny_dataset, started, measuring):
    """``visit(epochs)``: an open page with such settings, and the measurement that belongs to them."""

    def job_of(epochs):
        return price.key(s.with_value(settings_of(tiny_dataset), "train.epochs", epochs))

    def open_or_turn(epochs, at=None):
        at = at or AppTest.from_function(look)
        at.session_state["shown"] = s.to_json(s.with_value(settings_of(tiny_dataset), "train.epochs", epochs))
        at.run()
        assert not at.exception and not at.error
        return at, store.find(job_of(epochs), KIND)

    return open_or_turn


def end(job, started):
    """The measurement comes to its end, and the next one begins."""
    store.save_result(job, MEASURED)
    log.append(job.folder, Finished(reason="Measured.", seconds=1.0))
    started.remove(job.id)
    queue.release(job)


def grow_old(job):
    """Whoever claimed it has closed the page."""
    for claim in (job.folder / claims.FOLDER).iterdir():
        os.utime(claim, (1.0, 1.0))


def test_two_pages_with_different_settings_both_get_their_price(visit, started):
    one, first = visit(3)
    two, second = visit(4)
    for at in (one, two, one, two):
        at.run()
    assert started == [first.id] and queue.waiting(KIND) == [second.id], "the second waits, and stops nobody"
    assert not process.stop_requested(first.folder)
    assert "waiting for another measurement" in two.get("progress")[0].text
    end(first, started)
    assert "Time" in metrics(one.run()) and "Time" not in metrics(two.run())
    assert started == [second.id]
    end(second, started)
    assert "Time" in metrics(two.run())


def test_a_page_with_other_settings_now_stops_its_own_measurement(visit, started):
    at, first = visit(3)
    _, second = visit(4, at)
    assert process.stop_requested(first.folder) and queue.waiting(KIND) == [second.id]


def test_a_page_whose_settings_have_a_price_now_stops_its_own_measurement(visit, started):
    at, first = visit(3)
    end(first, started)
    _, second = visit(4, at)
    assert not process.stop_requested(second.folder)
    visit(3, at)
    assert process.stop_requested(second.folder)


def test_a_measurement_that_another_tab_wants_as_well_goes_on(visit, started):
    one, job = visit(3)
    two, _ = visit(3)
    visit(4, one)
    assert not process.stop_requested(job.folder)
    visit(4, two)
    assert process.stop_requested(job.folder)


def test_a_measurement_of_a_page_that_was_closed_makes_room(visit, started):
    _, first = visit(3)
    at, _ = visit(4)
    assert not process.stop_requested(first.folder)
    grow_old(first)
    at.run()
    assert process.stop_requested(first.folder)


def test_a_measurement_that_was_stopped_is_made_again_for_whoever_still_wants_it(visit, started):
    at, job = visit(3)
    log.append(job.folder, Stopped(), Finished(reason="Stopped by you.", seconds=0.1))
    at.run()
    assert store.find(job.id, KIND) == job, "its worker is still leaving"
    started.remove(job.id)
    queue.release(job)
    at.run()
    assert started == [job.id] and not process.stop_requested(job.folder)
    assert store.find(job.id, KIND).created > job.created


def test_a_training_that_begins_stops_the_measurement_of_its_own_page_alone(tiny_dataset, visit, started):
    _, others = visit(3)
    at = open_page("train", dataset=tiny_dataset.id)
    own = price.key(settings_of(tiny_dataset))
    assert queue.waiting(KIND) == [own]
    at.button(key="start").click().run()
    assert not at.exception
    assert queue.waiting(KIND) == [] and not process.stop_requested(others.folder)


def test_after_the_run_the_promise_stands_beside_what_it_took(tiny_dataset, make_run):
    job = make_run(tiny_dataset, n_epochs=2)
    at = open_page("train", dataset=tiny_dataset.id, run=job.id)
    assert not [box for box in at.expander if "promised" in box.label]
    promised = Estimated(seconds=10, seconds_low=8, seconds_high=11, bytes_memory=10**9, bytes_disk=10**7)
    log.append(job.folder, promised, Finished(reason="All epochs done.", seconds=12.0))
    at = open_page("train", "cost", dataset=tiny_dataset.id, run=job.id)
    assert not at.exception
    (table,) = [frame.value for frame in at.dataframe if "Actual" in frame.value]
    assert list(table["Promised before the start"]) == ["10 s", "1.0 GB", "10 MB"]
    assert list(table["Actual"])[:2] == ["12 s", "700 MB"]
    assert "outside what was thought likely, 8.0 s to 11 s" in texts(at)
