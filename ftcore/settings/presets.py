"""Settings that fit a data set: what a preset suggests, and what a task can use."""

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ftcore import tasks
from ftcore.errors import SettingsError
from ftcore.settings.choices import LOSSES, MONITORS, PRESETS
from ftcore.settings.fields import of
from ftcore.settings.sections import AugmentSettings, RunSettings, TrainSettings

_VIEWS = {"quick": 0, "balanced": 4, "best": 8}
"""Views per picture. A head alone learns nothing from them that it could not learn from the pictures."""

_DEEPER = range(500, 3001)
"""Training pictures with which *best* lets half of the network learn: fewer are learned by heart, more take too long.

Test accuracy on the sample digits: 0.980 with the last stage at 96 px (two seeds), 0.993 so (three seeds).
"""


@dataclass(frozen=True, kw_only=True)
class DatasetFacts:
    """What the good values depend on: training pictures, classes, the median short side in pixels, and the task.

    ``limits`` are fields of AugmentSettings with the only name, or the largest number, that leaves the answers true.
    """

    n_train: int
    n_classes: int
    side: int
    task: str = "multiclass"
    limits: tuple[tuple[str, Any], ...] = ()


def within(values: Mapping[str, Any], limits: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``values`` held within ``limits``: a name is taken over, a number is a maximum."""
    held = {name: most if isinstance(most, str) else min(values[name], most) for name, most in limits.items()}
    return {**values, **held}


def suggest(
    preset: str, facts: DatasetFacts, *, native_size: int = 224, base: RunSettings | None = None
) -> RunSettings:
    """Settings of a preset that fit a data set.

    Args:
        preset: A name in ``PRESETS``.
        facts: The data set in a few numbers.
        native_size: The input size that the model was pretrained at, in pixels.
        base: Settings to keep where the preset has no say (data set, model, seed).
    """
    PRESETS[preset]
    base = base or RunSettings()
    deeper = preset == "best" and tasks.of(facts.task).has_classes and facts.n_train in _DEEPER
    if facts.side < 64:
        # enlarging tiny pictures adds no detail and costs time, but early layers find larger strokes more easily
        size = min(128 if deeper else 96, native_size)
    elif facts.side < 160:
        size = min(160, native_size)
    else:
        size = native_size
    batch_size = 32 if facts.n_train >= 256 else 16 if facts.n_train >= 64 else 8
    steps_per_epoch = max(1, math.ceil(facts.n_train / batch_size))

    def epochs(steps: int, low: int, high: int) -> int:
        return min(high, max(low, math.ceil(steps / steps_per_epoch)))

    train = {
        "quick": dict(epochs=epochs(600, 5, 20), lr=0.005, label_smoothing=0.0, patience=0),
        "balanced": dict(epochs=epochs(480, 8, 24), lr=0.003, label_smoothing=0.05, patience=0),
        "best": dict(epochs=epochs(800, 12, 32), lr=0.003, label_smoothing=0.05, patience=0),
    }[preset]
    if deeper:
        train |= dict(epochs=epochs(640, 12, 32), lr=0.006, ema=0.99)
    freeze = "head" if preset == "quick" else "half" if deeper else "head_then_last"
    return replace(
        base,
        preset=preset,
        model=replace(base.model, image_size=size),
        freeze=replace(base.freeze, preset=freeze),
        augment=AugmentSettings(
            **{**within(dataclasses.asdict(base.augment), dict(facts.limits)), "views": _VIEWS[preset]}
        ),
        train=_of_task(replace(base.train, **{"batch_size": batch_size, "ema": 0.0, **train}), facts),  # type: ignore[arg-type]
    )


def _of_task(train: TrainSettings, facts: DatasetFacts) -> TrainSettings:
    """Return ``train`` with the usual values of a task in place of those that do not serve it."""
    task = tasks.of(facts.task)
    return replace(
        train,
        loss=train.loss if train.loss in task.losses else task.losses[0],
        monitor=train.monitor if train.monitor in task.scores else task.usual_monitor(facts.n_classes),
        label_smoothing=train.label_smoothing if task.has_classes else 0.0,
        class_weights=train.class_weights if task.has_classes else "none",
    )


def serving(key: str, task: str) -> list[str]:
    """The choices of a setting that serve a task, for a form; ``key`` as ``with_value`` takes it."""
    if key == "train.loss":
        return list(tasks.of(task).losses)
    if key == "train.monitor":
        return list(tasks.of(task).scores)
    return list(of(key).choices or ())


def check_task(settings: RunSettings, task: str, n_classes: int) -> None:
    """Raise SettingsError for the first setting that a data set of this task, with so many classes, cannot use."""
    train, meaning = settings.train, tasks.of(task)
    for key, value in (("train.loss", train.loss), ("train.monitor", train.monitor)):
        fitting = serving(key, task)
        if value not in fitting:
            table = LOSSES if key == "train.loss" else MONITORS
            raise SettingsError(
                f"The {table.kind} {table[value].label.lower()!r} does not serve a data set with {meaning.label}.",
                fix=f"Choose one of these for {key}: {', '.join(fitting)}.",
            )
    if not meaning.has_classes and (train.class_weights != "none" or train.label_smoothing):
        raise SettingsError(
            "Numbers have no classes that could be weighted or labels that could be smoothed.",
            fix="Set train.class_weights to none and train.label_smoothing to 0.",
        )
    if settings.model.binary == "sigmoid" and not meaning.fits_one_logit(n_classes):
        raise SettingsError(
            f"One output tells two classes apart, this data set has {n_classes} and {meaning.label}.",
            fix="Set model.binary to softmax.",
        )
