import numpy as np
import pytest

from ftcore.datasets import splits
from ftcore.datasets.splits import by_group, by_sets, complete, divide, folds, parse_shares, prefix_groups, stratified
from ftcore.errors import DataError, SettingsError


def test_shares_are_read():
    assert parse_shares("70/15/15") == (70, 15, 15)
    assert parse_shares(" 80 / 10 / 10 ") == (80, 10, 10)
    assert parse_shares("75/25/0") == (75, 25, 0)


@pytest.mark.parametrize(
    "text", ["", "75/0/25", "70", "70/30", "70/15/16", "100/0/0", "-10/60/50", "a/b/c", "70/15/15/0", "７0/15/15x"]
)
def test_shares_that_do_not_sum_to_100_are_explained(text):
    with pytest.raises(SettingsError, match=r"three whole numbers above 0 that sum to 100.*For example 70/15/15"):
        parse_shares(text)


def test_the_same_seed_gives_the_same_split_and_another_seed_another():
    targets = np.repeat([0, 1], 50)
    assert np.array_equal(stratified(targets, seed=3), stratified(targets, seed=3))
    assert not np.array_equal(stratified(targets, seed=3), stratified(targets, seed=4))


@pytest.mark.parametrize("seed", range(40))
def test_every_class_gets_its_shares(seed):
    chance = np.random.default_rng(seed)
    sizes = chance.integers(3, 300, chance.integers(1, 8))
    shares = [(70, 15, 15), (80, 10, 10), (50, 25, 25), (98, 1, 1), (10, 45, 45), (34, 33, 33)][seed % 6]
    targets = chance.permutation(np.repeat(np.arange(len(sizes)), sizes))
    split = stratified(targets, shares, seed)
    for target, size in enumerate(sizes):
        mine = split[targets == target]
        counts = [int((mine == name).sum()) for name in ("train", "validation", "test")]
        assert sum(counts) == size and min(counts) >= 1
        for count, share in zip(counts[1:], shares[1:], strict=True):
            assert abs(count - size * share / 100) <= 1
        assert abs(counts[0] - size * shares[0] / 100) <= 2


def test_a_growing_class_moves_no_picture_of_another():
    few, many = np.repeat([0, 1], [20, 5]), np.repeat([0, 1], [20, 500])
    assert np.array_equal(stratified(few)[:20], stratified(many)[:20])


def test_two_pictures_are_too_few_for_three_splits():
    with pytest.raises(DataError, match="has 2 pictures, a split needs at least 3"):
        stratified(np.array([0, 0, 0, 1, 1]))


def test_splits_that_were_given_stay_as_they_are():
    given = np.array(["train", "validation", "test"] * 5)
    assert np.array_equal(complete(given, np.zeros(15, int)), given)


@pytest.mark.parametrize(("has", "missing", "expected"), [("test", "validation", 18), ("validation", "test", 18)])
def test_a_missing_split_is_carved_out_of_train_only(has, missing, expected):
    given = np.array(["train"] * 100 + [has] * 20)
    split = complete(given, np.zeros(120, int))
    assert (split[100:] == has).all()
    assert (split == missing).sum() == expected  # 15 of the 85 per cent that train and it make together


def test_a_class_with_one_train_picture_keeps_it():
    given = np.array(["train", "test", "test"])
    assert np.array_equal(complete(given, np.zeros(3, int)), given)


def test_no_test_share_means_no_test_pictures():
    split = stratified(np.repeat([0, 1], 20), (75, 25, 0))
    assert [(split == name).sum() for name in splits.SPLITS] == [30, 10, 0]


def several(n=400, n_classes=6, seed=0):
    """Pictures of several classes each, some rare, and the group of each: bursts of up to nine."""
    chance = np.random.default_rng(seed)
    has = (chance.random((n, n_classes)) < np.linspace(0.02, 0.6, n_classes)).astype(np.float32)
    return has, np.array([f"burst {i}" for i in np.repeat(np.arange(n), chance.integers(1, 10, n))[:n]], dtype=object)


@pytest.mark.parametrize("seed", range(5))
def test_each_of_several_classes_gets_its_shares(seed):
    has, _ = several(seed=seed)
    split = divide("multilabel", has, seed=seed)
    for name, share in zip(splits.SPLITS, (0.7, 0.15, 0.15), strict=True):
        assert abs((split == name).sum() - share * len(has)) <= 3
        for label in range(has.shape[1]):
            assert abs(has[split == name, label].sum() - share * has[:, label].sum()) <= 2


def test_numbers_are_spread_evenly():
    values = np.random.default_rng(0).lognormal(size=(500, 1)).astype(np.float32)
    split = divide("regression", values)
    assert [(split == name).sum() for name in splits.SPLITS] == [340, 80, 80]
    for low, high in ((0, 0.1), (0.9, 1.0)):
        edges = np.quantile(values, (low, high))
        tenth = ((values >= edges[0]) & (values <= edges[1]))[:, 0]
        assert 6 <= (tenth & (split == "test")).sum() <= 9


