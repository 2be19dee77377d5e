"""Activations at the cut, kept on disk: computed once, shared by every run that cuts the same model at the same place.

``cache/features/<key>/`` holds one mapped array per crossing tensor. The key is made of everything that the values
depend on, so a wrong hit is not possible; a folder appears whole or not at all. It is only ever a cache: deleting it
costs time, nothing else.
"""

import contextlib
import hashlib
import json
import os
import shutil
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ftcore import workspace
from ftcore.errors import WorkspaceError

FOLDER = "cache"
LARGEST = 20e9  # bytes, or a quarter of the free disk if that is less


def key_of(prefix: nn.Module, **what: Any) -> str:
    """A name for the activations of a prefix.

    Args:
        prefix: Its code and every one of its weights and buffers go in.
        what: Everything else that the values depend on: pictures, rows, preprocessing, precision. JSON-able.
    """
    digest = hashlib.sha256()
    digest.update(str(prefix).encode())  # its layers with their options, and the code between them
    for name, value in prefix.state_dict().items():
        digest.update(name.encode())
        digest.update(value.detach().cpu().contiguous().numpy().tobytes())
    digest.update(json.dumps(what, sort_keys=True).encode())
    return digest.hexdigest()[:32]


def find(key: str) -> list[np.ndarray] | None:
    """The mapped arrays of a key, one per crossing tensor, or None when they are not there or not whole."""
    folder = _root() / key
    try:
        about = json.loads((folder / "about.json").read_text())
        arrays = [np.load(folder / f"{index}.npy", mmap_mode="r") for index in range(len(about["shapes"]))]
    except (OSError, ValueError, KeyError):
        return None
    if [list(array.shape) for array in arrays] != about["shapes"]:
        return None
    with contextlib.suppress(OSError):
        os.utime(folder)  # used just now: the least recently used goes first
    return arrays


def fill(
    key: str, batches: Iterable[Sequence[Tensor]], n: int, shapes: Sequence[Sequence[int]], dtype: str
) -> Iterator[int]:
    """Write activations batch by batch, in the order of the rows; yields how many rows are done.

    Args:
        key: From ``key_of``.
        batches: Tuples of crossing tensors, [B, ...] each, ``n`` rows in all.
        n: Pictures.
        shapes: Shape of each crossing tensor for one picture.
        dtype: ``float16`` or ``float32``.
    """
    size = n * sum(int(np.prod(shape)) for shape in shapes) * np.dtype(dtype).itemsize
    make_room(size)
    with contextlib.suppress(FileExistsError), workspace.new_folder(_root() / key) as folder:
        arrays = [_new_array(folder / f"{index}.npy", dtype, (n, *shape)) for index, shape in enumerate(shapes)]
        done = 0
        for tensors in batches:
            rows = len(tensors[0])
            for array, tensor in zip(arrays, tensors, strict=True):
                array[done : done + rows] = tensor.detach().cpu().numpy()
            done += rows
            yield done
        for array in arrays:
            array.flush()
        workspace.write_json(folder / "about.json", {"shapes": [list(array.shape) for array in arrays], "bytes": size})


def _new_array(path: Path, dtype: str, shape: tuple[int, ...]) -> np.memmap:
    """A mapped array whose disk space is taken at once: a full disk is an error here, not a crash while writing."""
    array = np.lib.format.open_memmap(path, "w+", np.dtype(dtype), shape)
    if hasattr(os, "posix_fallocate"):
        with path.open("r+b") as file:
            os.posix_fallocate(file.fileno(), 0, path.stat().st_size)
    return array


def make_room(n_bytes: float) -> None:
    """Drop the least recently used until ``n_bytes`` more fit under the limit. Raises when they cannot fit at all."""
    _remove_abandoned()
    limit = min(LARGEST, shutil.disk_usage(_root()).free / 4 + total_bytes())
    if n_bytes > limit:
        raise WorkspaceError(
            f"Keeping the activations needs {n_bytes / 1e6:,.0f} MB, the cache may hold {limit / 1e6:,.0f} MB.",
            fix="Free some space, or choose a smaller image size.",
        )
    folders = sorted(_folders(), key=lambda folder: folder.stat().st_mtime)
    while folders and total_bytes() + n_bytes > limit:
        workspace.remove_folder(folders.pop(0))


def total_bytes() -> int:
    """Bytes that the cache takes on disk."""
    return sum(file.stat().st_size for folder in _folders() for file in folder.iterdir())


def clear() -> int:
    """Empty the cache; returns the bytes that were freed."""
    freed = total_bytes()
    for folder in _folders():
        workspace.remove_folder(folder)
    return freed


def _root() -> Path:
    root = workspace.folder(FOLDER) / "features"
    root.mkdir(exist_ok=True)
    return root


def _remove_abandoned() -> None:
    """Delete what a killed worker left half-filled more than a day ago."""
    for folder in _root().glob(".*"):
        if time.time() - folder.stat().st_mtime > 86_400:
            shutil.rmtree(folder, ignore_errors=True)


def _folders() -> list[Path]:
    return [folder for folder in _root().iterdir() if folder.is_dir() and not folder.name.startswith(".")]


class FeatureBatches:
    """Cached activations as batches of ((tensor [B, ...], …), targets [B]), in the order of ``order(epoch)``.

    Args:
        arrays: One per crossing tensor, [N, ...].
        targets: [N].
        parts: Positions of an epoch, divided into batches; the same as uncached training uses.
        device: Where the tensors go.
    """

    def __init__(self, arrays: Sequence[np.ndarray], targets: Tensor, parts: Any, device: str) -> None:
        self._arrays, self._targets, self._parts, self._device = arrays, targets, parts, device

    def epoch(self, epoch: int = 0) -> Iterator[tuple[tuple[Tensor, ...], Tensor]]:
        """One pass over the pictures."""
        for positions in self._parts(epoch):
            rows = tuple(
                torch.from_numpy(np.ascontiguousarray(array[positions])).float().to(self._device)
                for array in self._arrays
            )
            yield rows, self._targets[positions].to(self._device)
