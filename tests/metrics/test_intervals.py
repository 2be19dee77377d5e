import math

import numpy as np
import pytest
from scipy import stats

from ftcore.errors import NotComputable
from ftcore.metrics.intervals import bootstrap_interval, share_interval


def wilson(n_right, n, confidence=0.95):
    """The formula of the paper."""
    z, p = stats.norm.ppf((1 + confidence) / 2), n_right / n
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return middle - half, middle + half


@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.99])
@pytest.mark.parametrize("n_right, n", [(0, 1), (1, 1), (0, 10), (3, 10), (10, 10), (812, 1000), (99_999, 100_000)])
def test_the_interval_of_a_share_is_wilsons(n_right, n, confidence):
    assert share_interval(n_right, n, confidence) == pytest.approx(wilson(n_right, n, confidence), abs=1e-9)


def test_the_textbooks_example_comes_out():
    # Newcombe 1998, Two-sided confidence intervals for the single proportion, table I, method 3
    assert share_interval(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert share_interval(15, 148) == pytest.approx((0.0624, 0.1605), abs=5e-5)
    assert share_interval(0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)
    assert share_interval(1, 29) == pytest.approx((0.0061, 0.1718), abs=5e-5)


@pytest.mark.parametrize("n_right, n", [(0, 7), (7, 7)])
def test_even_all_right_and_all_wrong_leave_a_doubt(n_right, n):
    low, high = share_interval(n_right, n)
    assert 0.0 <= low <= n_right / n <= high <= 1.0
    assert high - low > 0.2


@pytest.mark.parametrize("n", [0, -1])
def test_nothing_has_no_interval(n):
    with pytest.raises(NotComputable, match="An interval needs at least one picture"):
        share_interval(0, n)
    with pytest.raises(NotComputable, match="An interval needs at least one picture"):
        bootstrap_interval(lambda rows: 0.0, n)


def test_the_bootstrap_of_a_mean_agrees_with_scipys():
    values = np.random.default_rng(1).normal(5, 2, 200)
    ours = bootstrap_interval(lambda rows: values[rows].mean(), 200, n_draws=4000)
    theirs = stats.bootstrap((values,), np.mean, method="percentile", n_resamples=4000, rng=0).confidence_interval
    assert ours == pytest.approx((theirs.low, theirs.high), abs=0.03)


def test_the_bootstrap_covers_the_truth_about_as_often_as_it_says():
    random = np.random.default_rng(2)
    hits = 0
    for seed in range(200):
        values = random.random(60)
        low, high = bootstrap_interval(lambda rows, v=values: v[rows].mean(), 60, n_draws=200, seed=seed)
        hits += low <= 0.5 <= high
    assert 0.88 <= hits / 200 <= 0.99


def test_the_same_seed_draws_the_same():
    values = np.random.default_rng(3).random(30)
    found = [bootstrap_interval(lambda rows: values[rows].mean(), 30, seed=seed) for seed in (0, 0, 1)]
    assert found[0] == found[1] != found[2]


def test_more_confidence_is_a_wider_interval():
    values = np.random.default_rng(4).random(30)
    (a, b), (c, d) = (
        bootstrap_interval(lambda rows: values[rows].mean(), 30, confidence=share) for share in (0.5, 0.99)
    )
    assert c < a < b < d


def test_a_draw_is_as_many_pictures_as_there_are():
    sizes = set()
    bootstrap_interval(lambda rows: sizes.add((len(rows), rows.min() >= 0, rows.max() < 17)) or 0.0, 17)
    assert sizes == {(17, True, True)}