@pytest.mark.parametrize("task", ["multiclass", "multilabel", "regression"])
@pytest.mark.parametrize("seed", range(3))
def test_a_group_never_straddles_and_shares_are_kept_about(task, seed):
    has, groups = several(seed=seed)
    targets = {"multiclass": has.argmax(axis=1), "multilabel": has, "regression": has.sum(axis=1, keepdims=True)}[task]
    split = divide(task, targets, groups=groups, seed=seed)
    for group in set(groups):
        assert len(set(split[groups == group])) == 1
    for name, share in zip(splits.SPLITS, (0.7, 0.15, 0.15), strict=True):
        assert abs((split == name).mean() - share) < 0.04
    assert np.array_equal(split, divide(task, targets, groups=groups, seed=seed))


def test_groups_are_about_as_stratified_as_scikit_learns():
    from sklearn.model_selection import StratifiedGroupKFold

    has, groups = several(1000)
    targets = has.argmax(axis=1)
    wanted = np.bincount(targets) / 5

    def worst(parts):
        return max(np.abs(np.bincount(targets[parts == p], minlength=6) - wanted).max() for p in range(5))

    theirs = np.zeros(len(targets), int)
    for i, (_, rows) in enumerate(StratifiedGroupKFold(5).split(targets, targets, groups)):
        theirs[rows] = i
    ours = by_group(groups, np.eye(6)[targets], np.full(5, 0.2))
    assert worst(ours) <= worst(theirs) + 3


def test_a_class_in_one_group_only_goes_to_train():
    targets = np.array([0] * 30 + [1] * 3)
    groups = np.array([f"g{i // 3}" for i in range(30)] + ["lonely"] * 3, dtype=object)
    for seed in range(10):
        assert (divide("multiclass", targets, groups=groups, seed=seed)[30:] == "train").all()


def test_pictures_without_a_group_are_on_their_own():
    split = divide("multiclass", np.repeat([0, 1], 50), groups=np.array([""] * 100, dtype=object))
    assert [(split == name).sum() for name in splits.SPLITS] == [70, 15, 15]


def test_two_groups_are_too_few_for_three_splits():
    with pytest.raises(DataError, match=r"There are 2 groups, expected at least 3.*divide at random"):
        divide("multiclass", np.repeat([0, 1], 10), groups=np.array(["a", "b"] * 10, dtype=object))


def test_a_class_in_every_group_of_its_own_cannot_be_divided():
    with pytest.raises(DataError, match="one of training, validation and test would stay empty"):
        divide("multiclass", np.arange(3), groups=np.array(["a", "b", "c"], dtype=object))


def test_a_group_that_the_given_division_tears_apart_is_refused():
    given, groups = np.array(["train", "test"] * 5), np.array(["patient 1"] * 10, dtype=object)
    with pytest.raises(DataError, match="tears 1 of 1 groups apart: 'patient 1' is in train and in test"):
        divide("multiclass", np.zeros(10, int), given=given, groups=groups)


def test_what_a_given_division_lacks_is_carved_out_of_train_for_every_task():
    has, _ = several()
    given = np.array(["train"] * 300 + ["test"] * 100)
    for task, targets in (("multilabel", has), ("regression", has[:, :1] + np.arange(400)[:, None])):
        split = divide(task, targets, given=given)
        assert (split[300:] == "test").all() and 45 <= (split == "validation").sum() <= 60


def test_a_file_name_without_its_counter_is_the_group():
    paths = ["a/burst3_001.jpg", "a/burst3_002.jpg", "a/IMG-7 (2).png", "b/burst3_001.jpg", "a/12.jpg", "noend"]
    assert prefix_groups(paths).tolist() == ["a/burst3", "a/burst3", "a/IMG-7", "b/burst3", "a/12", "noend"]


@pytest.mark.parametrize("task", ["multiclass", "multilabel", "regression"])
@pytest.mark.parametrize("grouped", [False, True])
def test_folds_are_equal_and_hold_every_picture_once(task, grouped):
    has, groups = several()
    targets = {"multiclass": has.argmax(axis=1), "multilabel": has, "regression": has.sum(axis=1, keepdims=True)}[task]
    fold = folds(task, targets, 5, groups=groups if grouped else None, seed=1)
    sizes = np.bincount(fold, minlength=5)
    assert sizes.sum() == 400 and sizes.max() - sizes.min() <= (12 if grouped else 3)
    if grouped:
        assert all(len(set(fold[groups == group])) == 1 for group in set(groups))
    assert np.array_equal(fold, folds(task, targets, 5, groups=groups if grouped else None, seed=1))


def test_folds_that_cannot_be_are_refused():
    with pytest.raises(SettingsError, match="1 folds were asked for"):
        folds("multiclass", np.zeros(10, int), 1)
    with pytest.raises(DataError, match=r"Class number 1 has 2 pictures.*Use 2 folds"):
        folds("multiclass", np.array([0] * 9 + [1] * 2), 5)


def test_a_class_with_too_few_pictures_is_called_by_its_name_where_that_is_known():
    few = np.array([0] * 9 + [1] * 2)
    with pytest.raises(DataError, match="Class 'dog' has 2 pictures"):
        folds("multiclass", few, 5, classes=("cat", "dog"))
    with pytest.raises(DataError, match="Class 'dog' has 2 pictures"):
        divide("multiclass", few, classes=("cat", "dog"))


def test_pictures_without_any_class_are_divided_too():
    parts = by_sets(np.zeros((100, 2)), np.array([0.7, 0.3]))
    assert np.bincount(parts).tolist() == [70, 30]
