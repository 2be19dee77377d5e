"""All sections in one: what ``settings.json`` holds."""

from dataclasses import dataclass, field

from ftcore.settings.choices import PRESETS
from ftcore.settings.declaration import check, setting
from ftcore.settings.sections.augment import AugmentSettings
from ftcore.settings.sections.engine import EngineSettings
from ftcore.settings.sections.freeze import FreezeSettings
from ftcore.settings.sections.model import ModelSettings
from ftcore.settings.sections.train import TrainSettings


@dataclass(frozen=True, kw_only=True)
class RunSettings:
    """Everything that a run needs to be repeated, number for number."""

    dataset: str = ""
    preset: str = "quick"
    seed: int = setting(
        0, "Seed", "Where the random numbers start. The same seed gives the same run.", low=0, high=2**31 - 1
    )
    model: ModelSettings = field(default_factory=ModelSettings)
    freeze: FreezeSettings = field(default_factory=FreezeSettings)
    augment: AugmentSettings = field(default_factory=AugmentSettings)
    train: TrainSettings = field(default_factory=TrainSettings)
    engine: EngineSettings = field(default_factory=EngineSettings)

    def __post_init__(self) -> None:
        check(self)
        PRESETS[self.preset]


SECTIONS: dict[str, type] = {
    "model": ModelSettings,
    "freeze": FreezeSettings,
    "augment": AugmentSettings,
    "train": TrainSettings,
    "engine": EngineSettings,
}
