"""All checks of one data set, in order, with progress."""

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ftcore import tasks
from ftcore.datasets.doctor import balance, duplicates, label_issues, quality, shortcut, target_issues
from ftcore.datasets.doctor.findings import Finding, Report, in_order
from ftcore.datasets.images.pixel_store import PixelStore
from ftcore.datasets.records import Dataset
from ftcore.datasets.similarity.measure import Measured, measure
from ftcore.datasets.similarity.near_duplicates import exact_groups, near_groups
from ftcore.events import Progress

WITHOUT_FEATURES = (
    "Probably wrong classes and pictures unlike all others were not looked for: that needs the pretrained model."
)
_STAGES = 4


@dataclass(frozen=True, eq=False)
class _Seen:
    """What checks of labels look at.

    Args:
        dataset: Examined.
        table: Of the data set.
        rows: Of the pictures that are used, [N].
        measured: What was measured of these.
        x: Inputs of small models, [N, D], or None without features.
    """

    dataset: Dataset
    table: pd.DataFrame
    rows: np.ndarray
    measured: Measured
    x: np.ndarray | None

    @property
    def target(self) -> np.ndarray:
        """Return the targets as ``Dataset.targets`` gives them."""
        return self.dataset.targets(self.table.iloc[self.rows])


def _label_issues(seen: _Seen) -> Iterator[Progress | Finding | None]:
    if seen.x is None:
        return
    yield _stage(2, "Looking for wrong classes")
    probabilities = label_issues.out_of_fold_probabilities(seen.x, seen.target)
    if probabilities is not None:
        yield label_issues.label_issues(seen.dataset.classes, seen.rows, seen.target, probabilities)


def _shortcut(seen: _Seen) -> Iterator[Progress | Finding | None]:
    yield _stage(3, "Looking at the backgrounds")
    yield shortcut.finding(seen.dataset.classes, seen.rows, seen.target, seen.measured)


def _set_issues(seen: _Seen) -> Iterator[Progress | Finding | None]:
    if seen.x is not None:
        yield _stage(2, "Looking for wrong classes")
        yield label_issues.set_issues(seen.dataset.classes, seen.rows, seen.target, seen.x)


def _numbers(seen: _Seen) -> Iterator[Progress | Finding | None]:
    yield _stage(2, "Looking at the numbers")
    off = target_issues.out_of_range(seen.dataset, seen.table)
    yield off
    yield target_issues.doubtful(seen.dataset, seen.table, seen.x, off) if seen.x is not None else None


_LABEL_CHECKS: dict[str, Callable[[_Seen], Iterator[Progress | Finding | None]]] = {
    "label_issues": _label_issues,
    "shortcut": _shortcut,
    "set_issues": _set_issues,
    "numbers": _numbers,
}
"""Checks of labels; each task names those that serve it."""


def examine(
    dataset: Dataset, pictures: PixelStore, features: np.ndarray | None = None
) -> Generator[Progress, None, Report]:
    """Look for everything that ``findings.ISSUES`` names. A generator that returns a ``Report``; it writes nothing.

    Args:
        dataset: Only pictures in a split are examined.
        pictures: Its pixels.
        features: Of every picture of the table, [rows, D], from any pretrained model. Without them, wrong classes and
            outliers are not looked for.
    """
    table = dataset.records()
    rows = np.flatnonzero((table["split"] != "").to_numpy())  # [N]
    measured = yield from measure(pictures, rows)
    mine = None if features is None else np.asarray(features[rows], np.float32)  # [N, D]
    x = None if mine is None else label_issues.inputs(measured, mine)
    exact = exact_groups(measured)
    near = yield from near_groups(measured, x)
    found: list[Finding | None] = [
        *balance.findings(dataset, table),
        *duplicates.findings(dataset, table, exact, near),
        *quality.findings(table, measured),
    ]
    if x is not None:
        yield _stage(1, "Looking for pictures unlike all others")
        found.append(label_issues.outliers(rows, x))
    seen = _Seen(dataset, table, rows, measured, x)
    for name in tasks.of(dataset.task).label_checks:
        for finding in _LABEL_CHECKS[name](seen):
            if isinstance(finding, Progress):
                yield finding
            else:
                found.append(finding)
    yield _stage(_STAGES, "Examined")
    notes = () if features is not None else (WITHOUT_FEATURES,)
    return Report(in_order([finding for finding in found if finding is not None]), notes=notes)


def _stage(done: int, label: str) -> Progress:
    return Progress(stage="check", label=label, done=done, total=_STAGES)
