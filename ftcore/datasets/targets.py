"""What the columns of a table are called, and answers as they are compared. How they are coded: ftcore/tasks/."""

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pandas as pd

from ftcore import names

_UNIT = re.compile(r"\s*(?P<name>.*?)\s*[(\[](?P<unit>[^()\[\]]{1,20})[)\]]\s*")


def hashable_targets(table: pd.DataFrame) -> list[Any]:
    """The target of each picture as something to compare and to keep in a set: the class by its name, several classes
    or numbers as a tuple."""
    if pd.api.types.is_integer_dtype(table["target"]):
        return list(table["label"])
    return [tuple(value) for value in table["target"]]


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
