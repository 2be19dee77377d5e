"""The test score of a run: each score with its range, what was mixed up or how far off it was, the download."""

from contextlib import suppress

import pandas as pd
import streamlit as st

from ftcore import names
from ftcore.datasets import holdout_log, versions
from ftcore.datasets.records import open_dataset
from ftcore.errors import DataError, FinetuneError
from ftcore.runs import store
from ftcore.tasks import scores
from ftcore.tasks.outputs import Outputs
from ftcore.training.run_state import RunState
from pages.components import cached, charts, glossary_links, image_grid, session, shell

_PER_NUMBER = ("mae", "median_error", "rmse", "r2")


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
    shown = {
        name: score for name, score in state.scores.items() if "low" in score and scores.means_something(name, units)
    }
    with st.container(horizontal=True, gap="large"):  # in a narrow window they go to the next line
        for name, score in shown.items():
            value = scores.text(name, score["value"], state.unit)
            low, high = (scores.text(name, score[end], names.markdown(state.unit)) for end in ("low", "high"))
            with st.container(width="content"):
                st.metric(scores.SCORES[name].label, value, help=scores.SCORES[name].help, width="content")
                st.caption(f"{low} – {high}")
    if not session.has_model(job):
        st.info("The run ended before its model was written. Resume it: what it has learned is kept.")
        return
    download(job)
    said = Outputs.from_json(store.load_result(job))
    tables = cached.test_tables(job.id, said)
    if said.task == "regression":
        _numbers(said, tables)
    else:
        _classes(tables)
    _mistakes(job, said, tables["mistakes"])


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


def _classes(tables: dict[str, pd.DataFrame]) -> None:
    if "confusion" in tables:
        st.subheader("Which classes are mixed up")
        st.caption("Rows are the truth, columns what the model said. A perfect model has everything on the diagonal.")
        st.plotly_chart(
            charts.confusion(tables["confusion"]),
            key="confusion",
            config=charts.QUIET,
            alt="Confusion matrix: true classes against answers.",
        )
    with shell.part("Class by class", key="classes", expanded="confusion" not in tables) as opened:
        if not opened:
            return
        columns = {
            name: st.column_config.NumberColumn(label, format="percent")
            for name, label in (
                ("precision", None),
                ("recall", None),
                ("f1", "F1"),
                ("average_precision", scores.SCORES["mean_average_precision"].label),
            )
        }
        st.dataframe(tables["classes"], hide_index=True, column_config=columns, alt="Scores of each class")


def _numbers(said: Outputs, tables: dict[str, pd.DataFrame]) -> None:
    st.subheader("How far off the numbers are")
    st.caption("Every point is a test picture. A perfect model has all of them on the line.")
    pairs, name = tables["pairs"], said.classes[0]
    if len(said.classes) > 1:
        name = st.selectbox("Number", said.classes, key="number_shown")
        columns = {
            score: st.column_config.NumberColumn(scores.SCORES[score].label, format="%.4g") for score in _PER_NUMBER
        }
        st.dataframe(tables["numbers"], hide_index=True, column_config=columns, alt="Scores of each number")
    unit = said.units[said.classes.index(name)] if said.units else ""
    st.plotly_chart(
        charts.truth_and_answer(pairs[pairs["label"] == name], f"{name} ({unit})" if unit else name),
        key="truth_and_answer",
        config=charts.QUIET,
        alt="Scatter chart: what the model said over the truth.",
    )


def _mistakes(job: store.Job, said: Outputs, wrong: pd.DataFrame) -> None:
    try:
        dataset = open_dataset(job.settings.dataset)
    except DataError:
        st.caption("The data set of this run was deleted, so its mistakes cannot be shown.")
        return
    title = "The largest errors" if said.task == "regression" else f"The surest mistakes ({len(wrong):,} in all)"
    with shell.part(title, key="mistakes", expanded=True) as opened:
        if not opened:
            return
        rows = wrong.head(12).to_dict("records")
        image_grid.grid(dataset, [row["row"] for row in rows], [f"{row['true']} → {row['predicted']}" for row in rows])
        st.caption("Truth → what the model said.")
