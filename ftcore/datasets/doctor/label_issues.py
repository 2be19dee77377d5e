"""Probably wrong classes and pictures unlike all others: cleanlab, on features of a pretrained model."""

import numpy as np
from threadpoolctl import threadpool_limits

from ftcore.datasets.doctor.findings import Finding
from ftcore.datasets.similarity.measure import Measured
from ftcore.datasets.versions import Edit
from ftcore.tasks.labels import classes_in_words

_FOLDS = 5
_LEARNED, _SEEN = 256, 64  # principal components per picture: of the features, and of the small grey picture
_STRENGTH = 8.0  # of the logistic regression: the inverse of its penalty, for inputs of length one
_PASSES = 200
_FEW_CLASSES = 12  # for which several classes per picture are checked by two models each
_RECOGNISED = 0.75  # area under the ROC curve from which the models' doubts about one of several classes count
_SURE = 0.8
"""How sure they must be of the opposite. Tried on digits under six classes (even, round, …) with 2 % wrong answers, on
their pixels alone: 74 % of them found, 52 % of the alarms right; with 0.5 it was 77 % and 44 %."""
_NEIGHBOURS = 10
_ODD = 6.0  # times the usual spread that the score of an outlier lies below the middle
_MOST = 0.05  # of all pictures; more than this are a kind of their own


def inputs(measured: Measured, features: np.ndarray) -> np.ndarray:
    """Return what the small models read: features and small grey pictures, each reduced to few components, [N, at most
    320].

    The grey pictures help where the pretrained model has never seen the like: drawings, digits, scans.
    """
    grey = measured.grey.reshape(len(measured.rows), 16, 2, 16, 2).mean(axis=(2, 4)).reshape(len(measured.rows), -1)
    return np.hstack([reduced(features.astype(np.float32), _LEARNED), reduced(grey.astype(np.float32), _SEEN)])


def out_of_fold_probabilities(
    x: np.ndarray, target: np.ndarray, seed: int = 0, *, quick: bool = False
) -> np.ndarray | None:
    """Class probabilities for each picture from models that did not see it, [N, C]; None if a class is too small.

    The mean of a logistic regression and a linear discriminant with shrinkage (Ledoit & Wolf 2004): the first is well
    calibrated, the second hardly minds wrong labels. Tried on digits with 5 % wrong labels: together they found more
    of them than each alone, at fewer false alarms.

    Args:
        x: Inputs, [N, D].
        target: Class indices 0 to C - 1, [N]; every class occurs.
        seed: Of the division into folds.
        quick: The discriminant alone: a hundred times as fast.
    """
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold, cross_val_predict

    folds = min(_FOLDS, int(np.bincount(target).min()))
    if folds < 2 or len(np.unique(target)) < 2:
        return None
    models = (
        LogisticRegression(C=_STRENGTH, max_iter=_PASSES, tol=1e-3),
        LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto"),
    )
    division = StratifiedKFold(folds, shuffle=True, random_state=seed)
    with threadpool_limits(1):  # small matrices: more threads only wait for each other
        chosen = models[1:] if quick else models
        per_model = [cross_val_predict(model, x, target, cv=division, method="predict_proba") for model in chosen]
    probabilities = np.mean(per_model, axis=0)
    return probabilities / probabilities.sum(axis=1, keepdims=True)


def label_issues(
    classes: tuple[str, ...], rows: np.ndarray, target: np.ndarray, probabilities: np.ndarray
) -> Finding | None:
    """Pictures whose class is probably wrong, the surest first (Northcutt et al. 2021, Confident learning)."""
    from cleanlab.filter import find_label_issues

    wrong = find_label_issues(
        target, probabilities, filter_by="prune_by_noise_rate", return_indices_ranked_by="self_confidence", n_jobs=1
    )
    suggested = probabilities.argmax(axis=1)
    wrong = [int(i) for i in wrong if suggested[i] != target[i]]
    if not wrong:
        return None
    found = tuple(int(rows[i]) for i in wrong)
    suggestions = tuple(classes[suggested[i]] for i in wrong)
    remedy = tuple(
        Edit("relabel", tuple(row for row, s in zip(found, suggestions, strict=True) if s == label), label)
        for label in dict.fromkeys(suggestions)
    )
    return Finding(
        "label_issue",
        "serious" if len(wrong) > 0.02 * len(rows) else "warning",
        f"Probably in the wrong class: {len(wrong):,} of {len(rows):,} pictures. Look at each before you change it.",
        len(wrong),
        rows=found,
        suggestions=suggestions,
        remedy=remedy,
        remedy_words="Relabel as suggested",
    )


