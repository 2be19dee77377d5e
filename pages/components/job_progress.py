"""Work that goes on beside the page: polled in one way, shown as a bar, and stopped by a button."""

from collections.abc import Callable

import streamlit as st

from ftcore import names
from ftcore.datasets.records import Dataset
from ftcore.errors import RunError
from ftcore.runs import queue, store
from ftcore.runs.state import JobState
from pages.components import formatting, session


def find(kind: str, dataset: Dataset) -> store.Job | None:
    """The job of this very version; it is named after it, so that two clicks are one job."""
    try:
        return store.find(dataset.id, kind)
    except RunError:
        return None


def problem(job: store.Job | None) -> str:
    """Say why it failed or was interrupted; empty if it was not."""
    return session.state(job).problem if job is not None else ""


def start(kind: str, dataset: Dataset, job: store.Job | None) -> None:
    """Start it, go on with it, or do it again where ``job`` ended well but what it made is gone."""
    if job is not None and not problem(job):
        queue.delete(job)
    session.submit(store.create(kind, dataset.name, {"dataset": dataset.id}, id=dataset.id))
    st.rerun()


def follow(
    job: store.Job | Callable[[], store.Job | None],
    draw: Callable[[store.Job | None, JobState], object] | None = None,
    *,
    every: float = 0.5,
) -> None:
    """Draw how far a job is, again and again, until nothing works on it; the page is then drawn anew, once.

    The page must ask ``state.is_idle`` as well before it follows a job, or it is drawn anew for ever.

    Args:
        job: What goes on; or what is called at every look, and gives the job, or None while there is none yet.
        draw: Draws the job in its state; a bar if None.
        every: Seconds between two looks.
    """
    st.fragment(_look, run_every=every)(job, draw or _bar)


def _look(
    job: store.Job | Callable[[], store.Job | None], draw: Callable[[store.Job | None, JobState], object]
) -> None:
    found = job if isinstance(job, store.Job) else job()
    state = JobState() if found is None else session.state(found)
    if state.is_idle:
        st.rerun()
    if found is not None and state.status == "waiting":
        session.wake_queue()  # whoever should have started it may have been killed
    draw(found, state)


def _bar(_job: store.Job | None, state: JobState) -> None:
    bar(state)


def bar(
    state: JobState,
    *,
    waiting: str = "Waiting for other work to end",
    starting: str = "Starting",
    words: Callable[[str], str] = str,
) -> None:
    """The bar of a job: what it does now and how much time is left.

    Args:
        state: Of the job.
        waiting: Said while it waits for its turn.
        starting: Said while its worker has not told anything yet.
        words: Makes a sentence of what it does, which is Markdown.
    """
    if state.status == "waiting":
        st.progress(0.0, text=words(waiting))
        return
    label = names.markdown(state.stage.label) if state.stage else starting
    st.progress(min(1.0, state.fraction), text=f"{words(label)}{formatting.left(state.seconds_left)}")


def stop_button(job: store.Job, state: JobState, label: str, *, key: str) -> None:
    """The button that takes a job out of the queue, or asks its worker to leave."""
    st.button(
        label,
        icon=":material/stop:",
        key=key,
        disabled=state.status == "stopping",
        on_click=queue.stop,
        args=(job,),
    )
