"""The domain of pictures (photographs, text, …), and which changed copies of them still show the same thing.

The domain is guessed from names and from how pictures look, and asked; the recommendation follows from it and from
what is learned: a copy must never carry an answer that is not true of it any more.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ftcore import tasks
from ftcore.choices import Choice, Table
from ftcore.datasets.images.pixel_store import PixelStore
from ftcore.datasets.records import Dataset
from ftcore.settings import AugmentSettings, within
from ftcore.settings.augment_limits import forbidden, words

DOMAINS = Table(
    "kind of pictures",
    Choice(
        "photographs",
        "Photographs",
        "In photographs left and right can be exchanged: mirror them left and right. Up stays up: turn them a little "
        "only. Light and colour differ from photo to photo, so change them.",
    ),
    Choice(
        "text",
        "Digits or text",
        "Mirrored letters and digits are no letters and digits any more: no mirror. A 6 on its head is a 9: turn them "
        "a little only.",
    ),
    Choice(
        "microscope",
        "Through a microscope",
        "No side is up under a microscope: turn them to every side and mirror them both ways. Stains are part of the "
        "answer: change colours little.",
    ),
    Choice(
        "above",
        "From above",
        "Seen from a satellite or a drone no side is up: turn them to every side and mirror them both ways.",
    ),
    Choice(
        "drawings",
        "Drawings",
        "A drawing of a thing that looks the other way is still that thing: mirror left and right. Lines and shapes "
        "carry the answer: shift and zoom, and change colours little.",
    ),
    Choice(
        "other",
        "Something else",
        "Nothing is known that could be exchanged: small turns, shifts and changes of light are safe for most "
        "pictures. Look at the copies and switch on only what leaves the answer true.",
    ),
)
_VALUES: dict[str, dict[str, Any]] = {
    "photographs": {"flip": "horizontal", "rotate": 10.0, "shift": 0.06, "zoom": 0.2, "colour": 0.2, "policy": "none"},
    "text": {"flip": "none", "rotate": 10.0, "shift": 0.08, "zoom": 0.15, "colour": 0.2, "policy": "none"},
    "microscope": {"flip": "both", "rotate": 180.0, "shift": 0.06, "zoom": 0.15, "colour": 0.1, "policy": "none"},
    "above": {"flip": "both", "rotate": 180.0, "shift": 0.06, "zoom": 0.2, "colour": 0.15},
    "drawings": {"flip": "horizontal", "rotate": 10.0, "shift": 0.08, "zoom": 0.2, "colour": 0.1, "policy": "none"},
    "other": {"flip": "none", "rotate": 10.0, "shift": 0.06, "zoom": 0.15, "colour": 0.15, "policy": "none"},
}
"""An automatic policy turns by up to 135° and changes colours far, whatever the switches beside it say; so it goes
wherever a domain restricts either."""
_NAMED = {  # words in the name of a data set or of its classes that give the domain away
    "text": "digit digits letter letters number numerals mnist text handwriting alphabet zero one two three four five "
    "six seven eight nine",
    "microscope": "cell cells tissue tumor tumour histology pathology microscopy microscope bacteria blood leukocyte "
    "lymphocyte neutrophil eosinophil erythrocyte platelet stain pollen plankton",
    "above": "satellite aerial drone eurosat landsat sentinel residential industrial highway pasture annualcrop "
    "herbaceousvegetation permanentcrop sealake farmland runway",
    "drawings": "drawing drawings sketch sketches icon icons logo logos silhouette silhouettes clipart cartoon doodle "
    "quickdraw",
}
_SHARE = 0.3  # of the classes whose names must hold such a word
_LOOKED_AT = 48  # pictures
_FLAT = 0.6  # share of neighbouring pixels that are the same: drawings have areas of one colour, photographs do not
_SAME = 2  # grey levels by which the same pixels may differ, after a JPEG
_GREY = 8.0  # grey levels between the channels of a picture without colours


@dataclass(frozen=True)
class Guess:
    """A domain, and what gave it away as a phrase for people."""

    domain: str
    why: str


@dataclass(frozen=True)
class Recommendation:
    """What suits the pictures, for people and for the settings.

    Args:
        sentences: That of the domain first, then what the names of classes or numbers forbid.
        values: Fields of AugmentSettings, by name.
    """

    sentences: tuple[str, ...]
    values: Mapping[str, Any]

    def applied(self, settings: AugmentSettings) -> AugmentSettings:
        """The settings with the recommendation followed; strength, number of views and everything else stay."""
        return replace(settings, **self.values)


def guess(dataset: Dataset) -> Guess:
    """The domain of the pictures of a data set: from its name and those of its classes, else from how they look."""
    classes = dataset.classes if tasks.of(dataset.task).has_classes else ()
    if classes and all(len(label) == 1 and label.isalnum() for label in classes):
        return Guess("text", "the names of the classes")
    own = words([dataset.name])
    for domain, known in _NAMED.items():
        if own & set(known.split()):
            return Guess(domain, "the name of the data set")
        named = [label for label in classes if words([label]) & set(known.split())]
        if len(named) > _SHARE * len(classes) > 0:
            return Guess(domain, "the names of the classes")
    return Guess(_by_looks(dataset), "how the pictures look")


def recommend(domain: str, task: str, classes: Sequence[str], units: Sequence[str] = ()) -> Recommendation:
    """The augmentation that suits pictures of a domain, given what is learned of them.

    Args:
        domain: A name in ``DOMAINS``.
        task: Name of the task.
        classes: Names of the classes, or of the numbers.
        units: For ``regression``: the unit of each.
    """
    sentences = [DOMAINS[domain].help]
    values = dict(_VALUES[domain])
    for sentence, limit in forbidden(task, classes, units):
        sentences.append(sentence)
        values = within(values, limit)
    if note := tasks.of(task).augmentation_note:
        sentences.append(note)
    return Recommendation(tuple(sentences), values)


def followed(settings: AugmentSettings, task: str, classes: Sequence[str], units: Sequence[str] = ()) -> str | None:
    """The domain whose recommendation these settings follow; None if there is none, or several."""
    found = [domain for domain in DOMAINS if recommend(domain, task, classes, units).applied(settings) == settings]
    return found[0] if len(found) == 1 and found[0] != "other" else None


def _by_looks(dataset: Dataset) -> str:
    table = dataset.records()
    rows = np.flatnonzero((table["split"] != "").to_numpy())
    if not len(rows):
        return "other"
    chosen = rows[np.linspace(0, len(rows) - 1, min(_LOOKED_AT, len(rows))).astype(int)]
    pictures = PixelStore(dataset)
    flat, coloured = [], []
    for row in chosen:
        pixels = pictures.pixels(int(row)).astype(np.int16)  # [H, W, 3]
        if pixels.shape[1] > 1:
            flat.append(float((abs(np.diff(pixels, axis=1)).max(axis=2) <= _SAME).mean()))
        coloured.append(float((pixels.max(axis=2) - pixels.min(axis=2)).mean()))
    if flat and np.median(flat) >= _FLAT:
        return "drawings"
    return "other" if np.median(coloured) < _GREY else "photographs"
