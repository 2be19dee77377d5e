"""One pass over the decoded pictures: all that the checks need of the pixels, computed while they are in hand."""

import hashlib
import time
from collections import deque
from collections.abc import Generator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image

from ftcore import hardware
from ftcore.datasets.images.pixel_store import PixelStore
from ftcore.datasets.similarity.alignment import SIDE
from ftcore.events import Progress

COLOUR_SIDE = 16
_ENOUGH = 96  # pixels of the short side that brightness, blur and entropy are measured on; blur itself uses 64
_CHUNK = 64  # pictures per task of a thread


@dataclass(frozen=True)
class Measured:
    """What was seen of the used pictures.

    Args:
        rows: Their rows in the table, [N].
        digests: Hash of size and kept pixels, [N] of bytes.
        hashes: Perceptual hash (imagehash.phash, 64 bits), uint64 [N].
        grey: [N, 32, 32] uint8.
        colour: [N, 16, 16, 3] uint8.
        properties: cleanvision's raw values, one row per picture.
    """

    rows: np.ndarray
    digests: np.ndarray
    hashes: np.ndarray
    grey: np.ndarray
    colour: np.ndarray
    properties: pd.DataFrame


def measure(pictures: PixelStore, rows: np.ndarray) -> Generator[Progress, None, Measured]:
    """Look at pictures, several at a time. A generator that returns ``Measured``."""
    started = time.perf_counter()
    chunks = [rows[start : start + _CHUNK] for start in range(0, len(rows), _CHUNK)]
    seen: list[tuple[Any, ...]] = []
    measure = _Measure()
    n_threads = hardware.n_cores()
    waiting: deque[Future[list[tuple[Any, ...]]]] = deque()
    with ThreadPoolExecutor(n_threads, thread_name_prefix="look") as pool:
        for chunk in chunks:
            waiting.append(pool.submit(measure.all, pictures, chunk))
            if len(waiting) > 2 * n_threads:
                seen += waiting.popleft().result()
                yield _progress(len(seen), len(rows), started)
        while waiting:
            seen += waiting.popleft().result()
            yield _progress(len(seen), len(rows), started)
    digests, hashes, grey, colour, properties = zip(*seen, strict=True)
    return Measured(
        rows,
        np.array(digests),
        np.array(hashes, np.uint64),
        np.stack(grey),
        np.stack(colour),
        pd.DataFrame(list(properties)),
    )


def _progress(done: int, total: int, started: float) -> Progress:
    seconds = time.perf_counter() - started
    return Progress(stage="look", label="Looking at the pictures", done=done, total=total, seconds=seconds)


class _Measure:
    """cleanvision's and imagehash's measurements; both are slow to import, so only here."""

    def __init__(self) -> None:
        import imagehash
        from cleanvision.issue_managers.image_property_issue_manager import ImagePropertyIssueManager

        known = ImagePropertyIssueManager().image_properties
        self._properties = [known[name] for name in ("dark", "low_information", "blurry")]  # dark measures for bright
        self._phash = imagehash.phash

    def all(self, pictures: PixelStore, rows: np.ndarray) -> list[tuple[Any, ...]]:
        return [self.one(pictures.pixels(int(row))) for row in rows]

    def one(self, pixels: np.ndarray) -> tuple[Any, ...]:
        digest = hashlib.sha1(repr(pixels.shape).encode() + b" ", usedforsecurity=False)
        digest.update(np.ascontiguousarray(pixels))
        picture = Image.fromarray(pixels)
        smaller = min(picture.size) // _ENOUGH
        if smaller > 1:
            picture = picture.reduce(smaller)
        grey = picture.convert("L")
        bits = np.packbits(self._phash(grey).hash.ravel())
        properties: dict[str, Any] = {}
        for known in self._properties:
            properties |= known.calculate(picture)
        return (
            digest.digest(),
            int.from_bytes(bits.tobytes(), "big"),
            np.asarray(grey.resize((SIDE, SIDE), Image.Resampling.BICUBIC)),
            np.asarray(picture.resize((COLOUR_SIDE, COLOUR_SIDE), Image.Resampling.BILINEAR)),
            properties,
        )
