"""Cached results about the pictures of a data set."""

from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from ftcore import workspace
from ftcore.datasets.augmentation import image_domain
from ftcore.datasets.doctor import findings
from ftcore.datasets.explore import average as appearance
from ftcore.datasets.explore import feature_map, query
from ftcore.datasets.explore.average import Average, Group
from ftcore.datasets.explore.feature_map import FeatureMap
from ftcore.datasets.explore.query import Query
from ftcore.datasets.images import pixel_store
from ftcore.datasets.images.thumbnails import Thumbnails
from ftcore.datasets.records import FOLDER, MAP, TABLE, Dataset, open_dataset
from ftcore.datasets.records import histogram as histogram_of
from ftcore.settings import RunSettings


def records(dataset_id: str) -> pd.DataFrame:
    """The table of a data set; it never changes once imported. All sessions share it, so nobody may write into it:
    a copy for each page would take longer than the page itself when there are 50,000 pictures."""
    return _records(dataset_id, _edition(dataset_id))


@st.cache_resource(max_entries=8, show_spinner=False)
def _records(dataset_id: str, edition: int) -> pd.DataFrame:
    return open_dataset(dataset_id).records()


def _edition(dataset_id: str) -> int:
    """A number that tells a data set from one that was deleted: the same pictures, imported again, have the same id,
    and their pixels may lie elsewhere."""
    return _stamp(workspace.folder(FOLDER) / dataset_id / TABLE)


def small(dataset_id: str, row: int) -> bytes:
    """One picture of a data set as grids show it, see thumbnails.py."""
    return _thumbnails(dataset_id, _edition(dataset_id)).small(row)


@st.cache_resource(max_entries=8, show_spinner=False)
def _thumbnails(dataset_id: str, edition: int) -> Thumbnails:
    return Thumbnails(open_dataset(dataset_id))


def matching(dataset: Dataset, wanted: Query, issue: str | None) -> Any:
    """Rows of the pictures that fit, as an array; with an ``issue`` only the evidence of that finding."""
    stamp = _stamp(dataset.folder / findings.FILE) if issue else 0
    return _matching(dataset.id, wanted, issue, stamp, _edition(dataset.id))


@st.cache_data(max_entries=64, show_spinner=False)
def _matching(dataset_id: str, wanted: Query, issue: str | None, stamp: int, edition: int) -> Any:
    rows = _evidence(dataset_id, stamp).get(issue, ()) if issue else None
    return query.matching(records(dataset_id), wanted, rows)


def evidence(dataset: Dataset) -> dict[str, tuple[int, ...]]:
    """Rows of each issue that the data doctor found and that concerns pictures."""
    return _evidence(dataset.id, _stamp(dataset.folder / findings.FILE))


@st.cache_resource(max_entries=8, show_spinner=False)
def _evidence(dataset_id: str, stamp: int) -> dict[str, tuple[int, ...]]:
    report = findings.load(open_dataset(dataset_id))
    return {finding.issue: finding.rows for finding in report.findings if finding.rows} if report else {}


def groups(dataset_id: str, number: int) -> list[Group]:
    """The pictures by class, or by ranges of a number."""
    return _groups(dataset_id, number, _edition(dataset_id))


@st.cache_resource(max_entries=16, show_spinner=False)
def _groups(dataset_id: str, number: int, edition: int) -> list[Group]:
    return appearance.groups(open_dataset(dataset_id), records(dataset_id), number)


def average(dataset_id: str, number: int, position: int) -> Average:
    """The average picture of one of the ``groups``."""
    return _average(dataset_id, number, position, _edition(dataset_id))


@st.cache_data(max_entries=1024, show_spinner="Averaging the pictures")
def _average(dataset_id: str, number: int, position: int, edition: int) -> Average:
    return appearance.average(_pixels(dataset_id, edition), groups(dataset_id, number)[position].rows)


@st.cache_resource(max_entries=2, show_spinner=False)
def _pixels(dataset_id: str, edition: int) -> pixel_store.PixelStore:
    return pixel_store.PixelStore(open_dataset(dataset_id))


def sizes(dataset_id: str) -> pd.DataFrame:
    """The sizes of the pictures of a data set, with how many have each."""
    return _sizes(dataset_id, _edition(dataset_id))


@st.cache_data(max_entries=16, show_spinner=False)
def _sizes(dataset_id: str, edition: int) -> pd.DataFrame:
    return appearance.sizes(records(dataset_id))


def drawn_map(dataset: Dataset) -> FeatureMap | None:
    """The map of a data set, if somebody has drawn it."""
    stamp = _stamp(dataset.folder / MAP)
    return _drawn_map(dataset.id, stamp) if stamp else None


@st.cache_resource(max_entries=4, show_spinner=False)
def _drawn_map(dataset_id: str, stamp: int) -> FeatureMap | None:
    return feature_map.load(open_dataset(dataset_id))


def _stamp(path: Path) -> int:
    """A number that changes when a file is written anew; 0 while it is not there."""
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def thumbnail(dataset_id: str, row: int, side: int) -> bytes:
    """One picture of a data set as a PNG of any other size."""
    return _thumbnail(dataset_id, row, side, _edition(dataset_id))


@st.cache_data(max_entries=4096, show_spinner=False)
def _thumbnail(dataset_id: str, row: int, side: int, edition: int) -> bytes:
    return pixel_store.thumbnail(open_dataset(dataset_id), row, side)


@st.cache_data(max_entries=16, show_spinner=False)
def guessed_domain(dataset_id: str) -> image_domain.Guess:
    """The domain of the pictures of a data set; some of them are looked at."""
    return image_domain.guess(open_dataset(dataset_id))


@st.cache_data(max_entries=32, show_spinner="Drawing copies; the first ones take some seconds")
def variants(dataset_id: str, settings: RunSettings, row: int) -> list[bytes]:
    """A picture and changed copies of it as PNGs. The first call of a server brings torch."""
    from ftcore.training.augmentation_preview import variants as draw

    return draw(open_dataset(dataset_id), settings, row)


@st.cache_data(max_entries=16, show_spinner=False)
def histogram(dataset_id: str, number: int) -> pd.DataFrame:
    """The spread of one of the numbers of a data set."""
    return histogram_of(open_dataset(dataset_id), number)


def training_rows(dataset: Dataset, split: str) -> pd.DataFrame:
    """The rows of one split."""
    table = records(dataset.id)
    return table[table["split"] == split]
