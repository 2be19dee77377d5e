"""How the pictures of a table are grouped before they are divided, at import and again later."""

import numpy as np
import pandas as pd

from ftcore import tasks
from ftcore.datasets import versions
from ftcore.datasets.images.pixel_store import PixelStore
from ftcore.datasets.progress import ReportProgress, ignore
from ftcore.datasets.records import Dataset
from ftcore.datasets.similarity import near_duplicates
from ftcore.datasets.splits import METHODS, SPLITS, divide, folds, known_groups, parse_shares, prefix_groups
from ftcore.errors import DataError, SettingsError
from ftcore.events import drain


def check_method(split_by: str) -> None:
    """Raise SettingsError for an unknown way to divide."""
    if split_by not in METHODS:
        raise SettingsError(f"Unknown way to divide {split_by!r}.", fix=f"Choose one of: {', '.join(METHODS)}.")


def groups_by(
    split_by: str, table: pd.DataFrame, pictures: PixelStore, on_progress: ReportProgress = ignore
) -> np.ndarray | None:
    """Return which pictures must stay together.

    Args:
        split_by: One of splits.METHODS; ``auto`` takes groups that are known.
        table: Of N pictures, with the columns of a data set's table.
        pictures: Their pixels, in the same order; only looked at for ``near``.
        on_progress: Called when pictures are looked at.

    Returns:
        Names of groups, [N] text, empty for a picture on its own; None where each is on its own.

    Raises:
        DataError: Groups were asked for and none are known.
    """
    known = known_groups(table["group"])
    if split_by == "prefix":
        return prefix_groups(table["path"].tolist())
    if split_by == "near":
        return _alike(table, pictures, on_progress)
    if split_by == "random" or (split_by == "auto" and known is None):
        return None
    if known is None:
        raise DataError(
            "No groups are known, so pictures cannot be divided by them.",
            fix="Name the column of the group, or divide by the beginning of the file names.",
        )
    return known


def require_parts(split: np.ndarray, shares: tuple[int, int, int]) -> None:
    """Raise DataError if a split that has a share got no picture."""
    for name, share in zip(SPLITS, shares, strict=True):
        if share and not (split == name).any():
            raise DataError(
                f"There are too few pictures: none is left for {name}.", fix="Add pictures or give it a larger share."
            )


def divide_again(
    dataset: Dataset,
    *,
    split_by: str = "auto",
    split: str = "70/15/15",
    seed: int = 0,
    on_progress: ReportProgress = ignore,
) -> Dataset:
    """A new version of a data set whose pictures are divided anew. Excluded pictures stay out.

    Args:
        dataset: Whose pictures.
        split_by: One of splits.METHODS; what the source said is not asked again.
        split: Percentages of train, validation and test.
        seed: The same seed gives the same division.
        on_progress: Called when pictures are looked at.

    Raises:
        DataError: It cannot be divided so; nothing was written.
        SettingsError: Unknown way to divide, or bad shares.
        WorkspaceError: The disk is full or refuses; nothing was written.
    """
    check_method(split_by)
    shares = parse_shares(split)
    table = dataset.records()
    used = np.flatnonzero((table["split"] != "").to_numpy())
    pictures = PixelStore(dataset)
    groups = groups_by(split_by, table, pictures, on_progress)
    array = tasks.of(dataset.task).as_array(table["target"].iloc[used], len(dataset.classes))
    own = None if groups is None else groups[used]
    parts = divide(dataset.task, array, shares=shares, seed=seed, groups=own, classes=dataset.classes)
    require_parts(parts, shares)
    table.loc[used, "split"] = parts
    _place_excluded(table, groups, shares, seed)
    if groups is not None:
        table["group"] = groups.astype(str)
    about = {"seed": seed, "split_shares": shares, "split_source": source_of(split_by, groups)}
    how = split_by if split_by != "auto" else "random" if groups is None else "group"
    words = f"divided all pictures again, {split.strip()}, seed {seed}: {METHODS[how].lower()}"
    return versions.changed(dataset, table, (words,), about)


def divide_into_folds(dataset: Dataset, *, fold: int, n_folds: int = 5, seed: int = 0) -> Dataset:
    """A new version in which one fold of the training and validation pictures is validation, and the others training.

    The same seed gives the same folds, also from the version of another fold: so a run on each is a cross-validation.
    Test pictures stay what they are. Pictures of one group, as the table has them, are in one fold.

    Args:
        dataset: Whose pictures.
        fold: The one that becomes validation, 1 to ``n_folds``.
        n_folds: At least 2.
        seed: Of the division.

    Raises:
        SettingsError: There is no such fold.
        DataError: A class with fewer pictures, or groups, than folds; nothing was written.
        WorkspaceError: The disk is full or refuses; nothing was written.
    """
    if n_folds < 2 or not 1 <= fold <= n_folds:
        raise SettingsError(
            f"Fold {fold} of {n_folds} was asked for, expected at least 2 folds and one of them.",
            fix="For example 1/5.",
        )
    table = dataset.records()
    used = np.flatnonzero(table["split"].isin(("train", "validation")).to_numpy())
    array = tasks.of(dataset.task).as_array(table["target"].iloc[used], len(dataset.classes))
    groups = table["group"].to_numpy(dtype=object)
    grouped = known_groups(table["group"].iloc[used])
    is_held_out = folds(dataset.task, array, n_folds, seed=seed, groups=grouped) == fold - 1
    table.loc[used, "split"] = np.where(is_held_out, "validation", "train")
    home = dict(zip(groups[used], table["split"].iloc[used], strict=True))
    for row in np.flatnonzero((table["excluded"] != "").to_numpy()):  # it comes back to its group
        if groups[row] in home and groups[row]:
            table.loc[row, "excluded_from"] = home[groups[row]]
    words = f"made fold {fold} of {n_folds} the validation pictures, seed {seed}; the test stays"
    return versions.changed(dataset, table, (words,), {"seed": seed, "split_source": "folds"})


def _place_excluded(table: pd.DataFrame, groups: np.ndarray | None, shares: tuple[int, int, int], seed: int) -> None:
    """Say where each excluded picture would come if it were included again: to its group, else where the lot falls.
    In place. Where it was before the pictures were divided again, it could be a copy of one that is tested now."""
    names = np.full(len(table), "", dtype=object) if groups is None else groups
    home = {name: split for name, split in zip(names, table["split"], strict=True) if name and split}
    random = np.random.default_rng([seed, len(table)])
    for row in np.flatnonzero((table["excluded"] != "").to_numpy()):
        drawn = str(random.choice(SPLITS, p=np.array(shares) / 100))
        name = names[row]
        table.loc[row, "excluded_from"] = home.setdefault(name, drawn) if name else drawn


def source_of(split_by: str, groups: np.ndarray | None) -> str:
    """Return what ``Dataset.split_source`` says of a division."""
    return "near" if split_by == "near" else "groups" if groups is not None else "random"


def _alike(table: pd.DataFrame, pictures: PixelStore, on_progress: ReportProgress) -> np.ndarray:
    """Groups from what the pictures show, and those that are known, together. [N] text"""
    steps = near_duplicates.together(pictures, np.arange(len(table)), table["group"].to_numpy(dtype=object))
    return drain(steps, lambda event: on_progress(event.label, event.done, event.total))
