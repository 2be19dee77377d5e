"""What a trained model says about one picture, beside the picture."""

from typing import Any

import streamlit as st

from ftcore.evaluation.predictor import predict_one
from pages.components import task_views


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
    left, right = st.columns([1, 2], vertical_alignment="center")
    left.image(shown, width=220, alt=f"The picture that was asked about{f', truly {truth}' if truth else ''}")
    with right:
        task_views.of(bundle.outputs.task).prediction(bundle, found.values.tolist(), truth, key)
        st.caption(f"Answered in {found.seconds * 1000:.0f} ms.")
