"""What is true now about an import: a fold over its log."""

from dataclasses import dataclass, replace
from typing import Self

from ftcore.datasets.importing.events import Imported
from ftcore.events import Event
from ftcore.runs.state import JobState


@dataclass(frozen=True, kw_only=True)
class ImportState(JobState):
    """The replayed log of an import.

    Args:
        dataset: Id of the data set that was made.
    """

    dataset: str = ""

    def after(self, event: Event) -> Self:
        if isinstance(event, Imported):
            return replace(self, dataset=event.dataset, stage=None)
        return super().after(event)
