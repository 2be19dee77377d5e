"""Numbers that cannot be right: far from all others, of an impossible sign, or not what the picture shows."""

import re

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from ftcore.datasets.doctor.findings import Finding
from ftcore.datasets.records import Dataset
from ftcore.datasets.versions import Edit

_FAR = 5.0  # times the usual spread (median absolute deviation, as a standard deviation) from the middle
_RARE = 0.02  # of all pictures; more than this are no mistakes but how the numbers are
_FEWEST = 20  # pictures, for a spread to mean anything
_PLACEHOLDERS = (-1.0, -9.0, -99.0, -999.0, -9999.0)  # what people write where they know no number
_NEVER_NEGATIVE = (
    "age amount area count diameter distance duration height length mass price size volume weight width "
    "kg g mg lb m cm mm km px pixel pixels year years month months day days % euro usd"
)
_KNOWS = 0.3  # share of the variance that the small model must explain before its doubts count
_FOLDS = 5
_PENALTIES = (0.01, 0.1, 1.0, 10.0)


def out_of_range(dataset: Dataset, table: pd.DataFrame) -> Finding | None:
    """Pictures with a number far from all others, on the plain scale and, where numbers spread over it, on the
    logarithmic one too; or with a sign that such a number cannot have. The farthest first.

    The spread is the median absolute deviation, which mistakes do not move; where more than half of the numbers are
    the same, the mean absolute deviation (Iglewicz & Hoaglin 1993, How to Detect and Handle Outliers).
    """
    rows = np.flatnonzero((table["split"] != "").to_numpy())
    values = dataset.targets(table.iloc[rows]).astype(float)  # [N, T]
    if len(rows) < _FEWEST:
        return None
    worst = np.zeros(len(rows))
    sentences = []
    for column, name in enumerate(dataset.classes):
        one = values[:, column]
        unit = dataset.units[column] if dataset.units else ""
        sign = _impossible_sign(one, name, unit)
        far = _far(one, ~sign)
        wrong = sign | (far > 0)
        if not wrong.any():
            continue
        worst = np.maximum(worst, np.where(sign, np.inf, far))
        low, high = np.percentile(one[~wrong], [5, 95])
        example = one[wrong][np.argmax(np.where(sign, np.inf, far)[wrong])]
        sentences.append(
            f"{name!r}: {int(wrong.sum()):,} of {len(rows):,} values, for example {example:.6g}; "
            f"nine in ten of the others lie between {low:.6g} and {high:.6g}{f' {unit}' if unit else ''}."
        )
    found = np.flatnonzero(worst > 0)
    if not len(found):
        return None
    chosen = tuple(int(rows[i]) for i in found[np.argsort(-worst[found], kind="stable")])
    return Finding(
        "out_of_range",
        "warning",
        "Numbers far from all others, or of an impossible sign. " + " ".join(sentences),
        len(chosen),
        rows=chosen,
        remedy=(Edit("exclude", chosen, "a number out of range"),),
        remedy_words="Leave them out",
    )


def doubtful(dataset: Dataset, table: pd.DataFrame, x: np.ndarray, besides: Finding | None) -> Finding | None:
    """Pictures whose number is far from what a model that never saw them expects; the farthest first.

    Args:
        dataset: With numbers.
        table: Its table.
        x: Inputs of the small models for each used picture, [N, D].
        besides: What is out of range already is not said again.
    """
    rows = np.flatnonzero((table["split"] != "").to_numpy())
    values = dataset.targets(table.iloc[rows]).astype(float)  # [N, T]
    if len(rows) < 2 * _FEWEST:
        return None
    known = set(besides.rows) if besides else set()
    worst = np.zeros(len(rows))
    examples = []
    for column, name in enumerate(dataset.classes):
        expected = out_of_fold_predictions(x, values[:, column])
        if expected is None:
            continue
        off = values[:, column] - expected
        middle, spread = _middle_and_spread(off)
        distance = abs(off - middle) / max(spread, 1e-12)
        distance[distance < _FAR] = 0
        if 0 < (distance > 0).mean() <= 2.5 * _RARE:
            worst = np.maximum(worst, distance)
            at = int(np.argmax(distance))
            examples.append(f"{name!r} is {values[at, column]:.6g} where about {expected[at]:.3g} is expected")
    found = [i for i in np.argsort(-worst, kind="stable") if worst[i] > 0 and int(rows[i]) not in known]
    if not found:
        return None
    chosen = tuple(int(rows[i]) for i in found)
    return Finding(
        "label_issue",
        "warning",
        f"Numbers that do not fit their picture: {len(chosen):,} of {len(rows):,}. For example {'; '.join(examples)}. "
        "Look at each before you leave it out.",
        len(chosen),
        rows=chosen,
        remedy=(Edit("exclude", chosen, "its number does not fit the picture"),),
        remedy_words="Leave them out",
    )


def out_of_fold_predictions(x: np.ndarray, values: np.ndarray, seed: int = 0) -> np.ndarray | None:
    """Return what ridge regressions that did not see a picture expect of it, [N]; None where they know too little.

    Args:
        x: Inputs, [N, D].
        values: Numbers, [N]; those far out are pulled in before anything is learned from them.
        seed: Of the division into folds.
    """
    from sklearn.linear_model import RidgeCV
    from sklearn.model_selection import KFold, cross_val_predict

    middle, spread = _middle_and_spread(values)
    if not spread:
        return None
    scaled = ((values - middle) / spread).clip(-_FAR, _FAR)
    with threadpool_limits(1):
        predicted = cross_val_predict(
            RidgeCV(_PENALTIES), x, scaled, cv=KFold(min(_FOLDS, len(values)), shuffle=True, random_state=seed)
        )
    explained = 1 - ((scaled - predicted) ** 2).mean() / max(float(scaled.var()), 1e-12)
    return predicted * spread + middle if explained >= _KNOWS else None


def _far(values: np.ndarray, usable: np.ndarray) -> np.ndarray:
    """Return how many spreads each number is out, [N]; 0 for all that are not out of range."""
    distance = _distance(values, values[usable])
    positive = usable & (values > 0)
    if positive[usable].all() and usable.any():  # weights and prices spread evenly on a logarithmic scale
        logs = np.log(np.where(values > 0, values, 1))
        distance = np.minimum(distance, _distance(logs, logs[usable]))
    distance[~usable | (distance < _FAR)] = 0
    return distance if (distance > 0).mean() <= _RARE else np.zeros(len(values))


def _distance(values: np.ndarray, usual: np.ndarray) -> np.ndarray:
    middle, spread = _middle_and_spread(usual)
    return abs(values - middle) / spread if spread else np.zeros(len(values))


def _middle_and_spread(values: np.ndarray) -> tuple[float, float]:
    """Median, and a spread on the scale of a standard deviation."""
    middle = float(np.median(values))
    spread = 1.4826 * float(np.median(abs(values - middle)))
    return middle, spread or 1.2533 * float(abs(values - middle).mean())


def _impossible_sign(values: np.ndarray, name: str, unit: str) -> np.ndarray:
    """Negative numbers where there should be none: by their name or unit, or because they are placeholders. [N] bool"""
    negative = values < 0
    if not 0 < negative.mean() <= _RARE:
        return np.zeros(len(values), bool)
    words = set(re.findall(r"[^\W\d_]+|%", f"{name} {unit}".lower()))
    return (
        negative
        if words & set(_NEVER_NEGATIVE.split())
        else negative & bool(np.isin(values[negative], _PLACEHOLDERS).all())
    )
