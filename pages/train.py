"""Train: start, watch, stop; and at the end the honest score."""

import streamlit as st

from pages.components import frame

frame.guard()

from ftcore import names  # noqa: E402
from ftcore import settings as s  # noqa: E402
from ftcore.datasets.records import Dataset  # noqa: E402
from ftcore.runs import drafts  # noqa: E402
from ftcore.training import costs  # noqa: E402
from pages.components import forms, objections, runcost, runview, session, terms  # noqa: E402

SUMMARY = ("freeze.preset", "train.epochs", "train.batch_size", "train.lr", "train.optimiser", "model.image_size")


def start(draft: drafts.Draft, dataset: Dataset) -> None:
    """Make the run of a draft and open it. A second click finds the same run."""
    costs.let_go()
    job = drafts.to_job(draft, f"{dataset.name} {s.PRESETS[draft.settings.preset].label.lower()}")
    session.submit(job)
    frame.go("train", run=job.id)


def offer(dataset: Dataset) -> None:
    """Nothing runs yet: what would run, and the button."""
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
    frame.link("settings", "Change the settings")
    objections.show(dataset, settings)
    runcost.show(settings)
    st.markdown(
        f"In every **{terms.link('epoch', 'epoch')}** the model sees each training picture once and is then checked on "
        "the validation pictures. Training goes on when you close this tab."
    )
    fits = False
    with frame.errors():
        s.check_task(settings, dataset.task, len(dataset.classes))
        fits = True
    if st.button("Start training", type="primary", icon=":material/play_arrow:", key="start", disabled=not fits):
        start(draft, dataset)


job, dataset = session.job(), session.dataset()
if job is not None:
    runview.show(job)
elif dataset is not None:
    offer(dataset)
else:
    st.title("Train")
    frame.needs("dataset", "Training needs pictures, and no data set is open.", "Choose pictures first")
