"""Which pictures are learned from, which choose the best epoch, and which are locked away for the last question."""

import re

import numpy as np

from ftcore.errors import DataError, SettingsError

SPLITS = ("train", "validation", "test")
SHARES = (70, 15, 15)
FEWEST = 3  # per class: one picture for each split


def parse_shares(text: str) -> tuple[int, int, int]:
    """``"70/15/15"`` as percentages of train, validation and test. Raises SettingsError for anything else."""
    match = re.fullmatch(r"\s*(\d{1,3})\s*/\s*(\d{1,3})\s*/\s*(\d{1,3})\s*", str(text))
    shares = tuple(int(number) for number in match.groups()) if match else ()
    if len(shares) != 3 or sum(shares) != 100 or min(shares) < 1:
        raise SettingsError(
            f"The split is {str(text)!r}, expected three whole numbers above 0 that sum to 100: "
            "the shares of train, validation and test.",
            fix="For example 70/15/15.",
        )
    return shares[0], shares[1], shares[2]


def stratified(targets: np.ndarray, shares: tuple[int, int, int] = SHARES, seed: int = 0) -> np.ndarray:
    """A split for each picture, drawn class by class.

    Each class is divided on its own, so that adding pictures to one class moves none of another. Every class gets at
    least one picture in each split; beyond that a split is at most one picture away from its share.

    Args:
        targets: Class indices, [N].
        shares: Percentages of train, validation and test.
        seed: The same seed gives the same split.

    Returns:
        ``"train"``, ``"validation"`` or ``"test"``, [N].
    """
    for target, n_pictures in zip(*np.unique(targets, return_counts=True), strict=True):
        if n_pictures < FEWEST:
            raise DataError(
                f"Class number {target} has {n_pictures} pictures, a split needs at least {FEWEST}.",
                fix="Add pictures to the class or leave it out.",
            )
    return complete(np.full(len(targets), "train"), targets, shares, seed)


def complete(
    given: np.ndarray, targets: np.ndarray, shares: tuple[int, int, int] = SHARES, seed: int = 0
) -> np.ndarray:
    """The split that the folders gave, with what they do not have carved out of train.

    A picture of train moves to validation or test only if the folders have no such split at all. A class that has
    too few pictures in train keeps at least one there, even if the carved split then has none of it.

    Args:
        given: ``"train"``, ``"validation"`` or ``"test"``, [N].
        targets: Class indices, [N].
        shares: Percentages; the carved share is taken relative to train's own.
        seed: The same seed gives the same split.
    """
    split = given.astype("<U10")  # [N]
    missing = [name for name in SPLITS[1:] if not (given == name).any()]
    wanted = [shares[SPLITS.index(name)] for name in missing]
    whole = shares[0] + sum(wanted)  # per cent of all pictures that the train folder stands for
    for target in np.unique(targets):
        members = np.flatnonzero((targets == target) & (given == "train"))
        shuffled = np.random.default_rng([seed, int(target)]).permutation(members)
        start = 0
        for name, n_carved in zip(missing, _parts(len(members), [share / whole for share in wanted]), strict=True):
            split[shuffled[start : start + n_carved]] = name
            start += n_carved
    return split


def _parts(n: int, fractions: list[float]) -> list[int]:
    """How many of ``n`` pictures each split gets: its fraction, at least one, as long as one is left for train."""
    parts = [max(1, round(n * fraction)) for fraction in fractions]
    while parts and sum(parts) > max(0, n - 1):
        parts[parts.index(max(parts))] -= 1
    return parts
