"""What is true now about a race: a fold over its log. Known without torch."""

from dataclasses import dataclass, replace
from typing import Self

from ftcore.events import Event
from ftcore.runs.state import JobState
from ftcore.search.events import CandidateScored


@dataclass(frozen=True, kw_only=True)
class RaceState(JobState):
    """The replayed log of a race.

    Args:
        leaderboard: What ``CandidateScored`` said, per backbone, in the order in which they ran.
    """

    leaderboard: tuple[CandidateScored, ...] = ()

    def after(self, event: Event) -> Self:
        if isinstance(event, CandidateScored):
            others = (standing for standing in self.leaderboard if standing.model != event.model)
            return replace(self, leaderboard=(*others, event))
        return super().after(event)
