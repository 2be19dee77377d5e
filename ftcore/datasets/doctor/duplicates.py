"""Copies: exact, nearly the same, across splits, and with different answers."""

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from ftcore import tasks
from ftcore.datasets.doctor import remedies
from ftcore.datasets.doctor.findings import Finding
from ftcore.datasets.records import Dataset
from ftcore.datasets.similarity.near_duplicates import Groups, merged


def findings(dataset: Dataset, table: pd.DataFrame, exact: Groups, near: Groups) -> list[Finding]:
    """Return what copies there are, as findings.

    Args:
        dataset: For what its import left out.
        table: Of the data set.
        exact: Rows that hold the same pixels, group by group.
        near: Rows that show nearly the same picture, group by group; each holds all exact copies of its members.
    """
    split = table["split"]
    every = merged([*exact, *near])
    leaks = [group for group in every if split[list(group)].nunique() > 1]
    leaking = {row for group in leaks for row in group}
    alike = [group for group in near if not set(group) <= {row for g in exact for row in g}]
    differing = set(_differing(dataset, table, exact, alike))
    agreeing = [group for group in exact if group not in differing]
    found = [
        _exact(dataset, table, agreeing),
        _near(table, alike, leaking),
        _leak(dataset, table, leaks),
        _conflict(dataset, merged(differing)),
    ]
    return [finding for finding in found if finding is not None]


def _differing(dataset: Dataset, table: pd.DataFrame, exact: Groups, alike: Groups) -> Groups:
    """Groups whose pictures have different answers. Numbers of pictures that are not quite the same may differ a
    little, by up to a standard deviation of all."""
    values = dataset.targets(table)
    tolerance = tasks.of(dataset.task).tolerance(values[(table["split"] != "").to_numpy()])
    values = values.reshape(len(table), -1)  # [rows, T], or [rows, 1] for class indices
    apart = [(group, np.ptp(values[list(group)], axis=0)) for group in (*exact, *alike)]
    return [g for i, (g, far) in enumerate(apart) if (far > (0 if i < len(exact) else tolerance)).any()]


def _exact(dataset: Dataset, table: pd.DataFrame, groups: Groups) -> Finding | None:
    gone = [item for item in dataset.left_out if item.get("issue") in ("exact_duplicate", "leak")]
    if not groups and not gone:
        return None
    surplus = sum(len(group) - 1 for group in groups)
    sentences = []
    if groups:
        sentences.append(f"Pictures with exactly the pixels of another one: {surplus:,}.")
    if gone:
        sentences.append(f"Exact copies that were left out when the pictures came in: {len(gone):,}.")
    return Finding(
        "exact_duplicate",
        "warning" if groups else "note",
        " ".join(sentences),
        surplus + len(gone),
        rows=_flat(groups),
        groups=tuple(groups),
        names=_names(gone),
        remedy=remedies.keep_one(table, groups, "an exact copy of another picture"),
        remedy_words="Keep one of each" if groups else "",
    )


def _names(gone: Iterable[Mapping[str, str]]) -> tuple[str, ...]:
    """Files that were left out as copies, and those that they are copies of, each once."""
    return tuple(dict.fromkeys(name for item in gone for name in (item["name"], item["of"])))


def _near(table: pd.DataFrame, groups: Groups, leaking: set[int]) -> Finding | None:
    if not groups:
        return None
    inside = sum(not set(group) & leaking for group in groups)
    return Finding(
        "near_duplicate",
        "warning",
        f"Groups of pictures that show almost the same: {len(groups):,}, with {len(_flat(groups)):,} pictures; groups "
        f"that lie within one split: {inside:,}.",
        sum(len(group) - 1 for group in groups),
        rows=_flat(groups),
        groups=tuple(groups),
        remedy=remedies.keep_one(table, groups, "almost the same as another picture"),
        remedy_words="Keep one of each",
    )


def _leak(dataset: Dataset, table: pd.DataFrame, groups: Groups) -> Finding | None:
    gone = [item for item in dataset.left_out if item.get("issue") == "leak"]
    if not groups and not gone:
        return None
    rows = _flat(groups)
    moves = remedies.into_one_split(table, groups)
    sentences = []
    if groups:
        held_out = int((table.loc[list(rows), "split"] != "train").sum())
        sentences.append(
            f"Groups of the same or almost the same picture that lie in more than one split: {len(groups):,}; affected "
            f"pictures for choosing and testing: {held_out:,}."
        )
    if gone:
        sentences.append(
            f"Exact copies across your folders that were left out when the pictures came in: {len(gone):,}."
        )
    return Finding(
        "leak",
        "serious" if groups else "note",
        " ".join(sentences),
        sum(len(move.rows) for move in moves) + len(gone),
        rows=rows,
        groups=tuple(groups),
        names=_names(gone),
        remedy=moves,
        remedy_words="Move into one split" if groups else "",
    )


def _conflict(dataset: Dataset, groups: Groups) -> Finding | None:
    gone = [item["name"] for item in dataset.left_out if item.get("issue") == "label_conflict"]
    if not groups and not gone:
        return None
    rows = _flat(groups)
    sentences = []
    if groups:
        sentences.append(f"{tasks.of(dataset.task).conflict}: {len(groups):,}, as {len(rows):,} files.")
    if gone:
        sentences.append(f"Files in two classes at once that were left out when the pictures came in: {len(gone):,}.")
    return Finding(
        "label_conflict",
        "serious" if groups else "note",
        " ".join(sentences),
        len(rows) + len(gone),
        rows=rows,
        groups=tuple(groups),
        names=tuple(gone),
        remedy=remedies.exclude(rows, "the same picture has another answer elsewhere"),
        remedy_words="Leave them out" if groups else "",
    )


def _flat(groups: Groups) -> tuple[int, ...]:
    return tuple(row for group in groups for row in group)
