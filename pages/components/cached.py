"""Everything a page computes more than once, with a bound, and the heavy imports behind a spinner."""

from typing import Any

import pandas as pd
import streamlit as st

from ftcore.datasets import labels, pixels, samples, tables
from ftcore.datasets.archive import Entry, Listing, suffix, zip_entries
from ftcore.datasets.pictures import EXTENSIONS
from ftcore.datasets.records import Dataset, open_dataset
from ftcore.datasets.records import histogram as histogram_of
from ftcore.outputs import Outputs
from ftcore.runs import store


@st.cache_data(max_entries=8, show_spinner=False)
def records(dataset_id: str) -> pd.DataFrame:
    """The table of a data set; it never changes once imported."""
    return open_dataset(dataset_id).records()


def used_rows(dataset_id: str) -> pd.DataFrame:
    """The rows that are in a split: those that nobody excluded."""
    table = records(dataset_id)
    return table[table["split"] != ""]


@st.cache_data(max_entries=4096, show_spinner=False)
def thumbnail(dataset_id: str, row: int, side: int = 112) -> bytes:
    """One picture of a data set as a small PNG."""
    return pixels.thumbnail(open_dataset(dataset_id), row, side)


@st.cache_data(max_entries=4, show_spinner=False)  # a spinner would shift what stands below it
def upload_contents(upload_ids: tuple[str, ...], _files: Any) -> tuple[list[str], tuple[str, pd.DataFrame] | None]:
    """Names of the pictures in an upload, and the table among them if it is needed. Raises DataError for a broken ZIP.

    Args:
        upload_ids: What tells this upload from others.
        _files: One ZIP, or all files of a folder.
    """
    if len(_files) == 1 and _files[0].name.lower().endswith(".zip"):
        with zip_entries(_files[0]) as listing:
            return _names_and_table(listing)
    entries = (Entry(file.name.replace("\\", "/"), file.size, file.getvalue) for file in _files)
    return _names_and_table(Listing(tuple(sorted(entries, key=lambda entry: entry.name))))


def _names_and_table(listing: Listing) -> tuple[list[str], tuple[str, pd.DataFrame] | None]:
    pictures = [entry.name for entry in listing.entries if suffix(entry.name) in EXTENSIONS and not entry.refused]
    return pictures, labels.find_table(listing)


@st.cache_data(max_entries=4, show_spinner=False)
def table(upload_id: str, name: str, _file: Any) -> pd.DataFrame:
    """An uploaded table of labels."""
    return tables.read_table(name, _file.getvalue())


@st.cache_data(max_entries=16, show_spinner=False)
def histogram(dataset_id: str, number: int) -> pd.DataFrame:
    """How one of the numbers of a data set is spread."""
    return histogram_of(open_dataset(dataset_id), number)


@st.cache_data(ttl=60, show_spinner="Looking which samples are available")
def sample_availability(name: str) -> tuple[bool, str]:
    """Whether a sample can be imported now, and if not, why."""
    return samples.find(name).available()


@st.cache_resource(max_entries=2, show_spinner="Loading the trained model")
def bundle(run_id: str) -> Any:
    """The trained model of a run. The first call of a server brings torch and takes some seconds."""
    from ftcore.export.bundle import Bundle

    return Bundle(store.find(run_id).folder / "bundle")


@st.cache_data(max_entries=16, show_spinner="Counting right and wrong answers")
def test_tables(run_id: str, said: Outputs) -> dict[str, pd.DataFrame]:
    """What went right and wrong in a finished run: ``mistakes``; ``classes`` or ``numbers``; ``confusion`` of one class
    per picture, ``pairs`` of numbers."""
    from ftcore.evaluation import report
    from ftcore.evaluation.predictions import Predictions

    file = store.find(run_id).folder / "predictions" / "test.parquet"
    found = Predictions.load(file, said.classes, said.task, said.threshold)
    if said.task == "number":
        tables = {"numbers": report.number_table(found, said.units), "pairs": report.pairs_table(found)}
    else:
        tables = {"classes": report.class_table(found)}
    if said.task == "single":
        tables["confusion"] = report.confusion_table(found)
    return {**tables, "mistakes": report.mistakes(found, said.units)}


@st.cache_data(max_entries=64, show_spinner="Asking timm about this model")
def unknown_architecture(name: str) -> str:
    """Why timm does not know a model, or an empty text."""
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


def training_rows(dataset: Dataset, split: str) -> pd.DataFrame:
    """The rows of one split."""
    table = records(dataset.id)
    return table[table["split"] == split]
