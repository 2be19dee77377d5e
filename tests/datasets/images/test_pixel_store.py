import io
import pickle

import numpy as np
import pytest
from PIL import Image

from ftcore.datasets.images import pixel_store
from ftcore.datasets.images.pixel_store import PixelStore, shrink, thumbnail
from ftcore.datasets.importing.importer import import_source
from ftcore.errors import DataError
from tests.datasets.made_pictures import encoded, noise, two_classes, write_zip


@pytest.fixture
def dataset(tmp_path):
    return import_source(write_zip(tmp_path / "pets.zip", two_classes()))


def test_the_store_returns_exactly_what_was_decoded(dataset):
    files = two_classes()
    store = PixelStore(dataset)
    assert len(store) == 8
    for i, path in enumerate(dataset.records()["path"]):
        assert np.array_equal(store.picture(i), Image.open(io.BytesIO(files[path])))


def test_the_store_travels_to_another_process(dataset):
    store = PixelStore(dataset)
    store.picture(0)
    assert np.array_equal(pickle.loads(pickle.dumps(store)).picture(3), store.picture(3))


def test_pixels_cannot_be_changed_by_accident(dataset):
    with pytest.raises(ValueError, match="read-only"):
        PixelStore(dataset).pixels(0)[:] = 0


def test_a_pass_over_a_large_data_set_lets_its_pages_go(dataset, monkeypatch):
    monkeypatch.setattr(pixel_store, "TOUCHED_BYTES", 2 * 24 * 20 * 3)
    released = []
    monkeypatch.setattr(pixel_store.hardware, "release", released.append)
    store = PixelStore(dataset)
    for i in range(8):
        store.picture(i)
    assert len(released) == 2  # after the third picture and after the sixth


def test_missing_pixels_are_a_sentence_not_a_dead_process(dataset):
    (dataset.folder / "pixels.bin").write_bytes(b"short")
    with pytest.raises(DataError, match=r"missing or cut off\. Import the pictures again"):
        PixelStore(dataset).picture(0)


@pytest.mark.parametrize(
    ("size", "kept"),
    [((288, 300), (288, 300)), ((20, 10), (20, 10)), ((576, 1152), (288, 576)), ((5000, 50), (1152, 12))],
)
def test_the_short_side_is_at_most_288_and_nothing_is_enlarged(size, kept):
    assert shrink(Image.new("RGB", size)).size == kept


def test_a_picture_one_pixel_high_stays_a_picture():
    assert shrink(Image.new("RGB", (9000, 1))).size == (1152, 1)


def test_a_tiny_picture_is_enlarged_crisp_for_its_thumbnail(dataset):
    shown = Image.open(io.BytesIO(thumbnail(dataset, 0, side=100)))
    stored = PixelStore(dataset).picture(0)  # 24 × 20
    assert shown.size == (96, 80)
    assert shown.getpixel((3, 3)) == shown.getpixel((0, 0)) == stored.getpixel((0, 0))


def test_a_large_picture_is_shrunk_for_its_thumbnail(tmp_path):
    files = {
        f"{label}/{i}.jpg": encoded(noise((i, label == "a"), (600, 400)), "JPEG") for label in "ab" for i in range(3)
    }
    dataset = import_source(write_zip(tmp_path / "large.zip", files))
    assert Image.open(io.BytesIO(thumbnail(dataset, 0))).size == (160, 107)
    assert dataset.facts().side == 288
