"""The domains of pictures, and that no recommendation makes a copy carry an answer that is not true of it."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageDraw

from ftcore.datasets.augmentation import image_domain
from ftcore.datasets.augmentation.image_domain import DOMAINS, followed, guess, recommend
from ftcore.datasets.importing.importer import import_source
from ftcore.settings import AugmentSettings
from tests.datasets.made_pictures import encoded, noise, two_classes, write_zip


@pytest.mark.parametrize("domain", list(DOMAINS))
def test_every_domain_has_a_recommendation_that_settings_accept(domain):
    recommendation = recommend(domain, "multiclass", ("a", "b"))
    settings = recommendation.applied(AugmentSettings(strength=1.5, views=7, noise=0.1))
    assert (settings.strength, settings.views, settings.noise) == (1.5, 7, 0.1)
    assert recommendation.sentences == (DOMAINS[domain].help,)


def test_flips_and_turns_are_those_that_suit_the_domain():
    values = {domain: recommend(domain, "multiclass", ("a", "b")).values for domain in DOMAINS}
    assert {domain: v["flip"] for domain, v in values.items()} == {
        "photographs": "horizontal",
        "text": "none",
        "microscope": "both",
        "above": "both",
        "drawings": "horizontal",
        "other": "none",
    }
    assert {domain for domain, v in values.items() if v["rotate"] == 180} == {"microscope", "above"}


@pytest.mark.parametrize("name", ["left hand", "hand_Right", "LeftTurn", "links", "thumbs-up", "North"])
@pytest.mark.parametrize("domain", list(DOMAINS))
@pytest.mark.parametrize("task", ["multiclass", "multilabel"])
def test_classes_about_a_side_or_a_direction_are_never_mirrored_or_turned_far(domain, name, task):
    recommendation = recommend(domain, task, ("other thing", name))
    assert recommendation.values["flip"] == "none" and recommendation.values["rotate"] <= 10
    assert any(repr(name) in sentence for sentence in recommendation.sentences)


@pytest.mark.parametrize("policy", ["trivial", "rand"])
@pytest.mark.parametrize(
    ("domain", "learned"),
    [
        ("text", ("multiclass", ("6", "9"))),
        ("photographs", ("multiclass", ("cat", "dog"))),
        ("above", ("multiclass", ("north", "south"))),
        ("above", ("regression", ("angle",), ("°",))),
        ("microscope", ("regression", ("area",), ("mm2",))),
    ],
)
def test_an_automatic_policy_that_turns_far_is_not_recommended(domain, learned, policy):
    recommendation = recommend(domain, *learned)
    settings = replace(
        AugmentSettings(), policy=policy, **{k: v for k, v in recommendation.values.items() if k != "policy"}
    )
    assert followed(settings, *learned) is None and recommendation.applied(settings).policy == "none"


def test_words_that_only_contain_a_side_do_not_count():
    assert recommend("photographs", "multiclass", ("bright", "copyright", "outright")).values["flip"] == "horizontal"


@pytest.mark.parametrize(
    ("number", "unit", "still"),
    [
        ("heading", "", {"flip": "none", "rotate": 0}),
        ("steering", "°", {"flip": "none", "rotate": 0}),
        ("swing", "rad", {"flip": "none", "rotate": 0}),
        ("x", "px", {"flip": "none", "rotate": 0, "shift": 0, "zoom": 0}),
        ("centre_y", "", {"flip": "none", "rotate": 0, "shift": 0, "zoom": 0}),
        ("leaf area", "mm2", {"zoom": 0}),
        ("Brightness", "", {"colour": 0}),
    ],
)
@pytest.mark.parametrize("domain", list(DOMAINS))
def test_what_changes_a_number_is_off(domain, number, unit, still):
    recommendation = recommend(domain, "regression", ("weight", number), ("kg", unit))
    assert {name: recommendation.values[name] for name in still} == still
    assert repr(number) in recommendation.sentences[1] and "keeps the numbers" in recommendation.sentences[-1]


def test_a_number_that_no_change_touches_keeps_the_recommendation_of_the_domain():
    assert (
        recommend("microscope", "regression", ("age",), ("years",)).values
        == recommend("microscope", "multiclass", ("a",)).values
    )


def test_all_classes_of_a_picture_must_stay_in_view():
    assert "stay in view" in recommend("photographs", "multilabel", ("a", "b")).sentences[-1]


def test_the_domain_whose_recommendation_was_followed_is_known_again():
    classes = ("a", "b")
    for domain in DOMAINS:
        settings = recommend(domain, "multiclass", classes).applied(AugmentSettings(strength=2.0))
        assert followed(settings, "multiclass", classes) == (None if domain == "other" else domain)
    assert followed(AugmentSettings(flip="vertical"), "multiclass", classes) is None
    angle = recommend("above", "regression", ("angle",)).applied(AugmentSettings())
    assert followed(angle, "regression", ("angle",)) == "above"


def drawn(seed, side=40):
    picture = Image.new("RGB", (side, side), "white")
    corners = np.random.default_rng(seed).integers(4, side - 4, (3, 2))
    ImageDraw.Draw(picture).polygon([tuple(map(int, corner)) for corner in corners], fill="black")
    return encoded(picture)


@pytest.mark.parametrize(
    ("names", "make", "domain", "why"),
    [
        (("0", "7"), lambda i: encoded(noise(i)), "text", "names of the classes"),
        (("benign tissue", "tumor"), lambda i: encoded(noise(i)), "microscope", "names of the classes"),
        (("Residential", "Highway"), lambda i: encoded(noise(i)), "above", "names of the classes"),
        (("cup", "key"), drawn, "drawings", "pictures look"),
        (("cup", "key"), lambda i: encoded(noise(i)), "photographs", "pictures look"),
        (("cup", "key"), lambda i: encoded(noise(i, mode="L")), "other", "pictures look"),
    ],
)
def test_the_domain_is_guessed(tmp_path, names, make, domain, why):
    files = {f"{name}/{i}.png": make(100 * n + i) for n, name in enumerate(names) for i in range(6)}
    found = guess(import_source(write_zip(tmp_path / "set.zip", files), name="Mine"))
    assert found.domain == domain and why in found.why


def test_the_name_of_the_data_set_counts_most(tmp_path):
    dataset = import_source(write_zip(tmp_path / "set.zip", two_classes(6)), name="Drone photos of fields")
    assert guess(dataset) == image_domain.Guess("above", "the name of the data set")


def test_the_samples_are_what_they_are():
    assert guess(import_source("sample:digits")).domain == "text"
