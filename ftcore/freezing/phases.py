"""How the epochs of a run are divided among the phases of a freezing preset. Plain numbers: a page draws it."""

from dataclasses import dataclass

from ftcore.errors import SettingsError

LABELS: dict[str, tuple[str, ...]] = {
    "head": ("Head only",),
    "last_stage": ("Last stage",),
    "quarter": ("Last quarter",),
    "half": ("Last half",),
    "head_then_last": ("Head only", "Last stage"),
    "gradual": ("Head only", "Last stage", "Last half", "Everything"),
    "none": ("Everything",),
}
"""What learns in each phase of a preset (settings.FREEZE_PRESETS)."""


@dataclass(frozen=True)
class Span:
    """The epochs of a phase.

    Args:
        first_epoch: Index of its first epoch, from 0.
        n_epochs: How many epochs it lasts, at least 1.
        label: What learns in it.
    """

    first_epoch: int
    n_epochs: int
    label: str


def spans(preset: str, n_epochs: int) -> list[Span]:
    """The phases of a preset over the epochs of a run.

    With fewer epochs than phases the first phases are left out: the last one is what was asked for. A head needs few
    epochs, so the first of several phases gets a quarter of them.
    """
    if preset not in LABELS:
        raise SettingsError(f"Unknown freezing preset {preset!r}.", fix=f"Choose one of: {', '.join(LABELS)}.")
    labels = LABELS[preset][-n_epochs:]
    found, first = [], 0
    for index, label in enumerate(labels):
        left = n_epochs - first
        if index == len(labels) - 1:
            n = left
        elif index == 0:
            n = max(1, n_epochs // 4)
        else:
            n = max(1, left // (len(labels) - index))
        found.append(Span(first, n, label))
        first += n
    return found
