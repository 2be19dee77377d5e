"""What the pictures of a data set look like as a whole: the average picture of a group, how alike its pictures are, and
how large the files are."""

import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from PIL import Image

from ftcore import tasks
from ftcore.datasets.explore.query import has_class
from ftcore.datasets.images.pixel_store import PixelStore
from ftcore.datasets.records import Dataset

SIDE = 64  # pixels of an average picture
ENOUGH = 120  # pictures that an average is made of, spread evenly over the group
N_RANGES = 6  # groups that pictures with numbers are put into
MOST_SIZES = 2000  # different sizes that are told apart


@dataclass(frozen=True)
class Group:
    """Pictures that are looked at together.

    Args:
        name: Of the class, or the range of values.
        rows: In the table, [M].
    """

    name: str
    rows: np.ndarray


@dataclass(frozen=True)
class Average:
    """What a group of pictures looks like.

    Args:
        png: The mean of its pictures, each cut to a square of ``SIDE`` pixels from its middle, as PNG.
        alike: Mean correlation of the grey values of two pictures of the group: 1 if all are the same, about 0 if they
            have nothing in common; NaN for a single picture.
        n_used: How many pictures it is made of.
    """

    png: bytes
    alike: float
    n_used: int


def groups(dataset: Dataset, table: pd.DataFrame, number: int = 0) -> list[Group]:
    """The used pictures by class; a picture of several classes is in each. By ranges of equal count for numbers.

    Args:
        dataset: Whose pictures.
        table: Its table.
        number: Which of the numbers.
    """
    used = np.flatnonzero((table["split"] != "").to_numpy())  # [N]
    column = table["target"].iloc[used]
    if tasks.of(dataset.task).has_classes:
        members = ((name, used[has_class(column, i)]) for i, name in enumerate(dataset.classes))
        return [Group(name, rows) for name, rows in members if len(rows)]
    values = dataset.targets(table.iloc[used])[:, number]  # [N]
    order = np.argsort(values, kind="stable")
    parts = [part for part in np.array_split(order, N_RANGES) if len(part)]
    return [Group(f"{values[part[0]]:.4g} – {values[part[-1]]:.4g}", used[part]) for part in parts]


def average(pictures: PixelStore, rows: Sequence[int] | np.ndarray) -> Average:
    """The average of some pictures, made of at most ``ENOUGH`` of them. ``rows``: at least one row number."""
    chosen = np.unique(np.linspace(0, len(rows) - 1, min(len(rows), ENOUGH)).round().astype(int))
    squares = np.stack([_square(pictures.pixels(int(rows[i]))) for i in chosen]).astype(np.float32)  # [n, S, S, 3]
    buffer = io.BytesIO()
    Image.fromarray(squares.mean(axis=0).round().astype(np.uint8)).save(buffer, "PNG")
    return Average(buffer.getvalue(), mean_correlation(squares.mean(axis=3)), len(squares))


def mean_correlation(grey: np.ndarray) -> float:
    """Mean Pearson correlation over all pairs of pictures, without forming the pairs.

    With each picture as a vector of mean 0 and length 1, the squared length of the sum of n of them is n plus twice the
    sum of all pairwise correlations. A picture without any contrast correlates with nothing.

    Args:
        grey: [n, height, width].

    Returns:
        From -1 to 1; NaN for fewer than two pictures.
    """
    n = len(grey)
    if n < 2:
        return float("nan")
    flat = grey.reshape(n, -1).astype(np.float64)
    flat = flat - flat.mean(axis=1, keepdims=True)
    length = np.linalg.norm(flat, axis=1, keepdims=True)
    unit = np.divide(flat, length, out=np.zeros_like(flat), where=length > 1e-6)
    n_seen = int((length > 1e-6).sum())
    return float((np.square(unit.sum(axis=0)).sum() - n_seen) / (n * (n - 1)))


def sizes(table: pd.DataFrame, most: int = MOST_SIZES) -> pd.DataFrame:
    """Return how many of the used pictures have which size: columns width, height (of the files, in pixels), count.

    Most frequent first. Of more than ``most`` sizes, so many are drawn, always the same ones; the table's
    ``attrs["left_out"]`` says how many pictures have one of the others.
    """
    used = table[table["split"] != ""]
    counts = used.groupby(["width", "height"]).size().reset_index(name="count")
    found = counts.sample(most, random_state=0) if len(counts) > most else counts
    found = found.sort_values(["count", "width", "height"], ascending=[False, True, True], ignore_index=True)
    found.attrs["left_out"] = int(counts["count"].sum() - found["count"].sum())
    return found


def _square(pixels: np.ndarray) -> np.ndarray:
    """The middle of a picture, uint8 [SIDE, SIDE, 3]. ``pixels``: uint8 [height, width, 3]."""
    height, width = pixels.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    middle = Image.fromarray(np.ascontiguousarray(pixels[top : top + side, left : left + side]))
    if side >= 2 * SIDE:
        middle = middle.reduce(side // SIDE)
    return np.asarray(middle.resize((SIDE, SIDE), Image.Resampling.BILINEAR))
