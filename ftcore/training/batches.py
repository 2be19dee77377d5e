"""Pictures as batches of tensors, in an order that only the seed and the epoch decide."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch
from torch import Tensor

from ftcore.datasets.pixels import PixelStore
from ftcore.preprocessing import Preprocessing

KEPT_BYTES = 400_000_000
"""Resized pictures are kept in memory up to this many bytes in all; beyond it they are resized again each epoch."""


class Batches:
    """Batches of (images [B, 3, S, S] float32, targets [B] int64).

    The pictures are divided into batches of equal size, give or take one, so that no batch is left with a single
    picture. The order of an epoch is drawn from (seed, epoch) alone: a resumed run sees the same one.

    Args:
        pictures: Decoded pictures.
        rows: Row numbers of the pictures of this split, [N].
        targets: Class index per row, [N].
        preprocessing: From picture to network input.
        batch_size: Pictures per step, at most.
        seed: Decides the order.
        shuffle: A new order in each epoch; otherwise the order of ``rows``.
        device: Where the tensors go.
    """

    def __init__(
        self,
        pictures: PixelStore,
        rows: np.ndarray,
        targets: np.ndarray,
        preprocessing: Preprocessing,
        *,
        batch_size: int,
        seed: int = 0,
        shuffle: bool = False,
        device: str = "cpu",
    ) -> None:
        self.rows = np.asarray(rows)
        self.targets = torch.tensor(np.asarray(targets, np.int64))
        self.preprocessing, self.device = preprocessing, device
        self._pictures, self._batch_size, self._seed, self._shuffle = pictures, batch_size, seed, shuffle
        size = preprocessing.size
        fits = len(self.rows) * size * size * 3 <= KEPT_BYTES
        self._kept = np.zeros((len(self.rows), size, size, 3), np.uint8) if fits else None
        self._ready = np.zeros(len(self.rows), bool)

    def __len__(self) -> int:
        return -(-len(self.rows) // self._batch_size)

    def order(self, epoch: int) -> np.ndarray:
        """Positions in ``rows`` in the order of an epoch, [N]."""
        positions = np.arange(len(self.rows))
        return np.random.default_rng((self._seed, epoch)).permutation(positions) if self._shuffle else positions

    def parts(self, epoch: int) -> list[np.ndarray]:
        """Positions of an epoch, divided into batches."""
        return np.array_split(self.order(epoch), len(self)) if len(self) else []

    def epoch(self, epoch: int = 0) -> Iterator[tuple[Tensor, Tensor]]:
        """One pass over the pictures. The next batch is prepared while the current one is computed on."""
        return self._ahead(self.parts(epoch))

    def in_order(self, batch_size: int = 64) -> Iterator[tuple[Tensor, Tensor]]:
        """One pass in the order of the rows."""
        n = -(-len(self.rows) // batch_size)
        return self._ahead(np.array_split(np.arange(len(self.rows)), n) if n else [])

    def _ahead(self, parts: list[np.ndarray]) -> Iterator[tuple[Tensor, Tensor]]:
        with ThreadPoolExecutor(max_workers=1) as beside:
            waiting = None
            for part in parts:
                following = beside.submit(self._load, part)
                if waiting is not None:
                    yield waiting.result()
                waiting = following
            if waiting is not None:
                yield waiting.result()

    def _load(self, positions: np.ndarray) -> tuple[Tensor, Tensor]:
        pixels = np.stack([self._resized(int(position)) for position in positions])  # [B, S, S, 3] uint8
        images = torch.from_numpy(self.preprocessing.normalise(pixels)).permute(0, 3, 1, 2)  # [B, 3, S, S]
        return images.to(self.device), self.targets[positions].to(self.device)

    def _resized(self, position: int) -> np.ndarray:
        if self._kept is not None and self._ready[position]:
            return self._kept[position]
        pixels = self.preprocessing.pixels(self._pictures.picture(int(self.rows[position])))
        if self._kept is not None:
            self._kept[position] = pixels
            self._ready[position] = True
        return pixels
