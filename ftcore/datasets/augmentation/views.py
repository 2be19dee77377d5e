"""Augmentation: other views of a picture that show the same thing, so that a model learns what does not matter.

Every random number comes from the generator that is handed in, never from a global one: a view is the same in every
process and thread that asks for it. The transforms themselves are torchvision's.
"""

import math
from collections.abc import Callable

import numpy as np
from PIL import Image

from ftcore import vision
from ftcore.preprocessing import Preprocessing
from ftcore.settings import AugmentSettings

_Operation = Callable[[Image.Image, float], Image.Image]


def view(
    picture: Image.Image, settings: AugmentSettings, preprocessing: Preprocessing, rng: np.random.Generator
) -> np.ndarray:
    """One augmented view of an RGB picture, ready for ``Preprocessing.normalise``: uint8 [size, size, 3]."""
    picture = _moved(picture, settings, rng)
    if settings.policy == "trivial":
        picture = _trivial(picture, settings.strength, rng)
    elif settings.policy == "rand":
        for _ in range(settings.rand_ops):  # Cubuk et al. 2020, RandAugment, https://arxiv.org/abs/1909.13719
            picture = _random_operation(picture, settings.rand_magnitude * settings.strength, rng)
    square = Image.fromarray(preprocessing.pixels(picture))
    square = _coloured(square, settings, rng)
    return _disturbed(square, settings, rng)


def random_of(seed: int, picture: int, view: int) -> np.random.Generator:
    """The random numbers of one view of one picture in a run of this seed."""
    return np.random.default_rng((seed, picture, view))


def is_on(settings: AugmentSettings) -> bool:
    """Tell whether any transform is switched on."""
    moves, looks = (settings.rotate, settings.shift, settings.zoom), (settings.colour, settings.blur)
    amounts = (*moves, *looks, settings.noise, settings.cutout)
    by_strength = settings.strength > 0 and (any(amounts) or settings.policy != "none")
    return by_strength or settings.flip != "none"


def _moved(picture: Image.Image, settings: AugmentSettings, rng: np.random.Generator) -> Image.Image:
    """Flipped, turned, shifted and zoomed; what comes into view at the edge has the colour of the picture's border."""
    sideways, upside_down = rng.random(2) < 0.5
    if sideways and settings.flip in ("horizontal", "both"):
        picture = vision.transforms.horizontal_flip(picture)
    if upside_down and settings.flip in ("vertical", "both"):
        picture = vision.transforms.vertical_flip(picture)
    turn, right, down, zoom = rng.uniform(-1, 1, 4)
    strength = settings.strength
    angle = turn * min(180.0, settings.rotate * strength)
    shift = min(0.9, settings.shift * strength)
    # as often half the size as twice the size: zooming is drawn on a logarithmic scale
    scale = math.exp(zoom * math.log1p(settings.zoom * strength))
    if not (angle or shift or scale != 1.0):
        return picture
    return _affine(picture, angle=angle, shift=(right * shift, down * shift), scale=scale)


def _border_colour(picture: Image.Image) -> list[int]:
    pixels = np.asarray(picture)
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    return [int(value) for value in np.median(border, axis=0)]


def _coloured(square: Image.Image, settings: AugmentSettings, rng: np.random.Generator) -> Image.Image:
    amount = min(0.95, settings.colour * settings.strength)
    changes = 1 + rng.uniform(-amount, amount, 3)
    if amount > 0:
        square = vision.transforms.adjust_brightness(square, changes[0])
        square = vision.transforms.adjust_contrast(square, changes[1])
        square = vision.transforms.adjust_saturation(square, changes[2])
    return square


def _disturbed(square: Image.Image, settings: AugmentSettings, rng: np.random.Generator) -> np.ndarray:
    side = square.width
    blur = rng.random() * settings.blur * settings.strength * side / 100  # of the side, in per cent -> pixels
    if blur > 0.1:
        kernel = 2 * math.ceil(2 * blur) + 1
        square = vision.transforms.gaussian_blur(square, [kernel, kernel], [blur, blur])
    pixels = np.array(square)
    noise = rng.random() * settings.noise * settings.strength * 255
    if noise > 0:
        grain = rng.normal(0, noise, pixels.shape)
        pixels = (pixels + grain).round().clip(0, 255).astype(np.uint8)
    hole = round(min(0.9, settings.cutout * settings.strength) * side)
    top, left = rng.integers(0, side, 2)
    if hole:
        half = hole // 2
        pixels[max(0, top - half) : top + half + 1, max(0, left - half) : left + half + 1] = 128  # grey
    return pixels


def _trivial(picture: Image.Image, strength: float, rng: np.random.Generator) -> Image.Image:
    """One operation at one strength, both drawn evenly (Müller & Hutter 2021, https://arxiv.org/abs/2103.10158)."""
    return _random_operation(picture, rng.random() * min(1.0, strength), rng)


def _random_operation(picture: Image.Image, magnitude: float, rng: np.random.Generator) -> Image.Image:
    sign = 1.0 if rng.random() < 0.5 else -1.0
    operation = _OPERATIONS[int(rng.integers(len(_OPERATIONS)))]
    return operation(picture, sign * min(1.0, magnitude))


def _affine(
    picture: Image.Image,
    *,
    angle: float = 0,
    shift: tuple[float, float] = (0, 0),
    scale: float = 1.0,
    shear: tuple[float, float] = (0, 0),
) -> Image.Image:
    """Turned and sheared by degrees, shifted by shares of the sides, ``scale`` times as large."""
    offset = [shift[0] * picture.width, shift[1] * picture.height]
    fill = _border_colour(picture)
    return vision.transforms.affine(
        picture, angle, offset, scale, list(shear), interpolation=vision.BILINEAR, fill=fill
    )


# Operations and ranges of TrivialAugment (wide), their table 1; a magnitude is from -1 to 1.
_OPERATIONS: tuple[_Operation, ...] = (
    lambda picture, m: picture,
    lambda picture, m: _affine(picture, shear=(math.degrees(math.atan(0.99 * m)), 0)),
    lambda picture, m: _affine(picture, shear=(0, math.degrees(math.atan(0.99 * m)))),
    lambda picture, m: _affine(picture, shift=(m * 32 / 224, 0)),
    lambda picture, m: _affine(picture, shift=(0, m * 32 / 224)),
    lambda picture, m: _affine(picture, angle=135 * m),
    lambda picture, m: vision.transforms.adjust_brightness(picture, 1 + 0.99 * m),
    lambda picture, m: vision.transforms.adjust_saturation(picture, 1 + 0.99 * m),
    lambda picture, m: vision.transforms.adjust_contrast(picture, 1 + 0.99 * m),
    lambda picture, m: vision.transforms.adjust_sharpness(picture, 1 + 0.99 * m),
    lambda picture, m: vision.transforms.posterize(picture, 8 - round(6 * abs(m))),
    lambda picture, m: vision.transforms.solarize(picture, 255 * (1 - abs(m))),
    lambda picture, m: vision.transforms.autocontrast(picture),
    lambda picture, m: vision.transforms.equalize(picture),
)
