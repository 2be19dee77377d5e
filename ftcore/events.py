"""What can happen in a job: the whole vocabulary, and its one-line form on disk.

A worker appends events to ``events.jsonl``; everybody else reads them (runs/log.py) and folds them into what is true
now (runs/state.py).

| event           | said by    | means                                                                              |
|-----------------|------------|------------------------------------------------------------------------------------|
| Estimated       | trainer    | what the run was estimated to cost, before it began                                |
| Planned         | trainer    | the work is known: how many epochs, steps, phases, parameters                      |
| Progress        | any worker | ``done`` of ``total`` in a named stage that is not a training step                 |
| FeaturesCached  | trainer    | the frozen part of a phase has been computed, or found, or cannot be kept          |
| Note            | any worker | a sentence worth keeping: a fallback that was taken, a thing left out              |
| StepDone        | trainer    | optimizer steps went by (not every step is reported)                               |
| EpochDone       | trainer    | an epoch ended and was validated; it is saved next                                 |
| Resumed         | trainer    | the run goes on from the start of ``epoch``; later epochs in the log did not count |
| Stopped         | trainer    | the user asked to stop; the best epoch is kept                                     |
| Tested          | trainer    | scores on the locked test pictures                                                 |
| CandidateScored | racer      | how one backbone of a race did                                                     |
| Imported        | importer   | a dataset is in the workspace                                                      |
| Finished        | any worker | the job came to its end and all its files are there                                |
| Failed          | any worker | the job cannot go on: what happened and what to do                                 |
| Interrupted     | supervisor | the worker died or had to leave; the run can be resumed                            |
"""

import json
import time
from collections.abc import Callable, Generator
from dataclasses import asdict, dataclass, field, fields
from typing import Any, TypeVar

Result = TypeVar("Result")
Kind = TypeVar("Kind", bound="Event")


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that happened, at a time (seconds since 1970)."""

    at: float = field(default_factory=time.time)


@dataclass(frozen=True, kw_only=True)
class Estimated(Event):
    """``seconds`` are those that ``Finished`` reports, likely between the two others; memory is the worker's."""

    seconds: float
    seconds_low: float
    seconds_high: float
    bytes_memory: int
    bytes_disk: int


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


@dataclass(frozen=True, kw_only=True)
class Progress(Event):
    """``label`` is a sentence for people; ``seconds`` is how long the stage has run."""

    stage: str
    label: str
    done: int
    total: int
    seconds: float = 0.0


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


@dataclass(frozen=True, kw_only=True)
class Note(Event):
    message: str


@dataclass(frozen=True, kw_only=True)
class StepDone(Event):
    """``step`` counts optimizer steps from the start of the run; ``loss`` is the mean since the last report."""

    epoch: int
    step: int
    loss: float
    lr: float
    images_per_second: float
    memory_mb: float


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


@dataclass(frozen=True, kw_only=True)
class Resumed(Event):
    epoch: int


@dataclass(frozen=True, kw_only=True)
class Stopped(Event):
    epoch: int


@dataclass(frozen=True, kw_only=True)
class Tested(Event):
    """``scores`` maps a metric to ``{"value", "low", "high"}``; the last two are absent where there is no interval."""

    split: str
    n_images: int
    scores: dict[str, dict[str, float]]


@dataclass(frozen=True, kw_only=True)
class CandidateScored(Event):
    """``score`` lies between ``low`` and ``high`` with 95 %; what it is says ``metric``. ``megabytes`` of weights."""

    model: str
    metric: str
    score: float
    low: float
    high: float
    seconds: float
    megabytes: float


@dataclass(frozen=True, kw_only=True)
class Imported(Event):
    dataset: str
    n_images: int
    n_left_out: int


@dataclass(frozen=True, kw_only=True)
class Finished(Event):
    """``reason`` is a sentence; ``seconds`` is the computing time of the job over all its sittings."""

    reason: str
    seconds: float
    best_epoch: int | None = None


@dataclass(frozen=True, kw_only=True)
class Failed(Event):
    message: str
    fix: str = ""


@dataclass(frozen=True, kw_only=True)
class Interrupted(Event):
    message: str
    fix: str = ""


KINDS: dict[str, type[Event]] = {kind.__name__: kind for kind in Event.__subclasses__()}
FORMERLY = {"Promised": "Estimated", "Prepared": "FeaturesCached", "Stood": "CandidateScored"}
"""Names in the logs of the first version."""


def drain(work: Generator[Kind, None, Result], on_event: Callable[[Kind], object] = lambda event: None) -> Result:
    """Do some work to its end: ``on_event`` hears of every event, and the work's result is returned."""
    while True:
        try:
            on_event(next(work))
        except StopIteration as ended:
            result: Result = ended.value
            return result


def encode(event: Event) -> str:
    """One line of JSON. NaN is refused here, so a diverged loss has to be reported as ``Failed``."""
    return json.dumps({"kind": type(event).__name__, **asdict(event)}, allow_nan=False, ensure_ascii=False)


def decode(line: str) -> Event | None:
    """The event of a line, or None for a kind that a newer version wrote. Unknown fields are left out."""
    value = json.loads(line)
    name = value.pop("kind", "")
    kind = KINDS.get(FORMERLY.get(name, name))
    if kind is None:
        return None
    known = {f.name for f in fields(kind)}
    return kind(**{key: item for key, item in value.items() if key in known})
