"""What can happen in a training, beside what can happen in any job (ftcore/events.py).

| on disk         | event          | means                                                                     |
|-----------------|----------------|---------------------------------------------------------------------------|
| estimated       | Estimated      | what the run was estimated to cost, before it began                       |
| planned         | Planned        | the work is known: how many epochs, steps, phases, parameters             |
| features_cached | FeaturesCached | the frozen part of a phase has been computed, or found, or cannot be kept |
| step_done       | StepDone       | optimizer steps went by (not every step is reported)                      |
| epoch_done      | EpochDone      | an epoch ended and was validated; it is saved next                        |
| resumed         | Resumed        | the run goes on from the start of ``epoch``; later ones did not count     |
| tested          | Tested         | scores on the locked test pictures                                        |
"""

from dataclasses import dataclass, field
from typing import Any

from ftcore.events import Event, register
from ftcore.tasks import current


@register("estimated", "Estimated", "Promised")
@dataclass(frozen=True, kw_only=True)
class Estimated(Event):
    """``seconds`` are those that ``Finished`` reports, likely between the two others; memory is the worker's."""

    seconds: float
    seconds_low: float
    seconds_high: float
    bytes_memory: int
    bytes_disk: int


def _with_current_task(fields: dict[str, Any]) -> dict[str, Any]:
    return {**fields, "task": current(fields.get("task", "multiclass"))}


@register("planned", "Planned", translate=_with_current_task)
@dataclass(frozen=True, kw_only=True)
class Planned(Event):
    """``phases`` hold first_epoch, n_epochs, trainable (parameter count) and label; ``n_steps`` is the whole run's.

    ``task`` and ``units`` say what is learned (outputs.py).
    """

    model: str
    n_epochs: int
    n_steps: int
    n_parameters: int
    n_train: int
    n_val: int
    monitor: str
    phases: list[dict[str, Any]]
    task: str = "multiclass"
    units: list[str] = field(default_factory=list)


@register("features_cached", "FeaturesCached", "Prepared")
@dataclass(frozen=True, kw_only=True)
class FeaturesCached(Event):
    """How a phase gets its inputs.

    ``prefix`` is the engine of the frozen part, empty where nothing had to be computed or the phase trains from the
    pictures; ``cut`` names what crosses, empty without a cut; ``crossing_bytes`` are per picture and view; ``views``
    counts the augmented ones; with ``is_fresh`` these are made anew in every epoch, and none of the training pictures'
    activations are kept; ``cache_hit`` says that nothing had to be computed.
    """

    phase: int
    prefix: str = ""
    cut: str = ""
    crossing_bytes: int = 0
    views: int = 0
    is_fresh: bool = False
    seconds: float = 0.0
    cache_hit: bool = False


@register("step_done", "StepDone")
@dataclass(frozen=True, kw_only=True)
class StepDone(Event):
    """``step`` counts optimizer steps from the start of the run; ``loss`` is the mean since the last report."""

    epoch: int
    step: int
    loss: float
    lr: float
    images_per_second: float
    memory_mb: float


@register("epoch_done", "EpochDone")
@dataclass(frozen=True, kw_only=True)
class EpochDone(Event):
    """``train`` and ``val`` map metric names to numbers; ``best`` says whether this epoch is the best so far."""

    epoch: int
    phase: int
    step: int
    train: dict[str, float]
    val: dict[str, float]
    lr: float
    seconds: float
    images_per_second: float
    memory_mb: float
    best: bool


@register("resumed", "Resumed")
@dataclass(frozen=True, kw_only=True)
class Resumed(Event):
    epoch: int


@register("tested", "Tested")
@dataclass(frozen=True, kw_only=True)
class Tested(Event):
    """``scores`` maps a metric to ``{"value", "low", "high"}``; the last two are absent where there is no interval."""

    split: str
    n_images: int
    scores: dict[str, dict[str, float]]
