"""Entries are read, hashed and decoded by several threads at once; originals and pixels go to disk as they come."""

import hashlib
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from ftcore import hardware
from ftcore.datasets.images import thumbnails
from ftcore.datasets.images.decode import Picture, read_picture
from ftcore.datasets.images.pixel_store import PixelWriter
from ftcore.datasets.labels.folders import Placed
from ftcore.datasets.records import ORIGINALS, PIXELS, THUMBNAILS
from ftcore.datasets.sources.archive import TooMuch, shown
from ftcore.errors import DataError

_AHEAD = 2  # pictures in flight per core: keeps the cores busy, keeps memory steady


@dataclass(frozen=True)
class ImportedImage:
    """One picture that was read and lies on disk; most fields are columns of the table (records.py)."""

    path: str
    label: str
    given: str | None
    sha256: str
    width: int
    height: int
    pixels_offset: int
    pixels_height: int
    pixels_width: int
    original: str
    labels: tuple[str, ...] = ()
    numbers: tuple[float, ...] = ()
    group: str = ""
    notes: tuple[str, ...] = ()
    thumbnail_offset: int = 0
    thumbnail_bytes: int = 0


@dataclass(frozen=True)
class _Decoded:
    sha256: str
    picture: Picture
    original: str
    thumbnail: bytes


def read_all(
    placed: Sequence[Placed], folder: Path, *, keep_originals: bool, on_progress: Callable[[int, int], None]
) -> tuple[list[ImportedImage], list[dict[str, str]]]:
    """Read every entry; write pixels, thumbnails and, if asked for, originals into ``folder`` (records.py names them).

    Returns:
        What was read, in the order of ``placed``, and what was left out as ``{"name", "reason"}``.

    Raises:
        TooMuch: A quota of the whole source is hit.
    """
    if keep_originals:
        (folder / ORIGINALS).mkdir()
    imported: list[ImportedImage] = []
    left_out: list[dict[str, str]] = []
    on_progress(0, len(placed))
    with PixelWriter(folder / PIXELS) as pixels, PixelWriter(folder / THUMBNAILS) as small:
        originals = folder / ORIGINALS if keep_originals else None
        for done, (item, decoded) in enumerate(_decoded(placed, originals), start=1):
            path = shown(item.entry.name)
            if isinstance(decoded, DataError):
                left_out.append({"name": path, "reason": decoded.what.rstrip("."), "issue": "unreadable"})
            else:
                picture = decoded.picture
                offset, height, width = pixels.append(picture.image)
                imported.append(
                    ImportedImage(
                        path=path,
                        label=item.label,
                        given=item.split,
                        sha256=decoded.sha256,
                        width=picture.width,
                        height=picture.height,
                        pixels_offset=offset,
                        pixels_height=height,
                        pixels_width=width,
                        original=decoded.original,
                        labels=item.labels,
                        numbers=item.numbers,
                        group=item.group,
                        notes=picture.notes,
                        thumbnail_offset=small.append_bytes(decoded.thumbnail),
                        thumbnail_bytes=len(decoded.thumbnail),
                    )
                )
            on_progress(done, len(placed))
    return imported, left_out


def _decoded(placed: Sequence[Placed], originals: Path | None) -> Iterator[tuple[Placed, _Decoded | DataError]]:
    """Results in order, never more than a few ahead of the one that is asked for."""
    n_threads = hardware.n_cores()
    waiting: deque[tuple[Placed, Future[_Decoded | DataError]]] = deque()
    pool = ThreadPoolExecutor(n_threads, thread_name_prefix="read")
    try:
        for item in placed:
            waiting.append((item, pool.submit(_decode, item, originals)))
            if len(waiting) >= _AHEAD * n_threads:
                first, future = waiting.popleft()
                yield first, future.result()
        while waiting:
            first, future = waiting.popleft()
            yield first, future.result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _decode(item: Placed, originals: Path | None) -> _Decoded | DataError:
    try:
        data = item.entry.read()
        picture = read_picture(data)
    except TooMuch:
        raise
    except DataError as error:
        return error
    sha256 = hashlib.sha256(data).hexdigest()
    thumbnail = thumbnails.encoded(picture.image)
    if originals is None:
        return _Decoded(sha256, picture, "", thumbnail)
    original = sha256 + picture.suffix
    try:
        with (originals / original).open("xb") as file:
            file.write(data)
    except FileExistsError:
        pass  # an exact copy is being, or has been, written
    return _Decoded(sha256, picture, original, thumbnail)
