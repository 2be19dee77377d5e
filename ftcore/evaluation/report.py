"""From predictions to numbers: scores with intervals, the confusion table, one row per class. Tidy tables, no plots."""

import numpy as np
import pandas as pd

from ftcore.errors import NotComputable
from ftcore.evaluation.predictions import Predictions
from ftcore.metrics.intervals import bootstrap_interval, share_interval

LABELS = {
    "accuracy": ("Accuracy", "Share of pictures that are named correctly."),
    "precision": ("Precision", "When the model says a class, how often it is right; mean over the classes."),
    "recall": ("Recall", "How many pictures of a class the model finds; mean over the classes."),
    "f1": ("F1", "Precision and recall in one number; mean over the classes, so that small classes count as much."),
    "loss": ("Loss", "How wrong the model is, and how sure of it; lower is better."),
}
"""Name of a score on screen, and one sentence about it."""


def scores(predictions: Predictions) -> dict[str, dict[str, float]]:
    """Accuracy, macro precision, recall and F1 with 95 % intervals, and the loss.

    Accuracy gets Wilson's interval, the others a bootstrap over pictures. Precision of a class that was never said
    counts as 0. The loss is the mean negative log-likelihood in nats, probabilities clipped at 1e-7.
    """
    n = len(predictions.target)
    if not n:
        raise NotComputable("Scores need at least one picture.")
    target, said = predictions.target, predictions.probabilities.argmax(axis=1)
    right = int((target == said).sum())
    low, high = share_interval(right, n)
    found = {"accuracy": {"value": right / n, "low": low, "high": high}}
    n_classes = len(predictions.classes)
    for column, name in enumerate(("precision", "recall", "f1")):
        value = _macro(_confusion(target, said, n_classes))[column]
        low, high = bootstrap_interval(
            lambda rows, column=column: _macro(_confusion(target[rows], said[rows], n_classes))[column],  # type: ignore[misc]
            n,
        )
        found[name] = {"value": value, "low": low, "high": high}
    likelihood = predictions.probabilities[np.arange(n), target].astype(float)
    found["loss"] = {"value": float(-np.log(likelihood.clip(1e-7)).mean())}
    return found


def confusion_table(predictions: Predictions) -> pd.DataFrame:
    """One row per cell: true, predicted (names), count, share (of the true class, 0-1; 0 where it has no pictures)."""
    said = predictions.probabilities.argmax(axis=1)
    counts = _confusion(predictions.target, said, len(predictions.classes))
    totals = counts.sum(axis=1, keepdims=True)
    shares = np.divide(counts, totals, out=np.zeros(counts.shape), where=totals > 0)
    rows = [
        {"true": true, "predicted": predicted, "count": int(counts[i, j]), "share": float(shares[i, j])}
        for i, true in enumerate(predictions.classes)
        for j, predicted in enumerate(predictions.classes)
    ]
    return pd.DataFrame(rows)


def class_table(predictions: Predictions) -> pd.DataFrame:
    """One row per class: label, pictures, precision, recall, f1 (fractions)."""
    said = predictions.probabilities.argmax(axis=1)
    confusion = _confusion(predictions.target, said, len(predictions.classes))
    precision, recall, f1 = _per_class(confusion)
    return pd.DataFrame(
        {
            "label": predictions.classes,
            "pictures": confusion.sum(axis=1),
            "precision": precision,
            "recall": recall,
            "f1": f1,
        }
    )


def mistakes(predictions: Predictions) -> pd.DataFrame:
    """The wrong answers, the surest first: picture, true, predicted (names), confidence (0-1)."""
    said = predictions.probabilities.argmax(axis=1)
    names = np.asarray(predictions.classes, dtype=object)
    table = pd.DataFrame(
        {
            "picture": predictions.picture,
            "true": names[predictions.target],
            "predicted": names[said],
            "confidence": predictions.probabilities.max(axis=1),
        }
    )
    return table[predictions.target != said].sort_values("confidence", ascending=False, ignore_index=True)


def _confusion(target: np.ndarray, said: np.ndarray, n_classes: int) -> np.ndarray:
    """Counts [C, C]: rows are the truth, columns what was said."""
    return np.bincount(target * n_classes + said, minlength=n_classes**2).reshape(n_classes, n_classes)


def _per_class(confusion: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Precision, recall and F1 of each class, each [C]; 0 where nothing can be divided by."""
    right = confusion.diagonal().astype(float)
    said, true = confusion.sum(axis=0), confusion.sum(axis=1)
    precision = np.divide(right, said, out=np.zeros(len(right)), where=said > 0)
    recall = np.divide(right, true, out=np.zeros(len(right)), where=true > 0)
    both = precision + recall
    return precision, recall, np.divide(2 * precision * recall, both, out=np.zeros(len(both)), where=both > 0)


def _macro(confusion: np.ndarray) -> tuple[float, float, float]:
    """Mean precision, recall and F1 over the classes that occur in the truth or in the answers."""
    present = (confusion.sum(axis=0) + confusion.sum(axis=1)) > 0
    precision, recall, f1 = (values[present].mean() for values in _per_class(confusion))
    return float(precision), float(recall), float(f1)
