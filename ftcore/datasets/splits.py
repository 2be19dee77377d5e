"""Which pictures are learned from, which choose the best epoch, and which are locked away for the last question."""

import re
from collections.abc import Sequence

import numpy as np
import pandas as pd

from ftcore import tasks
from ftcore.errors import DataError, SettingsError
from ftcore.tasks.task import FEWEST

SPLITS = ("train", "validation", "test")
SHARES = (70, 15, 15)
METHODS = {
    "auto": "By the source where it says so, by its groups where it has some, else at random",
    "random": "At random, class by class",
    "group": "By the groups that the table names",
    "prefix": "By the beginning of the file name",
    "near": "By what they show: bursts and near-duplicates stay together",
}
"""How a source may be divided, each with a few words."""
_CALLED = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("val", "valid", "validation"), "validation"),
    **dict.fromkeys(("test", "testing"), "test"),
}
_COUNTER = re.compile(r"[\s_.\-(]*\d+\)?$")


def parse_shares(text: str) -> tuple[int, int, int]:
    """``"70/15/15"`` as percentages of train, validation and test; the test's may be 0 for pictures that are tested
    elsewhere. Raises SettingsError for anything else."""
    match = re.fullmatch(r"\s*(\d{1,3})\s*/\s*(\d{1,3})\s*/\s*(\d{1,3})\s*", str(text))
    shares = tuple(int(number) for number in match.groups()) if match else ()
    if len(shares) != 3 or sum(shares) != 100 or min(shares[:2]) < 1:
        raise SettingsError(
            f"The split is {str(text)!r}, expected three whole numbers above 0 that sum to 100: "
            "the shares of train, validation and test. Only the last one may be 0: there is no test then.",
            fix="For example 70/15/15.",
        )
    return shares[0], shares[1], shares[2]


def split_named(text: str) -> str | None:
    """The split that a folder or a cell of a table means (``Train``, ``val``, ``testing``), or None."""
    return _CALLED.get(text.strip().lower())


def stratified(
    targets: np.ndarray, shares: tuple[int, int, int] = SHARES, seed: int = 0, classes: Sequence[str] = ()
) -> np.ndarray:
    """A split for each picture, drawn class by class.

    Each class is divided on its own, so that adding pictures to one class moves none of another. Every class gets at
    least one picture in each split; beyond that a split is at most one picture away from its share.

    Args:
        targets: Class indices, [N].
        shares: Percentages of train, validation and test.
        seed: The same seed gives the same split.
        classes: What the classes are called, for sentences.

    Returns:
        ``"train"``, ``"validation"`` or ``"test"``, [N].
    """
    for target, n_pictures in zip(*np.unique(targets, return_counts=True), strict=True):
        if n_pictures < FEWEST:
            raise DataError(
                f"{_called(target, classes)} has {n_pictures} pictures, a split needs at least {FEWEST}.",
                fix="Add pictures to the class or leave it out.",
            )
    return complete(np.full(len(targets), "train"), targets, shares, seed)


def complete(
    given: np.ndarray,
    targets: np.ndarray,
    shares: tuple[int, int, int] = SHARES,
    seed: int = 0,
    missing: Sequence[str] | None = None,
) -> np.ndarray:
    """The split that the folders gave, with what they do not have carved out of train.

    A picture of train moves to validation or test only if the folders have no such split at all. A class that has
    too few pictures in train keeps at least one there, even if the carved split then has none of it.

    Args:
        given: ``"train"``, ``"validation"`` or ``"test"``, [N].
        targets: Class indices, or strata of another kind, [N].
        shares: Percentages; the carved share is taken relative to train's own.
        seed: The same seed gives the same split.
        missing: The splits to carve; those that ``given`` does not have if None.
    """
    split = given.astype("<U10")  # [N]
    missing = _missing(given, shares) if missing is None else missing
    lacking = [shares[SPLITS.index(name)] for name in missing]
    whole = shares[0] + sum(lacking)  # per cent of all pictures that the train folder stands for
    for target in np.unique(targets):
        members = np.flatnonzero((targets == target) & (given == "train"))
        shuffled = np.random.default_rng([seed, int(target)]).permutation(members)
        start = 0
        for name, n_carved in zip(missing, _parts(len(members), [share / whole for share in lacking]), strict=True):
            split[shuffled[start : start + n_carved]] = name
            start += n_carved
    return split


