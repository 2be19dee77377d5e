"""What a trained model says about one picture, beside the picture: a class, several classes, or numbers."""

from typing import Any

import streamlit as st

from ftcore import names
from ftcore.datasets.targets import classes_in_words
from ftcore.evaluation.predictor import predict_one
from ftcore.tasks import scores
from pages.components import charts

_THRESHOLD = "try_threshold"


def threshold(bundle: Any) -> None:
    """Where a picture may have several classes: the slider for the probability from which on it has one."""
    st.slider(
        "Threshold",
        0.05,
        0.95,
        bundle.outputs.threshold,
        0.05,
        key=_THRESHOLD,
        help="From this probability on a class counts as seen. Lower finds more and is wrong more often.",
    )


def show(bundle: Any, shown: object, data: object, truth: str | None, key: str) -> None:
    """One picture beside what the model says about it.

    Args:
        bundle: The trained model (export.bundle.Bundle).
        shown: What ``st.image`` takes.
        data: What the model is asked about: the bytes of a file, or an open picture.
        truth: The label of the picture in words, if it is known.
        key: Tells this picture's widgets from others.
    """
    found = predict_one(bundle, data)
    values = found.values.tolist()
    left, right = st.columns([1, 2], vertical_alignment="center")
    left.image(shown, width=220, alt=f"The picture that was asked about{f', truly {truth}' if truth else ''}")
    with right:
        {"multiclass": _class, "multilabel": _labels, "regression": _numbers}[bundle.outputs.task](
            bundle, values, truth, key
        )
        st.caption(f"Answered in {found.seconds * 1000:.0f} ms.")


def _class(bundle: Any, chances: list[float], truth: str | None, key: str) -> None:
    best = bundle.classes[chances.index(max(chances))]
    st.markdown(f"#### {names.markdown(best)}{_verdict(best, truth)}")
    st.plotly_chart(
        charts.probabilities(bundle.classes, chances),
        key=f"bars_{key}",
        alt=f"Bar chart of class probabilities; the most likely is {best}.",
        config=charts.QUIET,
    )


def _labels(bundle: Any, chances: list[float], truth: str | None, key: str) -> None:
    limit = st.session_state.get(_THRESHOLD, bundle.outputs.threshold)
    said = classes_in_words([name for name, p in zip(bundle.classes, chances, strict=True) if p >= limit])
    st.markdown(f"#### {names.markdown(said)}{_verdict(said, truth)}")
    st.plotly_chart(
        charts.probabilities(bundle.classes, chances, n_shown=12, threshold=limit),
        key=f"bars_{key}",
        alt=f"Bar chart of the probability of each class, with a line at {limit:.0%}; above it: {said}.",
        config=charts.QUIET,
    )


def _numbers(bundle: Any, values: list[float], truth: str | None, key: str) -> None:
    units = bundle.outputs.units or ("",) * len(values)
    errors = bundle.typical_error or (0.0,) * len(values)
    with st.container(horizontal=True, gap="large"):
        for name, value, unit, error in zip(bundle.classes, values, units, errors, strict=True):
            with st.container(width="content"):
                st.metric(names.markdown(name), scores.number(value, unit, error=error), width="content")
                if error:
                    st.caption(f"± {scores.number(error, names.markdown(unit), error=error)}")
    if bundle.typical_error:
        st.caption("Half of the test pictures were answered closer to the truth than what stands after ±.")
    if truth is not None:
        st.markdown(f"Truly {names.markdown(truth)}")


def _verdict(said: str, truth: str | None) -> str:
    if truth is None:
        return ""
    return " :green-badge[right]" if said == truth else f" :red-badge[wrong, truly {names.markdown(truth)}]"
