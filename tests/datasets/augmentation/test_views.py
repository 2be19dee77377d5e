"""Augmented views: the same for the same seed, other for another, and each switch does what its name says."""

import numpy as np
import pytest
import torch
from PIL import Image

from ftcore.datasets.augmentation import views as augment
from ftcore.preprocessing import Preprocessing
from ftcore.settings import AugmentSettings

STILL = AugmentSettings(rotate=0.0, shift=0.0, zoom=0.0, colour=0.0)
RECIPE = Preprocessing(size=32, interpolation="bilinear")


def picture(side=32):
    """Dark on the left, bright on the right, a red corner at the top left."""
    pixels = np.full((side, side, 3), 60, np.uint8)
    pixels[:, side // 2 :] = 180
    pixels[: side // 4, : side // 4] = (200, 0, 0)
    return Image.fromarray(pixels)


def seen(settings, view=1, seed=0):
    return augment.view(picture(), settings, RECIPE, augment.random_of(seed, 0, view))


def with_(**values):
    from dataclasses import replace

    return replace(STILL, **values)


def test_a_view_is_the_same_for_the_same_seed_picture_and_number():
    settings = AugmentSettings(policy="trivial", blur=1.0, noise=0.1, cutout=0.2)
    assert np.array_equal(seen(settings), seen(settings))
    assert not np.array_equal(seen(settings), seen(settings, view=2))
    assert not np.array_equal(seen(settings), seen(settings, seed=1))


def test_views_leave_the_random_numbers_of_torch_and_numpy_alone():
    torch.manual_seed(0)
    np.random.seed(0)
    expected = torch.rand(3), np.random.random(3)
    torch.manual_seed(0)
    np.random.seed(0)
    for view in range(20):
        seen(AugmentSettings(policy="rand", blur=1.0, noise=0.1), view)
    assert torch.equal(torch.rand(3), expected[0]) and np.array_equal(np.random.random(3), expected[1])


def test_with_everything_off_a_view_is_the_picture():
    assert np.array_equal(seen(STILL), RECIPE.pixels(picture()))
    assert not augment.is_on(STILL)
    assert not augment.is_on(AugmentSettings(strength=0.0))


@pytest.mark.parametrize(
    "switch",
    [
        {"flip": "horizontal"}, {"flip": "vertical"}, {"flip": "both"}, {"rotate": 30.0}, {"shift": 0.2}, {"zoom": 0.5},
        {"colour": 0.5}, {"blur": 5.0}, {"noise": 0.3}, {"cutout": 0.4}, {"policy": "trivial"}, {"policy": "rand"},
    ],
    ids=str,
)  # fmt: skip
def test_every_switch_changes_some_views_and_keeps_their_size(switch):
    settings = with_(**switch)
    views = [seen(settings, view) for view in range(12)]
    assert augment.is_on(settings)
    assert all(view.shape == (32, 32, 3) and view.dtype == np.uint8 for view in views)
    assert any(not np.array_equal(view, RECIPE.pixels(picture())) for view in views)


@pytest.mark.parametrize(("n", "magnitude", "strength"), [(1, 0.3, 1.0), (2, 0.3, 1.0), (5, 0.8, 0.5), (3, 0.8, 3.0)])
def test_rand_augment_makes_as_many_changes_as_it_is_told_and_as_strong(monkeypatch, n, magnitude, strength):
    made = []
    monkeypatch.setattr(augment, "_OPERATIONS", (lambda picture, m: made.append(abs(m)) or picture,))
    seen(with_(policy="rand", rand_ops=n, rand_magnitude=magnitude, strength=strength))
    assert made == pytest.approx([min(1.0, magnitude * strength)] * n)


@pytest.mark.parametrize("policy", ["none", "trivial"])
def test_what_rand_augment_reads_changes_nothing_else(policy):
    settings = with_(policy=policy)
    assert np.array_equal(seen(settings), seen(with_(policy=policy, rand_ops=7, rand_magnitude=0.9)))


def test_mirroring_left_and_right_happens_in_half_of_the_views_and_is_exact():
    plain = RECIPE.pixels(picture())
    views = [seen(with_(flip="horizontal"), view) for view in range(200)]
    mirrored = [np.array_equal(view, plain[:, ::-1]) for view in views]
    assert all(is_mirrored or np.array_equal(view, plain) for is_mirrored, view in zip(mirrored, views, strict=True))
    assert 70 < sum(mirrored) < 130


def test_no_mirroring_unless_asked_for():
    """A mirrored 2 is no 2: the red corner stays at the top left."""
    for view in range(50):
        pixels = seen(AugmentSettings(colour=0.0), view).astype(int)
        reddest = np.unravel_index((pixels[..., 0] - pixels[..., 1]).argmax(), (32, 32))
        assert reddest[0] < 16 and reddest[1] < 16


def test_what_comes_into_view_has_the_colour_of_the_border():
    grey = Image.new("RGB", (32, 32), (90, 90, 90))
    for view in range(20):
        pixels = augment.view(grey, with_(rotate=180.0, shift=0.5), RECIPE, augment.random_of(0, 0, view))
        assert (pixels == 90).all()


def test_the_strength_multiplies_the_amounts():
    def distance(strength):
        plain = RECIPE.pixels(picture()).astype(float)
        return np.mean([abs(seen(with_(colour=0.2, strength=strength), v) - plain).mean() for v in range(30)])

    assert distance(0.0) == 0
    assert distance(0.5) < distance(1.0) < distance(2.0)


@pytest.mark.parametrize("size", [(1, 1), (300, 2), (3, 200)])
def test_tiny_and_long_pictures_have_views_too(size):
    settings = AugmentSettings(policy="rand", blur=5.0, noise=0.5, cutout=0.7, strength=3.0, rotate=180.0)
    for view in range(10):
        pixels = augment.view(Image.new("RGB", size, (9, 99, 200)), settings, RECIPE, augment.random_of(0, 0, view))
        assert pixels.shape == (32, 32, 3)
