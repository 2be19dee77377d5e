"""One run, live and afterwards: progress, curves, the score, the download."""

from dataclasses import replace

import streamlit as st

from ftcore import names, tasks
from ftcore import settings as s
from ftcore.datasets.records import open_dataset
from ftcore.evaluation.learning_curves import on_history
from ftcore.metrics.score import Score
from ftcore.runs import drafts, queue, store
from ftcore.tasks import scores
from ftcore.tasks.task import Task
from ftcore.training.run_state import RunState
from pages.components import charts, cost, formatting, job_progress, live, session, shell
from pages.components.run import score_report

_SPEED = (
    "Training pictures per second. What is frozen looks at every picture once; after that only the part that learns "
    "is computed, and this number jumps."
)
SEVERITY = {"good": st.success, "info": st.info, "warning": st.warning}


def show(job: store.Job) -> None:
    """A run, from waiting in line to its score."""
    session.wake_queue()
    state = session.state(job)
    st.title(names.markdown(job.name))
    if not state.is_idle:
        live.load_library()
        job_progress.follow(job, _going_on, every=1.0)
        return
    _heading(job, state)
    if state.scores:
        score_report.show(job, state)
    elif session.has_model(job):
        st.info("There is no test score: the data set was divided without test pictures.")
        score_report.download(job)
    _curves(job, state, moving=False)
    _plan(job, state)
    cost.promised(job, state)
    _what_next(job, state)


def _going_on(job: store.Job, state: RunState) -> None:
    """Drawn once a second while the run is under way. Pictures stay outside: they would pile up in memory."""
    _heading(job, state)
    _bar(job, state)
    _curves(job, state, moving=True)


def _heading(job: store.Job, state: RunState) -> None:
    st.markdown(f"{formatting.badge(state.status)} {names.markdown(state.reason)}")
    with st.container():  # always there: a sentence that comes later must not move the charts to another place
        if state.problem:
            (st.warning if state.status == "interrupted" else st.error)(names.markdown(state.problem))
        for note in state.notes:
            st.caption(names.markdown(note))
        for prepared in state.prepared:
            if sentence := formatting.once(prepared, state.plan.n_train if state.plan else 0):
                st.caption(sentence)
    if state.status in ("interrupted", "failed") and st.button(
        "Resume", type="primary", icon=":material/play_arrow:", key="resume"
    ):
        session.submit(job)
        st.rerun()


def _bar(job: store.Job, state: RunState) -> None:
    if state.status == "waiting":
        before = queue.waiting().index(job.id) if job.id in queue.waiting() else 0
        job_progress.bar(state, waiting=f"Waiting for another run to finish; {before} more before this one.")
    elif state.stage is not None or state.plan is None:
        job_progress.bar(state, starting="Starting the worker")
    else:
        epoch = len(state.history) + 1
        counted = f"Epoch {min(epoch, state.plan.n_epochs)} of {state.plan.n_epochs}"
        st.progress(min(1.0, state.fraction), text=f"{counted}{formatting.left(state.seconds_left)}")
    lr = state.history[-1]["lr"] if state.history and not state.lr else state.lr
    best = next((row for row in state.history if row["epoch"] == state.best_epoch), None)
    score = state.worded(best[f"val_{state.headline}"]) if best else "–"
    label = scores.find(state.headline).label
    with st.container(horizontal=True, gap="large"):
        st.metric("Pictures per second", f"{state.speed:,.0f}" if state.speed else "–", help=_SPEED, width="content")
        st.metric("Learning rate", f"{lr:.2g}" if lr else "–", width="content")
        st.metric("Memory", f"{state.memory_mb:,.0f} MB" if state.memory_mb else "–", width="content")
        st.metric("Best so far", score, help=f"{label} on validation pictures", width="content")
    job_progress.stop_button(job, state, "Stop and keep the best", key="stop")


