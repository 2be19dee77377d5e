"""Phases of one's own as a text: how many epochs, and what learns in them."""

from collections.abc import Iterable

from ftcore.errors import SettingsError


def part_named(what: str) -> str:
    """One spelling of what people write for a part of a network: ``Last stage``, ``last_stage`` are the same."""
    return "_".join(what.replace("_", " ").split()).lower()


WHOLE = ("all", "100%", "stem")
"""How ``part_named`` spells a whole network of any family, the last as the group that it begins with."""


def custom_phases(text: str) -> list[tuple[int | None, str]]:
    """Read a list of phases: how many epochs, None for all that are left, and what learns.

    ``2:head, 4:stage 4, rest:all``: pairs divided by commas, each of epochs and what learns. What learns is ``head``,
    ``last_stage``, ``half``, ``all``, a number of layer groups counted from the head, a share of them like ``25%``, or
    a group's or stage's name, which means from there to the head. Whether a model has that name, its plan says
    (freezing/phases.py).
    """
    fix = "Write epochs and what learns, for example 2:head, 4:stage 4, rest:all."
    found: list[tuple[int | None, str]] = []
    for part in text.split(","):
        number, colon, what = (piece.strip() for piece in part.partition(":"))
        if not colon or not what:
            raise SettingsError(f"Phases of your own: {part.strip()!r} is not a phase.", fix=fix)
        if found and found[-1][0] is None:
            raise SettingsError(f"Phases of your own: nothing can follow the rest, and {part.strip()!r} does.", fix=fix)
        if number != "rest" and not (number.isascii() and number.isdigit() and 1 <= int(number[:5]) <= 1000):
            raise SettingsError(
                f"Phases of your own: {number!r} is no number of epochs, expected 1 to 1000, or rest for the last.",
                fix=fix,
            )
        found.append((None if number == "rest" else int(number), what))
    return found


def phases_text(phases: Iterable[tuple[int | None, str]]) -> str:
    """The text that ``custom_phases`` reads, from what a table of phases holds."""
    return ", ".join(f"{'rest' if length is None else length}:{what.strip()}" for length, what in phases)