def _parts(n: int, fractions: list[float]) -> list[int]:
    """Return how many of ``n`` pictures each split gets: its fraction, at least one, as long as one is left for
    train."""
    parts = [max(1, round(n * fraction)) for fraction in fractions]
    while parts and sum(parts) > max(0, n - 1):
        parts[parts.index(max(parts))] -= 1
    return parts


def divide(
    task: str,
    targets: np.ndarray,
    *,
    shares: tuple[int, int, int] = SHARES,
    seed: int = 0,
    given: np.ndarray | None = None,
    groups: np.ndarray | None = None,
    classes: Sequence[str] = (),
) -> np.ndarray:
    """A split for each picture, for every task.

    Args:
        task: Name of the task.
        targets: As ``Task.as_array`` makes them.
        shares: Percentages of train, validation and test.
        seed: The same seed gives the same split.
        given: The split that the source names, [N]; what it does not have is carved out of train.
        groups: Pictures of one group stay together, [N] text; an empty text is a group of one picture.
        classes: What the classes are called, for sentences.

    Returns:
        ``"train"``, ``"validation"`` or ``"test"``, [N].

    Raises:
        DataError: It cannot work: too few groups, a class that would not be in train, or a group of which ``given``
            puts some pictures here and some there.
    """
    meaning = tasks.of(task)
    if given is None and groups is None and meaning.fills_every_fold:
        return stratified(targets, shares, seed, classes)
    split = np.full(len(targets), "train", dtype="<U10") if given is None else given.astype("<U10")
    if given is not None and groups is not None:
        _require_whole_groups(given, groups)
    missing = _missing(split, shares)
    if not missing:
        return split
    rows = np.flatnonzero(split == "train")
    strata = meaning.strata(targets[rows])
    if groups is None and strata is not None:
        split[rows] = complete(split[rows], strata, shares, seed, missing)
        return split
    names = ("train", *missing)
    target_shares = np.array([shares[SPLITS.index(name)] for name in names], float)
    has = targets[rows] if strata is None else _one_hot(strata)
    if groups is not None:
        parts = by_group(groups[rows], has, target_shares / target_shares.sum(), seed)
    else:
        parts = by_sets(has, target_shares / target_shares.sum(), seed)
    split[rows] = np.array(names, dtype="<U10")[parts]
    return split


def by_sets(has: np.ndarray, fractions: np.ndarray, seed: int = 0) -> np.ndarray:
    """Divide pictures that have several classes each so that every class gets its fractions.

    Iterative stratification: the class with the fewest pictures left is divided next, each picture going where that
    class is needed most (Sechidis, Tsoumakas and Vlahavas 2011, On the Stratification of Multi-Label Data).

    Args:
        has: 1 where a picture has a class, [N, C].
        fractions: Of each part; they sum to 1. The first is train: no class that is somewhere is absent from it.
        seed: Breaks ties.

    Returns:
        Index of the part, [N].
    """
    random = np.random.default_rng(seed)
    has = has.astype(bool)
    needed = fractions[:, None] * has.sum(axis=0)  # [P, C]
    room = fractions * len(has)  # [P]
    parts = np.full(len(has), -1)
    left = has.copy()
    remaining = left.sum(axis=0)
    while remaining.any():
        label = int(np.where(remaining > 0, remaining, len(has) + 1).argmin())
        for row in random.permutation(np.flatnonzero(left[:, label])):
            best = np.flatnonzero(needed[:, label] == needed[:, label].max())
            best = best[room[best] == room[best].max()]
            part = int(random.choice(best)) if len(best) > 1 else int(best[0])
            parts[row] = part
            needed[part, has[row]] -= 1
            room[part] -= 1
            remaining = remaining - left[row]
            left[row] = False
    rest = random.permutation(np.flatnonzero(parts < 0))  # pictures without any class
    for row in rest:
        part = int(room.argmax())
        parts[row] = part
        room[part] -= 1
    for present in np.flatnonzero(has.any(axis=0)):
        members = np.flatnonzero(has[:, present])
        if not (parts[members] == 0).any():
            parts[members[0]] = 0
    return parts


