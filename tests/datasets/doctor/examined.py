"""Data sets as the doctor sees them."""

from ftcore.datasets.doctor.examine import examine
from ftcore.datasets.images.pixel_store import PixelStore
from ftcore.events import drain


def examined(dataset, features=None):
    return drain(examine(dataset, PixelStore(dataset), features))


def paths(dataset, rows):
    return set(dataset.records()["path"][list(rows)])
