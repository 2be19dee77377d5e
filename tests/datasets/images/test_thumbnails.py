import io
import os

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from ftcore.datasets.images.pixel_store import PixelStore
from ftcore.datasets.images.thumbnails import HEIGHT, WIDTH, Thumbnails, encoded
from ftcore.datasets.importing.importer import import_source
from ftcore.datasets.versions import Edit, edit
from ftcore.errors import DataError
from tests.datasets.made_pictures import png, write_zip


def photo(seed, size=(360, 270)):
    """A soft picture, as photos are: one that survives a JPEG."""
    colours = np.random.default_rng(seed).integers(0, 256, (3, 4, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(colours).resize(size, Image.Resampling.BICUBIC).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture
def photos(tmp_path):
    sizes = {"a": (360, 270), "b": (270, 360)}
    files = {f"{label}/{i}.png": photo((i, label == "a"), size) for label, size in sizes.items() for i in range(4)}
    return import_source(write_zip(tmp_path / "photos.zip", files))


def opened(data):
    return Image.open(io.BytesIO(data))


def apart(first, second):
    """Mean difference of two pictures, 0-255, after both were made as small."""
    small = [np.asarray(picture.convert("RGB").resize((28, 28)), float) for picture in (first, second)]
    return np.abs(small[0] - small[1]).mean()


def test_thumbnails_are_made_at_import_and_show_the_right_picture(photos):
    small, pixels = Thumbnails(photos), PixelStore(photos)
    assert len(small) == 8 and (photos.folder / "thumbnails.bin").stat().st_size > 0
    for row in range(8):
        assert opened(small.small(row)).format == "JPEG"
        distances = [apart(opened(small.small(row)), pixels.picture(other)) for other in range(8)]
        assert int(np.argmin(distances)) == row and distances[row] < 3


@pytest.mark.parametrize(
    ("size", "small"),
    [((400, 300), (112, 84)), ((300, 400), (112, 149)), ((300, 900), (56, 168)), ((900, 9), (112, 1))],
)
def test_a_thumbnail_fits_the_grid(size, small):
    assert opened(encoded(Image.new("RGB", size))).size == small
    assert small[0] <= WIDTH and small[1] <= HEIGHT


def test_small_pictures_need_none_and_are_enlarged_crisp(tmp_path):
    files = {f"{label}/{i}.png": png((i, label == "a"), (28, 28)) for label in "ab" for i in range(4)}
    dataset = import_source(write_zip(tmp_path / "small.zip", files))
    assert dataset.records()["thumbnail_bytes"].eq(0).all()
    shown, kept = opened(Thumbnails(dataset).small(0)), PixelStore(dataset).picture(0)
    assert shown.size == (112, 112)
    assert [shown.getpixel((4 * x, 4 * x + 3)) for x in range(28)] == [kept.getpixel((x, x)) for x in range(28)]


@pytest.mark.parametrize("loss", ["no columns", "no file", "short file"])
def test_older_data_sets_and_lost_files_fall_back_to_the_pixels(photos, loss):
    before = opened(Thumbnails(photos).small(3))
    if loss == "no columns":
        table = pd.read_parquet(photos.folder / "records.parquet")
        table.drop(columns=["thumbnail_offset", "thumbnail_bytes"]).to_parquet(photos.folder / "records.parquet")
    elif loss == "no file":
        os.remove(photos.folder / "thumbnails.bin")
    else:
        os.truncate(photos.folder / "thumbnails.bin", 10)
    shown = opened(Thumbnails(photos).small(3))
    assert shown.size == before.size and apart(shown, before) < 3


def test_without_pixels_either_there_is_a_sentence(photos):
    os.remove(photos.folder / "thumbnails.bin")
    os.remove(photos.folder / "pixels.bin")
    with pytest.raises(DataError, match="missing or cut off"):
        Thumbnails(photos).small(0)


def test_versions_share_thumbnails_and_older_ones_need_none(photos):
    version = edit(photos, [Edit("exclude", (0,))])
    assert os.path.samefile(photos.folder / "thumbnails.bin", version.folder / "thumbnails.bin")
    assert Thumbnails(version).small(5) == Thumbnails(photos).small(5)
    os.remove(photos.folder / "thumbnails.bin")
    assert opened(Thumbnails(edit(photos, [Edit("exclude", (1,))])).small(5)).format == "JPEG"
