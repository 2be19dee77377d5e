"""What kind of pictures these are, and which changed copies of them still show the same thing.

The kind is guessed from names and from how pictures look, and asked; the advice follows from it and from what is
learned: a copy must never carry an answer that is not true of it any more.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ftcore.choices import Choice, Table
from ftcore.datasets.pixels import PixelStore
from ftcore.datasets.records import Dataset
from ftcore.settings import AugmentSettings

KINDS = Table(
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
    "photographs": {"flip": "horizontal", "rotate": 10.0, "shift": 0.06, "zoom": 0.2, "colour": 0.2},
    "text": {"flip": "none", "rotate": 10.0, "shift": 0.08, "zoom": 0.15, "colour": 0.2},
    "microscope": {"flip": "both", "rotate": 180.0, "shift": 0.06, "zoom": 0.15, "colour": 0.1},
    "above": {"flip": "both", "rotate": 180.0, "shift": 0.06, "zoom": 0.2, "colour": 0.15},
    "drawings": {"flip": "horizontal", "rotate": 10.0, "shift": 0.08, "zoom": 0.2, "colour": 0.1},
    "other": {"flip": "none", "rotate": 10.0, "shift": 0.06, "zoom": 0.15, "colour": 0.15},
}
_SMALL_TURN = 10.0  # degrees

_NAMED = {  # words in the name of a data set or of its classes that give the kind away
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

_SIDES = "left right links rechts gauche droite izquierda derecha sinistra destra"
_DIRECTIONS = (
    "up down upside upright inverted upsidedown oben unten clockwise counterclockwise anticlockwise rotated "
    "north south east west"
)
_ANGLES = "angle heading direction orientation rotation yaw roll tilt azimuth bearing steering winkel degrees"
_PLACES = "x y cx cy position pos row col column left right top bottom centre center xmin xmax ymin ymax"
_SIZES = "width height size length area diameter radius distance depth scale count"
_LIGHTS = "brightness lightness exposure colour color hue saturation luminance contrast ph"
_ANGLE_UNITS = ("°", "deg", "degree", "degrees", "rad", "radian", "radians")


@dataclass(frozen=True)
class Guess:
    """A kind, and what gave it away as a phrase for people."""

    kind: str
    why: str


@dataclass(frozen=True)
class Advice:
    """What suits the pictures, for people and for the settings.

    Args:
        sentences: The kind's own one first, then what the names of classes or numbers forbid.
        values: Fields of AugmentSettings, by name.
    """

    sentences: tuple[str, ...]
    values: Mapping[str, Any]

    def applied(self, settings: AugmentSettings) -> AugmentSettings:
        """The settings with the advice followed; strength, number of views and everything else stay."""
        return replace(settings, **self.values)


def guess(dataset: Dataset) -> Guess:
    """What kind of pictures a data set holds: from its name and those of its classes, else from how they look."""
    classes = dataset.classes if dataset.task != "number" else ()
    if classes and all(len(label) == 1 and label.isalnum() for label in classes):
        return Guess("text", "the names of the classes")
    own = _words([dataset.name])
    for kind, known in _NAMED.items():
        if own & set(known.split()):
            return Guess(kind, "the name of the data set")
        named = [label for label in classes if _words([label]) & set(known.split())]
        if len(named) > _SHARE * len(classes) > 0:
            return Guess(kind, "the names of the classes")
    return Guess(_by_looks(dataset), "how the pictures look")


def advise(kind: str, task: str, classes: Sequence[str], units: Sequence[str] = ()) -> Advice:
    """Which augmentation suits pictures of a kind, given what is learned of them.

    Args:
        kind: A name in ``KINDS``.
        task: ``single``, ``multi`` or ``number``.
        classes: Names of the classes, or of the numbers.
        units: For ``number``: the unit of each.
    """
    sentences = [KINDS[kind].help]
    values = dict(_VALUES[kind])
    limits = _number_limits(classes, units) if task == "number" else _class_limits(classes)
    for sentence, limit in limits:
        sentences.append(sentence)
        for name, most in limit.items():
            values[name] = most if isinstance(most, str) else min(values[name], most)
    if task == "multi":
        sentences.append(
            "A picture keeps all its classes in every copy, so all of them must stay in view: keep Shift, "
            "Zoom and Cutout small."
        )
    if task == "number":
        sentences.append(
            "A copy keeps the numbers of its picture. Wherever a number says which way something points, where it is "
            "or how large it looks, switch off what changes that: Mirror and Turn for a direction, Shift and Zoom as "
            "well for a place, Zoom for a size."
        )
    return Advice(tuple(sentences), values)


def followed(settings: AugmentSettings, task: str, classes: Sequence[str], units: Sequence[str] = ()) -> str | None:
    """The kind whose advice these settings follow; None if there is none, or several."""
    found = [kind for kind in KINDS if advise(kind, task, classes, units).applied(settings) == settings]
    return found[0] if len(found) == 1 and found[0] != "other" else None


def _class_limits(classes: Sequence[str]) -> list[tuple[str, dict[str, Any]]]:
    limits: list[tuple[str, dict[str, Any]]] = []
    if found := _first_with(classes, _SIDES):
        sentence = (
            f"The class {found!r} is about left and right: a mirrored copy, or one on its head, shows the other side. "
            "So no mirror, and small turns only."
        )
        limits.append((sentence, {"flip": "none", "rotate": _SMALL_TURN}))
    if found := _first_with(classes, _DIRECTIONS):
        sentence = (
            f"The class {found!r} is about a direction: a copy that is turned or mirrored may show another. "
            "So no mirror, and small turns only."
        )
        limits.append((sentence, {"flip": "none", "rotate": _SMALL_TURN}))
    return limits


def _number_limits(numbers: Sequence[str], units: Sequence[str]) -> list[tuple[str, dict[str, Any]]]:
    limits: list[tuple[str, dict[str, Any]]] = []
    by_unit = [name for name, unit in zip(numbers, units, strict=False) if unit.lower() in _ANGLE_UNITS]
    if found := _first_with(numbers, _ANGLES) or next(iter(by_unit), None):
        sentence = f"The number {found!r} changes when a picture is turned or mirrored: so neither is used."
        limits.append((sentence, {"flip": "none", "rotate": 0.0}))
    if found := _first_with(numbers, _PLACES):
        sentence = (
            f"The number {found!r} says where something is: so pictures are not moved, zoomed, turned or mirrored."
        )
        limits.append((sentence, {"flip": "none", "rotate": 0.0, "shift": 0.0, "zoom": 0.0}))
    if found := _first_with(numbers, _SIZES):
        sentence = f"The number {found!r} changes with the size in the picture, or with what is in view: so no zoom."
        limits.append((sentence, {"zoom": 0.0}))
    if found := _first_with(numbers, _LIGHTS):
        sentence = f"The number {found!r} changes with light and colour: so those stay."
        limits.append((sentence, {"colour": 0.0}))
    return limits


def _first_with(texts: Iterable[str], known: str) -> str | None:
    """The first text that holds one of the known words."""
    wanted = set(known.split())
    return next((text for text in texts if _words([text]) & wanted), None)


def _words(texts: Iterable[str]) -> set[str]:
    """Words in lower case; also the parts of ``LeftHand`` and ``left_hand``."""
    found: set[str] = set()
    for text in texts:
        found |= set(re.findall(r"[^\W\d_]+", text.lower()))
        found |= {part.lower() for part in re.findall(r"[A-Z]?[a-z]+", text)}
    return found


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
