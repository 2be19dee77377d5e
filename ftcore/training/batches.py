"""Pictures as batches of tensors, in an order and in views that only the seed and the epoch decide."""

from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ftcore.datasets.augmentation import views as augment
from ftcore.datasets.images.pixel_store import PixelStore
from ftcore.preprocessing import Preprocessing
from ftcore.settings import AugmentSettings, fields

KEPT_BYTES = 400_000_000
"""Resized pictures of a list are kept in memory up to this many bytes; beyond it they are resized again each epoch."""

Part = tuple[np.ndarray, np.ndarray]
"""One batch: positions [B] in the rows, and the view of each, [B]; view 0 is the picture itself."""


class Batches:
    """Batches of (images [B, 3, S, S] float32, targets [B] int64, or [B, C] or [B, T] float32).

    The pictures are divided into batches of equal size, give or take one, so that no batch is left with a single
    picture. Order and views of an epoch are drawn from (seed, epoch) alone: a resumed run sees the same ones.

    Args:
        pictures: Decoded pictures.
        rows: Row numbers of the pictures of this split, [N].
        targets: Of each row, as ``Dataset.targets`` gives them: [N], [N, C] or [N, T].
        preprocessing: From picture to network input.
        batch_size: Pictures per step, at most.
        seed: Decides the order and the views.
        shuffle: A new order in each epoch; otherwise the order of ``rows``.
        views: How to augment, or None for the pictures as they are.
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
        views: AugmentSettings | None = None,
        device: str = "cpu",
    ) -> None:
        self.rows = np.asarray(rows)
        self.targets = torch.tensor(targets.astype(np.float32 if targets.dtype.kind == "f" else np.int64))
        self.preprocessing, self.device, self.seed = preprocessing, device, seed
        self.views = views if views is not None and augment.is_on(views) and (views.views or views.fresh) else None
        self._pictures, self._batch_size, self._shuffle = pictures, batch_size, shuffle
        size = preprocessing.size
        fits = len(self.rows) * size * size * 3 <= KEPT_BYTES
        self._kept = np.zeros((len(self.rows), size, size, 3), np.uint8) if fits else None
        self._ready = np.zeros(len(self.rows), bool)

    def __len__(self) -> int:
        return -(-len(self.rows) // self._batch_size)

    @property
    def n_views(self) -> int:
        """Views that epochs choose from, the picture itself included; meaningless when they are fresh every epoch."""
        return 1 + self.views.views if self.views else 1

    @property
    def is_fresh(self) -> bool:
        """Tell whether every epoch makes views of its own."""
        return self.views is not None and self.views.fresh

    def fingerprint(self) -> str:
        """A hash over the pictures, in the order of the rows: part of the cache's key."""
        return self._pictures.fingerprint(self.rows)

    def views_json(self) -> dict[str, Any]:
        """Return what the views are made of, apart from how many there are: part of the cache's key."""
        if self.views is None:
            return {}
        recipe = {
            field.name: getattr(self.views, field.name)
            for field in fields.in_section("augment")
            if field.name != "views" and field.acts_in(self.views)  # else what is kept would be made anew for nothing
        }
        return {"seed": self.seed, "rows": self.rows.tolist(), "augment": recipe}  # a view is drawn by its row number

    def order(self, epoch: int) -> np.ndarray:
        """Positions in ``rows`` in the order of an epoch, [N]."""
        positions = np.arange(len(self.rows))
        return np.random.default_rng((self.seed, epoch)).permutation(positions) if self._shuffle else positions

    def views_of(self, epoch: int) -> np.ndarray:
        """The view of each position in an epoch, [N]."""
        if self.is_fresh:
            return np.full(len(self.rows), 1 + epoch)
        return np.random.default_rng((self.seed, epoch, 1)).integers(0, self.n_views, len(self.rows))

    def parts(self, epoch: int) -> list[Part]:
        """An epoch, divided into batches."""
        views = self.views_of(epoch)
        return [(positions, views[positions]) for positions in self._divided(self.order(epoch), len(self))]

    def epoch(self, epoch: int = 0) -> Iterator[tuple[Tensor, Tensor]]:
        """One pass over the pictures. The next batch is prepared while the current one is computed on."""
        return self.of(self.parts(epoch))

    def of(self, parts: list[Part]) -> Iterator[tuple[Tensor, Tensor]]:
        """The pictures of some batches."""
        return self._ahead(parts)

    def in_order(self, batch_size: int = 64, *, view: int = 0) -> Generator[tuple[Tensor, Tensor]]:
        """One pass over one view, in the order of the rows; nothing of it is kept in memory."""
        parts = self._divided(np.arange(len(self.rows)), -(-len(self.rows) // batch_size))
        return self._ahead([(positions, np.full(len(positions), view)) for positions in parts], keep=False)

    def first(self, n: int) -> Tensor:
        """The first ``n`` pictures as they are, [min(n, N), 3, S, S]."""
        positions = np.arange(min(n, len(self.rows)))
        return self._load((positions, np.zeros(len(positions), int)), keep=False)[0]

    @staticmethod
    def _divided(positions: np.ndarray, n: int) -> list[np.ndarray]:
        return np.array_split(positions, n) if len(positions) else []

    def _ahead(self, parts: list[Part], *, keep: bool = True) -> Generator[tuple[Tensor, Tensor]]:
        with ThreadPoolExecutor(max_workers=1) as beside:
            waiting = None
            for part in parts:
                following = beside.submit(self._load, part, keep)
                if waiting is not None:
                    yield waiting.result()
                waiting = following
            if waiting is not None:
                yield waiting.result()

    def _load(self, part: Part, keep: bool) -> tuple[Tensor, Tensor]:
        positions, views = part
        pixels = np.stack(
            [self._seen(int(p), int(v), keep) for p, v in zip(positions, views, strict=True)]
        )  # [B, S, S, 3]
        images = torch.from_numpy(self.preprocessing.normalise(pixels)).permute(0, 3, 1, 2)  # [B, 3, S, S]
        return images.to(self.device), self.targets[positions].to(self.device)

    def _seen(self, position: int, view: int, keep: bool) -> np.ndarray:
        """One view of one picture, uint8 [S, S, 3]."""
        if view == 0 or self.views is None:
            return self._resized(position, keep)
        row = int(self.rows[position])
        random = augment.random_of(self.seed, row, view)
        return augment.view(self._pictures.picture(row), self.views, self.preprocessing, random)

    def _resized(self, position: int, keep: bool) -> np.ndarray:
        if self._kept is not None and self._ready[position]:
            return self._kept[position]
        pixels = self.preprocessing.pixels(self._pictures.picture(int(self.rows[position])))
        if keep and self._kept is not None:
            self._kept[position] = pixels
            self._ready[position] = True
        return pixels
