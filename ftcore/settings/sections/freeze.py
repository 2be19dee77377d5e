"""Which part of the network may change."""

from dataclasses import dataclass

from ftcore.settings.choices import BATCH_NORMS, FREEZE_PRESETS, GRADUAL_STEPS, UNFREEZES
from ftcore.settings.declaration import check, setting
from ftcore.settings.phase_list import WHOLE, custom_phases, part_named

_STALLED = 2
"""Epochs without anything better that count as stalled, where nobody says how many."""


@dataclass(frozen=True, kw_only=True)
class FreezeSettings:
    """Which part of the network may change. What is frozen keeps what it knows and costs less time."""

    preset: str = setting(
        "head",
        "What learns",
        "The rest of the network is frozen: it keeps what it knows, and training is faster.",
        choices=FREEZE_PRESETS,
    )
    gradual: str = setting(
        "parts", "Step by step: each step", "How much more learns in each phase.", choices=GRADUAL_STEPS, advanced=True
    )
    unfreeze: str = setting(
        "by_epochs",
        "Next phase begins",
        "When a plan of several phases goes on to the next.",
        choices=UNFREEZES,
        advanced=True,
    )
    every: int = setting(
        0,
        "Epochs per phase",
        "Epochs that a phase lasts, or epochs without progress that count as stalled; 0 fits them to the run.",
        low=0,
        high=1000,
        step=1,
        advanced=True,
    )
    phases: str = setting(
        "2:head, rest:last_stage",
        "Phases of your own",
        "Only for phases of your own: pairs of epochs and what learns, like 2:head, 4:stage 4, rest:all.",
        advanced=True,
    )
    batch_norm: str = setting(
        "learning",
        "Batch norm adapts",
        "Many networks keep running averages of what they see; which of them follow your pictures.",
        choices=BATCH_NORMS,
        advanced=True,
    )
    body_share: float = setting(
        0.2,
        "Rate of pretrained layers",
        "Learning rate of the layer group before the head, as a share of the head's: what is pretrained is to be "
        "adjusted, not learned anew.",
        low=0.001,
        high=1.0,
        step=0.05,
        scale="log",
        affects_cost=False,
        advanced=True,
    )
    layer_decay: float = setting(
        0.8,
        "Rate decay per layer group",
        "Each layer group learns at this share of the rate of the group after it, so that early layers change less.",
        low=0.1,
        high=1.0,
        step=0.05,
        advanced=True,
        affects_cost=False,
    )
    lora_rank: int = setting(
        0,
        "Low-rank adapters (LoRA): rank",
        "Layers that may learn keep their weights and learn a small correction of this rank instead: between frozen "
        "and free. 0 is off, 8 is usual; it has no effect when only the head learns.",
        low=0,
        high=256,
        step=4,
        advanced=True,
        scale="log",
        log_low=1,
    )
    lora_alpha: float = setting(
        16.0,
        "Low-rank adapters: strength",
        "How strongly the corrections act; twice the rank is usual.",
        low=0.1,
        high=1024.0,
        step=4.0,
        advanced=True,
        scale="log",
    )

    def __post_init__(self) -> None:
        check(self)
        custom_phases(self.phases)

    @property
    def stalled(self) -> int:
        """Epochs without anything better after which the next phase begins, where phases wait for validation."""
        return self.every or _STALLED

    @property
    def reaches_all(self) -> bool:
        """Tell whether the whole network learns in the end, by itself or by adapters."""
        if self.preset == "custom":
            return any(part_named(what) in WHOLE for _, what in custom_phases(self.phases))
        return self.preset in ("none", "gradual")
