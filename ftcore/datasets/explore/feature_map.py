"""A map of the pictures: those that look alike to a pretrained model lie together.

``datasets/<id>/map.json`` holds where each picture lies and which others are most like it. It knows nothing of classes
and splits, so versions of a data set share it.
"""

import json
import time
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ftcore import workspace
from ftcore.datasets.records import MAP, Dataset
from ftcore.errors import DataError
from ftcore.events import Progress

FORMAT = 1
MOST = 3000
"""Pictures on a map. More would take minutes to place, and hide each other."""

FEWEST = 5
N_NEIGHBOURS = 8
_AXES = 50  # main directions that the neighbourhoods are looked for in, as the authors of t-SNE do
_PERPLEXITY = 30.0  # how many neighbours each picture tries to keep, roughly
_EXAGGERATION = 12.0
_PARTS, _STEPS = 4, 250  # t-SNE runs in parts, so that its progress can be told; 250 steps are scikit-learn's fewest


@dataclass(frozen=True)
class FeatureMap:
    """Where pictures lie.

    Args:
        points: One row per picture on the map: row (in the data set's table), x and y (neighbourhoods, t-SNE), main_x
            and main_y (main directions, PCA), neighbours (rows, nearest first) and likeness (cosine of the features of
            each neighbour, -1 to 1).
        n_pictures: How many pictures there were to choose from.
        model: Whose features.
        explained: Shares of the variance of the features that the two main directions hold, 0-1.
    """

    points: pd.DataFrame
    n_pictures: int
    model: str
    explained: tuple[float, float]


def sample(table: pd.DataFrame, most: int = MOST, seed: int = 0) -> np.ndarray:
    """Rows of the used pictures, [M] int64 rising; of more than ``most``, so many are drawn."""
    used = np.flatnonzero((table["split"] != "").to_numpy())
    if len(used) <= most:
        return used
    return np.sort(np.random.default_rng(seed).choice(used, most, replace=False))


def place(
    rows: np.ndarray, features: np.ndarray, *, n_pictures: int, model: str, seed: int = 0
) -> Generator[Progress, None, FeatureMap]:
    """Put pictures on a map. A generator that returns it; the same features and seed give the same map.

    Main directions: principal component analysis. Neighbourhoods: t-SNE on the first 50 of them (van der Maaten and
    Hinton 2008, Visualizing data using t-SNE), begun at the first two (Kobak and Berens 2019, The art of using t-SNE
    for single-cell transcriptomics).

    Args:
        rows: Row numbers of the pictures, [N].
        features: Of each, [N, D].
        n_pictures: How many there were to choose from.
        model: Whose features.
        seed: Of the randomised decomposition.

    Raises:
        DataError: There are too few pictures.
    """
    n = len(rows)
    if n < FEWEST:
        raise DataError(f"A map needs at least {FEWEST} pictures, there are {n}.", fix="Add pictures.")
    started = time.perf_counter()

    def progress(done: int, label: str) -> Progress:
        seconds = time.perf_counter() - started
        return Progress(stage="place", label=label, done=done, total=_PARTS + 1, seconds=seconds)

    yield progress(0, "Looking for the main directions")
    unit = features / np.maximum(np.linalg.norm(features, axis=1, keepdims=True), 1e-12)  # [N, D]
    neighbours, likeness = _nearest(unit.astype(np.float32))
    from sklearn.decomposition import PCA  # late: pages import this module

    components = PCA(min(_AXES, n - 1, features.shape[1]), svd_solver="randomized", random_state=seed)
    with np.errstate(invalid="ignore"):  # shares of nothing, where all pictures are the same
        axes = components.fit_transform(unit)  # [N, A]
    if axes.shape[1] < 2:
        axes = np.pad(axes, ((0, 0), (0, 2 - axes.shape[1])))
    spread = float(axes[:, 0].std()) or 1.0
    placed = (axes[:, :2] / spread * 1e-4).astype(np.float32)  # [N, 2]
    for part in range(_PARTS):
        yield progress(part + 1, "Finding a place for each picture")
        placed = _moved(axes, placed, exaggeration=_EXAGGERATION if part == 0 else 1.0, seed=seed)
    yield progress(_PARTS + 1, "Finding a place for each picture")
    points = pd.DataFrame(
        {
            "row": rows.astype(int),
            "x": placed[:, 0].astype(float),
            "y": placed[:, 1].astype(float),
            "main_x": axes[:, 0].astype(float),
            "main_y": axes[:, 1].astype(float),
            "neighbours": rows[neighbours].astype(int).tolist(),
            "likeness": np.round(likeness.astype(float), 4).tolist(),
        }
    )
    shares = [*np.nan_to_num(components.explained_variance_ratio_[:2]).tolist(), 0.0]
    return FeatureMap(points, n_pictures, model, (shares[0], shares[1]))


def save(dataset: Dataset, found: FeatureMap) -> None:
    """Write a map beside the data set, whole or not at all."""
    columns: dict[str, list[Any]] = {str(name): values.tolist() for name, values in found.points.items()}
    for name in ("x", "y", "main_x", "main_y"):
        columns[name] = [round(value, 5) for value in columns[name]]
    about = {"n_pictures": found.n_pictures, "model": found.model, "explained": list(found.explained)}
    workspace.write_json(dataset.folder / MAP, {"format": FORMAT, **about, "points": columns})


def load(dataset: Dataset) -> FeatureMap | None:
    """The map of a data set, or None if nobody has drawn it."""
    try:
        value = json.loads((dataset.folder / MAP).read_text(encoding="utf-8"))
        if value["format"] != FORMAT:
            return None
        first, second = value["explained"]
        return FeatureMap(pd.DataFrame(value["points"]), value["n_pictures"], value["model"], (first, second))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def shown(found: FeatureMap, table: pd.DataFrame) -> pd.DataFrame:
    """The points of pictures that this version of the data set uses; target, label, split and path are added."""
    of = table.loc[found.points["row"], ["target", "label", "split", "path"]].reset_index(drop=True)
    points = pd.concat([found.points, of], axis=1)
    return points[points["split"] != ""].reset_index(drop=True)


def _nearest(unit: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Find for each of N vectors of length 1, [N, D], its nearest others, [N, K], and their cosines, [N, K], best
    first."""
    cosine = unit @ unit.T  # [N, N]
    np.fill_diagonal(cosine, -2.0)
    nearest = np.argsort(-cosine, axis=1, kind="stable")[:, : min(N_NEIGHBOURS, len(unit) - 1)]
    return nearest, np.clip(np.take_along_axis(cosine, nearest, axis=1), -1, 1)


def _moved(axes: np.ndarray, placed: np.ndarray, *, exaggeration: float, seed: int) -> np.ndarray:
    """The places after one part of t-SNE. Only the first part exaggerates; the step is that of the whole run."""
    from sklearn.manifold import TSNE

    n = len(axes)
    tsne = TSNE(
        init=placed,
        perplexity=min(_PERPLEXITY, (n - 1) / 3),
        early_exaggeration=exaggeration,
        learning_rate=max(n / _EXAGGERATION / 4, 50.0),
        max_iter=_STEPS,
        random_state=seed,
    )
    return np.asarray(tsne.fit_transform(axes), np.float32)
