"""What names forbid reaches the suggestion for a data set: an angle is not turned, left stays left."""

from ftcore.settings.augment_limits import all_of, forbidden


def test_an_angle_is_neither_turned_nor_mirrored():
    assert all_of("regression", ("angle",), ("°",)) == {"flip": "none", "rotate": 0.0, "policy": "none"}


def test_several_limits_become_the_tightest_of_each_field():
    found = all_of("regression", ("heading", "x", "width"), ("", "", ""))
    assert found == {"flip": "none", "rotate": 0.0, "shift": 0.0, "zoom": 0.0, "policy": "none"}
    assert len(forbidden("regression", ("heading", "x", "width"))) == 3


def test_left_and_right_are_not_mirrored_and_turned_little():
    assert all_of("multiclass", ("left_hand", "right_hand")) == {"flip": "none", "rotate": 10.0, "policy": "none"}


def test_other_names_forbid_nothing():
    assert all_of("multiclass", ("cat", "dog")) == all_of("regression", ("weight",), ("kg",)) == {}
