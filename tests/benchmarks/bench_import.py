"""Importing JPEGs of about one megapixel, beside a bare parallel Pillow decode of the same files.

    PYTHONPATH=. python tests/benchmarks/bench_import.py results.json [--files 5000] [--small 50000]

Prints and writes seconds of both, their ratio (target: at most 1.3), the same ratio of the seconds that cores were busy
(which others on the machine disturb less), and how much memory the import added. With ``--small``, it imports so many
small JPEGs instead, and tells how memory grew with them (target: at most 4 KB a picture, its row in the table).
"""

import argparse
import io
import json
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import numpy as np
import psutil
from PIL import Image

from ftcore import hardware, workspace
from ftcore.datasets.importing.importer import import_source

SIZE = (1152, 864)
TARGET = 1.3
SMALL_TARGET = 4  # KB of memory a picture
T = TypeVar("T")


def write_photos(folder: Path, n: int) -> None:
    """``n`` different JPEGs in two classes: soft shapes with some grain, as cameras make them."""
    random = np.random.default_rng(0)
    bases = []
    for _ in range(8):
        soft = Image.fromarray(random.integers(0, 256, (18, 24, 3), dtype=np.uint8)).resize(
            SIZE, Image.Resampling.BICUBIC
        )
        grain = random.normal(0, 6, (SIZE[1], SIZE[0], 1))
        bases.append(np.clip(np.asarray(soft) + grain, 0, 255).astype(np.uint8))
    for label in ("a", "b"):
        (folder / label).mkdir(parents=True)

    def write(i: int) -> None:
        moved = np.roll(bases[i % 8], (37 * i % SIZE[1], 61 * i % SIZE[0]), axis=(0, 1))
        Image.fromarray(moved).save(folder / "ab"[i % 2] / f"{i}.jpg", "JPEG", quality=88, comment=str(i))

    with ThreadPoolExecutor(hardware.n_cores()) as pool:
        list(pool.map(write, range(n)))


def write_small(folder: Path, n: int) -> None:
    """``n`` different JPEGs of 128 pixels in ten classes."""
    random = np.random.default_rng(0)
    bases = []
    for _ in range(50):
        soft = Image.fromarray(random.integers(0, 256, (4, 4, 3), dtype=np.uint8)).resize((128, 128))
        buffer = io.BytesIO()
        soft.save(buffer, "JPEG", quality=85)
        bases.append(buffer.getvalue())
    for label in range(10):
        (folder / f"class {label}").mkdir(parents=True)
    for i in range(n):
        data = bases[i % 50]
        comment = str(i).encode()  # makes each file another one, without encoding it again
        marked = data[:2] + b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment + data[2:]
        (folder / f"class {i % 10}" / f"{i:06}.jpg").write_bytes(marked)


def decode_all(folder: Path) -> None:
    """Nothing but decoding every file with Pillow, on all cores."""

    def decode(path: Path) -> None:
        Image.open(io.BytesIO(path.read_bytes())).convert("RGB")

    files = sorted(folder.rglob("*.jpg"))
    with ThreadPoolExecutor(hardware.n_cores()) as pool:
        for _ in pool.map(decode, files):
            pass


def timed(work: Callable[[], T]) -> tuple[T, float, float]:
    """What some work gives, its seconds, and the seconds of all cores that it kept busy."""
    started, busy = time.perf_counter(), time.process_time()
    found = work()
    return found, time.perf_counter() - started, time.process_time() - busy


class Memory:
    """The most memory that this process holds while it runs, in MB above where it began; ``now`` is the latest."""

    def __enter__(self) -> "Memory":
        self._process, self.added, self.now, self._over = psutil.Process(), 0.0, 0.0, threading.Event()
        self._begin = self._process.memory_info()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def _watch(self) -> None:
        while not self._over.wait(0.1):
            now = self._process.memory_info()
            grown = (now.rss - now.shared) - (self._begin.rss - self._begin.shared)  # mapped files are not counted
            self.now = grown / 1e6
            self.added = max(self.added, self.now)

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("results", type=Path)
    parser.add_argument("--files", type=int, default=5000)
    parser.add_argument("--small", type=int, metavar="N")
    asked = parser.parse_args()
    if asked.small:
        found = import_many(asked.small)
        asked.results.write_text(json.dumps(found, indent=1) + "\n")
        print(json.dumps(found))
        sys.exit(found["kilobytes_per_picture"] > SMALL_TARGET)
    with tempfile.TemporaryDirectory() as place:
        photos = Path(place) / "photos"
        write_photos(photos, asked.files)
        n_bytes = sum(path.stat().st_size for path in photos.rglob("*.jpg"))
        os.sync()
        import_small(photos, Path(place))
        workspace.use(Path(place) / "workspace")
        _, decoding, decoding_busy = timed(lambda: decode_all(photos))
        with Memory() as memory:
            dataset, importing, importing_busy = timed(lambda: import_source(photos))
    found = {
        "files": dataset.n_images,
        "megabytes": round(n_bytes / 1e6),
        "cores": hardware.n_cores(),
        "decode_seconds": round(decoding, 2),
        "import_seconds": round(importing, 2),
        "ratio": round(importing / decoding, 3),
        "ratio_of_busy_seconds": round(importing_busy / decoding_busy, 3),
        "target": TARGET,
        "memory_added_mb": round(memory.added),
    }
    asked.results.write_text(json.dumps(found, indent=1) + "\n")
    print(json.dumps(found))
    sys.exit(found["ratio"] > TARGET)


def import_many(n: int) -> dict[str, float]:
    """Import ``n`` small pictures and watch the memory."""
    with tempfile.TemporaryDirectory() as place:
        write_small(Path(place) / "many", n)
        write_small(Path(place) / "warm", 100)
        os.sync()
        workspace.use(Path(place) / "warm workspace")
        import_source(Path(place) / "warm")
        workspace.use(Path(place) / "workspace")
        at: dict[int, float] = {}
        with Memory() as memory:

            def progress(label: str, done: int, total: int) -> None:
                if total:
                    at.setdefault(10 * done // total, memory.now)

            dataset, seconds, _ = timed(lambda: import_source(Path(place) / "many", on_progress=progress))
    growth = (at[10] - at[1]) / (0.9 * n) * 1000
    return {
        "files": dataset.n_images,
        "seconds": round(seconds, 1),
        **{f"memory_added_mb_at_{10 * part}_percent": round(at[part]) for part in sorted(at)},
        "memory_added_mb_at_most": round(memory.added),
        "kilobytes_per_picture": round(growth, 2),
    }


def import_small(photos: Path, place: Path) -> None:
    """One small import first, so that loading libraries is in neither number."""
    warm = place / "warm"
    for path in [*sorted(photos.glob("a/*"))[:4], *sorted(photos.glob("b/*"))[:4]]:
        (warm / path.parent.name).mkdir(parents=True, exist_ok=True)
        (warm / path.parent.name / path.name).write_bytes(path.read_bytes())
    workspace.use(place / "warm workspace")
    import_source(warm)


if __name__ == "__main__":
    main()
