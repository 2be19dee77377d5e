import json

import numpy as np
import pytest
from PIL import Image

from ftcore import vision
from ftcore.errors import SettingsError
from ftcore.preprocessing import Preprocessing

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def noise(width, height, seed=0):
    """Smooth noise: neighbouring pixels are alike, as in a photograph."""
    small = np.random.default_rng(seed).integers(0, 256, (max(1, height // 4), max(1, width // 4), 3), dtype=np.uint8)
    return Image.fromarray(small).resize((width, height), Image.Resampling.BICUBIC)


def timms_own(picture, size, fit, interpolation):
    """What timm's evaluation transform makes of a picture, [size, size, 3]."""
    transform = vision.timm.data.create_transform(
        (3, size, size), interpolation=interpolation, mean=MEAN, std=STD, crop_pct=1.0,
        crop_mode={"crop": "center", "squash": "squash"}[fit],
    )  # fmt: skip
    return transform(picture).permute(1, 2, 0).numpy()


@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic"])
@pytest.mark.parametrize("fit", ["crop", "squash"])
@pytest.mark.parametrize(
    "width, height", [(300, 200), (200, 300), (120, 120), (50, 50), (100, 100), (40, 60), (1000, 200)]
)
def test_a_picture_becomes_the_numbers_that_timm_makes_of_it(width, height, fit, interpolation):
    picture = noise(width, height)
    recipe = Preprocessing(size=100, fit=fit, mean=MEAN, std=STD, interpolation=interpolation)
    ours, theirs = recipe.batch([picture])[0], timms_own(picture, 100, fit, interpolation)
    assert ours.dtype == np.float32
    one_level = 1 / 255 / min(STD)
    assert np.abs(ours - theirs).max() <= 2.01 * one_level  # of 256 levels: both round
    assert np.abs(ours - theirs).mean() <= 0.1 * one_level


@pytest.mark.parametrize("width, height", [(301, 200), (200, 307), (37, 101)])
def test_a_middle_between_two_pixels_is_a_half_pixel_away_from_timm_at_most(width, height):
    picture = noise(width, height)
    ours = Preprocessing(size=64, mean=MEAN, std=STD).batch([picture])[0]
    assert np.abs(ours - timms_own(picture, 64, "crop", "bicubic")).mean() < 0.12


def marked(width, height):
    """Left third red, middle green, right third blue; for tall pictures from top to bottom."""
    pixels = np.zeros((height, width, 3), np.uint8)
    along = np.arange(max(width, height)) * 3 // max(width, height)
    for channel in range(3):
        if width >= height:
            pixels[:, along == channel, channel] = 255
        else:
            pixels[along == channel, :, channel] = 255
    return Image.fromarray(pixels)


@pytest.mark.parametrize("width, height", [(300, 100), (100, 300)])
def test_crop_cuts_the_middle_out(width, height):
    pixels = Preprocessing(size=50, fit="crop").pixels(marked(width, height))
    assert (pixels[5:-5, 5:-5] == (0, 255, 0)).all()


@pytest.mark.parametrize("width, height", [(300, 100), (100, 300)])
def test_squash_keeps_the_whole_picture(width, height):
    pixels = Preprocessing(size=60, fit="squash").pixels(marked(width, height))
    if height > width:
        pixels = pixels.transpose(1, 0, 2)
    assert [tuple(pixels[30, x]) for x in (5, 30, 55)] == [(255, 0, 0), (0, 255, 0), (0, 0, 255)]


@pytest.mark.parametrize("fit", ["crop", "squash"])
@pytest.mark.parametrize("width, height", [(1, 1), (2, 1), (1, 5000), (5000, 1), (3, 700), (10_000, 20)])
def test_a_picture_of_any_shape_becomes_a_square(width, height, fit):
    pixels = Preprocessing(size=32, fit=fit).pixels(Image.new("RGB", (width, height), (10, 200, 30)))
    assert pixels.shape == (32, 32, 3)
    assert (pixels == (10, 200, 30)).all()


def test_a_picture_of_the_right_size_is_not_touched():
    picture = noise(48, 48)
    assert (Preprocessing(size=48).pixels(picture) == np.asarray(picture)).all()


def test_numbers_are_shifted_and_scaled_per_channel():
    pixels = np.array([[[0, 128, 255]]], np.uint8)
    expected = [(value / 255 - mean) / std for value, mean, std in zip((0, 128, 255), MEAN, STD, strict=True)]
    assert Preprocessing(size=1, mean=MEAN, std=STD).normalise(pixels)[0, 0] == pytest.approx(expected, abs=1e-5)


def test_a_batch_is_its_pictures_one_by_one():
    recipe, pictures = Preprocessing(size=16), [noise(40, 30, seed) for seed in range(3)]
    batch = recipe.batch(pictures)
    assert batch.shape == (3, 16, 16, 3)
    for row, picture in zip(batch, pictures, strict=True):
        assert (row == recipe.batch([picture])[0]).all()


def test_a_recipe_survives_json():
    recipe = Preprocessing(size=96, fit="squash", mean=MEAN, std=STD, interpolation="lanczos")
    assert Preprocessing.from_json(json.loads(json.dumps(recipe.to_json()))) == recipe


@pytest.mark.parametrize(
    "values, text",
    [({"fit": "pad"}, r"Unknown fit 'pad'\. Choose one of: crop, squash\."),
     ({"interpolation": "magic"}, r"Unknown interpolation 'magic'\. Choose one of: nearest, bilinear")],
)  # fmt: skip
def test_an_unknown_recipe_is_refused(values, text):
    with pytest.raises(SettingsError, match=text):
        Preprocessing(size=8, **values)
