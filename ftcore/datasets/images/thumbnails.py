"""Small pictures for grids, made at import: packed JPEGs, one after the other, that a page hands to the browser as is.

Where a picture's JPEG starts in ``thumbnails.bin``, and how long it is, stands in the data set's table (records.py);
a length of 0 says that there is none. That is so for pictures that are small themselves, and in data sets that were
imported before thumbnails were made: theirs are made from the kept pixels each time.
"""

import io

import numpy as np
from PIL import Image

from ftcore.datasets.images.pixel_store import PixelStore
from ftcore.datasets.records import THUMBNAILS, Dataset

WIDTH, HEIGHT = 112, 168  # pixels; grids show all pictures equally wide, so an upright one may be taller
_QUALITY = 80  # of the JPEG; about 4 KB a picture
_GAP = 1.0  # shrink by a whole number first, as far as it goes: at this size nobody sees it, and it halves the price


def is_needed(width: int, height: int) -> bool:
    """Tell whether a picture that is kept at this size is too large for a grid as it is."""
    return width > WIDTH or height > HEIGHT


def encoded(picture: Image.Image) -> bytes:
    """An RGB picture as a JPEG of at most ``WIDTH`` × ``HEIGHT`` pixels; nothing if it fits in there as it is."""
    if not is_needed(*picture.size):
        return b""
    scale = min(WIDTH / picture.width, HEIGHT / picture.height)
    size = max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
    buffer = io.BytesIO()
    picture.resize(size, Image.Resampling.BILINEAR, reducing_gap=_GAP).save(buffer, "JPEG", quality=_QUALITY)
    return buffer.getvalue()


class Thumbnails:
    """The small pictures of a data set, in the order of its table. Safe to share between threads."""

    def __init__(self, dataset: Dataset) -> None:
        table = dataset.records()
        self._path = dataset.folder / THUMBNAILS
        self._offset = table["thumbnail_offset"].to_numpy(np.int64)  # [N]
        self._length = table["thumbnail_bytes"].to_numpy(np.int64)  # [N]
        self._pixels = PixelStore(dataset)

    def __len__(self) -> int:
        return len(self._offset)

    def small(self, row: int) -> bytes:
        """Picture ``row`` as a JPEG or PNG that is at most ``WIDTH`` pixels wide; tiny pictures are enlarged, crisp.

        Raises:
            DataError: It has no thumbnail, and its pixels are missing.
        """
        return self._packed(row) or _made(self._pixels.picture(row))

    def _packed(self, row: int) -> bytes:
        length = int(self._length[row])
        if not length:
            return b""
        try:
            with self._path.open("rb") as file:
                file.seek(int(self._offset[row]))
                data = file.read(length)
        except OSError:
            return b""
        return data if len(data) == length else b""


def _made(picture: Image.Image) -> bytes:
    if jpeg := encoded(picture):
        return jpeg
    times = min(WIDTH // picture.width, HEIGHT // picture.height)
    if times > 1:
        picture = picture.resize((picture.width * times, picture.height * times), Image.Resampling.NEAREST)
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()
