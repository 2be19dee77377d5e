"""Which backbone suits these pictures? Each is scored by a head that is cross-validated on its frozen features.

A linear head on frozen features ranks pretrained networks much as fine-tuning them does (Kornblith et al. 2019, Do
better ImageNet models transfer better?, https://arxiv.org/abs/1805.08974) and takes seconds, because features are kept.
"""

import time
import warnings
from collections.abc import Generator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from ftcore.datasets.records import Dataset
from ftcore.datasets.splits import folds, known_groups, own_groups
from ftcore.errors import FinetuneError, ModelError, SettingsError
from ftcore.evaluation import report
from ftcore.evaluation.predictions import Predictions
from ftcore.events import Event, Note, Progress
from ftcore.models import catalogue
from ftcore.search.candidates import FEWEST, MOST
from ftcore.search.events import CandidateScored
from ftcore.training.embeddings import lookup

METRICS = {"multiclass": "accuracy", "multilabel": "mean_average_precision", "regression": "r2"}
"""What backbones are compared by."""

FOLDS = 5


@dataclass(frozen=True)
class Standing:
    """How one backbone did.

    Args:
        model: timm's name.
        metric: What was scored, by the names of ftcore/tasks/scores.py: accuracy, mean average precision or R².
        score: Of answers that a head gave about pictures it had not learned from.
        low: Lower end of the 95 % interval.
        high: Upper end.
        seconds: That its features and its head took; next to nothing where the features were known.
        megabytes: Of its weights in float32.
    """

    model: str
    metric: str
    score: float
    low: float
    high: float
    seconds: float
    megabytes: float


def race(
    dataset: Dataset, models: Sequence[str], *, image_size: int | None = None, seed: int = 0
) -> Generator[Event, None, list[Standing]]:
    """Score backbones on the training and validation pictures; a generator that returns the best first.

    ``CandidateScored`` tells of each as soon as it is known. The test pictures take no part. A model whose
    weights cannot be had is left out with a note.

    Args:
        dataset: Of any task.
        models: From two to eight of timm's names.
        image_size: Side of the input in pixels; one that fits the pictures if None.
        seed: Of the division into folds.

    Raises:
        SettingsError: Too few or too many models.
        DataError: A class with fewer pictures than folds.
        ModelError: None of them could take part.
    """
    if image_size is not None and image_size < 1:
        raise SettingsError(f"The image size is {image_size}, expected 1 pixel or more.", fix="For example 160.")
    wanted = list(dict.fromkeys(models))
    if not FEWEST <= len(wanted) <= MOST:
        raise SettingsError(
            f"{len(wanted)} different models were given, a race takes {FEWEST} to {MOST}.",
            fix="For example tf_efficientnet_lite0 and tf_efficientnet_lite1.",
        )
    leaderboard: list[Standing] = []
    began = time.perf_counter()
    for number, model in enumerate(wanted):
        label = f"Racing: model {number + 1} of {len(wanted)}"
        seconds = time.perf_counter() - began
        yield Progress(stage="race", label=label, done=number, total=len(wanted), seconds=seconds)
        started = time.perf_counter()
        try:
            features = lookup.find(dataset, model, image_size)
            if features is None:
                from ftcore.training.embeddings.compute import (
                    picture_features,  # late: torch takes longer than a known race
                )

                features = yield from picture_features(dataset, model, image_size)
        except FinetuneError as error:
            yield Note(message=f"{model} takes no part. {error.what}")
            continue
        found = report.scores(cross_validated(dataset, features, seed=seed))[METRICS[dataset.task]]
        known = catalogue.find(model)
        size = known.parameters * 4 / 1e6 if known and known.parameters else 0.0
        seconds, metric = time.perf_counter() - started, METRICS[dataset.task]
        standing = Standing(model, metric, found["value"], found["low"], found["high"], seconds, size)
        leaderboard.append(standing)
        yield CandidateScored(**asdict(standing))
    if not leaderboard:
        raise ModelError(
            "None of these models could take part.", fix="Choose models whose weights are on this machine."
        )
    yield Progress(stage="race", label="Racing", done=len(wanted), total=len(wanted))
    return sorted(leaderboard, key=lambda standing: -standing.score)


def cross_validated(dataset: Dataset, features: np.ndarray, *, seed: int = 0) -> Predictions:
    """What a linear head that was fitted without a picture's fold says about it.

    One class per picture: logistic regression. Several: one for each class. Numbers: ridge regression, its strength
    chosen for each number by leaving out one at a time of the pictures that it is fitted to.

    Pictures of one group, as the table has them, are in one fold; where there are few groups there are fewer folds.

    Args:
        dataset: Its training and validation pictures are used.
        features: [rows of the table, D].
        seed: Of the division into folds.
    """
    table = dataset.records()
    used = table["split"].isin(("train", "validation")).to_numpy()
    x, target = features[used], dataset.targets(table[used])
    groups = known_groups(table.loc[used, "group"])
    n = _n_folds(dataset.task, target, groups)
    fold = folds(dataset.task, target, n, seed=seed, groups=groups, classes=dataset.classes)
    answers = np.zeros((len(x), len(dataset.classes)), np.float32)
    head = _head(dataset.task)
    with threadpool_limits(1), warnings.catch_warnings():  # small matrices: more threads only wait for each other
        warnings.filterwarnings("ignore", "Label .* is present in all training examples")
        for held_out in np.unique(fold):
            fitted = head.fit(x[fold != held_out], target[fold != held_out])
            rows = x[fold == held_out]
            said = fitted.predict(rows) if dataset.task == "regression" else fitted.predict_proba(rows)
            known = fitted.classes_ if dataset.task == "multiclass" else np.arange(len(dataset.classes))
            answers[np.ix_(fold == held_out, known)] = said.reshape(len(rows), -1)
    return Predictions(dataset.classes, target, answers, table.index[used].to_numpy(), dataset.task)


def _n_folds(task: str, target: np.ndarray, groups: np.ndarray | None) -> int:
    """As many folds as the class with the fewest groups has groups, at least 2 and at most ``FOLDS``."""
    if groups is None:
        return FOLDS
    own = own_groups(groups)
    members = [target == label for label in np.unique(target)] if task == "multiclass" else [np.full(len(own), True)]
    return max(2, min(FOLDS, *(len(np.unique(own[rows])) for rows in members)))


def _head(task: str) -> Any:
    from sklearn.linear_model import LogisticRegression, RidgeCV  # late: slow to import
    from sklearn.multiclass import OneVsRestClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    if task == "regression":
        # features as they are: most are almost always 0, and to blow those up would give odd pictures odd numbers
        return RidgeCV(np.logspace(-2, 6, 17), alpha_per_target=True)
    logistic = LogisticRegression(C=0.01, max_iter=200, tol=1e-3)
    return make_pipeline(StandardScaler(), OneVsRestClassifier(logistic) if task == "multilabel" else logistic)
