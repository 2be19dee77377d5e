"""Train: start, watch, stop; and at the end the honest score."""

import streamlit as st

from ftcore import names
from ftcore import settings as s
from ftcore.datasets.records import Dataset
from ftcore.runs import drafts
from pages.components import cost, forms, glossary_links, session, shell
from pages.components.run import live_run
from pages.components.settings import conflicts

SUMMARY = ("freeze.preset", "train.epochs", "train.batch_size", "train.lr", "train.optimizer", "model.image_size")


@shell.page
def show() -> None:
    """The open run, or the offer to start one."""
    job, dataset = session.job(), session.dataset()
    if job is not None:
        live_run.show(job)
    elif dataset is not None:
        _offer(dataset)
    else:
        st.title("Train")
        shell.needs("dataset", "Training needs pictures, and no data set is open.", "Choose pictures first")


def _offer(dataset: Dataset) -> None:
    """Say what would run, and offer the button."""
    st.title("Train")
    draft = session.draft(dataset)
    settings = draft.settings
    st.markdown(
        f"**{names.markdown(dataset.name)}** with **{names.markdown(settings.model.name)}**, preset "
        f"**{s.PRESETS[settings.preset].label}**"
    )
    with st.container(border=True):
        items = list(forms.describe(settings, SUMMARY).items())
        for column, (label, value) in zip(st.columns(len(items)), items, strict=True):
            column.caption(label)
            column.markdown(names.markdown(value))
    shell.link("settings", "Change the settings")
    conflicts.show(dataset, settings)
    cost.show(settings)
    st.markdown(
        f"In every **{glossary_links.link('epoch', 'epoch')}** the model sees each training picture once and is then "
        "checked on the validation pictures. Training goes on when you close this tab."
    )
    fits = False
    with shell.errors():
        s.check_task(settings, dataset.task, len(dataset.classes))
        fits = True
    if st.button("Start training", type="primary", icon=":material/play_arrow:", key="start", disabled=not fits):
        _start(draft, dataset)


def _start(draft: drafts.Draft, dataset: Dataset) -> None:
    """Make the run of a draft and open it. A second click finds the same run."""
    cost.release()
    job = drafts.to_job(draft, f"{dataset.name} {s.PRESETS[draft.settings.preset].label.lower()}")
    session.submit(job)
    shell.go("train", run=job.id)


show()
