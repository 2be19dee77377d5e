"""The settings of a run: one frozen dataclass for each section, and one for all of them."""

from ftcore.settings.sections.augment import AugmentSettings
from ftcore.settings.sections.engine import EngineSettings
from ftcore.settings.sections.freeze import FreezeSettings
from ftcore.settings.sections.model import ModelSettings
from ftcore.settings.sections.run import SECTIONS, RunSettings
from ftcore.settings.sections.train import TrainSettings

__all__ = [
    "SECTIONS",
    "AugmentSettings",
    "EngineSettings",
    "FreezeSettings",
    "ModelSettings",
    "RunSettings",
    "TrainSettings",
]
