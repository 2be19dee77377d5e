"""How far a score on few pictures can be trusted: 95 % intervals."""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from ftcore.errors import NotComputable


def share_interval(n_right: int, n: int, confidence: float = 0.95) -> tuple[float, float]:
    """Interval of a share such as accuracy, from counts: Wilson's score interval.

    Wilson 1927, Probable inference, the law of succession, and statistical inference. Unlike the textbook's plus or
    minus it stays inside 0-1 and has width at 0 % and 100 %.
    """
    if n <= 0:
        raise NotComputable("An interval needs at least one picture.")
    from scipy import stats  # late: pages paint without it

    found = stats.binomtest(n_right, n).proportion_ci(confidence_level=confidence, method="wilson")
    return float(found.low), float(found.high)


def bootstrap_interval(
    score: Callable[[np.ndarray], ArrayLike], n: int, *, confidence: float = 0.95, n_draws: int = 500, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Interval of any score, or of several at once, by drawing pictures with replacement: the percentile bootstrap.

    Efron 1979, Bootstrap methods: another look at the jackknife.

    Args:
        score: Takes picture indices [n] (with repeats) and returns the score on them, or several scores [S].
        n: How many pictures there are.
        confidence: Share of draws inside the interval.
        n_draws: How often to draw.
        seed: Makes the draws repeatable.

    Returns:
        Lower and upper ends, each one number or [S].
    """
    if n <= 0:
        raise NotComputable("An interval needs at least one picture.")
    random = np.random.default_rng(seed)
    scores = [score(random.integers(0, n, n)) for _ in range(n_draws)]
    tail = (1 - confidence) / 2
    low, high = np.quantile(np.asarray(scores, np.float64), [tail, 1 - tail], axis=0)
    return low, high
