"""From predictions to numbers: scores with intervals, tables per class or number, the mistakes. No plots."""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from ftcore.errors import NotComputable
from ftcore.evaluation.predictions import Predictions
from ftcore.metrics import classification, multilabel, regression
from ftcore.metrics.intervals import bootstrap_interval, share_interval
from ftcore.tasks.scores import number

_FEWEST_DRAWS, _MOST_DRAWS = 50, 500
_VALUES_DRAWN = 2e7  # in all draws together: of many pictures and classes fewer are drawn, so that it stays quick


def scores(predictions: Predictions) -> dict[str, dict[str, float]]:
    """Every score of the task with its 95 % interval, and the loss without one, by the names of ftcore/tasks/scores.py.

    A share of pictures gets Wilson's interval, everything else a bootstrap over pictures. Precision of a class that was
    never said counts as 0. The loss is the mean negative log-likelihood in nats, probabilities clipped at 1e-7, or the
    mean squared error of numbers.
    """
    if not len(predictions.target):
        raise NotComputable("Scores need at least one picture.")
    return {"multiclass": _of_classes, "multilabel": _of_labels, "regression": _of_numbers}[predictions.task](
        predictions
    )


def _of_classes(predictions: Predictions) -> dict[str, dict[str, float]]:
    target, said, n_classes = predictions.target, predictions.predicted, len(predictions.classes)

    def confusion(rows: np.ndarray) -> np.ndarray:
        return classification.confusion(target[rows], said[rows], n_classes)

    found = {"accuracy": _share(target == said)}
    found["balanced_accuracy"] = _drawn(lambda rows: classification.balanced_accuracy(confusion(rows)), target)
    for column, name in enumerate(("precision", "recall", "f1")):
        found[name] = _drawn(lambda rows, column=column: classification.macro(confusion(rows))[column], target)  # type: ignore[misc]
    likelihood = predictions.values[np.arange(len(target)), target].astype(float)
    found["loss"] = {"value": float(-np.log(likelihood.clip(1e-7)).mean())}
    return found


def _of_labels(predictions: Predictions) -> dict[str, dict[str, float]]:
    target, said, answers = predictions.target, predictions.predicted, predictions.values
    found = {"exact_match": _share(multilabel.exact_matches(target, said))}
    found["mean_average_precision"] = _drawn(
        lambda rows: multilabel.mean_average_precision(target[rows], answers[rows]), target
    )
    found["f1_micro"] = _drawn(lambda rows: multilabel.f1_micro(target[rows], said[rows]), target)
    found["f1"] = _drawn(lambda rows: multilabel.f1_macro(target[rows], said[rows]), target)
    likelihood = np.where(target > 0, answers, 1 - answers).astype(float)
    found["loss"] = {"value": float(-np.log(likelihood.clip(1e-7)).mean())}
    return found


def _of_numbers(predictions: Predictions) -> dict[str, dict[str, float]]:
    target, answers = predictions.target, predictions.values
    scores = {
        "mae": regression.mean_errors,
        "median_error": regression.median_errors,
        "rmse": regression.root_squared_errors,
        "r2": regression.explained,
    }
    found = {
        name: _drawn(lambda rows, each=each: float(each(target[rows], answers[rows]).mean()), target, fraction=False)  # type: ignore[misc]
        for name, each in scores.items()
    }
    found["loss"] = {"value": float(regression.squared_errors(target, answers).mean())}
    return found


def _share(right: np.ndarray) -> dict[str, float]:
    """A share of pictures with its interval; ``right`` is [N] bool."""
    low, high = share_interval(int(right.sum()), len(right))
    return {"value": float(right.mean()), "low": low, "high": high}


def _drawn(score: Callable[[np.ndarray], float], target: np.ndarray, *, fraction: bool = True) -> dict[str, float]:
    """Any score with its interval; ``score`` takes row numbers.

    Where every answer is right, or none, all draws agree, and a bootstrap would claim to be certain: a ``fraction``
    then gets the doubt that Wilson's interval leaves about as many pictures.
    """
    n = len(target)
    n_draws = int(min(_MOST_DRAWS, max(_FEWEST_DRAWS, _VALUES_DRAWN / target.size)))
    value = score(np.arange(n))
    low, high = bootstrap_interval(score, n, n_draws=n_draws)
    if fraction and low == high and value in (0.0, 1.0):
        low, high = share_interval(round(value) * n, n)
    return {"value": value, "low": low, "high": high}


