"""Settings by name: get, set and describe them, and to JSON and back."""

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import ftcore.settings.fields as fields
from ftcore.errors import SettingsError
from ftcore.settings.sections import SECTIONS, RunSettings


def with_values(settings: RunSettings, pairs: Iterable[str]) -> RunSettings:
    """Apply ``section.field=value`` texts, as ``--set`` brings them. ``seed`` has no section."""
    for pair in pairs:
        key, equals, text = pair.partition("=")
        if not equals:
            raise SettingsError(f"{pair!r} is not a setting.", fix="Write KEY=VALUE, for example train.epochs=5.")
        settings = with_value(settings, key.strip(), text.strip())
    return settings


def with_value(settings: RunSettings, key: str, value: Any) -> RunSettings:
    """Return ``settings`` with one field changed; a text is read as the field's own type.

    Raises:
        SettingsError: There is no such key, or the value does not fit it.
    """
    field = fields.of(key)
    value = field.widened(field.read(value) if isinstance(value, str) else value)
    if not field.section:
        return replace(settings, **{field.name: value})
    changed = replace(getattr(settings, field.section), **{field.name: value})
    return replace(settings, **{field.section: changed})


def value_of(settings: RunSettings, key: str) -> Any:
    """Return the value of a key, as ``with_value`` would set it."""
    field = fields.of(key)
    return getattr(section_of(settings, field), field.name)


def section_of(settings: RunSettings, field: fields.Field) -> Any:
    """Return the part of ``settings`` that holds a field: a section, or the settings of the whole run themselves."""
    return getattr(settings, field.section) if field.section else settings


def at_defaults(settings: RunSettings, chosen: Iterable[fields.Field]) -> RunSettings:
    """Return ``settings`` with the defaults for some fields, so that runs that differ in nothing else compare equal."""
    defaults: dict[str, dict[str, Any]] = {}
    for field in chosen:
        defaults.setdefault(field.section, {})[field.name] = field.default
    whole = defaults.pop("", {})
    parts = {section: replace(getattr(settings, section), **values) for section, values in defaults.items()}
    return replace(settings, **whole, **parts)


def in_words(key: str, value: Any) -> str:
    """Say a value as people read it: a choice by its label, ``yes`` or ``no``, ``none`` for an empty text."""
    choices = fields.of(key).choices
    if choices is not None:
        return choices[value].label
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return value or "none"
    return f"{value:,}" if isinstance(value, int) else f"{value:.9g}"


def range_in_words(key: str) -> str:
    """Say what is allowed: ``1 to 1,000``, the labels of choices, ``yes or no``; empty where any text will do."""
    field = fields.of(key)
    if field.choices is not None:
        return " / ".join(field.choices[name].label for name in field.choices)
    if field.type is bool:
        return "yes or no"
    if field.type is str:
        return ""
    return f"{in_words(key, field.type(field.low))} to {in_words(key, field.type(field.high))}"


def described(settings: RunSettings) -> list[dict[str, Any]]:
    """Return every setting with its value, range and help, as plain values in the order of the sections.

    ``default`` is the value in ``settings``; ``choices`` holds name, label and help of each, or is None.
    """
    return [
        {
            "key": field.key,
            "default": getattr(section_of(settings, field), field.name),
            "label": field.label,
            "help": field.help,
            "low": field.low,
            "high": field.high,
            "step": field.step,
            "scale": field.scale,
            "advanced": field.advanced,
            "choices": [dataclasses.asdict(field.choices[name]) for name in field.choices] if field.choices else None,
        }
        for field in fields.every()
    ]


def to_json(settings: RunSettings) -> dict[str, Any]:
    """Return what ``settings.json`` holds: an object per section."""
    return dataclasses.asdict(settings)


def from_json(value: Mapping[str, Any]) -> RunSettings:
    """Read settings from what a file holds; what an earlier version did not know gets its default.

    Raises:
        SettingsError: No JSON object, an unknown key, a wrong type, a value out of range.
    """
    if not isinstance(value, Mapping):
        raise SettingsError("The settings are not a JSON object.", fix="Use a file that this app wrote.")
    sections = {}
    for section, kind in SECTIONS.items():
        part = value.get(section, {})
        if not isinstance(part, Mapping):
            raise SettingsError(
                f"The settings' part {section!r} is not a JSON object.", fix="Use a file that this app wrote."
            )
        known = [(fields.of(f"{section}.{name}"), item) for name, item in part.items()]
        sections[section] = kind(**{field.name: field.widened(item) for field, item in known})
    rest = {key: item for key, item in value.items() if key not in SECTIONS}
    for key in rest:
        if key not in _NOT_SETTINGS:
            fields.of(key)
    return RunSettings(**rest, **sections)


_NOT_SETTINGS = ("dataset", "preset")
"""What a file holds of a run beside settings: the data set's id and the preset that its settings began with."""