def set_issues(classes: tuple[str, ...], rows: np.ndarray, has: np.ndarray, x: np.ndarray) -> Finding | None:
    """Pictures with a class too many or too few, the surest first (cleanlab.multilabel_classification).

    Each class has small models of its own that say yes or no. A class that too few pictures have, or lack, is left as
    it is, and one that the models hardly recognise: their doubts are worth nothing.

    Args:
        classes: Names.
        rows: Rows of the pictures, [N].
        has: 1 where a picture has a class, [N, C].
        x: Inputs, [N, D].
    """
    from cleanlab.multilabel_classification.filter import find_multilabel_issues_per_class
    from sklearn.metrics import roc_auc_score

    columns, probabilities = [], []
    for column in range(len(classes)):
        mine = has[:, column].astype(np.int64)
        if min(mine.sum(), len(mine) - mine.sum()) < _FOLDS:
            continue
        predicted = out_of_fold_probabilities(x, mine, quick=len(classes) > _FEW_CLASSES)
        if predicted is not None and roc_auc_score(mine, predicted[:, 1]) >= _RECOGNISED:
            columns.append(column)
            probabilities.append(predicted[:, 1])
    if not columns:
        return None
    truth, probability = has[:, columns].astype(bool), np.stack(probabilities, axis=1)  # [N, K] both
    listed = [np.flatnonzero(row).tolist() for row in truth]
    marked = np.asarray(find_multilabel_issues_per_class(listed, probability, n_jobs=1))  # [N, K] bool
    doubt = np.where(marked, abs(truth - probability), 0.0)  # how sure the models are of the opposite
    doubt[doubt < _SURE] = 0.0
    surest = doubt.max(axis=1)
    wrong = [int(i) for i in np.argsort(-surest, kind="stable") if surest[i] > 0]
    if not wrong:
        return None
    found = tuple(int(rows[i]) for i in wrong)
    suggestions = []
    for i in wrong:
        better = has[i].astype(bool).copy()
        better[columns] ^= doubt[i] > 0
        suggestions.append(classes_in_words([label for label, on in zip(classes, better, strict=True) if on]))
    remedy = tuple(
        Edit("relabel", tuple(row for row, s in zip(found, suggestions, strict=True) if s == label), label)
        for label in dict.fromkeys(suggestions)
    )
    return Finding(
        "label_issue",
        "serious" if len(wrong) > 0.02 * len(rows) else "warning",
        f"Probably with a class too many or too few: {len(wrong):,} of {len(rows):,} pictures. Look at each before you "
        "change it.",
        len(wrong),
        rows=found,
        suggestions=tuple(suggestions),
        remedy=remedy,
        remedy_words="Relabel as suggested",
    )


def outliers(rows: np.ndarray, x: np.ndarray) -> Finding | None:
    """Pictures that are far from all others (cleanlab's OutOfDistribution, on nearest neighbours)."""
    from cleanlab.outlier import OutOfDistribution

    if len(rows) <= 2 * _NEIGHBOURS:
        return None
    with threadpool_limits(1):
        scores = OutOfDistribution({"k": _NEIGHBOURS}).fit_score(features=x, verbose=False)  # [N], low is odd
    logs = np.log(np.maximum(scores, 1e-12))
    low, middle = np.percentile(logs, [25, 50])
    odd = np.flatnonzero(logs < middle - _ODD * max(middle - low, 1e-3))
    if not len(odd) or len(odd) > _MOST * len(rows):
        return None
    found = tuple(int(rows[i]) for i in odd[np.argsort(scores[odd], kind="stable")])
    return Finding(
        "outlier",
        "note",
        f"Unlike all others: {len(found):,} of {len(rows):,} pictures.",
        len(found),
        rows=found,
        remedy=(Edit("exclude", found, "unlike all others"),),
        remedy_words="Leave them out",
    )


def reduced(x: np.ndarray, n: int) -> np.ndarray:
    """The first ``n`` principal components, scaled to a mean length of one, [N, at most n]."""
    from sklearn.decomposition import PCA

    n = min(n, x.shape[1], len(x) - 1)
    with threadpool_limits(1):
        parts = PCA(n, svd_solver="covariance_eigh" if len(x) > x.shape[1] else "full").fit_transform(x)
    return (parts / max(float(np.sqrt((parts**2).sum(axis=1).mean())), 1e-6)).astype(np.float32)
