"""What a pretrained model sees in each picture of a data set, computed once and kept: for the data doctor and maps."""

from collections.abc import Generator

import numpy as np

from ftcore import hardware
from ftcore.datasets.images.pixel_store import PixelStore
from ftcore.datasets.records import Dataset
from ftcore.events import Event
from ftcore.freezing.plan import FreezePlan, make_phases
from ftcore.models.build import build_model
from ftcore.models.depth_groups import depth_groups
from ftcore.settings import EngineSettings
from ftcore.training.batches import Batches
from ftcore.training.embeddings import lookup
from ftcore.training.embeddings.lookup import fitting_size
from ftcore.training.phase_inputs import CachedInputs

MODEL = "tf_efficientnet_lite0"


def picture_features(
    dataset: Dataset, model_name: str = MODEL, image_size: int | None = None, rows: np.ndarray | None = None
) -> Generator[Event, None, np.ndarray]:
    """The activations before the head, of every picture of the table. A generator that returns them.

    Versions of a data set share their pictures and so share these.

    Args:
        dataset: Excluded pictures are computed as well: they may be included again.
        model_name: timm's name of a model with pretrained weights.
        image_size: Side of the input in pixels; ``fitting_size`` if None.
        rows: Only these rows of the table, [N], in this order; all if None.

    Returns:
        [rows of the table or N, D] float32.

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
    chosen = np.arange(len(dataset.records())) if rows is None else rows
    targets = np.zeros(len(chosen), np.int64)
    batches = Batches(PixelStore(dataset), chosen, targets, preprocessing, batch_size=64, device=device)
    inputs = CachedInputs(preprocessing.spec, EngineSettings())
    arrays = yield from inputs.activations(model, batches, "all")
    if rows is None:
        _, keys = inputs.survey(model, [("all", batches)])
        lookup.remember(dataset, model_name, image_size, keys["all"])
    return lookup.joined(arrays)
