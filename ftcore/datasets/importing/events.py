"""What can happen in an import, beside what can happen in any job (ftcore/events.py)."""

from dataclasses import dataclass

from ftcore.events import Event, register


@register("imported", "Imported")
@dataclass(frozen=True, kw_only=True)
class Imported(Event):
    """A data set is in the workspace."""

    dataset: str
    n_images: int
    n_left_out: int
