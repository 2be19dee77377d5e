"""Which pictures of a data set fit what somebody looks for, and in which order they are shown."""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pandas as pd

EXCLUDED = "excluded"
ORDERS = {
    "mixed": "Mixed",
    "listed": "By class and file name",
    "rising": "Smallest number first",
    "falling": "Largest number first",
}


@dataclass(frozen=True)
class Query:
    """What somebody looks for; each field that is set leaves fewer pictures.

    Args:
        target: Index of a class; of a picture of several classes, one of them.
        split: ``train``, ``validation`` or ``test``; ``excluded`` for the pictures that were left out by hand.
        text: Part of the path, in capitals or not.
        order: One of ``ORDERS``; the last two are for numbers.
        number: Which number those two go by.
    """

    target: int | None = None
    split: str = ""
    text: str = ""
    order: str = "mixed"
    number: int = 0


def matching(table: pd.DataFrame, query: Query, rows: Collection[int] | None = None) -> np.ndarray:
    """Row numbers of the pictures that fit, [M] int64, in the order that the query names. Excluded pictures fit only
    where it asks for nothing else.

    Args:
        table: Of a data set, all of it.
        query: What is looked for.
        rows: Only these, for example the evidence of a finding; all if None.
    """
    split = table["split"]
    inside = "" if query.split == EXCLUDED else query.split
    fits = (split == inside if query.split else split != "").to_numpy(bool, copy=True)  # [N]
    if query.text.strip():
        fits &= table["path"].str.contains(query.text.strip(), case=False, regex=False).to_numpy(bool)
    if query.target is not None:
        fits &= has_class(table["target"], query.target)
    if rows is not None:
        among = np.zeros(len(table), bool)
        among[np.fromiter(rows, np.int64, len(rows))] = True
        fits &= among
    found = np.flatnonzero(fits)
    if query.order == "mixed":
        # One shuffle of the whole table, so that a filter takes pictures away and does not deal all others anew.
        place = np.random.default_rng(0).permutation(len(table))
        return found[np.argsort(place[found])]
    if query.order in ("rising", "falling"):
        values = np.array([target[query.number] for target in table["target"].iloc[found]], np.float64)
        return found[np.argsort(values if query.order == "rising" else -values, kind="stable")]
    return found


def has_class(column: pd.Series, target: int) -> np.ndarray:
    """Tell for each picture whether it has the class, [N] bool. ``column`` holds one index each, or a list of them."""
    if pd.api.types.is_integer_dtype(column):
        return (column == target).to_numpy(bool)
    counts = [len(value) for value in column]
    flat = np.concatenate([np.asarray(value, np.int64) for value in column]) if counts else np.zeros(0, np.int64)
    found = np.zeros(len(column), bool)
    found[np.repeat(np.arange(len(column)), counts)[flat == target]] = True
    return found