def by_group(groups: np.ndarray, has: np.ndarray, fractions: np.ndarray, seed: int = 0) -> np.ndarray:
    """Divide groups of pictures, never a group itself, as close to the fractions of every class as a greedy walk gets.

    The largest group goes first, each to the part where it brings the class counts closest to what is wanted (squared
    error relative to the size of the class).

    Args:
        groups: Name of each picture's group, [N]; an empty name is a group of its own.
        has: 1 where a picture has a class, [N, C].
        fractions: Of each part; they sum to 1. The first is train.
        seed: Order of groups of the same size.

    Returns:
        Index of the part, [N].

    Raises:
        DataError: Fewer groups than parts, or a class that no walk could bring into train.
    """
    _, index = np.unique(own_groups(groups), return_inverse=True)
    n_groups = int(index.max()) + 1 if len(index) else 0
    if n_groups < len(fractions):
        raise DataError(
            f"There are {n_groups} groups, expected at least {len(fractions)}: a group goes into one part as a whole.",
            fix="Use smaller groups, or divide at random.",
        )
    weights = np.column_stack([has, np.ones(len(has))]).astype(float)  # [N, C + 1]; the last counts pictures
    per_group = np.zeros((n_groups, weights.shape[1]))
    np.add.at(per_group, index, weights)
    total = per_group.sum(axis=0).clip(1)
    target_counts = fractions[:, None] * total  # [P, C + 1]
    now = np.zeros_like(target_counts)
    part_of = np.zeros(n_groups, int)
    shuffled = np.random.default_rng(seed).permutation(n_groups)
    for group in shuffled[np.argsort(-per_group[shuffled, -1], kind="stable")]:
        added = per_group[group]
        cost = (((now + added - target_counts) ** 2 - (now - target_counts) ** 2) / total**2).sum(axis=1)
        part_of[group] = int(cost.argmin())
        now[part_of[group]] += added
    _mend(part_of, per_group, now)
    return part_of[index]


def _mend(part_of: np.ndarray, per_group: np.ndarray, now: np.ndarray) -> None:
    """Give train a group of every class, and every part a group, moving as few pictures as possible; in place."""
    for label in np.flatnonzero((per_group.sum(axis=0) > 0) & (now[0] == 0)):
        owners = np.flatnonzero(per_group[:, label] > 0)
        _move(int(owners[per_group[owners, -1].argmin()]), 0, part_of, per_group, now)
    for part in np.flatnonzero(now[:, -1] == 0):
        for group in np.argsort(per_group[:, -1], kind="stable"):
            source = part_of[group]
            rest = now[source] - per_group[group]
            if rest[-1] > 0 and (source != 0 or not ((rest == 0) & (per_group[group] > 0)).any()):
                _move(int(group), int(part), part_of, per_group, now)
                break
        else:
            raise DataError(
                "With these groups one of training, validation and test would stay empty: every other division takes "
                "a class out of training.",
                fix="Use smaller groups, or divide at random.",
            )


def _move(group: int, part: int, part_of: np.ndarray, per_group: np.ndarray, now: np.ndarray) -> None:
    now[part_of[group]] -= per_group[group]
    now[part] += per_group[group]
    part_of[group] = part


def prefix_groups(paths: Sequence[str]) -> np.ndarray:
    """A group for each picture by its name without the counter at its end: ``a/burst3_001.jpg`` is of ``a/burst3``.

    Returns:
        Names of the groups, [N].
    """
    found = []
    for path in paths:
        folder, slash, file = path.rpartition("/")
        stem = file.rpartition(".")[0] or file
        found.append(f"{folder}{slash}{_COUNTER.sub('', stem) or stem}")  # nothing but a counter is no group
    return np.array(found, dtype=object)


