"""Changed copies of the training pictures."""

from dataclasses import dataclass

from ftcore.settings.choices import FLIPS, POLICIES
from ftcore.settings.declaration import OnlyWith, check, setting


@dataclass(frozen=True, kw_only=True)
class AugmentSettings:
    """Changed copies (views) of the training pictures, so that the model learns what does not matter."""

    views: int = setting(
        4,
        "Views per picture",
        "Changed copies of each training picture, beside the picture itself; each epoch takes one of them. 0 for none.",
        low=0,
        high=64,
        step=1,
    )
    fresh: bool = setting(
        False,
        "Fresh views every epoch",
        "Never the same view twice. The frozen part then has to look at every picture again in each epoch.",
        advanced=True,
    )
    strength: float = setting(1.0, "Strength", "Multiplies all of the amounts below.", low=0.0, high=3.0, step=0.25)
    flip: str = setting("none", "Mirror", "Show half of the views mirrored.", choices=FLIPS)
    rotate: float = setting(
        10.0, "Turn", "By up to so many degrees to either side.", low=0.0, high=180.0, step=5.0, advanced=True
    )
    shift: float = setting(
        0.06, "Shift", "By up to this share of the side.", low=0.0, high=0.5, step=0.02, advanced=True
    )
    zoom: float = setting(0.15, "Zoom", "In or out by up to this share.", low=0.0, high=1.0, step=0.05, advanced=True)
    colour: float = setting(
        0.15,
        "Light and colour",
        "Change brightness, contrast and saturation by up to this share.",
        low=0.0,
        high=0.9,
        step=0.05,
        advanced=True,
    )
    blur: float = setting(
        0.0, "Blur", "By up to so many per cent of the side.", low=0.0, high=5.0, step=0.5, advanced=True
    )
    noise: float = setting(
        0.0, "Noise", "Grain of up to this share of full brightness.", low=0.0, high=0.5, step=0.02, advanced=True
    )
    cutout: float = setting(
        0.0, "Cutout", "Hide a grey square of this share of the side.", low=0.0, high=0.7, step=0.05, advanced=True
    )
    policy: str = setting("none", "Automatic policy", "Further random changes.", choices=POLICIES, advanced=True)
    rand_ops: int = setting(
        2,
        "RandAugment: changes",
        "Only for RandAugment: random changes that each view gets.",
        low=1,
        high=10,
        step=1,
        only_with=OnlyWith("policy", ("rand",)),
        advanced=True,
    )
    rand_magnitude: float = setting(
        0.3,
        "RandAugment: strength",
        "Only for RandAugment: strength of each change, as a share of the strongest; the strength above multiplies it.",
        low=0.0,
        high=1.0,
        step=0.05,
        only_with=OnlyWith("policy", ("rand",)),
        advanced=True,
    )

    def __post_init__(self) -> None:
        check(self)
