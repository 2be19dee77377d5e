"""Which backbone suits these pictures? Each is scored by a head that is cross-validated on its frozen features.

A linear head on frozen features ranks pretrained networks much as fine-tuning them does (Kornblith et al. 2019, Do
better ImageNet models transfer better?, https://arxiv.org/abs/1805.08974) and takes seconds, because features are kept.
"""

import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass

import numpy as np
from threadpoolctl import threadpool_limits

from ftcore.datasets.records import Dataset
from ftcore.datasets.splits import folds
from ftcore.errors import DataError, FinetuneError, SettingsError
from ftcore.events import Event, Note, Progress, Stood
from ftcore.metrics.intervals import share_interval
from ftcore.models import catalogue
from ftcore.search.entrants import FEWEST, MOST
from ftcore.training import known_features

FOLDS = 5


@dataclass(frozen=True)
class Standing:
    """How one backbone did.

    Args:
        model: timm's name.
        accuracy: Share of pictures that a head named correctly that had not learned from them, 0-1.
        low: Lower end of the 95 % interval.
        high: Upper end.
        seconds: That its features and its head took; next to nothing where the features were known.
        megabytes: Of its weights in float32.
    """

    model: str
    accuracy: float
    low: float
    high: float
    seconds: float
    megabytes: float


def race(
    dataset: Dataset, models: Sequence[str], *, image_size: int | None = None, seed: int = 0
) -> Generator[Event, None, list[Standing]]:
    """Score backbones on the training and validation pictures; a generator that returns the best first.

    ``Stood`` tells of each as soon as it is known. The test pictures take no part. A model whose weights cannot be
    had is left out with a note.

    Args:
        dataset: With one class per picture.
        models: From two to eight of timm's names.
        image_size: Side of the input in pixels; one that fits the pictures if None.
        seed: Of the division into folds.

    Raises:
        SettingsError: Too few or too many models.
        DataError: Other tasks, or a class with a single picture.
    """
    wanted = list(dict.fromkeys(models))
    if not FEWEST <= len(wanted) <= MOST:
        raise SettingsError(
            f"{len(wanted)} different models were given, a race takes {FEWEST} to {MOST}.",
            fix="For example tf_efficientnet_lite0 and tf_efficientnet_lite1.",
        )
    if dataset.task != "single":
        raise DataError("A race needs one class per picture.", fix="Use a data set of that kind.")
    standings: list[Standing] = []
    began = time.perf_counter()
    for number, model in enumerate(wanted):
        label = f"Racing: model {number + 1} of {len(wanted)}"
        seconds = time.perf_counter() - began
        yield Progress(stage="race", label=label, done=number, total=len(wanted), seconds=seconds)
        started = time.perf_counter()
        try:
            features = known_features.find(dataset, model, image_size)
            if features is None:
                from ftcore.training.features import picture_features  # late: torch takes longer than a known race

                features = yield from picture_features(dataset, model, image_size)
        except FinetuneError as error:
            yield Note(message=f"{model} takes no part. {error.what}")
            continue
        n_right, n = head_accuracy(dataset, features, seed=seed)
        low, high = share_interval(n_right, n)
        known = catalogue.find(model)
        size = known.parameters * 4 / 1e6 if known and known.parameters else 0.0
        standing = Standing(model, n_right / n, low, high, time.perf_counter() - started, size)
        standings.append(standing)
        yield _told(standing)
    yield Progress(stage="race", label="Racing", done=len(wanted), total=len(wanted))
    return sorted(standings, key=lambda standing: -standing.accuracy)


def _told(standing: Standing) -> Stood:
    return Stood(
        model=standing.model,
        metric="accuracy",
        score=standing.accuracy,
        low=standing.low,
        high=standing.high,
        seconds=standing.seconds,
        megabytes=standing.megabytes,
    )


def head_accuracy(dataset: Dataset, features: np.ndarray, *, seed: int = 0) -> tuple[int, int]:
    """How many pictures a linear head names correctly that was fitted without their fold, and of how many.

    Args:
        dataset: Its training and validation pictures are used.
        features: [rows of the table, D].
        seed: Of the division into folds.
    """
    from sklearn.linear_model import LogisticRegression  # late: slow to import
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    table = dataset.records()
    used = table["split"].isin(("train", "validation")).to_numpy()
    x, target = features[used], table.loc[used, "target"].to_numpy(np.int64)
    fold = folds("single", target, FOLDS, seed=seed)
    head = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=200, tol=1e-3))
    n_right = 0
    with threadpool_limits(1):  # small matrices: more threads only wait for each other
        for held_out in np.unique(fold):
            head.fit(x[fold != held_out], target[fold != held_out])
            n_right += int((head.predict(x[fold == held_out]) == target[fold == held_out]).sum())
    return n_right, len(target)
