"""What the table alone tells: files that could not be read, classes with few pictures, classes of unlike size."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from ftcore import tasks
from ftcore.datasets.doctor.findings import Finding
from ftcore.datasets.records import Dataset

FEW = 20  # used pictures of a class
_VERY_FEW = 10
_UNLIKE = 5.0  # times as many pictures in the largest class as in the smallest
_MOST_NAMED = 5  # classes in one sentence


def findings(dataset: Dataset, table: pd.DataFrame) -> list[Finding]:
    """Unreadable files; and classes that are small, in themselves or beside the others."""
    found = []
    damaged = tuple(item["name"] for item in dataset.left_out if item.get("issue") == "unreadable")
    if damaged:
        sentence = f"Files that could not be read and were left out: {len(damaged):,}. The list below says why."
        found.append(Finding("unreadable", "note", sentence, len(damaged), names=damaged))
    task = tasks.of(dataset.task)
    if not task.has_classes:
        return found
    used = table[table["split"] != ""]
    has = task.membership(dataset.targets(used), len(dataset.classes))  # [N, C]
    sizes = pd.Series(has.sum(axis=0), index=dataset.classes)

    def rows_of(labels: Iterable[str]) -> tuple[int, ...]:
        chosen = np.isin(np.asarray(dataset.classes, object), list(labels))  # [C]
        return tuple(used.index[np.flatnonzero(has[:, chosen].any(axis=1))].tolist())

    small_away = tuple(item["name"] for item in dataset.left_out if item.get("issue") == "few_images")
    few = sizes[sizes < FEW].sort_values()
    if len(few) or small_away:
        found.append(_few(rows_of(few.index), few, small_away))
    ratio = sizes.max() / max(1, sizes.min())
    if ratio >= _UNLIKE:
        smallest = sizes.idxmin()
        fair = task.scores[task.fair_score].label.lower()
        found.append(
            Finding(
                "imbalance",
                "warning",
                f"Class {sizes.idxmax()!r} has {sizes.max():,} pictures, class {smallest!r} has {sizes.min():,}: "
                f"{ratio:.0f} times as many. Add pictures to the small classes, or judge by {fair}.",
                len(sizes[sizes < sizes.max() / _UNLIKE]) or 1,
                rows=rows_of([str(smallest)]),
            )
        )
    return found


def _few(rows: tuple[int, ...], few: pd.Series, names: tuple[str, ...]) -> Finding:
    sentences = []
    if len(few):
        listed = ", ".join(f"{label!r} ({n:,})" for label, n in few.iloc[:_MOST_NAMED].items())
        more = f" and {len(few) - _MOST_NAMED:,} more" if len(few) > _MOST_NAMED else ""
        sentences.append(f"Fewer than {FEW} pictures: {listed}{more}. Add pictures to them.")
    if names:
        sentences.append(f"Files left out because their class is too small to be divided: {len(names):,}.")
    grave = len(few) and few.min() < _VERY_FEW
    return Finding(
        "few_images",
        "warning" if grave else "note",
        " ".join(sentences),
        len(few) or len(names),
        rows=rows,
        names=names,
    )
