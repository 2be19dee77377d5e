"""The one way in which pages poll a job."""

import pytest
from streamlit.testing.v1 import AppTest

from ftcore.events import Finished, Progress, Started
from ftcore.runs import log, process, queue, store

READING = Progress(stage="read", label="Reading *all*", done=1, total=4, seconds=2.0)


def watch():
    """A page that follows a job; ``seen`` counts how often the page itself was drawn."""
    import streamlit as st

    from ftcore.runs import store
    from pages.components import job_progress, session

    def draw(found, state):
        job_progress.bar(state, waiting="Not yet", words=lambda label: f"<{label}>")
        job_progress.stop_button(found, state, "Stop", key="stop")

    st.session_state["seen"] = st.session_state.get("seen", 0) + 1
    job = store.find(st.session_state.get("id", "cats"), "examine")
    if session.state(job).is_idle:
        st.markdown("It is over.")
    else:
        job_progress.follow(st.session_state.get("look", job), draw)


@pytest.fixture
def job(workspace, started):
    found = store.create("examine", "Cats", {"dataset": "cats"}, id="cats")
    queue.submit(found)
    log.append(found.folder, Started())
    return found


def test_a_bar_says_what_is_done_and_how_much_time_is_left(job):
    log.append(job.folder, READING)
    (bar,) = AppTest.from_function(watch).run().get("progress")
    assert bar.text == r"<Reading \*all\*>, about 6 s left" and bar.value == 25


@pytest.fixture
def waiting(job):
    found = store.create("examine", "Dogs", {"dataset": "dogs"}, id="dogs")
    queue.submit(found)
    return found


def test_a_job_that_waits_says_so_and_is_started_when_nobody_else_does(job, waiting, started):
    at = AppTest.from_function(watch)
    at.session_state["id"] = waiting.id
    assert at.run().get("progress")[0].text == "<Not yet>" and started == [job.id]
    started.remove(job.id)  # it was killed, and so was whoever should have started the next
    at.run()
    assert started == [waiting.id]


def test_the_page_is_drawn_anew_once_when_the_job_is_over(job):
    def ends_meanwhile():
        log.append(job.folder, Finished(reason="Examined.", seconds=1.0))
        return job

    at = AppTest.from_function(watch)
    at.session_state["look"] = ends_meanwhile
    at.run()
    assert not at.exception and at.session_state["seen"] == 2
    assert at.markdown[0].value == "It is over." and not at.get("progress")


def test_a_job_that_is_not_there_yet_is_drawn_without_being_followed(job):
    at = AppTest.from_function(watch)
    at.session_state["look"] = lambda: None
    assert at.run().get("progress")[0].text == "<Not yet>" and at.session_state["seen"] == 1


def test_the_stop_button_asks_the_worker_and_then_waits_for_it(job):
    at = AppTest.from_function(watch).run()
    at.button(key="stop").click().run()
    assert process.stop_requested(job.folder)
    assert at.run().button(key="stop").disabled


def test_the_stop_button_takes_a_waiting_job_out_of_the_queue(waiting):
    at = AppTest.from_function(watch)
    at.session_state["id"] = waiting.id
    at.run().button(key="stop").click().run()
    assert queue.waiting("examine") == [] and not process.stop_requested(waiting.folder)
    assert at.markdown[0].value == "It is over."
