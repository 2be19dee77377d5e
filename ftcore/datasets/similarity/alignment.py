"""How alike two pictures are when one may be a crop of the other: search on small grey pictures, then exact fitting.

Everything here is linear algebra on [N, 32, 32]; no picture is decoded again. Likeness is the correlation of grey
values (1.0 for the same picture, also after a change of brightness or contrast).
"""

from collections.abc import Iterator

import numpy as np

SIDE = 32
"""Side of the small grey pictures, in pixels."""

_FITTED = 16  # side of the pictures that are compared
_COARSE = 12  # the same for the search over all pairs
_SCALES = (0.94, 0.87, 0.8)  # crops that the search tries, at nine places each
_BLOCK = 1000
_HOPELESS = (0.9, 0.94, 0.97, 0.98, 0.985)
"""Likeness below which a further step is not taken, for each step: what is no copy is left early."""
_WORTH = 1e-4  # a step that gains less was the last one
_SMALLEST_CROP = 0.6
_FLAT = 1.5
"""Grey levels (0-255) of standard deviation below which a picture shows nothing that could be compared."""


def is_flat(grey: np.ndarray) -> np.ndarray:
    """Return True for pictures without anything to compare, [N]. ``grey``: [N, 32, 32], 0-255."""
    return grey.reshape(len(grey), -1).astype(np.float32).std(axis=1) < _FLAT


def neighbours(grey: np.ndarray, n: int) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
    """Find for each picture the ``n`` others that are most alike, each compared as a whole and as 27 crops of it.

    Args:
        grey: [N, 32, 32], 0-255.
        n: Neighbours per picture, fewer than N.

    Yields:
        The first row of a block, the neighbours [B, n], and their likeness [B, n], unsorted.
    """
    boxes = _search_boxes()
    whole = _unit(_cut(grey, np.array([[0, 1, 0, 1]], np.float32), _COARSE))  # [N, 144]
    for start in range(0, len(grey), _BLOCK):
        block = grey[start : start + _BLOCK]
        best = np.full((len(block), len(grey)), -1, np.float32)
        for box in boxes:
            crops = _unit(_cut(block, box[None], _COARSE))  # [B, 144]
            np.maximum(best, crops @ whole.T, out=best)
        best[np.arange(len(block)), start + np.arange(len(block))] = -1
        nearest = np.argpartition(-best, n - 1, axis=1)[:, :n]
        yield start, nearest, np.take_along_axis(best, nearest, axis=1)


def likeness(grey: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    """Likeness of pairs of pictures after the better of both directions was fitted.

    The crop of one picture that looks most like the whole other one is found by Gauss-Newton steps on the four edges
    of the crop (Lucas & Kanade 1981, An iterative image registration technique), from the best of a coarse search.

    Args:
        grey: [N, 32, 32], 0-255.
        pairs: [P, 2], row numbers.

    Returns:
        Correlation, [P], at most 1.
    """
    result = np.empty(len(pairs), np.float32)
    for start in range(0, len(pairs), _BLOCK):
        part = pairs[start : start + _BLOCK]
        both = [_fit(grey[part[:, i]], grey[part[:, 1 - i]]) for i in (0, 1)]
        result[start : start + _BLOCK] = np.maximum(*both)
    return result


def _fit(source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Likeness of each target to its best fitting crop of the source, [B]. Both are [B, 32, 32]."""
    template = _unit(_cut(target, np.array([[0, 1, 0, 1]], np.float32), _FITTED))  # [B, 256]
    box, score = _start(source, template)
    open_ = np.arange(len(source))  # pairs that are still worth a step
    for hopeless in _HOPELESS:
        open_ = open_[score[open_] > hopeless]
        if not len(open_):
            break
        tried = _step(source[open_], box[open_], template[open_])
        better = (_unit(_cut(source[open_], tried, _FITTED)) * template[open_]).sum(axis=1)
        gain = better - score[open_]
        wins = gain > 0
        box[open_[wins]], score[open_[wins]] = tried[wins], better[wins]
        open_ = open_[gain > _WORTH]
    return score


def _step(source: np.ndarray, box: np.ndarray, template: np.ndarray) -> np.ndarray:
    """The boxes after one Gauss-Newton step, [B, 4]."""
    small = 1e-2
    now = _unit(_cut(source, box, _FITTED))
    moved = [_unit(_cut(source, box + small * np.eye(4, dtype=np.float32)[i], _FITTED)) for i in range(4)]
    slope = np.stack([(m - now) / small for m in moved], axis=2)  # [B, 256, 4]
    curve = slope.transpose(0, 2, 1) @ slope + 1e-3 * np.eye(4, dtype=np.float32)  # [B, 4, 4]
    step = np.linalg.solve(curve, (slope * (template - now)[:, :, None]).sum(axis=1)[:, :, None])[:, :, 0]
    return _allowed(box + np.clip(step, -0.05, 0.05))


def _start(source: np.ndarray, template: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    boxes = _search_boxes()
    scores = np.stack([(_unit(_cut(source, box[None], _FITTED)) * template).sum(axis=1) for box in boxes], axis=1)
    best = scores.argmax(axis=1)
    return boxes[best], scores.max(axis=1)


def _allowed(box: np.ndarray) -> np.ndarray:
    """Boxes inside the picture that keep a sensible part of it; [B, 4] as left, right, top, bottom, 0-1."""
    box = np.clip(box, 0, 1)
    for first in (0, 2):
        short = np.maximum(0, _SMALLEST_CROP - (box[:, first + 1] - box[:, first])) / 2
        box[:, first] -= short
        box[:, first + 1] += short
    return np.clip(box, 0, 1)


def _search_boxes() -> np.ndarray:
    """The whole picture and its crops, [28, 4] as left, right, top, bottom, 0-1."""
    boxes = [(0.0, 1.0, 0.0, 1.0)]
    for scale in _SCALES:
        places = (0.0, (1 - scale) / 2, 1 - scale)
        boxes += [(x, x + scale, y, y + scale) for x in places for y in places]
    return np.array(boxes, np.float32)


def _cut(grey: np.ndarray, box: np.ndarray, side: int) -> np.ndarray:
    """The part of each picture inside its box, [B, side, side]. ``box`` is [B, 4] or, one for all, [1, 4]."""
    rows, columns = _weights(box[:, 2], box[:, 3], side), _weights(box[:, 0], box[:, 1], side)
    return rows @ grey.astype(np.float32) @ columns.transpose(0, 2, 1)


def _weights(low: np.ndarray, high: np.ndarray, side: int) -> np.ndarray:
    """Linear resampling with antialiasing along one axis, [B, side, SIDE]."""
    step = (high - low) * SIDE / side  # pixels of the source per pixel of the result, [B]
    centres = low[:, None] * SIDE + (np.arange(side) + 0.5) * step[:, None] - 0.5  # [B, side]
    distance = np.abs(np.arange(SIDE) - centres[:, :, None]) / np.maximum(1, step)[:, None, None]
    weights = np.maximum(0, 1 - distance)
    return (weights / np.maximum(weights.sum(axis=2, keepdims=True), 1e-6)).astype(np.float32)


def _unit(pictures: np.ndarray) -> np.ndarray:
    """Each picture as a vector with mean 0 and length 1, [B, side * side]; zeros where it is flat."""
    flat = pictures.reshape(len(pictures), -1)
    flat = flat - flat.mean(axis=1, keepdims=True)
    return flat / np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-3)
