"""The learning-rate finder on the Settings page: a trial beside it, its curve, and a button that takes the rate."""

import streamlit as st

from ftcore import names
from ftcore import settings as s
from ftcore.datasets.records import Dataset
from ftcore.runs import lr_trials, queue, store
from ftcore.runs.state import JobState
from pages.components import charts, glossary_links, job_progress, session


def show(dataset: Dataset, settings: s.RunSettings) -> None:
    """Offer a trial for these settings, follow it, or show what it found."""
    session.wake_queue()
    st.markdown(
        f"Which {glossary_links.link('learning-rate', 'learning rate')} suits this network and these pictures? The "
        f"{glossary_links.link('learning-rate-finder', 'finder')} tries a hundred, from tiny to huge, on a copy of the "
        "model. The run that follows does not notice."
    )
    job = lr_trials.find(settings)
    if job is not None and not session.state(job).is_idle:
        job_progress.follow(job, _going_on)
        return
    found = lr_trials.load(job) if job is not None else None
    if found is None:
        _ask(dataset, settings, job)
    else:
        _result(dataset, found, settings)


def _ask(dataset: Dataset, settings: s.RunSettings, job: store.Job | None) -> None:
    problem = session.state(job).problem if job is not None else ""
    if problem:
        st.error(names.markdown(problem), icon=":material/error:")
    if st.button("Find a learning rate", icon=":material/search:", key="find_rate"):
        if job is not None:  # it was stopped or failed: a new trial, not the rest of the old one
            queue.delete(job)
        session.submit(lr_trials.create(settings, dataset.name))
        st.rerun()


def _going_on(job: store.Job, state: JobState) -> None:
    job_progress.bar(state, waiting="Waiting for another trial to end.")
    job_progress.stop_button(job, state, "Stop looking", key="stop_rates")


def _result(dataset: Dataset, found: lr_trials.Found, settings: s.RunSettings) -> None:
    st.plotly_chart(
        charts.rates(found.rates, found.losses, found.suggestion, settings.train.lr),
        key="rates_curve",
        config=charts.QUIET,
        alt=f"Line chart: the loss over {len(found.rates)} rising learning rates; {found.suggestion:.2g} is suggested.",
    )
    rounded = float(f"{found.suggestion:.2g}")
    is_set = settings.train.lr == rounded
    text, button = st.columns([3, 1], vertical_alignment="center")
    text.markdown(
        f"The loss falls fastest at **{rounded:g}**: a good rate to train with. Left of it training is slow; where the "
        "curve climbs again, steps are too large."
    )
    button.button(
        "This rate is used" if is_set else "Use this rate",
        key="use_rate",
        disabled=is_set,
        icon=":material/check:" if is_set else None,
        on_click=_use,
        args=(dataset, rounded),
        width="stretch",
    )


def _use(dataset: Dataset, rate: float) -> None:
    session.change(dataset, s.with_value(session.draft(dataset).settings, "train.lr", rate))