def confusion_table(predictions: Predictions) -> pd.DataFrame:
    """One class per picture: one row per cell: true, predicted (names), count, share (of the true class, 0-1; 0 where
    it has no pictures)."""
    counts = classification.confusion(predictions.target, predictions.predicted, len(predictions.classes))
    totals = counts.sum(axis=1, keepdims=True)
    shares = np.divide(counts, totals, out=np.zeros(counts.shape), where=totals > 0)
    n = len(predictions.classes)
    return pd.DataFrame(
        {
            "true": np.repeat(predictions.classes, n),
            "predicted": list(predictions.classes) * n,
            "count": counts.ravel(),
            "share": shares.ravel(),
        }
    )


def class_table(predictions: Predictions) -> pd.DataFrame:
    """One row per class: label, pictures, precision, recall, f1 (fractions); for several classes average_precision."""
    if predictions.task == "multilabel":
        target = predictions.target
        rates = multilabel.per_label(target, predictions.predicted)
        pictures, more = (target > 0).sum(axis=0), multilabel.average_precisions(target, predictions.values)
        extra = {"average_precision": more}
    else:
        counts = classification.confusion(predictions.target, predictions.predicted, len(predictions.classes))
        rates, pictures, extra = classification.per_class(counts), counts.sum(axis=1), {}
    rows = {"label": predictions.classes, "pictures": pictures}
    return pd.DataFrame({**rows, **dict(zip(("precision", "recall", "f1"), rates, strict=True)), **extra})


def number_table(predictions: Predictions, units: Sequence[str] = ()) -> pd.DataFrame:
    """One row per number: label, unit, mae, median_error, rmse (in its unit), r2."""
    target, answers = predictions.target, predictions.values
    return pd.DataFrame(
        {
            "label": predictions.classes,
            "unit": list(units) or [""] * len(predictions.classes),
            "mae": regression.mean_errors(target, answers),
            "median_error": regression.median_errors(target, answers),
            "rmse": regression.root_squared_errors(target, answers),
            "r2": regression.explained(target, answers),
        }
    )


def pairs_table(predictions: Predictions) -> pd.DataFrame:
    """Numbers: one row per picture and number: label, row, true, predicted."""
    n, n_numbers = predictions.target.shape
    return pd.DataFrame(
        {
            "label": np.tile(np.asarray(predictions.classes, dtype=object), n),
            "row": np.repeat(predictions.row, n_numbers),
            "true": predictions.target.ravel(),
            "predicted": predictions.values.ravel(),
        }
    )


def mistakes(predictions: Predictions, units: Sequence[str] = ()) -> pd.DataFrame:
    """The wrong answers, the worst first: row, true, predicted (in words), and how wrong.

    One class per picture: the surest first, by ``confidence`` (0-1). Several: those with a class of which the model was
    surest and wrong; classes are joined with commas. Numbers: all pictures, by ``error``: the largest of a picture's
    errors as a multiple of the number's standard deviation; true and predicted are of that number, called ``label``.
    """
    if predictions.task == "regression":
        return _largest_errors(predictions, units)
    said, names = predictions.predicted, np.asarray(predictions.classes, dtype=object)
    if predictions.task == "multilabel":
        has = predictions.target > 0
        wrong = (has != said).any(axis=1)
        true, predicted = ([_listed(names[row]) for row in rows] for rows in (has, said))
        off = np.where(has != said, np.abs(predictions.values - has), 0.0)
        sure = off.max(axis=1)
    else:
        wrong, true, predicted = predictions.target != said, names[predictions.target], names[said]
        sure = predictions.values.max(axis=1)
    table = pd.DataFrame({"row": predictions.row, "true": true, "predicted": predicted, "confidence": sure})
    return table[wrong].sort_values("confidence", ascending=False, ignore_index=True)


def _largest_errors(predictions: Predictions, units: Sequence[str]) -> pd.DataFrame:
    spread = predictions.target.std(axis=0)
    off = np.abs(predictions.values - predictions.target) / np.where(spread > 0, spread, 1)  # [N, T]
    worst, rows = off.argmax(axis=1), np.arange(len(off))
    measured = list(units) or [""] * len(predictions.classes)

    def words(values: np.ndarray) -> list[str]:
        return [number(float(values[row, index]), measured[index]) for row, index in zip(rows, worst, strict=True)]

    table = pd.DataFrame(
        {
            "row": predictions.row,
            "label": np.asarray(predictions.classes, dtype=object)[worst],
            "true": words(predictions.target),
            "predicted": words(predictions.values),
            "error": off[rows, worst],
        }
    )
    return table.sort_values("error", ascending=False, ignore_index=True)


def _listed(parts: Sequence[str]) -> str:
    return ", ".join(parts) or "nothing"
