"""A map of a data set without a model."""

import numpy as np

from ftcore.datasets.explore import feature_map
from ftcore.events import drain


def draw_map(dataset):
    """Put every picture at a place that chance has chosen, and keep the map beside the data set."""
    rows = feature_map.sample(dataset.records())
    features = np.random.default_rng(0).normal(size=(len(rows), 8))
    found = drain(feature_map.place(rows, features, n_pictures=len(rows), model="any"))
    feature_map.save(dataset, found)
    return found
