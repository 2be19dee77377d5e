"""My runs, newest first: result, state, open, resume, delete."""

import streamlit as st

from ftcore import names
from ftcore import settings as s
from ftcore.runs import queue, store
from ftcore.tasks import scores
from ftcore.training.run_state import RunState
from pages.components import formatting, forms, session, shell

SHOWN_SETTINGS = ("freeze.preset", "train.epochs", "train.lr", "train.batch_size", "model.image_size")


def show(*, n_shown: int, page: int = 0) -> None:
    """The list of runs, a row each."""
    session.wake_queue()
    jobs = store.list_jobs()
    if not jobs:
        st.caption("None yet. Your first one will appear here, and stay.")
    for job in jobs[page * n_shown : (page + 1) * n_shown]:
        with st.container(border=True):
            _row(job)
    if len(jobs) > n_shown and page == 0 and n_shown <= 5:
        shell.link("runs", f"All {len(jobs)} runs")


def _row(job: store.Job) -> None:
    state = session.state(job)
    about, score = st.columns([4, 1], vertical_alignment="center")
    about.markdown(f"**{names.markdown(job.name)}** {formatting.badge(state.status)}")
    with shell.errors(), about:
        settings = job.settings
        values = forms.describe(settings, SHOWN_SETTINGS)
        st.caption(
            names.markdown(f"{settings.model.name}, {s.PRESETS[settings.preset].label.lower()}")
            + f" · {formatting.when(job.created)}  \n"
            + " · ".join(f"{names.markdown(label)} {names.markdown(value)}" for label, value in values.items())
        )
    label = scores.find(state.headline).label
    label = label if label.startswith(("R²", "F1")) else label.lower()
    if state.scores and state.tested:
        score.markdown(f"**{formatting.score(state, state.scores[state.headline]['value'])}** test {label}")
    elif state.history:
        latest = formatting.score(state, state.history[-1][f"val_{state.headline}"])
        score.markdown(f"{latest} validation {label}, epoch {len(state.history)}")
    with st.container(horizontal=True):  # wraps in a narrow window, where columns would cut the words off
        _buttons(job, state)


def _buttons(job: store.Job, state: RunState) -> None:
    if st.button("Open", key=f"open_{job.id}"):
        shell.go("train", run=job.id, dataset=job.request.get("dataset"))
    if state.status == "interrupted" and st.button("Resume", key=f"resume_{job.id}"):
        session.submit(job)
        shell.go("train", run=job.id, dataset=job.request.get("dataset"))
    running = state.status in ("starting", "working", "stopping")
    if st.button("Delete", key=f"delete_{job.id}", disabled=running, help="Stop it first" if running else None):
        _ask_to_delete(job)


@st.dialog("Delete this run?")
def _ask_to_delete(job: store.Job) -> None:
    st.markdown(f"**{names.markdown(job.name)}** with its model, curves and settings. This cannot be undone.")
    yes, no = st.columns(2)
    yes.button("Delete for good", type="primary", key="delete_yes", on_click=_delete, args=(job,), width="stretch")
    if no.button("Keep it", key="delete_no", width="stretch"):
        st.rerun()


def _delete(job: store.Job) -> None:
    with shell.errors():
        queue.delete(job)
    if st.query_params.get("run") == job.id:
        del st.query_params["run"]
