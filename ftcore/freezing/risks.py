"""What a choice of frozen layers risks, in one sentence: forgetting, learning by heart, or learning too little."""

from collections.abc import Sequence
from dataclasses import dataclass

from ftcore.freezing.phases import Phase
from ftcore.settings import FreezeSettings, custom_phases, part_named

LEVELS = ("good", "info", "warning")

PARTS = ("head", "part", "all")

_HEAD = ("head", "1")  # as part_named spells it
_FEW_PER_CLASS = 10
_MANY_PER_CLASS = 200
_FEW = 200
_ENOUGH_FOR_ALL = 2000
_MOST_PER_PICTURE = 20_000
"""Parameters that learn, per training picture, above which a pretrained part is called easily learned by heart. A rule
of thumb: fine-tuned networks have far more parameters than pictures, and what they knew holds them."""


@dataclass(frozen=True)
class Risk:
    """``level`` is one of ``LEVELS``; ``kind`` is nothing, forgetting, overfitting or underfitting."""

    level: str
    kind: str
    sentence: str


def risk(
    part: str, *, n_train: int, n_classes: int, n_learning: int = 0, gradual: bool = False, pretrained: bool = True
) -> Risk:
    """The greatest risk of letting a part of a network learn.

    Args:
        part: What learns in the phase in which most does, one of ``PARTS``.
        n_train: Training pictures.
        n_classes: Classes; 1 where numbers are predicted.
        n_learning: Parameters that learn in that phase; 0 where it is not known.
        gradual: Whether the head learns before the layers under it do.
        pretrained: Whether the network knows anything yet.
    """
    per_class = n_train / max(1, n_classes)
    pictures = f"{n_train:,} training pictures"
    if not pretrained:
        if part != "all":
            return Risk(
                "warning", "underfitting", "Frozen layers that were never trained stay blind: let everything learn."
            )
        level = "warning" if n_train < 10 * _ENOUGH_FOR_ALL else "info"
        return Risk(
            level,
            "overfitting",
            f"The network knows nothing yet and learns to see from {pictures} alone, where pretrained ones have seen a "
            "million.",
        )
    if per_class < _FEW_PER_CLASS:
        rest = "" if part == "head" else ", and the more layers learn, the sooner it does"
        return Risk(
            "warning",
            "overfitting",
            f"With about {per_class:.0f} pictures per class any part of a network soon knows them by heart{rest}: more "
            "pictures help more than any setting.",
        )
    if part == "head":
        if per_class >= _MANY_PER_CLASS:
            return Risk(
                "info",
                "underfitting",
                f"Nothing can be forgotten, but {pictures} are enough to teach the layers below the head as well: with "
                "the head alone the model may stay below what it could be.",
            )
        return Risk(
            "good",
            "nothing",
            f"Nothing can be forgotten, and a head alone seldom learns {pictures} by heart: the safe choice. What the "
            "network cannot see yet, it will not learn to see.",
        )
    if part == "all" and n_train < _FEW:
        return Risk(
            "warning",
            "forgetting",
            f"All of the network may change after only {pictures}: it forgets much of what it knew and learns your "
            "pictures by heart. Freeze more of it.",
        )
    if n_learning / n_train > _MOST_PER_PICTURE:
        return Risk(
            "warning",
            "overfitting",
            f"{_count(n_learning)} numbers learn from {pictures}, which is {_count(n_learning / n_train)} per picture: "
            "watch for validation getting worse while training gets better, or freeze more.",
        )
    if part == "all":
        if n_train >= _ENOUGH_FOR_ALL:
            return Risk(
                "good",
                "nothing",
                f"{pictures} are enough for the whole network to adapt. It forgets what your pictures do not need.",
            )
        softer = (
            "going step by step softens that" if gradual else "going step by step, or a lower rate, would soften that"
        )
        return Risk(
            "info",
            "forgetting",
            f"With {pictures} the early layers may forget more than they gain; {softer}.",
        )
    if gradual:
        return Risk(
            "good",
            "nothing",
            f"The early layers keep what they know, the rest has {pictures} to learn from, and the head has settled "
            "before it does.",
        )
    return Risk(
        "good",
        "nothing",
        f"The early layers keep what they know, and the rest has {pictures} to learn from. In the first steps, while "
        "the head is still random, some of that may be forgotten.",
    )


def learning_part(
    settings: FreezeSettings, phases: Sequence[Phase] = (), n_groups: int | None = None
) -> tuple[str, bool]:
    """Return what learns in the phase in which most does, one of ``PARTS``; and whether the head learns alone before
    it.

    Args:
        settings: What learns is named there.
        phases: Of the model, where its groups are known.
        n_groups: How many it has.
    """
    if phases:
        most = max(phase.n_groups for phase in phases)
        part, begins_alone = "head" if most == 1 else "all" if most == n_groups else "part", phases[0].n_groups == 1
    elif settings.preset == "custom":
        parts = [part_named(what) for _, what in custom_phases(settings.phases)]
        part = "all" if settings.reaches_all else "head" if set(parts) <= set(_HEAD) else "part"
        begins_alone = parts[0] in _HEAD
    else:
        part = "all" if settings.reaches_all else "head" if settings.preset == "head" else "part"
        begins_alone = settings.preset in ("head_then_last", "gradual")
    if part == "all" and settings.lora_rank:
        part = "part"  # every layer may be corrected, and none forgets its own weights
    return part, part != "head" and begins_alone


def _count(n: float) -> str:
    """``3.4 million``, ``25,000``."""
    return f"{n / 1e6:.1f} million" if n >= 1e6 else f"{round(n, -3):,.0f}" if n >= 10_000 else f"{n:,.0f}"