def folds(
    task: str,
    targets: np.ndarray,
    n_folds: int,
    *,
    seed: int = 0,
    groups: np.ndarray | None = None,
    classes: Sequence[str] = (),
) -> np.ndarray:
    """Divide pictures into folds of about the same size and mix of classes, for cross-validation.

    One class per picture: scikit-learn's StratifiedKFold and StratifiedGroupKFold. Several classes: as by_sets() and
    by_group(). Numbers: by quantile bins.

    Args:
        task: Name of the task.
        targets: As ``Task.as_array`` makes them.
        n_folds: At least 2.
        seed: The same seed gives the same folds.
        groups: Pictures of one group stay in one fold, [N] text; an empty text is a group of one picture.
        classes: What the classes are called, for sentences.

    Returns:
        Fold of each picture, 0 to ``n_folds`` - 1, [N].

    Raises:
        SettingsError: Not at least 2 folds.
        DataError: Fewer groups, or pictures in a class, than folds.
    """
    if n_folds < 2:
        raise SettingsError(f"{n_folds} folds were asked for, expected at least 2.", fix="For example 5.")
    meaning = tasks.of(task)
    strata = meaning.strata(targets)
    if strata is None:
        equal = np.full(n_folds, 1 / n_folds)
        return by_sets(targets, equal, seed) if groups is None else by_group(groups, targets, equal, seed)
    own = own_groups(groups) if groups is not None else np.arange(len(strata))
    for stratum in np.unique(strata):
        n = len(np.unique(own[strata == stratum]))
        if n < n_folds and (meaning.fills_every_fold or len(strata) < n_folds):
            called = _called(stratum, classes if meaning.has_classes else ())
            raise DataError(
                f"{called} has {n} {'groups' if groups is not None else 'pictures'}, expected at least "
                f"one for each of the {n_folds} folds.",
                fix=f"Use {max(2, n)} folds or add pictures.",
            )
    from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold  # late: pages paint without it

    splitter = StratifiedKFold if groups is None else StratifiedGroupKFold
    fold = np.zeros(len(strata), int)
    for i, (_, rows) in enumerate(
        splitter(n_folds, shuffle=True, random_state=seed).split(strata, strata, None if groups is None else own)
    ):
        fold[rows] = i
    return fold


def _one_hot(strata: np.ndarray) -> np.ndarray:
    """1 where a picture is of a stratum, [N, S] float32; ``strata`` is [N] int."""
    _, index = np.unique(strata, return_inverse=True)
    found = np.zeros((len(strata), int(index.max(initial=-1)) + 1), np.float32)
    found[np.arange(len(strata)), index] = 1
    return found


def known_groups(groups: pd.Series) -> np.ndarray | None:
    """A column of groups as folds() and divide() take it, [N] text; None where every picture is on its own."""
    return groups.to_numpy(dtype=object) if (groups != "").any() else None


def own_groups(groups: np.ndarray) -> np.ndarray:
    """Names of groups, where a picture without one gets a name that nobody else has. [N] text."""
    return np.array([f"g{group}" if group else f"own{row}" for row, group in enumerate(groups)])


def _called(target: int, classes: Sequence[str]) -> str:
    return f"Class {classes[target]!r}" if target < len(classes) else f"Class number {target}"


def _missing(given: np.ndarray, shares: tuple[int, int, int]) -> list[str]:
    """The splits that have to be carved out of train."""
    return [name for name, share in zip(SPLITS[1:], shares[1:], strict=True) if share and not (given == name).any()]


def _require_whole_groups(given: np.ndarray, groups: np.ndarray) -> None:
    homes: dict[str, list[str]] = {}
    for split, group in zip(given, groups, strict=True):
        if group and split not in homes.setdefault(group, []):
            homes[group].append(str(split))
    torn = sorted(group for group, splits in homes.items() if len(splits) > 1)
    if torn:
        raise DataError(
            f"The given split tears {len(torn):,} of {len(homes):,} groups apart: {torn[0]!r} is in "
            f"{' and in '.join(homes[torn[0]])}, so a model would be asked about what it has seen.",
            fix="Divide by the groups instead, put all pictures of a group into one split, or name no group column.",
        )
