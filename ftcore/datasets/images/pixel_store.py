"""Decoded pixels, kept once: one flat file that is mapped into memory, never read as a whole.

``pixels.bin`` holds uint8 RGB pictures one after the other, rows from the top, height × width × 3 bytes each. Where a
picture starts and how large it is stands in the data set's table (records.py). A network that reads larger pictures
than are kept there has a larger file made for it (larger_pixels.py), with a table of its own.
"""

import hashlib
import io
import json
import os
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

import numpy as np
import pandas as pd
from PIL import Image

from ftcore import hardware
from ftcore.datasets.records import PIXELS, Dataset
from ftcore.errors import DataError

SHORT_SIDE = 288  # pixels; enough for a 224 or 256 pixel network with some room to crop
LONGEST = 4  # times the short side: a panorama must not cost a hundred times the memory of its neighbours

TOUCHED_BYTES = 64_000_000
"""So much of the file is read before its pages are let go: a pass over a large data set must not fill the memory."""


def side_for(input_size: int) -> int:
    """Short side, in pixels, to keep pictures at for a network that reads squares of ``input_size`` pixels."""
    return max(SHORT_SIDE, input_size)


def kept_size(width: int, height: int, side: int = SHORT_SIDE) -> tuple[int, int]:
    """Width and height, in pixels, that a picture of this size is kept at. Never larger than it is."""
    scale = min(1.0, side / min(width, height), LONGEST * side / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def shrink(picture: Image.Image, side: int = SHORT_SIDE) -> Image.Image:
    """The picture at the size that data sets keep. Prediction shrinks with the same function before it resizes."""
    size = kept_size(*picture.size, side)
    if size == picture.size:
        return picture
    # Hamming looks like bicubic when a picture becomes smaller, which is all that happens here, and costs a third less.
    return picture.resize(size, Image.Resampling.HAMMING, reducing_gap=3.0)


class PixelWriter:
    """Appends pictures to a file; synced to disk when it is closed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: BinaryIO | None = None
        self._offset = 0

    def __enter__(self) -> "PixelWriter":
        self._file = self._path.open("wb")
        return self

    def __exit__(
        self, error_type: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is None:
            return
        with self._file as file:
            if error_type is None:
                file.flush()
                os.fsync(file.fileno())

    def append(self, picture: Image.Image) -> tuple[int, int, int]:
        """Write one RGB picture; returns its offset in bytes, height and width in pixels."""
        if picture.mode != "RGB":
            raise ValueError("expected an RGB picture")
        return self.append_bytes(picture.tobytes()), picture.height, picture.width

    def append_bytes(self, data: bytes) -> int:
        """Write anything else, a thumbnail for example; returns its offset in bytes."""
        if self._file is None:
            raise ValueError("expected an open writer")
        offset = self._offset
        self._offset += self._file.write(data)
        return offset


class PixelStore:
    """The pictures of a data set, in the order of its table. Opens the file at the first picture; may be pickled.

    Args:
        dataset: Whose pictures.
        input_size: What the network reads, in pixels; a larger file is used where one was made for it.
    """

    def __init__(self, dataset: Dataset, input_size: int = 0) -> None:
        records = dataset.records()
        self._path, places = larger_files(dataset, input_size)
        if places.is_file():
            for column, values in pd.read_parquet(places).items():
                records[column] = values.to_numpy()
        else:
            self._path = dataset.folder / PIXELS
        self._place(records)

    @classmethod
    def of_file(cls, path: Path, records: pd.DataFrame) -> "PixelStore":
        """The pictures of a pixel file that belongs to no data set yet; ``records`` has the columns of its table."""
        store = cls.__new__(cls)
        store._path = path
        store._place(records)
        return store

    def _place(self, records: pd.DataFrame) -> None:
        self._offset = records["pixels_offset"].to_numpy(np.int64)  # [N]
        self._height = records["pixels_height"].to_numpy(np.int64)  # [N]
        self._width = records["pixels_width"].to_numpy(np.int64)  # [N]
        self._records = records[["sha256", "pixels_height", "pixels_width"]]
        self._mapped: np.memmap | None = None
        self._touched = 0  # bytes read since the pages were let go

    def __len__(self) -> int:
        return len(self._offset)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_mapped": None}  # each process maps the file for itself

    def pixels(self, i: int) -> np.ndarray:
        """Picture ``i`` as a read-only view of the file, uint8 [height, width, 3]."""
        start, height, width = int(self._offset[i]), int(self._height[i]), int(self._width[i])
        return self._map()[start : start + height * width * 3].reshape(height, width, 3)

    def fingerprint(self, rows: np.ndarray) -> str:
        """A hash over the pictures of ``rows``, in this order: of their files, and of the size that is kept of them."""
        of = self._records.iloc[rows]
        parts = [of[column].tolist() for column in ("sha256", "pixels_height", "pixels_width")]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()

    def picture(self, i: int) -> Image.Image:
        """Picture ``i`` as a PIL picture of its own, RGB."""
        pixels = self.pixels(i)
        picture = Image.fromarray(pixels)
        self._touched += pixels.nbytes
        if self._touched > TOUCHED_BYTES:
            self._touched = 0
            hardware.release(self._map())
        return picture

    def _map(self) -> np.memmap:
        if self._mapped is None:
            needed = int((self._offset + self._height * self._width * 3).max()) if len(self) else 0
            # A mapped file that is too short would kill the process at the first missing byte, not raise.
            if not self._path.is_file() or self._path.stat().st_size < needed:
                raise DataError(
                    f"The pixels of data set {self._path.parent.name!r} are missing or cut off.",
                    fix="Import the pictures again.",
                )
            self._mapped = np.memmap(self._path, dtype=np.uint8, mode="r")
        return self._mapped


def larger_files(dataset: Dataset, input_size: int) -> tuple[Path, Path]:
    """Pixels for networks that read more than ``SHORT_SIDE`` and where each picture lies in them, if they were made."""
    stem = f"{Path(PIXELS).stem}-{side_for(input_size)}"
    return dataset.folder / f"{stem}.bin", dataset.folder / f"{stem}.parquet"


def thumbnail(dataset: Dataset, i: int, side: int = 160) -> bytes:
    """Picture ``i`` as a PNG whose long side is at most ``side`` pixels; tiny pictures are enlarged, crisp."""
    return small_png(_store(dataset.folder, dataset, dataset.created).picture(i), side)


def small_png(picture: Image.Image, side: int) -> bytes:
    """An RGB picture as a PNG whose long side is at most ``side`` pixels; tiny pictures are enlarged, crisp."""
    times = side // max(picture.size)
    if times > 1:
        picture = picture.resize((picture.width * times, picture.height * times), Image.Resampling.NEAREST)
    picture.thumbnail((side, side), Image.Resampling.BICUBIC)
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


@lru_cache(maxsize=4)
def _store(folder: Path, dataset: Dataset, created: float) -> PixelStore:
    """A page shows many thumbnails of one data set: its table is read once. Data sets never change; but one that was
    deleted and imported again has the same id, and its pictures may lie in another order."""
    return PixelStore(dataset)
