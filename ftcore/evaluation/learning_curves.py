"""What the curves of a run say, in sentences: over- and underfitting, a rate too high, more to gain. Needs no torch."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ftcore import tasks


@dataclass(frozen=True)
class Remark:
    """A sentence on a run. ``severity`` is good, info or warning; ``text`` says what is seen and what helps."""

    severity: str
    text: str


def on_history(
    history: Sequence[dict[str, Any]], n_epochs: int, *, task: str = tasks.MULTICLASS.name, units: Sequence[str] = ()
) -> list[Remark]:
    """Read the epochs so far.

    Args:
        history: Rows with train_loss, val_loss, and the task's main score of both, in order.
        n_epochs: How many epochs were planned.
        task: Name of the task.
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
            Remark(
                "warning",
                f"Overfitting: for {since} epochs the loss on validation pictures has been rising while the loss on "
                "training pictures falls, so the model learns the training pictures by heart. The best epoch is kept. "
                "More pictures, fewer epochs or a smaller part that learns would help.",
            )
        )
    meaning = tasks.of(task)
    if gap := meaning.gap(last[f"train_{meaning.main}"], last[f"val_{meaning.main}"], units):
        found.append(Remark("warning", gap))
    if len(history) >= n_epochs and lowest == len(history) - 1 and _still_falling(history):
        found.append(
            Remark(
                "info",
                "Not finished learning: the validation loss was still falling at the last epoch. More epochs, or "
                "letting more of the network learn, would probably improve it.",
            )
        )
    if history[-1]["train_loss"] > 1.5 * history[0]["train_loss"]:
        found.append(
            Remark("warning", "The training loss is rising: the learning rate is too high. Try a tenth of it.")
        )
    if not found and len(history) >= n_epochs:
        found.append(Remark("good", "Training and validation agree: no sign of overfitting."))
    return found


def _still_falling(history: Sequence[dict[str, Any]]) -> bool:
    return history[-1]["val_loss"] < 0.97 * history[-2]["val_loss"]
