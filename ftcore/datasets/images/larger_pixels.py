"""Larger pixels for networks that read more than data sets keep, decoded once more from the original files."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pandas as pd
from PIL import Image

from ftcore import hardware, workspace
from ftcore.datasets.images.decode import read_picture
from ftcore.datasets.images.pixel_store import SHORT_SIDE, PixelStore, PixelWriter, kept_size, larger_files, side_for
from ftcore.datasets.records import ORIGINALS, Dataset
from ftcore.errors import DataError
from ftcore.events import Progress

_TOGETHER = 32  # pictures that are decoded at a time


def enlarge(dataset: Dataset, input_size: int) -> Iterator[Progress]:
    """Make the pixels that a network of this input size wants (pixels.PixelStore finds them); yields progress.

    Nothing happens where the kept ones are enough, where the originals are no larger or were not kept, or where it was
    done before. A picture whose original has gone stays as small as it is.

    Raises:
        WorkspaceError: They do not fit on the disk.
    """
    side, (pixels, places) = side_for(input_size), larger_files(dataset, input_size)
    table = dataset.records()
    sizes = [kept_size(w, h, side) for w, h in zip(table["width"], table["height"], strict=True)]
    can_grow = (table["original"] != "") & (table[["width", "height"]].min(axis=1) > SHORT_SIDE)
    if side == SHORT_SIDE or places.is_file() or not can_grow.any():
        return
    workspace.require_space(sum(3 * w * h for w, h in sizes), "Decoding the pictures larger")
    originals: list[str] = table["original"].tolist()
    kept, n, started = PixelStore(dataset), len(table), time.perf_counter()
    label = f"Decoding the pictures again, at {side} pixels"
    yield Progress(stage="enlarge", label=label, done=0, total=n)

    def read(row: int) -> Image.Image:
        if not can_grow.iat[row]:
            return kept.picture(row)
        try:
            return read_picture((dataset.folder / ORIGINALS / originals[row]).read_bytes(), side=side).image
        except (OSError, DataError):
            return kept.picture(row)

    lies = []
    with (
        workspace.replacing(pixels) as temporary,
        PixelWriter(temporary) as writer,
        ThreadPoolExecutor(hardware.n_cores()) as pool,
    ):
        for first in range(0, n, _TOGETHER):
            rows = range(first, min(n, first + _TOGETHER))
            lies += [writer.append(picture) for picture in pool.map(read, rows)]
            done, seconds = len(lies), time.perf_counter() - started
            yield Progress(stage="enlarge", label=label, done=done, total=n, seconds=seconds)
    columns = ["pixels_offset", "pixels_height", "pixels_width"]
    with workspace.replacing(places) as temporary:  # last: it says that the pixels are whole
        pd.DataFrame(lies, columns=columns).to_parquet(temporary)
