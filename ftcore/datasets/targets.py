"""What a model is to say about a picture: one class, several classes, or numbers. How that stands in a table.

task        column ``target``                column ``label``     as an array
multiclass  class index                      its name             [N]    int64
multilabel  list of class indices, sorted    names, joined        [N, C] float32, 1 where a picture has the class
regression  list of values                   values, joined       [N, T] float32
"""

import math
import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from ftcore import names
from ftcore.errors import DataError

NOTHING = "(none)"  # the label of a picture that has none of the classes
JOINT = " | "  # between several classes or numbers in words
_UNIT = re.compile(r"\s*(?P<name>.*?)\s*[(\[](?P<unit>[^()\[\]]{1,20})[)\]]\s*")


def as_array(column: pd.Series, task: str, n_classes: int) -> np.ndarray:
    """The column ``target`` as one array; its shape and type depend on the task, see the top of this file.

    Args:
        column: Of N pictures.
        task: One of ``TASKS``.
        n_classes: Classes, or numbers per picture.
    """
    if task == "multiclass":
        return column.to_numpy(np.int64)  # [N]
    if task == "regression":
        rows = [np.asarray(value, np.float32) for value in column]
        return np.stack(rows) if rows else np.zeros((0, n_classes), np.float32)  # [N, T]
    array = np.zeros((len(column), n_classes), np.float32)  # [N, C]
    for row, value in enumerate(column):
        array[row, np.asarray(value, np.int64)] = 1
    return array


def hashable_targets(table: pd.DataFrame) -> list[Any]:
    """The target of each picture as something to compare and to keep in a set: the class by its name, several classes
    or numbers as a tuple."""
    if pd.api.types.is_integer_dtype(table["target"]):
        return list(table["label"])
    return [tuple(value) for value in table["target"]]


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


def name_and_unit(column: str) -> tuple[str, str]:
    """``"weight (kg)"`` or ``"weight [kg]"`` as a clean name and its unit; the unit is empty if none is given."""
    match = _UNIT.fullmatch(column)
    if match and match["name"]:
        return names.clean(match["name"]), names.clean(match["unit"], fallback="")
    return names.clean(column), ""


def names_and_units(columns: Sequence[str]) -> list[tuple[str, str]]:
    """name_and_unit() of several columns. Where two would be called alike, each keeps the whole name of its column."""
    pairs = [name_and_unit(column) for column in columns]
    count = Counter(name for name, _ in pairs)
    pairs = [
        (names.clean(column) if count[name] > 1 else name, unit)
        for column, (name, unit) in zip(columns, pairs, strict=True)
    ]
    taken: set[str] = set()
    for i, (name, unit) in enumerate(pairs):
        while name in taken:  # columns that differ only in what is cleaned away
            name = f"{name} ({i + 1})"
        taken.add(name)
        pairs[i] = name, unit
    return pairs


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
