"""The preview shows the very pictures that training would show to the network."""

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from ftcore.datasets.images.pixel_store import PixelStore
from ftcore.errors import ModelError
from ftcore.models.build import build_model, preprocessing_named
from ftcore.training.assemble import make_batches
from ftcore.training.augmentation_preview import variants


def pixels(png):
    return np.asarray(Image.open(io.BytesIO(png)))


def test_copies_are_those_of_training_pixel_by_pixel(tiny_dataset, make_settings):
    settings = make_settings("augment.flip=both", "augment.policy=trivial", "augment.noise=0.1", "augment.views=12")
    _, preprocessing = build_model("test_efficientnet", n_outputs=3, image_size=32, pretrained=False)
    batches = make_batches(tiny_dataset, "train", preprocessing, settings, "cpu", shuffle=True)
    position = 5
    shown = variants(tiny_dataset, settings, int(batches.rows[position]), 12, side=32)
    assert len(shown) == 13
    for view, png in enumerate(shown):
        images = next(iter(batches.in_order(len(batches.rows), view=view)))[0]
        expected = preprocessing.normalise(pixels(png)[None])[0].transpose(2, 0, 1)
        assert np.array_equal(images[position].numpy(), expected)


def test_the_first_is_the_picture_and_without_switches_so_are_the_others(tiny_dataset, make_settings):
    settings = make_settings("augment.strength=0")
    first, *others = variants(tiny_dataset, settings, 3, side=32)
    assert np.array_equal(pixels(first), PixelStore(tiny_dataset).pixels(3))
    assert len(others) == 12 and set(others) == {first}


def test_a_switch_and_the_strength_change_what_is_shown(tiny_dataset, make_settings):
    shown = {
        text: tuple(variants(tiny_dataset, make_settings(*text.split()), 3, 4))
        for text in ("seed=0", "seed=1", "augment.strength=2", "augment.flip=both", "augment.strength=0")
    }
    assert len(set(shown.values())) == len(shown)
    assert shown["seed=0"] == tuple(variants(tiny_dataset, make_settings(), 3, 4))


@pytest.mark.parametrize("name", ["test_efficientnet", "vit_tiny_patch16_224", "resnet18", "tf_efficientnet_lite0"])
def test_preprocessing_is_known_without_building_the_model(name):
    _, built = build_model(name, n_outputs=2, image_size=64, fit="squash", pretrained=False)
    assert preprocessing_named(name, image_size=64, fit="squash") == built


def test_an_unknown_model_is_a_sentence(tiny_dataset, make_settings):
    settings = make_settings()
    with pytest.raises(ModelError, match="nonsense"):
        variants(tiny_dataset, replace(settings, model=replace(settings.model, name="nonsense")), 0)
