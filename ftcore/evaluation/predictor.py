"""Pictures in, predictions out: what a run's bundle, an ensemble, an exported file and a remote server have in common.

A predictor is shared by everybody who asks: on a server all sessions hold the same one. So it may be called from
several threads, and nothing of it changes while it predicts. A model inside it is made ``ready`` once and never comes
into training mode again; models that are still being trained are looked at with ``predict.evaluating``.
"""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeVar, runtime_checkable

import numpy as np
from PIL import Image

from ftcore.datasets.images.decode import read_picture
from ftcore.datasets.images.pixel_store import side_for
from ftcore.inputs import InputSpec
from ftcore.preprocessing import Preprocessing
from ftcore.tasks.outputs import Outputs

if TYPE_CHECKING:
    from torch import nn

Model = TypeVar("Model", bound="nn.Module")


@runtime_checkable
class Predictor(Protocol):
    """Whatever predicts something about pictures. Safe to call from several threads.

    ``outputs`` says what is predicted, ``preprocessing`` how a picture becomes an input, ``typical_error`` of numbers
    that were tested how far off half of them are at most, [T]; else it is empty.
    """

    @property
    def outputs(self) -> Outputs: ...

    @property
    def preprocessing(self) -> Preprocessing: ...

    @property
    def typical_error(self) -> tuple[float, ...]: ...

    def predict(self, images: Sequence[Image.Image]) -> np.ndarray:
        """Probabilities [B, C], or numbers in their units [B, T], float32, for images of any size; [0, C] for none."""
        ...


@dataclass(frozen=True)
class Prediction:
    """What is predicted of one picture, and the time it took.

    Args:
        values: In the order of the classes: probabilities, [C]; or numbers in their units, [T].
        seconds: From the bytes of a file to the prediction.
    """

    values: np.ndarray
    seconds: float


def predict_one(predictor: Predictor, data: bytes | Image.Image) -> Prediction:
    """Predict one picture, given as the bytes of a file or open. Raises DataError for bytes that are no picture."""
    started = time.perf_counter()
    image = read_picture(data, side=side_for(predictor.preprocessing.size)).image if isinstance(data, bytes) else data
    return Prediction(predictor.predict([image])[0], time.perf_counter() - started)


_OPENING = threading.Lock()


def opened(image: Image.Image) -> Image.Image:
    """Return an image decoded and in RGB. Pillow decodes when pixels are first asked for, which is not for threads."""
    with _OPENING:
        image.load()
    return image if image.mode == "RGB" else image.convert("RGB")


def ready(model: Model, spec: InputSpec) -> Model:
    """Make a model fit to be shared: in eval mode for good, and with everything worked out that it remembers.

    Some networks (LeViT) keep what they compute from their weights when they are first asked in eval mode; threads
    that come later then only read it.
    """
    import torch  # late: pages read predictions

    model.eval().requires_grad_(False)
    with torch.inference_mode():
        model(spec.example(device=next(model.parameters()).device))
    return model
