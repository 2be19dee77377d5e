"""Which backbone suits these pictures? Each is scored by a head that is cross-validated on its frozen features.

A linear head on frozen features ranks pretrained networks much as fine-tuning them does (Kornblith et al. 2019, Do
better ImageNet models transfer better?, https://arxiv.org/abs/1805.08974) and takes seconds, because features are kept.
"""

import time
import warnings
from collections.abc import Generator, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from threadpoolctl import threadpool_limits

from ftcore import tasks
from ftcore.datasets.records import Dataset
from ftcore.datasets.splits import folds, known_groups, own_groups
from ftcore.errors import FinetuneError, ModelError, SettingsError
from ftcore.evaluation import report
from ftcore.evaluation.predictions import Predictions
from ftcore.events import Event, Note, Progress
from ftcore.models import catalogue
from ftcore.search.candidates import FEWEST, MOST
from ftcore.search.events import CandidateScored
from ftcore.tasks.task import Task
from ftcore.training.embeddings import lookup

FOLDS = 5


@dataclass(frozen=True)
class Standing:
    """How one backbone did.

    Args:
        model: timm's name.
        metric: Name of what was scored: the task's ``race_score``.
        score: Of what a head predicted for pictures it had not learned from.
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
        metric = tasks.of(dataset.task).race_score
        found = report.scores(cross_validated(dataset, features, seed=seed))[metric]
        known = catalogue.find(model)
        size = known.parameters * 4 / 1e6 if known and known.parameters else 0.0
        seconds = time.perf_counter() - started
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
    """Predictions of a linear head that was fitted without the picture's fold.

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
    task = tasks.of(dataset.task)
    n = _n_folds(task, target, groups)
    fold = folds(dataset.task, target, n, seed=seed, groups=groups, classes=dataset.classes)
    values = np.zeros((len(x), len(dataset.classes)), np.float32)
    with threadpool_limits(1), warnings.catch_warnings():  # small matrices: more threads only wait for each other
        warnings.filterwarnings("ignore", "Label .* is present in all training examples")
        for held_out in np.unique(fold):
            asked, known = fold == held_out, fold != held_out
            values[asked] = task.linear_probe(x[known], target[known], x[asked], len(dataset.classes))
    return Predictions(dataset.classes, target, values, table.index[used].to_numpy(), dataset.task)


def _n_folds(task: Task, target: np.ndarray, groups: np.ndarray | None) -> int:
    """Return the number of folds: as many as the class with the fewest groups has groups, at least 2 and at most
    ``FOLDS``; where not every class has to be in every fold, as many as there are groups."""
    if groups is None:
        return FOLDS
    own = own_groups(groups)
    strata = task.strata(target) if task.fills_every_fold else None
    members = [np.full(len(own), True)] if strata is None else [strata == label for label in np.unique(strata)]
    return max(2, min(FOLDS, *(len(np.unique(own[rows])) for rows in members)))
