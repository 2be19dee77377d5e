"""What a pretrained model sees in each picture of a data set, computed once and kept: for the data doctor and maps."""

import hashlib
import json
import time
from collections.abc import Generator, Iterator, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from ftcore import hardware
from ftcore.datasets.pixels import PixelStore
from ftcore.datasets.records import Dataset
from ftcore.errors import WorkspaceError
from ftcore.events import Progress
from ftcore.freezing import feature_cache
from ftcore.freezing.cut import cut
from ftcore.freezing.plan import FreezePlan, make_phases
from ftcore.models.build import build_model
from ftcore.models.depth import depth_groups
from ftcore.training.batches import Batches

MODEL = "tf_efficientnet_lite0"
_SMALLEST, _LARGEST = 64, 160  # pixels; enough to tell pictures apart, and quick
_DTYPE = "float16"


def fitting_size(side: int) -> int:
    """Side of the network's input, in pixels, for pictures whose median short side is ``side``."""
    return min(_LARGEST, max(_SMALLEST, -(-2 * side // 32) * 32))


def picture_features(
    dataset: Dataset, model_name: str = MODEL, image_size: int | None = None
) -> Generator[Progress, None, np.ndarray]:
    """The activations before the head, of every picture of the table. A generator that returns them.

    Versions of a data set share their pictures and so share these.

    Args:
        dataset: Excluded pictures are computed as well: they may be included again.
        model_name: timm's name of a model with pretrained weights.
        image_size: Side of the input in pixels; ``fitting_size`` if None.

    Returns:
        [rows of the table, D] float32.

    Raises:
        ModelError: The model or its weights cannot be had, or it cannot be cut before its head.
        WorkspaceError: The features do not fit on the disk.
    """
    size = image_size or fitting_size(dataset.side)
    model, preprocessing = build_model(model_name, n_outputs=2, image_size=size)
    device = hardware.device_name()
    model = model.to(device)
    groups = depth_groups(model)
    FreezePlan(groups, make_phases("head", groups, 1)).apply(model, 0)
    found = cut(model, size)
    table = dataset.records()
    columns = ("sha256", "pixels_height", "pixels_width")
    pictures = json.dumps([table[column].tolist() for column in columns])
    key = feature_cache.key_of(
        found.prefix,
        pictures=hashlib.sha256(pictures.encode()).hexdigest(),
        preprocessing=preprocessing.to_json(),
        names=found.names,
        dtype=_DTYPE,
    )
    arrays = feature_cache.find(key)
    if arrays is None:
        n, started = len(table), time.perf_counter()
        rows = np.arange(n)
        batches = Batches(PixelStore(dataset), rows, np.zeros(n, np.int64), preprocessing, batch_size=64, device=device)
        label = "Letting a pretrained model look at each picture"
        yield Progress(stage="features", label=label, done=0, total=n)
        told = started
        for done in feature_cache.fill(key, _activations(found.prefix, batches), n, found.shapes, _DTYPE):
            now = time.perf_counter()
            if now - told > 0.3 or done == n:
                told = now
                yield Progress(stage="features", label=label, done=done, total=n, seconds=now - started)
        arrays = feature_cache.find(key)
        if arrays is None:
            raise WorkspaceError("The features could not be kept.", fix="Free some space and try again.")
    return np.concatenate([_vectors(array) for array in arrays], axis=1)


def _activations(prefix: nn.Module, batches: Batches) -> Iterator[Sequence[Tensor]]:
    prefix.eval()
    with torch.inference_mode():
        for images, _ in batches.in_order():
            yield prefix(images)


def _vectors(array: np.ndarray) -> np.ndarray:
    """One vector per picture, [N, D] float32: maps are averaged over their places (the last two axes)."""
    values = np.asarray(array, np.float32)
    return values.mean(axis=(2, 3)) if values.ndim == 4 else values.reshape(len(values), -1)
