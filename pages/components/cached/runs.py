"""Cached results of trained models and their scores, and the heavy imports behind a spinner."""

from typing import Any

import pandas as pd
import streamlit as st

from ftcore.runs import store
from ftcore.tasks.outputs import Outputs


@st.cache_resource(max_entries=2, show_spinner="Loading the trained model")
def bundle(run_id: str) -> Any:
    """The trained model of a run. The first call of a server brings torch and takes some seconds."""
    from ftcore.export.bundle import Bundle

    return Bundle(store.find(run_id).folder / "bundle")


@st.cache_data(max_entries=16, show_spinner="Counting right and wrong answers")
def test_tables(run_id: str, outputs: Outputs) -> dict[str, pd.DataFrame]:
    """Tables of a finished run's test: ``mistakes``, and what the task has to show (report.tables)."""
    from ftcore.evaluation import report
    from ftcore.evaluation.predictions import Predictions

    file = store.find(run_id).folder / "predictions" / "test.parquet"
    found = Predictions.load(file, outputs.classes, outputs.task, outputs.threshold)
    return {**report.tables(found, outputs.units), "mistakes": report.mistakes(found, outputs.units)}


@st.cache_data(max_entries=64, show_spinner="Asking timm about this model")
def unknown_architecture(name: str) -> str:
    """The reason why timm does not know a model, or an empty text."""
    from ftcore.errors import ModelError
    from ftcore.models.weights import require_architecture

    try:
        require_architecture(name)
    except ModelError as error:
        return str(error)
    return ""


def keep_weights(data: bytes, file_name: str, architecture: str) -> str:
    """Check and keep weights that somebody uploaded; their id. The first call of a server brings torch."""
    from ftcore.models import own_weights

    with st.spinner("Comparing the file with the architecture"):
        return own_weights.add(data, file_name, architecture).id
