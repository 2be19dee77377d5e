"""What the names of classes and numbers forbid: a mirrored "left" is no left, a turned picture has another angle."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from ftcore import tasks
from ftcore.settings import within

_SMALL_TURN = 10.0  # degrees
_NO_POLICY = {"policy": "none"}  # each of them turns, shears, moves and changes colours, far and unasked
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

Limit = tuple[str, dict[str, Any]]
"""A sentence, and fields of AugmentSettings: the only name that is left, or the largest number."""


def forbidden(task: str, classes: Sequence[str], units: Sequence[str] = ()) -> list[Limit]:
    """Return what augmentation must not do to pictures of which this is learned.

    Args:
        task: Name of the task.
        classes: Names of the classes, or of the numbers.
        units: For ``regression``: the unit of each.
    """
    return _class_limits(classes) if tasks.of(task).has_classes else _number_limits(classes, units)


def all_of(task: str, classes: Sequence[str], units: Sequence[str] = ()) -> dict[str, Any]:
    """Everything that is forbidden in one: the smallest number of each field."""
    found: dict[str, Any] = {}
    for _, limit in forbidden(task, classes, units):
        found |= within({**limit, **found}, limit)
    return found


def _class_limits(classes: Sequence[str]) -> list[Limit]:
    limits: list[Limit] = []
    if found := _first_with(classes, _SIDES):
        sentence = (
            f"The class {found!r} is about left and right: a mirrored copy, or one on its head, shows the other side. "
            "So no mirror, and small turns only."
        )
        limits.append((sentence, {"flip": "none", "rotate": _SMALL_TURN, **_NO_POLICY}))
    if found := _first_with(classes, _DIRECTIONS):
        sentence = (
            f"The class {found!r} is about a direction: a copy that is turned or mirrored may show another. "
            "So no mirror, and small turns only."
        )
        limits.append((sentence, {"flip": "none", "rotate": _SMALL_TURN, **_NO_POLICY}))
    return limits


def _number_limits(numbers: Sequence[str], units: Sequence[str]) -> list[Limit]:
    limits: list[Limit] = []
    by_unit = [name for name, unit in zip(numbers, units, strict=False) if unit.lower() in _ANGLE_UNITS]
    if found := _first_with(numbers, _ANGLES) or next(iter(by_unit), None):
        sentence = f"The number {found!r} changes when a picture is turned or mirrored: so neither is used."
        limits.append((sentence, {"flip": "none", "rotate": 0.0, **_NO_POLICY}))
    if found := _first_with(numbers, _PLACES):
        sentence = (
            f"The number {found!r} says where something is: so pictures are not moved, zoomed, turned or mirrored."
        )
        limits.append((sentence, {"flip": "none", "rotate": 0.0, "shift": 0.0, "zoom": 0.0, **_NO_POLICY}))
    if found := _first_with(numbers, _SIZES):
        sentence = f"The number {found!r} changes with the size in the picture, or with what is in view: so no zoom."
        limits.append((sentence, {"zoom": 0.0, **_NO_POLICY}))
    if found := _first_with(numbers, _LIGHTS):
        sentence = f"The number {found!r} changes with light and colour: so those stay."
        limits.append((sentence, {"colour": 0.0, **_NO_POLICY}))
    return limits


def _first_with(texts: Iterable[str], known: str) -> str | None:
    """The first text that holds one of the known words."""
    wanted = set(known.split())
    return next((text for text in texts if words([text]) & wanted), None)


def words(texts: Iterable[str]) -> set[str]:
    """Words in lower case; also the parts of ``LeftHand`` and ``left_hand``."""
    found: set[str] = set()
    for text in texts:
        found |= set(re.findall(r"[^\W\d_]+", text.lower()))
        found |= {part.lower() for part in re.findall(r"[A-Z]?[a-z]+", text)}
    return found
