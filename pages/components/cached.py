"""Everything a page computes more than once, with a bound, and the heavy imports behind a spinner."""

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
from ftcore.datasets.images.decode import EXTENSIONS
from ftcore.datasets.images.thumbnails import Thumbnails
from ftcore.datasets.labels import resolve, tables
from ftcore.datasets.records import FOLDER, MAP, TABLE, Dataset, open_dataset
from ftcore.datasets.records import histogram as histogram_of
from ftcore.datasets.sources import samples
from ftcore.datasets.sources.archive import Entry, Listing, folder_entries, suffix, zip_entries
from ftcore.runs import store
from ftcore.settings import RunSettings
from ftcore.tasks.outputs import Outputs


def records(dataset_id: str) -> pd.DataFrame:
    """The table of a data set; it never changes once imported. All sessions share it, so nobody may write into it:
    a copy for each page would take longer than the page itself when there are 50,000 pictures."""
    return _records(dataset_id, _edition(dataset_id))


@st.cache_resource(max_entries=8, show_spinner=False)
def _records(dataset_id: str, edition: int) -> pd.DataFrame:
    return open_dataset(dataset_id).records()


def _edition(dataset_id: str) -> int:
    """Tells a data set from one that was deleted: the same pictures, imported again, have the same id, and their pixels
    may lie elsewhere."""
    return _stamp(workspace.folder(FOLDER) / dataset_id / TABLE)


def small(dataset_id: str, row: int) -> bytes:
    """One picture of a data set as grids show it, see thumbnails.py."""
    return _thumbnails(dataset_id, _edition(dataset_id)).small(row)


@st.cache_resource(max_entries=8, show_spinner=False)
def _thumbnails(dataset_id: str, edition: int) -> Thumbnails:
    return Thumbnails(open_dataset(dataset_id))


def matching(dataset: Dataset, wanted: Query, kind: str | None) -> Any:
    """Rows of the pictures that fit, as an array; with a ``kind`` only the evidence of that finding."""
    stamp = _stamp(dataset.folder / findings.FILE) if kind else 0
    return _matching(dataset.id, wanted, kind, stamp, _edition(dataset.id))


@st.cache_data(max_entries=64, show_spinner=False)
def _matching(dataset_id: str, wanted: Query, kind: str | None, stamp: int, edition: int) -> Any:
    rows = _evidence(dataset_id, stamp).get(kind, ()) if kind else None
    return query.matching(records(dataset_id), wanted, rows)


def evidence(dataset: Dataset) -> dict[str, tuple[int, ...]]:
    """Rows of each kind of finding of the data doctor that concerns pictures."""
    return _evidence(dataset.id, _stamp(dataset.folder / findings.FILE))


@st.cache_resource(max_entries=8, show_spinner=False)
def _evidence(dataset_id: str, stamp: int) -> dict[str, tuple[int, ...]]:
    report = findings.load(open_dataset(dataset_id))
    return {finding.kind: finding.rows for finding in report.findings if finding.rows} if report else {}


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
    """How many pictures of a data set have which size."""
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
    """Changes when a file is written anew; 0 while it is not there."""
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
def kind_guess(dataset_id: str) -> image_domain.Guess:
    """What kind of pictures a data set holds; some of them are looked at."""
    return image_domain.guess(open_dataset(dataset_id))


@st.cache_data(max_entries=32, show_spinner="Drawing copies; the first ones take some seconds")
def variants(dataset_id: str, settings: RunSettings, row: int) -> list[bytes]:
    """A picture and changed copies of it as PNGs. The first call of a server brings torch."""
    from ftcore.training.augmentation_preview import variants as draw

    return draw(open_dataset(dataset_id), settings, row)


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
    """As upload_contents(), for a folder or ZIP of the server. Raises DataError if it cannot be read."""
    with folder_entries(Path(path)) if Path(path).is_dir() else zip_entries(Path(path)) as listing:
        return _names_and_table(listing)


def _names_and_table(listing: Listing) -> tuple[list[str], tuple[str, pd.DataFrame] | None]:
    pictures = [entry.name for entry in listing.entries if suffix(entry.name) in EXTENSIONS and not entry.refused]
    return pictures, resolve.find_table(listing)


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
def test_tables(run_id: str, outputs: Outputs) -> dict[str, pd.DataFrame]:
    """What went right and wrong in a finished run: ``mistakes``, and what the task has to show (report.tables)."""
    from ftcore.evaluation import report
    from ftcore.evaluation.predictions import Predictions

    file = store.find(run_id).folder / "predictions" / "test.parquet"
    found = Predictions.load(file, outputs.classes, outputs.task, outputs.threshold)
    return {**report.tables(found, outputs.units), "mistakes": report.mistakes(found, outputs.units)}


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