def _curves(job: store.Job, state: RunState, *, moving: bool) -> None:
    """Loss and a score on training and validation pictures, then rate, speed and memory."""
    rows = state.history
    planned = state.plan.n_epochs if state.plan else 1
    n_epochs = len(rows) if state.is_over else planned  # a run that was stopped leaves no empty space behind
    task = tasks.of(state.plan.task if state.plan else tasks.MULTICLASS.name)
    shown = _choose(job, state, task)
    for column, score in zip(st.columns(2), (task.scores["loss"], shown), strict=True):
        title, in_percent = score.title(state.unit), score.unit == "fraction"
        figure = charts.history(
            rows, score.name, title, n_epochs=n_epochs, best=state.best_epoch, in_percent=in_percent
        )
        with column:
            _draw(figure, f"{score.name}_curve", _alt(state, score), moving=moving)
    with st.container():  # always there: a sentence that appears must not move the charts below to another place
        for remark in on_history(rows, planned, task=task.name, units=state.plan.units if state.plan else ()):
            SEVERITY[remark.severity](remark.text)
    small = (
        ("lr", "Learning rate", "#7a5cc7"),
        ("images_per_second", "Pictures/s", charts.TEST),
        ("memory_mb", "Memory (MB)", charts.TEST),
    )
    for column, (key, title, colour) in zip(st.columns(3), small, strict=True):
        with column:
            figure = charts.per_epoch(rows, key, title, n_epochs=n_epochs, colour=colour)
            _draw(figure, f"{key}_curve", f"Line chart: {title} per epoch.", moving=moving)


def _choose(job: store.Job, state: RunState, task: Task) -> Score:
    """The score beside the loss: of those that the run's history has, the headline until somebody takes another."""
    units = state.plan.units if state.plan else ()
    offered = [
        name
        for name, score in task.scores.items()
        if name != "loss" and score.is_fair_over(units) and all(f"val_{name}" in row for row in state.history[:1])
    ]
    chosen = st.selectbox(
        "Score",
        offered,
        index=offered.index(state.headline) if state.headline in offered else 0,
        format_func=lambda name: task.scores[name].label,
        key=f"score_{job.id}",
        width=250,
        help="What the chart beside the loss shows.",
    )
    return task.scores[chosen or state.headline]


def _draw(figure: object, key: str, alt: str, *, moving: bool) -> None:
    if moving:
        live.chart(figure, key=key, alt=alt)  # type: ignore[arg-type]
    else:
        st.plotly_chart(figure, key=key, alt=alt, config=charts.QUIET)


def _alt(state: RunState, score: Score) -> str:
    what, metric = f"Line chart of {score.label.lower()} per epoch", score.name
    if not state.history:
        return f"{what}; no epoch has ended yet."
    last = state.history[-1]
    return (
        f"{what}. Epoch {last['epoch'] + 1}: training {last[f'train_{metric}']:.3g}, "
        f"validation {last[f'val_{metric}']:.3g}."
    )


def _plan(job: store.Job, state: RunState) -> None:
    if state.plan is None:
        return
    with shell.part("What was trained", key="plan") as opened:
        if not opened:
            return
        for phase in state.plan.phases:
            first, last = phase["first_epoch"] + 1, phase["first_epoch"] + phase["n_epochs"]
            when = f"Epoch {first} to {last}" if phase["n_epochs"] else "Next, when validation stalls"
            st.markdown(
                f"- {when}: **{phase['label']}**, {phase['trainable']:,} of "
                f"{state.plan.n_parameters:,} parameters learn."
            )
        st.json(s.to_json(job.settings), expanded=False)


def _what_next(job: store.Job, state: RunState) -> None:
    if st.button("Train again with other settings", icon=":material/replay:", key="again"):
        opened = open_dataset(job.settings.dataset)
        draft = session.draft(opened)
        drafts.renew(replace(draft, settings=job.settings))
        shell.go("settings", dataset=opened.id, run=None)
    if session.has_model(job) and shell.next_button("try_it", "Next: try it"):
        shell.go("try_it", run=job.id)
