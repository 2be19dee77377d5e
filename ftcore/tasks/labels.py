"""Labels in words: several classes or numbers as one text to show, and such a text read again."""

import math
import re
from collections.abc import Sequence

from ftcore.errors import DataError

NOTHING = "(none)"  # the label of a picture that has none of the classes
JOINT = " | "  # between several classes or numbers in words


def classes_in_words(labels: Sequence[str]) -> str:
    """Several classes as one text to show."""
    return JOINT.join(labels) or NOTHING


def classes_of(words: str, known: Sequence[str]) -> tuple[str, ...]:
    """The classes that a text of classes_in_words() names, in the order of ``known``.

    Raises:
        DataError: It names none of them, or something else.
    """
    if words.strip() == NOTHING:
        return ()
    named = {part.strip() for part in ([words] if words in known else words.split(JOINT.strip()))}
    if unknown := sorted(named - set(known)):
        shown = ", ".join(list(known)[:20])
        raise DataError(f"There is no class {unknown[0]!r}.", fix=f"Choose of: {shown}.")
    return tuple(label for label in known if label in named)


def numbers_in_words(values: Sequence[float], units: Sequence[str] = ()) -> str:
    """Numbers as one text to show, with their units."""
    units = units or [""] * len(values)
    return JOINT.join(f"{value:.6g} {unit}".rstrip() for value, unit in zip(values, units, strict=True))


def numbers_of(words: str, called: Sequence[str], units: Sequence[str] = ()) -> tuple[float | None, ...]:
    """The numbers that a text of numbers_in_words() names; None where a part is empty, for a number that stays.

    Raises:
        DataError: It names more or fewer numbers than are ``called`` so, or something else.
    """
    units = units or [""] * len(called)
    parts = [part.strip() for part in words.split(JOINT.strip())]
    if len(parts) != len(called):
        raise DataError(
            f"{words!r} holds {len(parts)} numbers, expected {len(called)}: {', '.join(called)[:200]}.",
            fix=f"For example {JOINT.join(['3.5'] * len(called))}.",
        )
    found: list[float | None] = []
    for part, name, unit in zip(parts, called, units, strict=True):
        value = as_number(part.removesuffix(unit)) if part else None
        if part and value is None:
            raise DataError(f"{part[:80]!r} is no number, expected one for {name!r}.", fix="For example 3.5.")
        found.append(value)
    return tuple(found)


def as_number(text: str) -> float | None:
    """A finite number as people write it (``3``, ``3.5``, ``3,5``, ``1e-3``), or None."""
    text = text.strip()
    for candidate in (text, text.replace(",", ".", 1)):
        try:
            value = float(candidate)
        except ValueError:
            continue
        if "_" not in candidate and math.isfinite(value) and abs(value) < 3e38:  # the largest that float32 holds
            return value
    return None


def natural(label: str) -> tuple[list[tuple[int, float, str]], str]:
    """A sort key that puts -1 before 0, 2 before 10, and a before B."""
    if (number := as_number(label)) is not None:
        return [(0, number, "")], label
    parts = re.split(r"(\d+)", label.casefold())
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts if part], label
