import numpy as np
import pytest
import torch

from ftcore.datasets.images.pixel_store import PixelStore
from ftcore.datasets.versions import Edit, edit
from ftcore.events import drain
from ftcore.freezing import disk_cache
from ftcore.models import catalogue
from ftcore.models.build import build_model
from ftcore.training.batches import Batches
from ftcore.training.embeddings import lookup
from ftcore.training.embeddings.compute import fitting_size, picture_features


def finished(steps):
    """What a generator returns, and how many events came before."""
    events = []
    return drain(steps, events.append), len(events)


def test_features_are_what_the_head_would_read(tiny_dataset):
    features, n_events = finished(picture_features(tiny_dataset, image_size=64))
    model, preprocessing = build_model("tf_efficientnet_lite0", n_outputs=2, image_size=64)
    rows = np.arange(60)
    batches = Batches(PixelStore(tiny_dataset), rows, rows, preprocessing, batch_size=60)
    with torch.inference_mode():
        images, _ = next(iter(batches.in_order()))
        expected = model.eval().forward_head(model.forward_features(images), pre_logits=True).numpy()
    assert features.shape == (60, 1280) and features.dtype == np.float32 and n_events > 0
    assert np.abs(features - expected).max() < 0.01  # kept in half precision


def test_versions_of_a_data_set_share_their_features(tiny_dataset):
    first, _ = finished(picture_features(tiny_dataset, image_size=64))
    edited = edit(tiny_dataset, [Edit("exclude", (3,)), Edit("relabel", (5,), "red")])
    again, n_events = finished(picture_features(edited, image_size=64))
    assert n_events == 0 and (first == again).all()


def test_known_features_are_found_without_building_a_model(tiny_dataset):
    assert lookup.find(tiny_dataset, "tf_efficientnet_lite0", 64) is None
    first, _ = finished(picture_features(tiny_dataset, image_size=64))
    assert (lookup.find(tiny_dataset, "tf_efficientnet_lite0", 64) == first).all()
    edited = edit(tiny_dataset, [Edit("exclude", (3,))])
    assert (lookup.find(edited, "tf_efficientnet_lite0", 64) == first).all()
    assert lookup.find(tiny_dataset, "tf_efficientnet_lite0", 96) is None
    assert lookup.find(tiny_dataset, "tf_efficientnet_lite1", 64) is None


def test_known_features_that_lost_their_arrays_are_unknown(tiny_dataset):
    drain(picture_features(tiny_dataset, image_size=64))
    for row in disk_cache.contents():
        if row["kind"] == "activations":
            disk_cache.remove(row["key"])
    assert lookup.find(tiny_dataset, "tf_efficientnet_lite0", 64) is None


def test_features_of_other_weights_are_unknown(tiny_dataset, monkeypatch, tmp_path):
    drain(picture_features(tiny_dataset, image_size=64))
    other = tmp_path / "weights.pth"
    other.write_bytes(b"other")
    monkeypatch.setattr(catalogue, "weights_file", lambda row: other)
    assert lookup.find(tiny_dataset, "tf_efficientnet_lite0", 64) is None
    monkeypatch.setattr(catalogue, "weights_file", lambda row: None)
    assert lookup.find(tiny_dataset, "tf_efficientnet_lite0", 64) is None


@pytest.mark.parametrize(("side", "size"), [(8, 64), (32, 64), (48, 96), (50, 128), (288, 160)])
def test_small_pictures_are_read_small(side, size):
    assert fitting_size(side) == size
