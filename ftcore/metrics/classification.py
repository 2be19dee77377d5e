"""Formulas for one class per picture, on counts of what was predicted for what. Needs no torch."""

import numpy as np


def confusion(target: np.ndarray, predicted: np.ndarray, n_classes: int) -> np.ndarray:
    """Counts [C, C]: rows are the truth, columns what was predicted; both are class indices [N]."""
    return np.bincount(target * n_classes + predicted, minlength=n_classes**2).reshape(n_classes, n_classes)


def per_class(counts: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Precision, recall and F1 of each class, each [C], from a confusion; 0 where nothing can be divided by."""
    return rates(counts.diagonal(), counts.sum(axis=0), counts.sum(axis=1))


def rates(right: np.ndarray, predicted: np.ndarray, true: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Precision, recall and F1 of each class, each [C], by how often it was right, predicted and true; 0 for 0 by 0."""
    zeros = np.zeros(len(right))
    precision = np.divide(right, predicted, out=zeros.copy(), where=predicted > 0)
    recall = np.divide(right, true, out=zeros.copy(), where=true > 0)
    both = precision + recall
    return precision, recall, np.divide(2 * precision * recall, both, out=zeros, where=both > 0)


def macro(counts: np.ndarray) -> tuple[float, float, float]:
    """Mean precision, recall and F1 over the classes that occur in the truth or in the predictions."""
    present = (counts.sum(axis=0) + counts.sum(axis=1)) > 0
    precision, recall, f1 = (values[present].mean() for values in per_class(counts))
    return float(precision), float(recall), float(f1)


def balanced_accuracy(counts: np.ndarray) -> float:
    """Mean recall over the classes that occur in the truth (Brodersen et al. 2010, The balanced accuracy)."""
    return float(per_class(counts)[1][counts.sum(axis=1) > 0].mean())
