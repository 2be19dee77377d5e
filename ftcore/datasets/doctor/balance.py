"""What the table alone tells: files that could not be read, classes with few pictures, classes of unlike size."""

import pandas as pd

from ftcore.datasets.doctor.findings import Finding
from ftcore.datasets.records import Dataset

FEW = 20  # used pictures of a class
_VERY_FEW = 10
_UNLIKE = 5.0  # times as many pictures in the largest class as in the smallest
_MOST_NAMED = 5  # classes in one sentence


def findings(dataset: Dataset, table: pd.DataFrame) -> list[Finding]:
    """Unreadable files; and for one class per picture, classes that are small, in themselves or beside the others."""
    found = []
    damaged = tuple(item["name"] for item in dataset.left_out if item.get("kind") == "unreadable")
    if damaged:
        sentence = f"Files that could not be read and were left out: {len(damaged):,}. The list below says why."
        found.append(Finding("unreadable", "note", sentence, len(damaged), names=damaged))
    if dataset.task != "single":
        return found
    used = table[table["split"] != ""]
    sizes = used["label"].value_counts().reindex(dataset.classes)
    small_away = tuple(item["name"] for item in dataset.left_out if item.get("kind") == "few_images")
    few = sizes[sizes < FEW].sort_values()
    if len(few) or small_away:
        found.append(_few(used, few, small_away))
    ratio = sizes.max() / sizes.min()
    if ratio >= _UNLIKE:
        smallest = sizes.idxmin()
        found.append(
            Finding(
                "imbalance",
                "warning",
                f"Class {sizes.idxmax()!r} has {sizes.max():,} pictures, class {smallest!r} has {sizes.min():,}: "
                f"{ratio:.0f} times as many. Add pictures to the small classes, or judge by balanced accuracy.",
                len(sizes[sizes < sizes.max() / _UNLIKE]) or 1,
                rows=tuple(int(row) for row in used.index[used["label"] == smallest]),
            )
        )
    return found


def _few(used: pd.DataFrame, few: pd.Series, names: tuple[str, ...]) -> Finding:
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
        rows=tuple(int(row) for row in used.index[used["label"].isin(few.index)]),
        names=names,
    )
