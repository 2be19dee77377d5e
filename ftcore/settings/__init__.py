"""Every setting of a run: default, range and help in one field; the form, the command line and the check read it.

``RunSettings`` is what ``settings.json`` holds. ``suggest`` fills it with values that fit a data set;
``with_values`` applies ``section.field=value`` pairs; ``to_json`` and ``from_json`` go to disk and back.

choices         the tables that a value is chosen from
declaration     what a setting says about itself, and the check that reads it
phase_list      phases of one's own, as a text
sections        the settings themselves
fields          all of them, by key
keys            get, set and describe a setting by its name
presets         settings that fit a data set
files           settings as a file to take away and bring back
guide           questions in plain words whose answers set the settings
augment_limits  what the names of classes and numbers forbid
conflicts       settings that fight each other or the data
"""

from ftcore.settings.choices import (
    AUTOCASTS,
    BATCH_NORMS,
    BINARY_OUTPUTS,
    CACHES,
    CLASS_WEIGHTS,
    COMPILES,
    FITS,
    FLIPS,
    FREEZE_PRESETS,
    GRADUAL_STEPS,
    LOSSES,
    MONITORS,
    OPTIMIZERS,
    POLICIES,
    POOLS,
    PRECISIONS,
    PREFIXES,
    PRESETS,
    SCHEDULES,
    UNFREEZES,
)
from ftcore.settings.keys import (
    at_defaults,
    described,
    from_json,
    in_words,
    range_in_words,
    section_of,
    to_json,
    value_of,
    with_value,
    with_values,
)
from ftcore.settings.phase_list import (
    custom_phases,
    part_named,
    phases_text,
)
from ftcore.settings.presets import (
    DatasetFacts,
    check_task,
    serving,
    suggest,
    within,
)
from ftcore.settings.sections import (
    SECTIONS,
    AugmentSettings,
    EngineSettings,
    FreezeSettings,
    ModelSettings,
    RunSettings,
    TrainSettings,
)

__all__ = [
    "AUTOCASTS",
    "BATCH_NORMS",
    "BINARY_OUTPUTS",
    "CACHES",
    "CLASS_WEIGHTS",
    "COMPILES",
    "FITS",
    "FLIPS",
    "FREEZE_PRESETS",
    "GRADUAL_STEPS",
    "LOSSES",
    "MONITORS",
    "OPTIMIZERS",
    "POLICIES",
    "POOLS",
    "PRECISIONS",
    "PREFIXES",
    "PRESETS",
    "SCHEDULES",
    "SECTIONS",
    "UNFREEZES",
    "AugmentSettings",
    "DatasetFacts",
    "EngineSettings",
    "FreezeSettings",
    "ModelSettings",
    "RunSettings",
    "TrainSettings",
    "at_defaults",
    "check_task",
    "custom_phases",
    "described",
    "from_json",
    "in_words",
    "part_named",
    "phases_text",
    "range_in_words",
    "section_of",
    "serving",
    "suggest",
    "to_json",
    "value_of",
    "with_value",
    "with_values",
    "within",
]
