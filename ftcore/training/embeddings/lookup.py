"""Features that were computed before, found again without torch: by the files that the weights come from.

The cache's own keys are hashes over built models (disk_cache); building one takes longer than all that is then done
with its features. So a small index entry says, for a file of weights and a list of pictures, under which keys they lie.
"""

from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version

import numpy as np

from ftcore.datasets.images.pixel_store import PixelStore
from ftcore.datasets.records import Dataset
from ftcore.freezing import disk_cache
from ftcore.models import catalogue

_SMALLEST, _LARGEST = 64, 160  # pixels; enough to tell pictures apart, and quick


def fitting_size(side: int) -> int:
    """Side of the network's input, in pixels, for pictures whose median short side is ``side``."""
    return min(_LARGEST, max(_SMALLEST, -(-2 * side // 32) * 32))


def find(dataset: Dataset, model: str, image_size: int | None = None) -> np.ndarray | None:
    """Return what ``picture_features`` would return, [rows of the table, D] float32, or None where it has to compute
    it."""
    index = _index(dataset, model, image_size)
    found = disk_cache.find(index) if index else None
    if found is None:
        return None
    arrays = []
    for key in found[1].get("keys", ()):
        kept = disk_cache.find(key)
        if kept is None:
            return None
        try:
            arrays += [np.load(kept[0] / f"{n}.npy", mmap_mode="r") for n in range(len(kept[1]["shapes"]))]
        except (OSError, ValueError, KeyError, TypeError):
            return None
    return joined(arrays) if arrays and len({len(array) for array in arrays}) == 1 else None


def remember(dataset: Dataset, model: str, image_size: int | None, keys: Sequence[str]) -> None:
    """Note under which keys of the cache the features lie."""
    index = _index(dataset, model, image_size)
    if index:
        disk_cache.remove(index)  # it may name what has gone
        with disk_cache.new(index, {"kind": "index", "keys": list(keys)}):
            pass


def joined(arrays: Sequence[np.ndarray]) -> np.ndarray:
    """One vector per picture, [N, D] float32: maps are averaged over their places (the last two axes)."""
    parts = [np.asarray(array, np.float32) for array in arrays]
    return np.concatenate([p.mean(axis=(2, 3)) if p.ndim == 4 else p.reshape(len(p), -1) for p in parts], axis=1)


def _index(dataset: Dataset, model: str, image_size: int | None) -> str:
    """A name for what the features depend on, or an empty text where the file of the weights is not known."""
    row = catalogue.find(model)
    file = catalogue.weights_file(row) if row else None
    if file is None:
        return ""
    about = file.stat()
    pictures = PixelStore(dataset).fingerprint(np.arange(len(dataset.records())))
    return disk_cache.key_of(
        model,
        weights=[str(file), about.st_size, about.st_mtime_ns],
        versions=[_version("timm"), _version("torch")],
        pictures=pictures,
        size=image_size or fitting_size(dataset.side),
    )


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
