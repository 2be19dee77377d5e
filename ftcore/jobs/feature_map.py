"""Drawing the map of a data set as a job: features of a pretrained model, then a place for each picture."""

from collections.abc import Generator

from ftcore.datasets.explore import feature_map
from ftcore.datasets.explore.feature_map import FeatureMap
from ftcore.datasets.records import Dataset, open_dataset
from ftcore.events import Event
from ftcore.jobs.drive import Outcome, Work, drive
from ftcore.runs import store

SHARED = 2 * feature_map.MOST
"""Up to so many pictures, all get features, which the data doctor shares; beyond, only those on the map."""


def run(job: store.Job) -> None:
    """Draw the map of the data set that ``job.request`` names, and save it beside it."""
    drive(job, mapping(job))


def mapping(job: store.Job) -> Work:
    """Draw; the map lies beside its data set."""
    yield from drawing(open_dataset(job.request["dataset"]))
    return Outcome(reason="The map is drawn.")


def drawing(dataset: Dataset) -> Generator[Event, None, FeatureMap]:
    """Compute features, place the pictures, save and return the map.

    Raises:
        ModelError: The pretrained model cannot be had.
        DataError: There are too few pictures.
    """
    from ftcore.training.embeddings.compute import MODEL, picture_features  # late: it brings torch

    table = dataset.records()
    rows = feature_map.sample(table)
    if len(table) <= SHARED:
        features = (yield from picture_features(dataset))[rows]
    else:
        features = yield from picture_features(dataset, rows=rows)
    n_pictures = int((table["split"] != "").sum())
    found = yield from feature_map.place(rows, features, n_pictures=n_pictures, model=MODEL)
    feature_map.save(dataset, found)
    return found
