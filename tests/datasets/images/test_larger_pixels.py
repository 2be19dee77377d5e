"""Pixels for networks that read larger pictures than data sets keep."""

import io
import zipfile

import numpy as np
import pytest
from PIL import Image

from ftcore.datasets.images.larger_pixels import enlarge
from ftcore.datasets.images.pixel_store import PixelStore, larger_files
from ftcore.datasets.importing.importer import import_source

SIDE = 400


@pytest.fixture
def large(tmp_path, workspace):
    """Two classes of sharp stripes, 400 × 500 pixels; one picture of each is small."""
    path = tmp_path / "stripes.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for label, axis in (("across", 0), ("down", 1)):
            for number in range(4):
                stripes = (np.indices((SIDE, 500))[axis] // (4 + number) % 2 * 255).astype(np.uint8)
                picture = Image.fromarray(stripes).convert("RGB")
                if number == 3:
                    picture = picture.resize((50, 40))
                buffer = io.BytesIO()
                picture.save(buffer, "PNG")
                archive.writestr(f"{label}/{number}.png", buffer.getvalue())
    return import_source(path)


def test_a_network_that_reads_more_gets_pictures_decoded_from_the_originals(large):
    assert min(PixelStore(large, 384).picture(0).size) == 288, "nothing was made yet"
    events = list(enlarge(large, 384))
    assert events[-1].done == events[-1].total == large.n_images
    store = PixelStore(large, 384)
    table = large.records()
    for row in range(large.n_images):
        assert min(store.picture(row).size) == min(384, table["width"][row], table["height"][row])
    with Image.open(large.folder / "pictures" / table["original"][0]) as original:
        expected = original.convert("RGB").resize((480, 384), Image.Resampling.HAMMING, reducing_gap=3.0)
    assert np.array_equal(store.pixels(0), np.asarray(expected))
    assert min(PixelStore(large, 224).picture(0).size) == 288, "smaller networks read what is kept"
    rows = np.arange(large.n_images)
    assert store.fingerprint(rows) != PixelStore(large).fingerprint(rows)


def test_it_is_made_once_and_only_where_it_is_wanted(large, tiny_dataset):
    assert not list(enlarge(large, 224)) and not list(enlarge(large, 288))
    assert list(enlarge(large, 320))
    assert not list(enlarge(large, 320))
    assert not list(enlarge(tiny_dataset, 512)), "the originals are small"


def test_a_cut_off_enlarging_leaves_nothing_half_made(large):
    work = enlarge(large, 384)
    next(work)
    next(work)
    work.close()
    assert not any(path.exists() for path in larger_files(large, 384))
    assert min(PixelStore(large, 384).picture(0).size) == 288
    assert not list(large.folder.glob("*.part"))


def test_a_picture_without_its_original_stays_as_it_is(large):
    (large.folder / "pictures" / large.records()["original"][0]).unlink()
    list(enlarge(large, 384))
    assert min(PixelStore(large, 384).picture(0).size) == 288
    assert min(PixelStore(large, 384).picture(1).size) == 384
