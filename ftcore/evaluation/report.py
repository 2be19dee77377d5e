"""From predictions to numbers: scores with intervals, tables to look at, the mistakes. No plots."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from ftcore import tasks
from ftcore.errors import NotComputable
from ftcore.evaluation.predictions import Predictions
from ftcore.metrics.intervals import bootstrap_interval, share_interval
from ftcore.metrics.outcome import Outcome
from ftcore.metrics.score import Score

_FEWEST_DRAWS, _MOST_DRAWS = 50, 500
_VALUES_DRAWN = 2e7  # in all draws together: of many pictures and classes fewer are drawn, so that it stays quick


def scores(predictions: Predictions) -> dict[str, dict[str, float]]:
    """Every score of the task's table by its name: ``value``, and ``low`` and ``high`` of its 95 % interval.

    A share of pictures gets Wilson's interval, everything else a bootstrap over pictures, the loss none. Precision of a
    class that was never predicted counts as 0. The loss is the mean negative log-likelihood in nats, probabilities
    clipped at 1e-7, or the mean squared error of numbers.

    Raises:
        NotComputable: There is no picture.
    """
    if not len(predictions.target):
        raise NotComputable("Scores need at least one picture.")
    outcome, rows = predictions.outcome, list(tasks.of(predictions.task).scores.values())
    drawn = [row for row in rows if row.interval == "bootstrap"]
    ends = dict(zip((row.name for row in drawn), _drawn(drawn, outcome), strict=True))
    found = {}
    for row in rows:
        found[row.name] = {"value": float(row.formula(outcome))}
        if row.interval != "none":
            interval = _interval(row, found[row.name]["value"], len(outcome), ends.get(row.name))
            found[row.name] |= dict(zip(("low", "high"), interval, strict=True))
    return found


def _drawn(rows: Sequence[Score], outcome: Outcome) -> list[tuple[float, float]]:
    """Both ends of the bootstrap's interval of each score, all over the same draws."""
    if not rows:
        return []
    n = len(outcome)
    n_draws = int(min(_MOST_DRAWS, max(_FEWEST_DRAWS, _VALUES_DRAWN / outcome.target.size)))

    def score(chosen: np.ndarray) -> list[float]:
        some = outcome.take(chosen)
        return [row.formula(some) for row in rows]

    low, high = bootstrap_interval(score, n, n_draws=n_draws)
    return list(zip(low.tolist(), high.tolist(), strict=True))


def _interval(row: Score, value: float, n: int, drawn: tuple[float, float] | None) -> tuple[float, float]:
    """Widen an interval that has no width. Where every prediction is right, or none, all draws agree, and a bootstrap
    would claim to be certain: a fraction then gets the doubt that Wilson's interval leaves about as many pictures."""
    if drawn is None or (row.unit == "fraction" and drawn[0] == drawn[1] and value in (0.0, 1.0)):
        return share_interval(round(value * n), n)
    return drawn


def tables(predictions: Predictions, units: Sequence[str] = ()) -> dict[str, pd.DataFrame]:
    """Return what to look at beside the scores, by name: one class per picture has ``confusion`` and ``classes``,
    several have ``classes``, numbers have ``numbers`` and ``pairs`` (ftcore/tasks/). ``units`` are those of the
    numbers."""
    task = tasks.of(predictions.task)
    return task.tables(predictions.outcome, predictions.row, predictions.classes, units)


def mistakes(predictions: Predictions, units: Sequence[str] = ()) -> pd.DataFrame:
    """The wrong predictions, the worst first: row, true, predicted (in words), and how wrong.

    One class per picture: the surest first, by ``confidence`` (0-1). Several: those with a class of which the model was
    surest and wrong; classes are joined with commas. Numbers: all pictures, by ``error``: the largest of a picture's
    errors as a multiple of the number's standard deviation; true and predicted are of that number, called ``label``.
    """
    task = tasks.of(predictions.task)
    return task.mistakes(predictions.outcome, predictions.row, predictions.classes, units)


def typical_error(predictions: Predictions) -> tuple[float, ...]:
    """Return for numbers how far off they typically are: half of the predictions are closer to the truth than this,
    [T]; else empty."""
    return tasks.of(predictions.task).typical_error(predictions.outcome)
