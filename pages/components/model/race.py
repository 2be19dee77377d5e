"""The race of models on the Model page: choose entrants, watch leaderboard come in, take the winner."""

from typing import Any

import pandas as pd
import streamlit as st

from ftcore import hardware, names
from ftcore.datasets.records import Dataset
from ftcore.models import catalogue
from ftcore.runs import queue, store
from ftcore.search import candidates
from ftcore.search.race_state import RaceState
from ftcore.tasks import scores
from pages.components import charts, formatting, job_progress, live, session, shell

_WHAT = (
    "Each model looks at your training and validation pictures once, and a quick head is tested five times on pictures "
    "that it has not learned from. That ranks models much as a full training would. The test pictures take no part."
)


def show(dataset: Dataset) -> str:
    """The race of a data set; the name of the model whose button was just pressed, or an empty text."""
    last = candidates.latest(dataset)
    title = "Not sure? Let models race on your pictures"
    with shell.part(title, key="race", icon=":material/sports_score:", expanded=bool(last)) as opened:
        if not opened:
            return ""
        st.markdown(_WHAT)
        with shell.errors():
            job = _choose(dataset, last)
            if job is None:
                return ""
            state = session.state(job)
            if state.is_idle:
                return _result(job, state)
            live.load_library()
            job_progress.follow(job, _running, every=1.0)
    return ""


def _choose(dataset: Dataset, last: store.Job | None) -> store.Job | None:
    """The race to show: the one that was just asked for, or the latest."""
    known = candidates.offered()
    usual = last.request["models"] if last else candidates.suggested(has_gpu=hardware.has_gpu())
    chosen = st.multiselect(
        "Models",
        known,
        default=[name for name in usual if name in known],
        format_func=_title,
        max_selections=candidates.MOST,
        key=f"race_{dataset.id}",
        help=f"{candidates.FEWEST} to {candidates.MOST} of the whole catalogue; type to search. A model whose weights "
        "are neither here nor to be had is left out.",
    )
    running = last is not None and not session.state(last).is_idle
    if st.button(
        "Start the race",
        icon=":material/sports_score:",
        key="race",
        disabled=running or len(chosen) < candidates.FEWEST,
        help=f"Choose at least {candidates.FEWEST} models." if len(chosen) < candidates.FEWEST else None,
    ):
        job = candidates.job(dataset, chosen)
        if session.state(job).last_at:  # it was run before: whoever presses the button wants it again
            queue.delete(job)
            job = candidates.job(dataset, chosen)
        session.submit(job)
        st.rerun()
    return last


def _running(job: store.Job, state: RaceState) -> None:
    job_progress.bar(state, waiting="Waiting for another race to end.")
    job_progress.stop_button(job, state, "Stop the race", key="race_stop")
    with st.container():  # always there: rows that come later must not move the chart to another place
        _table(job, state)
    live.chart(
        charts.leaderboard(_rows(state), n_candidates=len(job.request["models"])), key="race_chart", alt=_alt(state)
    )


def _result(job: store.Job, state: RaceState) -> str:
    if state.problem:
        st.error(names.markdown(state.problem), icon=":material/error:")
    for note in state.notes:
        st.caption(names.markdown(note))
    if not state.leaderboard:
        return ""
    _table(job, state)
    figure = charts.leaderboard(_rows(state), n_candidates=len(state.leaderboard))
    st.plotly_chart(figure, key="race_result", config=charts.QUIET, alt=_alt(state))
    rows = _rows(state)
    if len(rows) > 1 and rows[1]["high"] >= rows[0]["low"]:
        st.caption("The bars' ranges overlap: with so few pictures, the first and the second may be equally good.")
    pressed = ""
    with st.container(horizontal=True):
        for row in rows:
            if st.button(f"Use {row['title']}", key=f"use_{row['model']}"):
                pressed = row["model"]
    return pressed


def _rows(state: RaceState) -> list[dict[str, Any]]:
    """Standings, the best first."""
    rows = [
        {
            "model": standing.model,
            "title": _title(standing.model),
            "metric": standing.metric,
            "score": standing.score,
            "low": standing.low,
            "high": standing.high,
            "seconds": standing.seconds,
            "megabytes": standing.megabytes,
        }
        for standing in state.leaderboard
    ]
    return sorted(rows, key=lambda row: -row["score"])


def _table(job: store.Job, state: RaceState) -> None:
    rows = _rows(state)
    stood = {row["model"] for row in rows}
    waiting = [] if state.is_idle else [_title(name) for name in job.request["models"] if name not in stood]
    blank = [""] * len(waiting)
    label = scores.find(rows[0]["metric"]).label if rows else "Score"
    table = pd.DataFrame(
        {
            "Model": [*(row["title"] for row in rows), *waiting],
            label: [*(scores.text(row["metric"], row["score"]) for row in rows), *("…" for _ in waiting)],
            "Likely between": [*(_between(row) for row in rows), *blank],
            "Time": [*(formatting.rough(row["seconds"]) for row in rows), *blank],
            "Size": [*(f"{row['megabytes']:,.0f} MB" for row in rows), *blank],
        }
    )
    st.dataframe(table, hide_index=True, alt="Standings of the race, the best first", key=f"race_table_{job.id}")


def _between(row: dict[str, Any]) -> str:
    return f"{scores.text(row['metric'], row['low'])} – {scores.text(row['metric'], row['high'])}"


def _title(name: str) -> str:
    row = catalogue.find(name)
    return row.title if row and row.title else name


def _alt(state: RaceState) -> str:
    rows = _rows(state)
    if not rows:
        return "Bar chart of the race; no model has finished yet."
    return (
        "Bar chart of the race: "
        + ", ".join(f"{row['title']} {scores.text(row['metric'], row['score'])}" for row in rows)
        + "."
    )
