"""What pages show differently for each task: a prediction, the tables of a test, the input for a label. One table."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st

from ftcore import names, tasks
from ftcore.datasets.records import Dataset
from ftcore.metrics.score import number
from ftcore.tasks.labels import JOINT, classes_in_words
from ftcore.tasks.outputs import Outputs
from pages.components import cached, charts, shell

_THRESHOLD = "try_threshold"


@dataclass(frozen=True)
class TaskView:
    """One row.

    Args:
        prediction: Draws what a bundle says about a picture: takes the bundle, its values, the label of the picture in
            words or None, and what tells this picture's widgets from others.
        test_tables: Draws what report.tables() gives.
        mistakes_title: Says what the list of mistakes holds; takes how many there are.
        label_input: Asks for a label, as an edit takes it, None while there is none: takes the data set, what tells
            these widgets from others, and the row of the picture whose label is proposed.
    """

    prediction: Callable[[Any, list[float], str | None, str], None]
    test_tables: Callable[[Outputs, dict[str, pd.DataFrame]], None]
    mistakes_title: Callable[[int], str]
    label_input: Callable[[Dataset, str, int], str | None]


def of(task: str) -> TaskView:
    """The view of a task."""
    return _VIEWS[tasks.of(task).name]


def threshold(bundle: Any) -> None:
    """Draw, where a picture may have several classes, the slider for the probability from which on it has one."""
    st.slider(
        "Threshold",
        0.05,
        0.95,
        bundle.outputs.threshold,
        0.05,
        key=_THRESHOLD,
        help="From this probability on a class counts as seen. Lower finds more and is wrong more often.",
    )


def _class(bundle: Any, values: list[float], truth: str | None, key: str) -> None:
    best = bundle.classes[values.index(max(values))]
    st.markdown(f"#### {names.markdown(best)}{_verdict(best, truth)}")
    st.plotly_chart(
        charts.probabilities(bundle.classes, values),
        key=f"bars_{key}",
        alt=f"Bar chart of class probabilities; the most likely is {best}.",
        config=charts.QUIET,
    )


def _set(bundle: Any, values: list[float], truth: str | None, key: str) -> None:
    limit = st.session_state.get(_THRESHOLD, bundle.outputs.threshold)
    predicted = classes_in_words([name for name, p in zip(bundle.classes, values, strict=True) if p >= limit])
    st.markdown(f"#### {names.markdown(predicted)}{_verdict(predicted, truth)}")
    st.plotly_chart(
        charts.probabilities(bundle.classes, values, n_shown=12, threshold=limit),
        key=f"bars_{key}",
        alt=f"Bar chart of the probability of each class, with a line at {limit:.0%}; above it: {predicted}.",
        config=charts.QUIET,
    )


def _numbers(bundle: Any, values: list[float], truth: str | None, key: str) -> None:
    units = bundle.outputs.units or ("",) * len(values)
    errors = bundle.typical_error or (0.0,) * len(values)
    with st.container(horizontal=True, gap="large"):
        for name, value, unit, error in zip(bundle.classes, values, units, errors, strict=True):
            with st.container(width="content"):
                st.metric(names.markdown(name), number(value, unit, error=error), width="content")
                if error:
                    st.caption(f"± {number(error, names.markdown(unit), error=error)}")
    if bundle.typical_error:
        st.caption("Half of the test pictures were answered closer to the truth than what stands after ±.")
    if truth is not None:
        st.markdown(f"Truly {names.markdown(truth)}")


def _verdict(predicted: str, truth: str | None) -> str:
    if truth is None:
        return ""
    return " :green-badge[right]" if predicted == truth else f" :red-badge[wrong, truly {names.markdown(truth)}]"


def _confusion_and_classes(outputs: Outputs, tables: dict[str, pd.DataFrame]) -> None:
    st.subheader("Which classes are mixed up")
    st.caption("Rows are the truth, columns what the model said. A perfect model has everything on the diagonal.")
    st.plotly_chart(
        charts.confusion(tables["confusion"]),
        key="confusion",
        config=charts.QUIET,
        alt="Confusion matrix: true classes against answers.",
    )
    _class_by_class(tables["classes"], expanded=False)


def _class_by_class(table: pd.DataFrame, *, expanded: bool) -> None:
    with shell.part("Class by class", key="classes", expanded=expanded) as opened:
        if not opened:
            return
        columns = {
            name: st.column_config.NumberColumn(label, format="percent")
            for name, label in (
                ("precision", None),
                ("recall", None),
                ("f1", "F1"),
                ("average_precision", tasks.MULTILABEL.scores["mean_average_precision"].label),
            )
        }
        st.dataframe(table, hide_index=True, column_config=columns, alt="Scores of each class")


def _truth_and_prediction(outputs: Outputs, tables: dict[str, pd.DataFrame]) -> None:
    st.subheader("How far off the numbers are")
    st.caption("Every point is a test picture. A perfect model has all of them on the line.")
    pairs, name = tables["pairs"], outputs.classes[0]
    if len(outputs.classes) > 1:
        name = st.selectbox("Number", outputs.classes, key="number_shown")
        columns = {
            score.name: st.column_config.NumberColumn(score.label, format="%.4g")
            for score in outputs.meaning.scores.values()
        }
        st.dataframe(tables["numbers"], hide_index=True, column_config=columns, alt="Scores of each number")
    unit = outputs.units[outputs.classes.index(name)] if outputs.units else ""
    st.plotly_chart(
        charts.truth_and_answer(pairs[pairs["label"] == name], f"{name} ({unit})" if unit else name),
        key="truth_and_answer",
        config=charts.QUIET,
        alt="Scatter chart: what the model said over the truth.",
    )


def _class_input(dataset: Dataset, key: str, first: int) -> str | None:
    now = int(cached.records(dataset.id)["target"][first])
    return st.selectbox("Class", dataset.classes, max(0, now), key=f"class_of_{key}", width=200)


def _set_input(dataset: Dataset, key: str, first: int) -> str | None:
    chosen = st.multiselect("Classes", dataset.classes, key=f"classes_of_{key}", placeholder="None of them", width=300)
    return classes_in_words(chosen)


def _numbers_input(dataset: Dataset, key: str, first: int) -> str | None:
    given = []
    for place, name in enumerate(dataset.classes):
        unit = f" ({dataset.units[place]})" if dataset.units and dataset.units[place] else ""
        label = names.markdown(name + unit)
        given.append(st.text_input(label, key=f"number_{place}_of_{key}", placeholder="as it is", width=150).strip())
    return JOINT.join(given) if any(given) else None


def _surest(n: int) -> str:
    return f"The surest mistakes ({n:,} in all)"


_VIEWS = {
    tasks.MULTICLASS.name: TaskView(_class, _confusion_and_classes, _surest, _class_input),
    tasks.MULTILABEL.name: TaskView(
        _set, lambda outputs, tables: _class_by_class(tables["classes"], expanded=True), _surest, _set_input
    ),
    tasks.REGRESSION.name: TaskView(_numbers, _truth_and_prediction, lambda n: "The largest errors", _numbers_input),
}
