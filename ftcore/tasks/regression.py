"""Numbers of a picture."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ftcore.metrics import regression
from ftcore.metrics.outcome import Outcome
from ftcore.metrics.score import Score, number, shared_unit
from ftcore.tasks.labels import numbers_in_words, numbers_of
from ftcore.tasks.task import FEWEST, Labelled, Task, mean_loss, table_of, too_few

if TYPE_CHECKING:
    from torch import Tensor

_BINS = 10  # of numbers that are divided evenly


def _of_each(
    name: str,
    label: str,
    help: str,
    each: Callable[[np.ndarray, np.ndarray], np.ndarray],
    *,
    unit: str = "target",
    better: str = "lower",
) -> Score:
    """A row that is the mean over the numbers; ``each`` takes target and values, [N, T] both, and gives [T]."""

    def of_each(outcome: Outcome) -> np.ndarray:
        return each(outcome.target, outcome.values)

    return Score(name, label, help, lambda outcome: float(of_each(outcome).mean()), unit, better, each=of_each)


class Regression(Task):
    """A picture has one number or several. The network gives standardised numbers [B, T]; values are in the unit of the
    training data."""

    name = "regression"
    label = "numbers"
    noun, nouns = "number", "numbers"
    a_target = "number"
    evenly = "evenly over the values"
    conflict = "Pictures that come with different numbers"
    augmentation_note = (
        "A copy keeps the numbers of its picture. Wherever a number says which way something points, where it is or "
        "how large it looks, switch off what changes that: Mirror and Turn for a direction, Shift and Zoom as well for "
        "a place, Zoom for a size."
    )
    main_in_words = "mean error"
    answer_in_words = "Answers {n} numbers: {classes}."
    answer_in_python = 'answer = y * torch.tensor(about["std"]) + torch.tensor(about["mean"])   # in about["units"]'
    has_classes = False
    link = "identity"
    scores = table_of(
        _of_each("mae", "Mean error", "How far off the numbers are, on average.", regression.mean_errors),
        _of_each(
            "median_error",
            "Median error",
            "Half of the answers are closer to the truth than this.",
            regression.median_errors,
        ),
        _of_each(
            "rmse",
            "Root mean square error",
            "How far off the numbers are, where large errors count more.",
            regression.root_squared_errors,
        ),
        _of_each(
            "r2",
            "R²",
            "Share of the differences between pictures that the model explains: 1 is perfect, 0 is no better than "
            "always saying the mean.",
            regression.explained,
            unit="",
            better="higher",
        ),
        Score(
            "loss",
            "Loss: squared error",
            "How wrong the model is.",
            mean_loss,
            unit="target²",
            better="lower",
            interval="none",
            reads_values=False,
        ),
    )
    main = "mae"
    race_score = fair_score = "r2"
    losses = ("mse", "mae", "huber")
    order = ()
    content_column = "target"
    label_checks = ("numbers",)

    def coded(self, table: pd.DataFrame, called: tuple[str, ...]) -> tuple[tuple[str, ...], pd.Series | list[Any]]:
        return called, [list(values) for values in table["numbers"]]

    def as_array(self, column: pd.Series, n_outputs: int) -> np.ndarray:
        rows = [np.asarray(value, np.float32) for value in column]
        return np.stack(rows) if rows else np.zeros((0, n_outputs), np.float32)  # [N, T]

    def in_words(self, target: Any, classes: Sequence[str], units: Sequence[str] = ()) -> str:
        return numbers_in_words(target, units)

    def relabel(
        self, table: pd.DataFrame, rows: Sequence[int], words: str, classes: Sequence[str], units: Sequence[str] = ()
    ) -> None:
        """Do as for every task; a number for which the text says nothing stays what it is."""
        given, found = numbers_of(words, classes, units), list(table["target"])
        for row in rows:
            pairs = zip(found[row], given, strict=True)
            found[row] = [float(before) if value is None else value for before, value in pairs]
            table.loc[row, "label"] = numbers_in_words(found[row], units)
        table["target"] = found

    def counts(self, targets: np.ndarray, n_outputs: int) -> np.ndarray:
        return np.full(n_outputs, len(targets))

    def membership(self, targets: np.ndarray, n_outputs: int) -> np.ndarray:
        return np.full((len(targets), n_outputs), True)

    def strata(self, targets: np.ndarray) -> np.ndarray:
        """Bins that hold about equally many pictures each, by the mean rank of their numbers. [N, T] -> [N] int."""
        n = len(targets)
        ranks = np.argsort(np.argsort(targets, axis=0, kind="stable"), axis=0, kind="stable").mean(axis=1)  # [N]
        place = np.argsort(np.argsort(ranks, kind="stable"), kind="stable")
        n_bins = max(1, min(_BINS, n // (2 * FEWEST)))
        return place * n_bins // max(1, n)

    def tolerance(self, targets: np.ndarray) -> np.ndarray:
        """Do as for every task: a standard deviation of all."""
        return targets.std(axis=0)

    def lack(self, images: Sequence[Labelled]) -> tuple[str, str] | None:
        if len(images) < 2 * FEWEST:
            return too_few(len(images))
        for column, value in enumerate(images[0].numbers):
            if len({image.numbers[column] for image in images}) == 1:
                return (
                    f"Number {column + 1} is {value:g} for every picture: there is nothing to learn.",
                    "Choose another column.",
                )
        return None

    def check(self, scores: "Tensor", target: "Tensor") -> None:
        if scores.ndim != 2 or scores.shape != target.shape:
            raise ValueError(f"Expected scores and target [B, T], received {list(scores.shape)}, {list(target.shape)}.")

    def values_of(self, scores: "Tensor") -> "Tensor":
        return scores

    def losses_of(self, scores: "Tensor", target: "Tensor") -> "Tensor":
        return (scores.double() - target.double()).square().mean(dim=1)

    def losses_from(self, values: np.ndarray, target: np.ndarray) -> np.ndarray:
        return np.square(values.astype(np.float64) - target.astype(np.float64)).mean(axis=1)

    def predicted(self, values: np.ndarray, threshold: float) -> np.ndarray:
        return values

    def tables(
        self, outcome: Outcome, rows: np.ndarray, classes: Sequence[str], units: Sequence[str]
    ) -> dict[str, pd.DataFrame]:
        """``numbers``, one row per number: label, unit, and every score that each number has (in its unit); and
        ``pairs``, one row per picture and number: label, row, true, predicted."""
        scores = {score.name: score.each(outcome) for score in self.scores.values() if score.each is not None}
        n, n_numbers = outcome.target.shape
        pairs = {
            "label": np.tile(np.asarray(classes, dtype=object), n),
            "row": np.repeat(rows, n_numbers),
            "true": outcome.target.ravel(),
            "predicted": outcome.values.ravel(),
        }
        numbers = pd.DataFrame({"label": classes, "unit": list(units) or [""] * n_numbers, **scores})
        return {"numbers": numbers, "pairs": pd.DataFrame(pairs)}

    def mistakes(
        self, outcome: Outcome, rows: np.ndarray, classes: Sequence[str], units: Sequence[str]
    ) -> pd.DataFrame:
        """All pictures, by ``error``: the largest of a picture's errors as a multiple of the number's standard
        deviation; true and predicted are of that number, called ``label``."""
        spread = outcome.target.std(axis=0)
        off = np.abs(outcome.values - outcome.target) / np.where(spread > 0, spread, 1)  # [N, T]
        worst, places = off.argmax(axis=1), np.arange(len(off))
        measured = list(units) or [""] * len(classes)

        def words(values: np.ndarray) -> list[str]:
            return [
                number(float(values[row, column]), measured[column]) for row, column in zip(places, worst, strict=True)
            ]

        table = pd.DataFrame(
            {
                "row": rows,
                "label": np.asarray(classes, dtype=object)[worst],
                "true": words(outcome.target),
                "predicted": words(outcome.values),
                "error": off[places, worst],
            }
        )
        return table.sort_values("error", ascending=False, ignore_index=True)

    def typical_error(self, outcome: Outcome) -> tuple[float, ...]:
        return tuple(regression.median_errors(outcome.target, outcome.values).tolist())

    def answer(
        self, values: Mapping[str, float], *, threshold: float, units: Sequence[str], typical_error: Sequence[float]
    ) -> dict[str, Any]:
        found: dict[str, Any] = {"prediction": dict(values), "units": dict(zip(values, units, strict=False))}
        if typical_error:
            found["typical_error"] = dict(zip(values, typical_error, strict=True))
        return found

    def linear_probe(self, x: np.ndarray, target: np.ndarray, asked: np.ndarray, n_outputs: int) -> np.ndarray:
        """Do as for every task: ridge regression, its strength chosen for each number by leaving out one at a time."""
        from sklearn.linear_model import RidgeCV  # late: slow to import

        # features as they are: most are almost always 0, and to blow those up would give odd pictures odd numbers
        fitted = RidgeCV(np.logspace(-2, 6, 17), alpha_per_target=True).fit(x, target)
        return np.asarray(fitted.predict(asked), np.float32).reshape(len(asked), n_outputs)

    def usual_monitor(self, n_outputs: int) -> str:
        return self.main if n_outputs == 1 else "r2"  # fair to numbers of different units

    def gap(self, train: float, validation: float, units: Sequence[str]) -> str:
        if validation <= 1.5 * train or not self.scores[self.main].is_fair_over(units):
            return ""
        unit = shared_unit(units)
        return (
            f"On training pictures the numbers are off by {number(train, unit)} on average, on validation pictures by "
            f"{number(validation, unit)}. New pictures will go like the second number."
        )


REGRESSION = Regression()
