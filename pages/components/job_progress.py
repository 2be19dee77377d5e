"""Work on a data set that goes on beside the page: started by a click, shown as a bar, one job of a kind at a time."""

import streamlit as st

from ftcore import names
from ftcore.datasets.records import Dataset
from ftcore.errors import RunError
from ftcore.runs import queue, store
from pages.components import formatting, session


def find(kind: str, dataset: Dataset) -> store.Job | None:
    """The job of this very version; it is named after it, so that two clicks are one job."""
    try:
        return store.find(dataset.id, kind)
    except RunError:
        return None


def is_over(job: store.Job) -> bool:
    """Whether nothing works on it, and nothing will by itself."""
    state = session.state(job)
    return state.is_over or state.status == "interrupted"


def problem(job: store.Job | None) -> str:
    """Why it failed or was interrupted; empty if it was not."""
    return session.state(job).problem if job is not None else ""


def start(kind: str, dataset: Dataset, job: store.Job | None) -> None:
    """Start it, go on with it, or do it again where ``job`` ended well but what it made is gone."""
    if job is not None and not problem(job):
        queue.delete(job)
    session.submit(store.create(kind, dataset.name, {"dataset": dataset.id}, id=dataset.id))
    st.rerun()


def bar(job: store.Job) -> None:
    """How far it is, until it is over; the page is then drawn anew."""
    st.fragment(_bar, run_every=0.5)(job)


def _bar(job: store.Job) -> None:
    if is_over(job):
        st.rerun()
    state = session.state(job)
    label = state.stage.label if state.stage else "Starting"
    st.progress(min(1.0, state.fraction), text=f"{names.markdown(label)}{formatting.left(state.seconds_left)}")
