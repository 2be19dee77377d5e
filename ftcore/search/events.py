"""What can happen in a race of models, beside what can happen in any job (ftcore/events.py)."""

from dataclasses import dataclass

from ftcore.events import Event, register


@register("candidate_scored", "CandidateScored", "Stood")
@dataclass(frozen=True, kw_only=True)
class CandidateScored(Event):
    """How one backbone did: ``score`` lies between ``low`` and ``high`` with 95 %; what it is says ``metric``.
    ``megabytes`` of weights."""

    model: str
    metric: str
    score: float
    low: float
    high: float
    seconds: float
    megabytes: float
