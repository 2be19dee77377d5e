"""How the work is done."""

from dataclasses import dataclass

from ftcore.settings.choices import AUTOCASTS, CACHES, COMPILES, PRECISIONS, PREFIXES
from ftcore.settings.declaration import check, setting


@dataclass(frozen=True, kw_only=True)
class EngineSettings:
    """How the work is done; the model that comes out is the same."""

    cache: str = setting(
        "on",
        "Compute frozen layers once",
        "What the frozen part of the network sees is kept on disk instead of being computed in every epoch.",
        choices=CACHES,
        advanced=True,
    )
    prefix: str = setting(
        "auto",
        "Engine of the frozen part",
        "What computes the part of the network that does not learn.",
        choices=PREFIXES,
        advanced=True,
    )
    autocast: str = setting(
        "auto", "Precision of training steps", "How exactly steps are computed.", choices=AUTOCASTS, advanced=True
    )
    compile: str = setting(
        "off",
        "Compile training steps",
        "Let PyTorch's compiler try to speed up steps.",
        choices=COMPILES,
        advanced=True,
    )
    cache_gb: float = setting(
        20.0,
        "Largest cache, in gigabytes",
        "Disk for what is kept of frozen layers; the longest unused goes first. At most a quarter of what is free.",
        low=0.0,
        high=10_000.0,
        advanced=True,
    )
    precision: str = setting(
        "float16", "Precision of what is kept", "How exactly it is kept on disk.", choices=PRECISIONS, advanced=True
    )

    def __post_init__(self) -> None:
        check(self)
