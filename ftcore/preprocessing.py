"""From a picture to the numbers that a network reads: one recipe, for training, trying and every export."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from PIL import Image

from ftcore.errors import SettingsError
from ftcore.inputs import InputSpec

_FILTERS = {
    "nearest": Image.Resampling.NEAREST,
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
}


@dataclass(frozen=True, kw_only=True)
class Preprocessing:
    """How a picture becomes an input tensor.

    Args:
        size: Side of the square that the network reads, in pixels.
        fit: ``crop`` cuts the middle square out, ``squash`` stretches the whole picture into the square.
        mean: Per channel (red, green, blue), on the scale 0-1, subtracted.
        std: Per channel, on the scale 0-1, divided by.
        interpolation: ``nearest``, ``bilinear``, ``bicubic`` or ``lanczos``; always antialiased when shrinking.
    """

    size: int
    fit: str = "crop"
    mean: tuple[float, float, float] = (0.5, 0.5, 0.5)
    std: tuple[float, float, float] = (0.5, 0.5, 0.5)
    interpolation: str = "bicubic"

    def __post_init__(self) -> None:
        if self.fit not in ("crop", "squash"):
            raise SettingsError(f"Unknown fit {self.fit!r}.", fix="Choose one of: crop, squash.")
        if self.interpolation not in _FILTERS:
            raise SettingsError(
                f"Unknown interpolation {self.interpolation!r}.", fix=f"Choose one of: {', '.join(_FILTERS)}."
            )

    @property
    def spec(self) -> InputSpec:
        """Return what the network reads of one picture."""
        return InputSpec.square(self.size)

    def pixels(self, picture: Image.Image) -> np.ndarray:
        """An RGB picture of any size as uint8, [size, size, 3]."""
        box = None
        if self.fit == "crop":
            width, height = picture.size
            side = min(width, height)
            left, top = (width - side) / 2, (height - side) / 2
            box = (left, top, left + side, top + side)
        if picture.size == (self.size, self.size):
            return np.asarray(picture)
        return np.asarray(picture.resize((self.size, self.size), _FILTERS[self.interpolation], box=box))

    def normalise(self, pixels: np.ndarray) -> np.ndarray:
        """uint8 [..., size, size, 3] to float32 of the same shape, shifted and scaled per channel."""
        # whole rows at a time: numpy takes ten times as long over an innermost axis of three
        width = pixels.shape[-2]
        mean = np.tile(np.asarray(self.mean, np.float32) * 255, width)
        scale = np.tile(1 / (np.asarray(self.std, np.float32) * 255), width)
        rows = pixels.reshape(*pixels.shape[:-2], width * 3).astype(np.float32)
        rows -= mean
        rows *= scale
        return rows.reshape(pixels.shape)

    def batch(self, pictures: Sequence[Image.Image]) -> np.ndarray:
        """RGB pictures as one network input, float32 [B, size, size, 3]; channels last, as the memory is laid out."""
        return self.normalise(np.stack([self.pixels(picture) for picture in pictures]))

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "Preprocessing":
        return cls(**{**value, "mean": tuple(value["mean"]), "std": tuple(value["std"])})
