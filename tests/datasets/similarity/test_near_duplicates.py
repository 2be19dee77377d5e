import numpy as np
import pytest
from PIL import Image

from ftcore.datasets.images.pixel_store import PixelStore
from ftcore.datasets.similarity.measure import measure
from ftcore.datasets.similarity.near_duplicates import exact_groups, merged, near_groups, together
from ftcore.events import drain
from tests.datasets.made_pictures import encoded, scene, scenes


@pytest.fixture
def measured(import_zip):
    """``measured(files)``: names of the pictures, in the order of the table, and what was measured of them."""

    def make(files):
        dataset = import_zip(files)
        names = dataset.records()["path"].tolist()
        return names, drain(measure(PixelStore(dataset), np.arange(len(names))))

    return make


def named(names, groups):
    return [{names[row] for row in group} for group in groups]


def test_only_the_same_pixels_are_an_exact_copy(measured):
    files = {**scenes(20), "a/same.bmp": encoded(scene(3), "BMP"), "b/near.jpg": encoded(scene(1004), "JPEG")}
    names, found = measured(files)
    assert named(names, exact_groups(found)) == [{"a/3.png", "a/same.bmp"}]
    assert named(names, drain(near_groups(found, None))) == [{"a/3.png", "a/same.bmp"}, {"b/4.png", "b/near.jpg"}]


def test_pictures_without_anything_to_see_are_copies_of_none(measured):
    plain = {f"{'ab'[i % 2]}/plain{i}.png": encoded(Image.new("RGB", (48, 48), (100 + i, 90, 80))) for i in range(6)}
    _, found = measured({**scenes(20), **plain})
    assert drain(near_groups(found, None)) == []


def test_two_pictures_are_too_few_to_tell_what_is_usual(measured):
    _, found = measured(scenes(20))
    found = type(found)(*(getattr(found, name)[:2] for name in found.__dataclass_fields__))
    assert drain(near_groups(found, np.ones((2, 4), np.float32))) == []


def test_groups_that_are_known_and_groups_that_are_found_become_one(import_zip):
    dataset = import_zip({**scenes(20), "b/again.jpg": encoded(scene(1004), "JPEG", quality=80)})
    names = dataset.records()["path"].tolist()
    known = np.full(len(names), "", dtype=object)
    known[[names.index("a/1.png"), names.index("b/4.png")]] = "patient 1"
    groups = drain(together(PixelStore(dataset), np.arange(len(names)), known))
    (group,) = set(groups) - {""}
    assert {name for name, own in zip(names, groups, strict=True) if own == group} == {
        "a/1.png",
        "b/4.png",
        "b/again.jpg",
    }


def test_groups_that_share_a_member_are_merged_in_order():
    assert merged([(5, 3), (1, 2), (3, 9), (7,)]) == [(1, 2), (3, 5, 9)]
