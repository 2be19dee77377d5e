"""What the curves of a run say, in sentences: over- and underfitting, a rate too high, more to gain. Needs no torch."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ftcore.tasks import scores


@dataclass(frozen=True)
class Advice:
    """``severity`` is good, info or warning; ``text`` says what is seen and what helps."""

    severity: str
    text: str


def on_history(
    history: Sequence[dict[str, Any]], n_epochs: int, *, task: str = "multiclass", units: Sequence[str] = ()
) -> list[Advice]:
    """Read the epochs so far.

    Args:
        history: Rows with train_loss, val_loss, and the task's main score of both, in order.
        n_epochs: How many epochs were planned.
        task: ``multiclass``, ``multilabel`` or ``regression``.
        units: Of the numbers.
    """
    if len(history) < 3:
        return []
    last, found = history[-1], []
    lowest = min(range(len(history)), key=lambda index: history[index]["val_loss"])
    since = len(history) - 1 - lowest
    rising = last["val_loss"] > 1.1 * history[lowest]["val_loss"] and last["train_loss"] < history[lowest]["train_loss"]
    if since >= 2 and rising:
        found.append(
            Advice(
                "warning",
                f"Overfitting: for {since} epochs the loss on validation pictures has been rising while the loss on "
                "training pictures falls, so the model learns the training pictures by heart. The best epoch is kept. "
                "More pictures, fewer epochs or a smaller part that learns would help.",
            )
        )
    if gap := _gap(last, task, units):
        found.append(Advice("warning", gap))
    if len(history) >= n_epochs and lowest == len(history) - 1 and _still_falling(history):
        found.append(
            Advice(
                "info",
                "Not finished learning: the validation loss was still falling at the last epoch. More epochs, or "
                "letting more of the network learn, would probably improve it.",
            )
        )
    if history[-1]["train_loss"] > 1.5 * history[0]["train_loss"]:
        found.append(
            Advice("warning", "The training loss is rising: the learning rate is too high. Try a tenth of it.")
        )
    if not found and len(history) >= n_epochs:
        found.append(Advice("good", "Training and validation agree: no sign of overfitting."))
    return found


def _gap(last: dict[str, Any], task: str, units: Sequence[str]) -> str:
    """A sentence on a model that does much better on training pictures, or an empty text."""
    name = scores.MAIN[task]
    train, validation = last[f"train_{name}"], last[f"val_{name}"]
    if task == "regression":
        if validation <= 1.5 * train or not scores.means_something(name, units):
            return ""
        unit = scores.shared_unit(units)
        return (
            f"On training pictures the numbers are off by {scores.number(train, unit)} on average, on validation "
            f"pictures by {scores.number(validation, unit)}. New pictures will go like the second number."
        )
    if train - validation <= 0.15:
        return ""
    if task == "multiclass":
        return (
            f"The model names {train:.0%} of the training pictures but only {validation:.0%} of the validation "
            "pictures. New pictures will go like the second number."
        )
    return (
        f"The average precision is {train:.0%} on training pictures but only {validation:.0%} on validation pictures. "
        "New pictures will go like the second number."
    )


def _still_falling(history: Sequence[dict[str, Any]]) -> bool:
    return history[-1]["val_loss"] < 0.97 * history[-2]["val_loss"]
