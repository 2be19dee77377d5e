"""What mends copies, group by group: one of each stays, or all come into one split."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

import pandas as pd

from ftcore.datasets.splits import SPLITS
from ftcore.datasets.versions import Edit


def exclude(rows: Sequence[int], reason: str) -> tuple[Edit, ...]:
    """Leave pictures out; no edit where there are none."""
    return (Edit("exclude", tuple(rows), reason),) if rows else ()


def keep_one(table: pd.DataFrame, groups: Iterable[Sequence[int]], reason: str) -> tuple[Edit, ...]:
    """Leave out all of each group but one: a training picture where there is one, and the largest file.

    Args:
        table: Of the data set.
        groups: Row numbers of used pictures.
        reason: Why the others are left out.
    """
    pixels = table["width"] * table["height"]
    surplus: list[int] = []
    for group in groups:
        rows = list(group)
        of = {row: (table["split"][row] != "train", -int(pixels[row]), row) for row in rows}
        surplus += sorted(sorted(rows, key=of.__getitem__)[1:])
    return exclude(surplus, reason)


def into_one_split(table: pd.DataFrame, groups: Iterable[Sequence[int]]) -> tuple[Edit, ...]:
    """Move the pictures of each group to the split that most of them are in, to training where that is even."""
    moved: dict[str, list[int]] = defaultdict(list)
    for group in groups:
        split = table.loc[list(group), "split"]
        home = max(SPLITS, key=lambda name: (int((split == name).sum()), name == "train"))
        moved[home] += [row for row in group if split[row] != home]
    return tuple(Edit("move", tuple(rows), name) for name, rows in moved.items() if rows)
