"""Which pictures are copies of each other: exactly the same pixels, or nearly the same picture."""

import time
from collections import defaultdict
from collections.abc import Generator, Iterable, Sequence

import numpy as np

from ftcore.datasets.images.pixel_store import PixelStore
from ftcore.datasets.similarity import alignment
from ftcore.datasets.similarity.measure import Measured, measure
from ftcore.events import Progress

_NEIGHBOURS = 4  # that are looked at for each picture, from each way of searching
_BURST = 16  # the same where pictures may have many copies
_BITS = 8  # of 64 in which the perceptual hashes of two copies may differ
_PROMISING = 0.9  # likeness in the quick search below which nothing is fitted
_FAR, _NEAR = 0.03, 0.0025  # 1 - likeness: never a copy beyond, always one below
_STANDS_OUT = 8
"""A copy is this many times more alike than neighbours usually are: digits all look alike, photos do not."""
_COLOUR = 30  # grey levels by which the mean colours of two copies may differ
_BLOCK = 1000

Groups = list[tuple[int, ...]]


def exact_groups(measured: Measured) -> Groups:
    """Rows with the same pixels, in groups of two and more."""
    same: dict[bytes, list[int]] = defaultdict(list)
    for row, digest in zip(measured.rows.tolist(), measured.digests.tolist(), strict=True):
        same[digest].append(row)
    return [tuple(rows) for rows in same.values() if len(rows) > 1]


def together(
    pictures: PixelStore, rows: np.ndarray, also: np.ndarray | None = None
) -> Generator[Progress, None, np.ndarray]:
    """Return which pictures must not be divided: copies and bursts, however long. A generator that returns a name for
    each.

    A burst is more alike than the pictures beyond it, not than its own frames; so more neighbours are looked at than
    for finding copies.

    Args:
        pictures: Decoded pictures.
        rows: Of the pictures, [N].
        also: Names of groups that are known already, [N] text; an empty text is none.

    Returns:
        Names of groups, [N] text; empty for a picture that is like no other.
    """
    measured = yield from measure(pictures, rows)
    near = yield from near_groups(measured, None, _BURST)
    position = {int(row): i for i, row in enumerate(rows)}
    found = [tuple(position[row] for row in group) for group in (*exact_groups(measured), *near)]
    named: dict[str, list[int]] = defaultdict(list)
    for i, name in enumerate([] if also is None else also):
        if name:
            named[name].append(i)
    names = np.full(len(rows), "", dtype=object)
    for number, group in enumerate(merged([*found, *named.values()]), start=1):
        names[list(group)] = f"alike {number}"
    return names


def near_groups(
    measured: Measured, features: np.ndarray | None, n_neighbours: int = _NEIGHBOURS
) -> Generator[Progress, None, Groups]:
    """Rows that show nearly the same picture: re-saved, resized, cropped, or a burst. A generator that returns them.

    Candidates come from the perceptual hash, from a search over small grey pictures and their crops, and from the
    neighbours among the features; each candidate is then fitted (alignment.likeness).

    Args:
        measured: Of N pictures.
        features: [N, D], in the order of ``measured``, or None.
        n_neighbours: How many are looked at for each picture; half of them may be copies of it without copies being
            taken for what is usual.
    """
    n = len(measured.rows)
    if n < 3:
        return []
    usable = ~alignment.is_flat(measured.grey)  # [N]
    k = min(n_neighbours, n - 1)
    pairs, started = [_same_hash(measured.hashes, k)], time.perf_counter()
    for start, nearest, alike in alignment.neighbours(measured.grey, k):
        own = np.repeat(np.arange(start, start + len(nearest)), k)
        pairs.append(np.stack([own, nearest.ravel()], axis=1)[alike.ravel() > _PROMISING])
        yield Progress(
            stage="copies",
            label="Comparing pictures with each other",
            done=min(n, start + len(nearest)),
            total=n,
            seconds=time.perf_counter() - started,
        )
    if features is not None:
        pairs.append(_feature_pairs(features, k))
    candidates = np.unique(np.sort(np.concatenate(pairs), axis=1), axis=0)  # [P, 2]
    candidates = candidates[usable[candidates].all(axis=1)]
    colour = measured.colour.reshape(n, -1, 3).mean(axis=1)  # [N, 3]
    far = np.abs(colour[candidates[:, 0]] - colour[candidates[:, 1]]).max(axis=1) > _COLOUR
    candidates = candidates[~far]
    likeness = alignment.likeness(measured.grey, candidates)  # [P]
    usual = 1 if n_neighbours == _NEIGHBOURS else n_neighbours // 2
    copies = candidates[1 - likeness < _threshold(candidates, likeness, n, usual)]
    return [tuple(int(measured.rows[i]) for i in group) for group in merged(copies.tolist())]


def _threshold(pairs: np.ndarray, likeness: np.ndarray, n: int, usual: int) -> float:
    """The largest distance (1 - likeness) between copies, from how far the ``usual``-th neighbours mostly are."""
    own = pairs.T.ravel()  # every pair counts for both of its pictures, [2 P]
    distance = np.tile(1 - likeness, 2)
    order = np.lexsort((distance, own))
    own, distance = own[order], distance[order]
    start = np.searchsorted(own, np.arange(n))  # [N]
    count = np.searchsorted(own, np.arange(n), side="right") - start
    there = count >= usual
    nearest = np.full(n, 1 - _PROMISING)
    nearest[there] = np.minimum(1 - _PROMISING, distance[start[there] + usual - 1])
    return float(np.clip(np.median(nearest) / _STANDS_OUT, _NEAR, _FAR))


def _same_hash(hashes: np.ndarray, k: int) -> np.ndarray:
    """Pairs whose perceptual hashes differ in few bits, the nearest few for each picture, [P, 2]."""
    found = []
    for start in range(0, len(hashes), _BLOCK):
        block = hashes[start : start + _BLOCK]
        differ = np.bitwise_count(block[:, None] ^ hashes[None, :])  # [B, N] uint8
        differ[np.arange(len(block)), start + np.arange(len(block))] = 64
        nearest = np.argpartition(differ, k - 1, axis=1)[:, :k]
        close = np.take_along_axis(differ, nearest, axis=1) <= _BITS
        own = np.broadcast_to(np.arange(start, start + len(block))[:, None], nearest.shape)
        found.append(np.stack([own[close], nearest[close]], axis=1))
    return np.concatenate(found)


def _feature_pairs(features: np.ndarray, k: int) -> np.ndarray:
    """Each picture with its nearest neighbours by cosine, [N * k, 2]."""
    unit = features / np.maximum(np.linalg.norm(features, axis=1, keepdims=True), 1e-6)
    found = []
    for start in range(0, len(unit), _BLOCK):
        alike = unit[start : start + _BLOCK] @ unit.T  # [B, N]
        alike[np.arange(len(alike)), start + np.arange(len(alike))] = -2
        nearest = np.argpartition(-alike, k - 1, axis=1)[:, :k]
        found.append(np.stack([np.repeat(np.arange(start, start + len(alike)), k), nearest.ravel()], axis=1))
    return np.concatenate(found)


def merged(groups: Iterable[Sequence[int]]) -> Groups:
    """Groups that share a member become one; members and groups sorted."""
    parent: dict[int, int] = {}

    def root(i: int) -> int:
        while parent.setdefault(i, i) != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    for group in groups:
        for other in group[1:]:
            parent[root(other)] = root(group[0])
    members: dict[int, list[int]] = defaultdict(list)
    for i in parent:
        members[root(i)].append(i)
    return sorted(tuple(sorted(group)) for group in members.values() if len(group) > 1)
