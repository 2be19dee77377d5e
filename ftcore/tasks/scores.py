"""Every score by its name: the tasks it serves, what people call it, its unit and direction. Needs no torch.

``metrics/`` computes them, settings choose among them, pages and the command line show them with ``text``.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ftcore.tasks.outputs import TASKS


@dataclass(frozen=True)
class Score:
    """One row.

    Args:
        name: In events, files and settings; never renamed.
        label: For people.
        help: One sentence.
        tasks: That it serves.
        unit: ``fraction`` (shown in per cent), ``nats``, ``target`` (the unit of the numbers) or empty for none.
        better: ``higher`` or ``lower``.
    """

    name: str
    label: str
    help: str
    tasks: tuple[str, ...]
    unit: str = "fraction"
    better: str = "higher"


_MEAN = "mean over the classes, so that small classes count as much."
SCORES = {
    score.name: score
    for score in (
        Score("accuracy", "Accuracy", "Share of pictures that are named correctly.", ("multiclass",)),
        Score(
            "balanced_accuracy",
            "Balanced accuracy",
            "Share of each class's pictures that are named correctly; mean over the classes that there are.",
            ("multiclass",),
        ),
        Score(
            "exact_match", "All right", "Share of pictures whose classes are all named and no other.", ("multilabel",)
        ),
        Score(
            "mean_average_precision",
            "Average precision",
            "How well pictures with a class are ranked before those without it, at every threshold; " + _MEAN,
            ("multilabel",),
        ),
        Score(
            "f1_micro", "F1 over all", "Precision and recall in one number, every label counted once.", ("multilabel",)
        ),
        Score(
            "precision", "Precision", "When the model says a class, how often it is right; " + _MEAN, ("multiclass",)
        ),
        Score("recall", "Recall", "How many pictures of a class the model finds; " + _MEAN, ("multiclass",)),
        Score("f1", "F1", "Precision and recall in one number; " + _MEAN, ("multiclass", "multilabel")),
        Score("mae", "Mean error", "How far off the numbers are, on average.", ("regression",), "target", "lower"),
        Score(
            "median_error",
            "Median error",
            "Half of the answers are closer to the truth than this.",
            ("regression",),
            "target",
            "lower",
        ),
        Score(
            "rmse",
            "Root mean square error",
            "How far off the numbers are, where large errors count more.",
            ("regression",),
            "target",
            "lower",
        ),
        Score(
            "r2",
            "R²",
            "Share of the differences between pictures that the model explains: 1 is perfect, 0 is no better than "
            "always saying the mean.",
            ("regression",),
            "",
        ),
        Score("loss", "Loss", "How wrong the model is, and how sure of it.", TASKS, "nats", "lower"),
    )
}
MAIN = {"multiclass": "accuracy", "multilabel": "mean_average_precision", "regression": "mae"}
"""The score of a task that is shown where there is room for one."""


def of_task(task: str) -> list[str]:
    """Names of the scores that serve a task, in the order in which they are shown."""
    return [name for name, score in SCORES.items() if task in score.tasks]


def headline(monitor: str, task: str, units: Sequence[str] = ()) -> str:
    """The score to show for a run: the one that chose its best epoch, unless that is the loss or mixes units.

    Args:
        monitor: The score that chose.
        task: Of the run.
        units: Of the numbers, where numbers are predicted.
    """
    shown = monitor if monitor != "loss" and monitor in of_task(task) else MAIN[task]
    return shown if means_something(shown, units) else "r2"


def shared_unit(units: Sequence[str]) -> str:
    """The unit of several numbers if it is the same for all, else an empty text: their mean has none."""
    return units[0] if len(set(units)) == 1 else ""


def means_something(name: str, units: Sequence[str]) -> bool:
    """Whether the mean of a score over several numbers says anything: not that of errors in different units."""
    return SCORES[name].unit != "target" or len(set(units)) <= 1


def unit(name: str, task: str, of_numbers: str = "") -> str:
    """What a score is measured in; ``of_numbers`` is the unit of the numbers, whose loss is a squared error."""
    if name == "loss" and task == "regression":
        return f"{of_numbers}²" if of_numbers else ""
    return of_numbers if SCORES[name].unit == "target" else SCORES[name].unit


def title(name: str, task: str, of_numbers: str = "") -> str:
    """Name, unit and direction for the head of a chart."""
    measured = unit(name, task, of_numbers)
    about = [measured] if measured not in ("", "fraction", "nats") else []
    if SCORES[name].better == "lower":
        about.append("lower is better")
    label = "Loss: squared error" if (name, task) == ("loss", "regression") else SCORES[name].label
    return f"{label} ({', '.join(about)})" if about else label


def text(name: str, value: float, of_numbers: str = "") -> str:
    """A score as people write it: ``94.4%``, ``3.2 kg``, ``0.87``."""
    if SCORES[name].unit == "fraction":
        return f"{value:.1%}"
    return number(value, of_numbers if SCORES[name].unit == "target" else "")


def number(value: float, unit: str = "", *, error: float = 0.0) -> str:
    """A number with three digits that matter, and its unit; if its usual error is known, with two digits of that."""
    size, places = abs(value), 2
    if error > 0:
        size, places = error, 1
    if math.isfinite(value) and (size == 0 or 1e-4 <= size < 1e9):
        digits = max(0, places - math.floor(math.log10(size))) if size else 0
        written = f"{value:,.{digits}f}"
    else:
        written = f"{value:.2e}"
    return f"{written} {unit}".rstrip()
