import numpy as np
import pytest

from ftcore.datasets.splits import complete, parse_shares, stratified
from ftcore.errors import DataError, SettingsError


def test_shares_are_read():
    assert parse_shares("70/15/15") == (70, 15, 15)
    assert parse_shares(" 80 / 10 / 10 ") == (80, 10, 10)


@pytest.mark.parametrize(
    "text", ["", "70", "70/30", "70/15/16", "100/0/0", "-10/60/50", "a/b/c", "70/15/15/0", "７0/15/15x"]
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
