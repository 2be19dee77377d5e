"""Frozen means computed once: each phase trains its suffix on activations that the frozen prefix gave once.

Saving, the moving average, evaluation and export go on seeing the one ordinary model, because both halves share its
layers.
"""

import time
from collections.abc import Generator, Iterator, Sequence

import torch
from torch import Tensor, nn

from ftcore.errors import WorkspaceError
from ftcore.events import Event, Note, Progress
from ftcore.freezing import feature_cache
from ftcore.freezing.cut import Cut, CutError, cut
from ftcore.training.batches import Batches
from ftcore.training.loop import Motion, Parts

MOST_BYTES = 400_000
"""Per picture; where more would cross, keeping it costs more than computing it again."""


class CachedEngine:
    """Gives a phase its cached inputs, or leaves it to train from the pictures and says why.

    Args:
        dataset: Content hash of the data set, part of the cache's key.
        size: Side of the pictures, in pixels.
        dtype: Precision that activations are kept in, ``float16`` or ``float32``.
    """

    def __init__(self, dataset: str, size: int, dtype: str = "float16") -> None:
        self._dataset, self._size, self._dtype = dataset, size, dtype

    def prepare(self, parts: Parts, motion: Motion) -> Iterator[Event]:
        """Cut the model for a phase and fill or find its activations. Sets the inputs of ``motion``."""
        phase = parts.plan.phases[motion.phase]
        try:
            found = cut(parts.model, self._size)
        except CutError as error:
            if phase.n_groups < len(parts.plan.groups):
                yield Note(message=f"{phase.label}: trains from the pictures in every epoch. {error.what}")
            return
        n_bytes = found.values_per_image * (2 if self._dtype == "float16" else 4)
        if n_bytes > MOST_BYTES:
            yield Note(
                message=f"{phase.label}: trains from the pictures in every epoch, because {n_bytes / 1000:,.0f} KB "
                "per picture would have to be kept."
            )
            return
        try:
            train = yield from self._batches(parts.train, found, "training")
            validation = yield from self._batches(parts.validation, found, "validation")
        except WorkspaceError as error:
            yield Note(message=f"{phase.label}: trains from the pictures in every epoch. {error.what}")
            return
        motion.train, motion.validation, motion.forward = train, validation, found.suffix
        if parts.ema is not None:
            parts.plan.apply(parts.ema.module, motion.phase)
            motion.answer = cut(parts.ema.module, self._size).suffix
        else:
            motion.answer = found.suffix

    def _batches(
        self, pictures: Batches, found: Cut, what: str
    ) -> Generator[Event, None, feature_cache.FeatureBatches]:
        """Cached batches in place of ``pictures``; a generator that returns them."""
        key = feature_cache.key_of(
            found.prefix,
            dataset=self._dataset,
            rows=pictures.rows.tolist(),
            preprocessing=pictures.preprocessing.to_json(),
            names=found.names,
            dtype=self._dtype,
        )
        arrays = feature_cache.find(key)
        if arrays is None:
            started, n = time.perf_counter(), len(pictures.rows)
            label = f"Looking at the {what} pictures once with the frozen part"
            yield Progress(stage=f"fill_{what}", label=label, done=0, total=n)
            told = started
            for done in feature_cache.fill(key, _activations(found.prefix, pictures), n, found.shapes, self._dtype):
                now = time.perf_counter()
                if now - told > 0.3 or done == n:
                    told = now
                    yield Progress(stage=f"fill_{what}", label=label, done=done, total=n, seconds=now - started)
            arrays = feature_cache.find(key)
            if arrays is None:
                raise WorkspaceError("The activations could not be kept.", fix="Free some space and try again.")
        return feature_cache.FeatureBatches(arrays, pictures.targets, pictures.parts, pictures.device)


def _activations(prefix: nn.Module, pictures: Batches) -> Iterator[Sequence[Tensor]]:
    prefix.eval()
    with torch.inference_mode():
        for images, _ in pictures.in_order():
            yield prefix(images)
