"""What can happen in any job, and the one-line form of events on disk.

A worker appends events to ``events.jsonl``; everybody else reads them (runs/log.py) and folds them into what is true
now (runs/state.py). A room whose jobs have more to tell registers events of its own: training/events.py,
search/events.py, datasets/importing/events.py.

| on disk     | event       | said by    | means                                                                 |
|-------------|-------------|------------|-----------------------------------------------------------------------|
| started     | Started     | worker     | a sitting begins: what an earlier one said of a failure counts no more |
| progress    | Progress    | any worker | ``done`` of ``total`` in a named stage that is not a training step    |
| note        | Note        | any worker | a sentence worth keeping: a fallback that was taken, a thing left out |
| stopped     | Stopped     | any worker | the user asked to stop, and the work was left                         |
| finished    | Finished    | any worker | the job came to its end and all its files are there                   |
| failed      | Failed      | any worker | the job cannot go on: what happened and what to do                    |
| interrupted | Interrupted | supervisor | the worker died or had to leave; the job can be resumed               |
| –           | Unreadable  | reader     | a line of the log that is no event, or one that nobody here knows     |
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


@dataclass(frozen=True)
class _Row:
    type: type[Event]
    translate: Callable[[dict[str, Any]], dict[str, Any]]


_NAMES: dict[type[Event], str] = {}
_ROWS: dict[str, _Row] = {}  # by its name on disk and by every former one


def register(
    name: str, *formerly: str, translate: Callable[[dict[str, Any]], dict[str, Any]] = dict
) -> Callable[[type[Kind]], type[Kind]]:
    """Decorate a class of events with its name on disk, which stays when the class is renamed.

    Args:
        name: On disk, from now on.
        formerly: Names under which earlier versions wrote it; they are still read.
        translate: From the fields that a line holds, of any version, to those of the class.

    Raises:
        ValueError: Another class has one of these names.
    """

    def of(cls: type[Kind]) -> type[Kind]:
        for known in (name, *formerly):
            if known in _ROWS:
                raise ValueError(f"The event {known!r} is {_ROWS[known].type.__name__} already.")
        _NAMES[cls] = name
        _ROWS.update(dict.fromkeys((name, *formerly), _Row(cls, translate)))
        return cls

    return of


def registered() -> dict[str, type[Event]]:
    """Return the classes of events that are known so far, by their names on disk."""
    return {name: cls for cls, name in _NAMES.items()}


@register("started")
@dataclass(frozen=True, kw_only=True)
class Started(Event):
    pass


@register("progress", "Progress")
@dataclass(frozen=True, kw_only=True)
class Progress(Event):
    """``label`` is a sentence for people; ``seconds`` is how long the stage has run."""

    stage: str
    label: str
    done: int
    total: int
    seconds: float = 0.0


@register("note", "Note")
@dataclass(frozen=True, kw_only=True)
class Note(Event):
    message: str


@register("stopped", "Stopped")
@dataclass(frozen=True, kw_only=True)
class Stopped(Event):
    pass


@register("finished", "Finished")
@dataclass(frozen=True, kw_only=True)
class Finished(Event):
    """``reason`` is a sentence; ``seconds`` is the computing time of the job over all its sittings."""

    reason: str
    seconds: float


@register("failed", "Failed")
@dataclass(frozen=True, kw_only=True)
class Failed(Event):
    message: str
    fix: str = ""


@register("interrupted", "Interrupted")
@dataclass(frozen=True, kw_only=True)
class Interrupted(Event):
    message: str
    fix: str = ""


@dataclass(frozen=True, kw_only=True)
class Unreadable(Event):
    """It is never written; ``at`` is 0 where the line does not say when."""

    at: float = 0.0


def drain(work: Generator[Kind, None, Result], on_event: Callable[[Kind], object] = lambda event: None) -> Result:
    """Do some work to its end: ``on_event`` hears of every event, and the work's result is returned."""
    while True:
        try:
            on_event(next(work))
        except StopIteration as ended:
            result: Result = ended.value
            return result


def encode(event: Event) -> str:
    """One line of JSON. NaN is refused here, so a diverged loss has to be reported as ``Failed``.

    Raises:
        TypeError: The class of the event has no name on disk.
        ValueError: A number is none.
    """
    name = _NAMES.get(type(event))
    if name is None:
        raise TypeError(f"{type(event).__name__} has no name on disk; register it.")
    return json.dumps({"kind": name, **asdict(event)}, allow_nan=False, ensure_ascii=False)


def decode(line: str | bytes) -> Event:
    """The event of a line; ``Unreadable`` for one that is torn, or that a newer version wrote. Unknown fields are left
    out."""
    at = 0.0
    try:
        value = json.loads(line if isinstance(line, str) else line.decode())
        at = float(value.get("at", 0.0))
        row = _ROWS[value.pop("kind")]
        value = row.translate(value)
        known = {field.name for field in fields(row.type)}
        return row.type(**{key: item for key, item in value.items() if key in known})
    except (ValueError, TypeError, AttributeError, KeyError):
        return Unreadable(at=at)
