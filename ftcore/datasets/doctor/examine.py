"""All checks of one data set, in order, with progress."""

from collections.abc import Generator

import numpy as np

from ftcore.datasets.doctor import balance, duplicates, label_issues, quality, shortcut, target_issues
from ftcore.datasets.doctor.findings import Finding, Report, in_order
from ftcore.datasets.images.pixel_store import PixelStore
from ftcore.datasets.records import Dataset
from ftcore.datasets.similarity.measure import measure
from ftcore.datasets.similarity.near_duplicates import exact_groups, near_groups
from ftcore.events import Progress

WITHOUT_FEATURES = (
    "Probably wrong classes and pictures unlike all others were not looked for: that needs the pretrained model."
)
_STAGES = 4


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
    if dataset.task == "multiclass":
        target = table["target"].to_numpy(np.int64)[rows]  # [N]
        if x is not None:
            yield _stage(2, "Looking for wrong classes")
            probabilities = label_issues.out_of_fold_probabilities(x, target)
            if probabilities is not None:
                found.append(label_issues.label_issues(dataset.classes, rows, target, probabilities))
        yield _stage(3, "Looking at the backgrounds")
        found.append(shortcut.finding(dataset.classes, rows, target, measured))
    elif dataset.task == "multilabel" and x is not None:
        yield _stage(2, "Looking for wrong classes")
        found.append(label_issues.set_issues(dataset.classes, rows, dataset.targets(table.iloc[rows]), x))
    elif dataset.task == "regression":
        yield _stage(2, "Looking at the numbers")
        off = target_issues.out_of_range(dataset, table)
        found += [off, target_issues.doubtful(dataset, table, x, off) if x is not None else None]
    yield _stage(_STAGES, "Examined")
    notes = () if features is not None else (WITHOUT_FEATURES,)
    return Report(in_order([finding for finding in found if finding is not None]), notes=notes)


def _stage(done: int, label: str) -> Progress:
    return Progress(stage="check", label=label, done=done, total=_STAGES)
