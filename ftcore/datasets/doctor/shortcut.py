"""Does the background give the class away? A small model sees only the edges of the pictures and is asked."""

import numpy as np

from ftcore.datasets.doctor.findings import Finding
from ftcore.datasets.doctor.label_issues import out_of_fold_probabilities, reduced
from ftcore.datasets.similarity.measure import COLOUR_SIDE, Measured

_RIM = 2  # of 16 pixels on each side
_FEWEST = 20  # pictures of a class, for a share to mean anything
_SURE = 0.97  # share of a class's pictures that the edges alone name right, and of the answers that are right
_ABOVE = 0.4  # and how far above guessing
_SHOWN = 60
_PARTS = 16  # principal components of the edges; their squares and products are read as well


def finding(classes: tuple[str, ...], rows: np.ndarray, target: np.ndarray, measured: Measured) -> Finding | None:
    """Classes that are recognised by the edges of their pictures alone.

    Args:
        classes: Names.
        rows: Rows of the pictures, [N].
        target: Class indices, [N].
        measured: Of the same pictures.
    """
    rim = np.ones((COLOUR_SIDE, COLOUR_SIDE), bool)
    rim[_RIM:-_RIM, _RIM:-_RIM] = False
    probabilities = out_of_fold_probabilities(_inputs(measured.colour[:, rim]), target)
    if probabilities is None:
        return None
    predicted = probabilities.argmax(axis=1)
    guess = np.bincount(target).max() / len(target)
    caught = []
    for index in range(len(classes)):
        own, named = target == index, predicted == index
        if own.sum() < _FEWEST or not named.any():
            continue
        found, right = float(named[own].mean()), float(own[named].mean())
        if min(found, right) >= _SURE and min(found, right) >= own.mean() + _ABOVE:
            caught.append((index, found))
    if not caught:
        return None
    full = out_of_fold_probabilities(_inputs(measured.colour), target)
    accuracy, best = (
        float((predicted == target).mean()),
        float((full.argmax(axis=1) == target).mean()) if full is not None else 1,
    )
    evidence = np.isin(target, [index for index, _ in caught]) & (predicted == target)
    shown = np.flatnonzero(evidence)[np.argsort(-probabilities.max(axis=1)[evidence], kind="stable")][:_SHOWN]
    listed = ", ".join(f"{classes[index]!r} ({share:.0%})" for index, share in caught[:5])
    return Finding(
        "shortcut",
        "warning",
        f"The edges of the pictures alone, an eighth on each side, tell these classes: {listed}. Over all classes they "
        f"are right in {accuracy:.0%} of cases, guessing in {guess:.0%}, the whole picture, as small, in {best:.0%}. "
        "Take pictures of every class in front of the same backgrounds. Where the background is the thing itself, as "
        "in textures or satellite pictures, all is well.",
        len(caught),
        rows=tuple(int(rows[i]) for i in shown),
    )


def _inputs(pixels: np.ndarray) -> np.ndarray:
    """Few components and their products, so that "near a certain green" can be learned, [N, at most 152]."""
    parts = reduced(pixels.reshape(len(pixels), -1).astype(np.float32), _PARTS)  # [N, 16]
    left, right = np.triu_indices(parts.shape[1])
    products = parts[:, left] * parts[:, right]
    products -= products.mean(axis=0)
    return np.hstack([parts, products / max(float(np.sqrt((products**2).sum(axis=1).mean())), 1e-6)])
