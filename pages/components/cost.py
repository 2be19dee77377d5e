"""What a run would cost, before it is started: measured by a worker, remembered, and held against what there is."""

import time
from contextlib import suppress
from functools import partial

import streamlit as st

from ftcore import names
from ftcore import settings as s
from ftcore.errors import RunError
from ftcore.runs import claims, store
from ftcore.runs.state import JobState
from ftcore.training.cost import price
from ftcore.training.run_state import RunState
from pages.components import formatting, job_progress, session, shell

_TIME = (
    "From the press of the button to the finished model, on this computer, measured on three batches of your pictures."
)
_MEMORY = "The most that the training will hold in memory at a time."
_DISK = "What is kept of frozen layers, the saved epochs and the finished model."

KIND = "estimate"
_SINCE = "cost_since"  # of the session: name of the measurement that is wanted, and since when
_CLAIMED = "cost_claimed"  # of the session: the measurement that it asked for
SETTLES = 0.5
"""Seconds that settings must stand before a worker measures them: one for every click would slow the pages down."""


def show(settings: s.RunSettings, *, title: str = "What would this run cost?", per_epoch: bool = False) -> None:
    """Time, memory and disk of a run with these settings; a worker measures it if nobody has before.

    Args:
        settings: Of the run.
        title: Above the numbers.
        per_epoch: Show the time of one epoch first, for choosing a model.
    """
    with st.container(border=True):
        st.markdown(f"**{title}**")
        with shell.errors():
            cost = price.known(settings)
            if cost is not None:
                release()
                _numbers(settings, cost, per_epoch=per_epoch)
                return
            id = price.key(settings)
            if st.session_state.get(_SINCE, ("", 0.0))[0] != id:
                st.session_state[_SINCE] = id, time.monotonic()
            job, state = _asked(id)
            if job is None or _is_unbegun(state) or not state.is_idle:
                job_progress.follow(partial(_wanted, settings), _progress, every=0.7)
            else:
                _failed(job, state)


def release() -> None:
    """Say that this page does not want any more what it asked for: it is not measured, unless others want it."""
    id = st.session_state.pop(_CLAIMED, None)
    if id is not None:
        with suppress(RunError):  # it was forgotten meanwhile
            claims.release(store.find(id, KIND), session.token())


def _asked(id: str) -> tuple[store.Job | None, JobState]:
    """The measurement of this name and how far it is; none where nobody has asked for it."""
    try:
        job = store.find(id, KIND)
    except RunError:
        return None, JobState(status="interrupted")
    return job, session.state(job)


def _wanted(settings: s.RunSettings) -> store.Job | None:
    """The measurement of these settings, claimed at every look; none until they have stood for a moment."""
    id, since = st.session_state[_SINCE]
    if time.monotonic() - since < SETTLES:
        return None
    with shell.errors():
        job, state = _asked(id)
        if job is None or _is_unbegun(state):
            if job is not None and state.status == "stopped":
                price.forget(job.id)
            job = price.job(settings)
            _claim(job)
            session.submit(job)
            state = session.state(job)
            return None if _is_unbegun(state) else job  # else its last worker is still leaving
        _claim(job)
        if state.status == "waiting":
            claims.sweep(KIND)  # what it waits for may be wanted by nobody any more
        return job
    return None


def _claim(job: store.Job) -> None:
    if st.session_state.get(_CLAIMED) != job.id:
        release()
        st.session_state[_CLAIMED] = job.id
    claims.hold(job, session.token())


def _is_unbegun(state: JobState) -> bool:
    """New, or taken back: nothing is wrong with it, and it can be submitted."""
    return state.status == "stopped" or (state.status == "interrupted" and not state.last_at)


def _progress(job: store.Job | None, state: JobState) -> None:
    if job is None:
        st.progress(0.0, text="Measuring on your pictures: in a moment…")
        return
    job_progress.bar(
        state,
        waiting="waiting for another measurement",
        words=lambda label: f"Measuring on your pictures: {label.lower()}…",
    )


def _failed(job: store.Job, state: RunState) -> None:
    problem = state.problem or "The measurement ended without a result."
    st.warning(names.markdown(problem), icon=":material/error:")
    if st.button("Measure again", key=f"again_{job.id}"):
        price.forget(job.id)
        st.rerun()


def _numbers(settings: s.RunSettings, cost: price.Cost, *, per_epoch: bool) -> None:
    label, seconds, help = "Time", cost.seconds, _TIME
    span = f"{formatting.rough(cost.seconds_low)} to {formatting.rough(cost.seconds_high)}"
    if per_epoch:
        label, seconds, help = "Time per epoch", cost.seconds_per_epoch, "Training and validation."
        span = f"{formatting.rough(cost.seconds)} for all of {settings.train.epochs:,}."
    with st.container(horizontal=True, gap="large"):  # in a narrow window they go to the next line
        with st.container(width="content"):
            st.metric(label, formatting.rough(seconds), help=help, width="content")
            st.caption(span, width="content")
        st.metric("Memory", formatting.size(cost.bytes_memory), help=_MEMORY, width="content")
        st.metric("Disk", formatting.size(cost.bytes_disk), help=_DISK, width="content")
    st.caption(_parts(cost))
    for sentence in price.obstacles_here(cost):
        st.error(names.markdown(sentence), icon=":material/block:")
    for note in cost.notes:
        st.caption(names.markdown(note))
    if cost.busy:
        st.caption("The computer was busy with something else while this was measured, so it may be too much.")
        if st.button("Measure again", key=f"again_{price.key(settings)}"):
            price.forget(price.key(settings))
            st.rerun()


def _parts(cost: price.Cost) -> str:
    """Say where the time goes, in a sentence."""
    once = (
        f"{formatting.rough(cost.fill_seconds)} for the frozen part to see every picture once"
        if cost.fill_seconds
        else "nothing for the frozen part"
    )
    phases = "; ".join(
        f"{phase['label'].lower()}: {phase['n_epochs']} epochs of {formatting.rough(phase['seconds_per_epoch'])}"
        for phase in cost.phases
    )
    return f"Of this {once}; {phases}."


def promised(job: store.Job, state: RunState) -> None:
    """Show after a run what was promised beside what it took."""
    spent = price.spent(job.folder, state)
    if state.promised is None or spent is None:
        return
    given = state.promised
    rows = (
        ("Time", formatting.rough(given.seconds), formatting.rough(spent.seconds)),
        ("Memory", formatting.size(given.bytes_memory), formatting.size(spent.bytes_memory)),
        ("Disk", formatting.size(given.bytes_disk), formatting.size(spent.bytes_disk)),
    )
    with shell.part("What it cost: promised and actual", key="cost", icon=":material/receipt_long:") as opened:
        if not opened:
            return
        table = {
            "": [row[0] for row in rows],
            "Promised before the start": [row[1] for row in rows],
            "Actual": [row[2] for row in rows],
        }
        st.dataframe(table, hide_index=True, alt="Estimated and actual time, memory and disk", key="promised")
        within = given.seconds_low <= spent.seconds <= given.seconds_high
        likely = f"{formatting.rough(given.seconds_low)} to {formatting.rough(given.seconds_high)}"
        st.caption(f"The time lay {'within' if within else 'outside'} what was thought likely, {likely}.")
