"""The test score of a run: each score with its range, what was mixed up or how far off it was, the download."""

from contextlib import suppress

import pandas as pd
import streamlit as st

from ftcore import names, tasks
from ftcore.datasets import holdout_log, versions
from ftcore.datasets.records import open_dataset
from ftcore.errors import DataError, FinetuneError
from ftcore.runs import store
from ftcore.tasks.outputs import Outputs
from ftcore.training.run_state import RunState
from pages.components import cached, glossary_links, image_grid, session, shell, task_views


def show(job: store.Job, state: RunState) -> None:
    """Everything that the test says about a finished run."""
    st.subheader("Test score")
    st.markdown(
        f"{state.n_tested:,} **{glossary_links.link('test-pictures', 'test')}** pictures that the model has never "
        "seen. With this many pictures the true value lies, in 95 of 100 cases, in the "
        f"{glossary_links.link('interval', 'range')} below each number."
    )
    _count(job)
    assert state.scores is not None
    units = state.plan.units if state.plan else ()
    rows = tasks.of(state.plan.task if state.plan else tasks.MULTICLASS.name).scores
    shown = {
        rows[name]: score
        for name, score in state.scores.items()
        if name in rows and "low" in score and rows[name].is_fair_over(units)
    }
    with st.container(horizontal=True, gap="large"):  # in a narrow window they go to the next line
        for row, score in shown.items():
            value = row.text(score["value"], state.unit)
            low, high = (row.text(score[end], names.markdown(state.unit)) for end in ("low", "high"))
            with st.container(width="content"):
                st.metric(row.label, value, help=row.help, width="content")
                st.caption(f"{low} – {high}")
    if not session.has_model(job):
        st.info("The run ended before its model was written. Resume it: what it has learned is kept.")
        return
    download(job)
    outputs = Outputs.from_json(store.load_result(job))
    tables, view = cached.test_tables(job.id, outputs), task_views.of(outputs.task)
    view.test_tables(outputs, tables)
    _mistakes(job, view.mistakes_title(len(tables["mistakes"])), tables["mistakes"])


def _count(job: store.Job) -> None:
    """Note the look, once for each visit however often the page is drawn, and say how many there were."""
    key = f"seen_{job.id}"
    if key not in st.session_state:
        st.session_state[key] = True
        with suppress(FinetuneError):  # the data set was deleted, or the disk is full: the score is shown all the same
            versions.log_holdout_access(open_dataset(job.settings.dataset), job.id, shown=True)
    n, n_runs = holdout_log.count(job.settings.dataset), holdout_log.n_runs(job.settings.dataset)
    if n > 1:
        runs = f"of {n_runs} runs" if n_runs > 1 else "of this run"
        st.caption(
            f":material/lock_open: The test score was looked at {n} times, {runs} on these pictures.",
            help=holdout_log.WHY,
        )


def download(job: store.Job) -> None:
    """The button that hands out the bundle, if there is one."""
    file = job.folder / "bundle.zip"
    if file.exists():
        st.download_button(
            "Download the trained model",
            file.read_bytes,
            file_name=f"{names.slug(job.name)}.zip",
            mime="application/zip",
            icon=":material/download:",
            key="download",
            on_click="ignore",
            help="Weights (safetensors), architecture, classes and preprocessing (JSON), and how to load them.",
        )


def _mistakes(job: store.Job, title: str, wrong: pd.DataFrame) -> None:
    try:
        dataset = open_dataset(job.settings.dataset)
    except DataError:
        st.caption("The data set of this run was deleted, so its mistakes cannot be shown.")
        return
    with shell.part(title, key="mistakes", expanded=True) as opened:
        if not opened:
            return
        rows = wrong.head(12).to_dict("records")
        image_grid.grid(dataset, [row["row"] for row in rows], [f"{row['true']} → {row['predicted']}" for row in rows])
        st.caption("Truth → what the model said.")
