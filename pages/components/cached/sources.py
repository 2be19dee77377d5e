"""Cached results about pictures that are on their way in: uploads, folders of the server, tables, samples."""

from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from ftcore.datasets.images.decode import EXTENSIONS
from ftcore.datasets.labels import resolve, tables
from ftcore.datasets.sources import samples
from ftcore.datasets.sources.archive import Entry, Listing, folder_entries, suffix, zip_entries


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


@st.cache_data(max_entries=4, ttl=60, show_spinner=False)  # a minute: somebody may still be copying pictures there
def contents_there(path: str) -> tuple[list[str], tuple[str, pd.DataFrame] | None]:
    """The same as upload_contents(), for a folder or ZIP of the server. Raises DataError if it cannot be read."""
    with folder_entries(Path(path)) if Path(path).is_dir() else zip_entries(Path(path)) as listing:
        return _names_and_table(listing)


def _names_and_table(listing: Listing) -> tuple[list[str], tuple[str, pd.DataFrame] | None]:
    """Names of the pictures in a listing, and the table among its files if it is needed."""
    pictures = [entry.name for entry in listing.entries if suffix(entry.name) in EXTENSIONS and not entry.refused]
    return pictures, resolve.find_table(listing)


@st.cache_data(max_entries=4, show_spinner=False)
def table(upload_id: str, name: str, _file: Any) -> pd.DataFrame:
    """An uploaded table of labels."""
    return tables.read_table(name, _file.getvalue())


@st.cache_data(ttl=60, show_spinner="Looking which samples are available")
def sample_availability(name: str) -> tuple[bool, str]:
    """Tell whether a sample can be imported now, and if not, why."""
    return samples.find(name).available()
