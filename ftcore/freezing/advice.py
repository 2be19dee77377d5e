"""What a choice of frozen layers risks, in one sentence: forgetting, learning by heart, or learning too little."""

from dataclasses import dataclass

LEVELS = ("good", "info", "warning")

HEAD_SHARE = 0.02
"""Share of a network below which what learns is called a head."""

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
    *, n_train: int, n_classes: int, n_learning: int, n_parameters: int, gradual: bool = False, pretrained: bool = True
) -> Risk:
    """The greatest risk of letting a part of a network learn.

    Args:
        n_train: Training pictures.
        n_classes: Classes; 1 where numbers are predicted.
        n_learning: Parameters that learn in the phase in which most do.
        n_parameters: Of the whole network.
        gradual: Whether the head learns before the layers under it do.
        pretrained: Whether the network knows anything yet.
    """
    per_class = n_train / max(1, n_classes)
    share = n_learning / max(1, n_parameters)
    pictures = f"{n_train:,} training pictures"
    if not pretrained:
        if share < 1:
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
        rest = "" if share <= HEAD_SHARE else ", and the more layers learn, the sooner it does"
        return Risk(
            "warning",
            "overfitting",
            f"With about {per_class:.0f} pictures per class any part of a network soon knows them by heart{rest}: more "
            "pictures help more than any setting.",
        )
    if share <= HEAD_SHARE:
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
    if share >= 0.9 and n_train < _FEW:
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
    if share >= 0.9:
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


def _count(n: float) -> str:
    """``3.4 million``, ``25,000``."""
    return f"{n / 1e6:.1f} million" if n >= 1e6 else f"{round(n, -3):,.0f}" if n >= 10_000 else f"{n:,.0f}"
