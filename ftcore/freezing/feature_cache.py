"""Activations at the cut, kept on disk: computed once, shared by every run that cuts the same model at the same place.

A key stands for one view of a list of pictures and holds one mapped array per crossing tensor (disk_cache.py).
"""

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ftcore import hardware
from ftcore.freezing import disk_cache

TOUCHED_BYTES = 64_000_000
"""So much is read or written before the pages are let go, so that a large cache does not count as memory."""


def find(key: str) -> list[np.memmap] | None:
    """The mapped arrays of a key, one per crossing tensor, or None when they are not there or not whole."""
    found = disk_cache.find(key)
    if found is None:
        return None
    folder, about = found
    try:
        arrays = [np.load(folder / f"{index}.npy", mmap_mode="r") for index in range(len(about["shapes"]))]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return arrays if [list(array.shape) for array in arrays] == about["shapes"] else None


def size_of(n: int, shapes: Sequence[Sequence[int]], dtype: str) -> int:
    """Bytes that the activations of ``n`` pictures take."""
    return n * sum(int(np.prod(shape)) for shape in shapes) * np.dtype(dtype).itemsize


def fill(
    key: str,
    batches: Iterable[Sequence[Tensor]],
    n: int,
    shapes: Sequence[Sequence[int]],
    dtype: str,
    *,
    largest: float | None = None,
    keep: Collection[str] = (),
) -> Iterator[int]:
    """Write activations batch by batch, in the order of the rows; yields how many rows are done.

    Args:
        key: From ``disk_cache.key_of``.
        batches: Tuples of crossing tensors, [B, ...] each, ``n`` rows in all.
        n: Pictures.
        shapes: Shape of each crossing tensor for one picture.
        dtype: ``float16`` or ``float32``.
        largest: Bytes that the cache may take in all.
        keep: Keys that must not be dropped to make room.
    """
    disk_cache.remove(key)  # what is there is damaged, or it would have been found
    disk_cache.make_room(size_of(n, shapes, dtype), largest=largest, keep=keep)
    about = {"kind": "activations", "shapes": [[n, *shape] for shape in shapes]}
    with disk_cache.new(key, about) as folder:
        arrays = [_new_array(folder / f"{index}.npy", dtype, (n, *shape)) for index, shape in enumerate(shapes)]
        done = touched = 0
        for tensors in batches:
            rows = len(tensors[0])
            for array, tensor in zip(arrays, tensors, strict=True):
                array[done : done + rows] = _storable(tensor, dtype).cpu().numpy()
            done += rows
            yield done
            touched += sum(array[:rows].nbytes for array in arrays)
            if touched > TOUCHED_BYTES:
                touched = 0
                for array in arrays:
                    hardware.release(array)
        for array in arrays:
            array.flush()


def _storable(tensor: Tensor, dtype: str) -> Tensor:
    """Half precision ends at 65504: what lies beyond is kept as the largest number that there is, not as infinity."""
    tensor = tensor.detach()
    if dtype == "float16":
        return tensor.clamp(-65504, 65504).half()
    return tensor.float()


def _new_array(path: Path, dtype: str, shape: tuple[int, ...]) -> np.memmap:
    """A mapped array whose disk space is taken at once: a full disk is an error here, not a crash while writing."""
    array = np.lib.format.open_memmap(path, "w+", np.dtype(dtype), shape)
    if hasattr(os, "posix_fallocate"):
        with path.open("r+b") as file:
            os.posix_fallocate(file.fileno(), 0, path.stat().st_size)
    return array


class FeatureBatches:
    """Cached activations as batches of ((tensor [B, ...], …), targets [B, ...]).

    Args:
        arrays: Per view and crossing tensor, [N, ...].
        targets: [N], [N, C] or [N, T].
        parts: Positions and views of an epoch, divided into batches; the same as uncached training uses.
        device: Where the tensors go.
    """

    def __init__(
        self,
        arrays: Sequence[Sequence[np.memmap]],
        targets: Tensor,
        parts: Callable[[int], list[tuple[np.ndarray, np.ndarray]]],
        device: str,
    ) -> None:
        self._arrays, self._targets, self._parts, self._device = arrays, targets, parts, device
        self._touched = 0  # bytes read since the pages were let go

    def epoch(self, epoch: int = 0) -> Iterator[tuple[tuple[Tensor, ...], Tensor]]:
        """One pass over the pictures, each in the view that ``parts`` names."""
        for positions, views in self._parts(epoch):
            rows = tuple(
                torch.from_numpy(self._gather(index, positions, views)).float().to(self._device)
                for index in range(len(self._arrays[0]))
            )
            yield rows, self._targets[positions].to(self._device)
            self._touched += sum(row.nbytes for row in rows)
            if self._touched > TOUCHED_BYTES:
                self._touched = 0
                for view in self._arrays:
                    for array in view:
                        hardware.release(array)

    def _gather(self, index: int, positions: np.ndarray, views: np.ndarray) -> np.ndarray:
        first = self._arrays[0][index]
        rows = np.empty((len(positions), *first.shape[1:]), first.dtype)
        for view in np.unique(views):
            rows[views == view] = self._arrays[view][index][positions[views == view]]
        return rows
