"""Settings by name: get, set and describe them, and to JSON and back."""

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from typing import Any

from ftcore.errors import SettingsError
from ftcore.settings.fields import kind_in_words
from ftcore.settings.sections import SECTIONS, RunSettings


def with_values(settings: RunSettings, pairs: Iterable[str]) -> RunSettings:
    """Apply ``section.field=value`` texts, as ``--set`` brings them. ``seed`` has no section."""
    for pair in pairs:
        key, equals, text = pair.partition("=")
        if not equals:
            raise SettingsError(f"{pair!r} is not a setting.", fix="Write KEY=VALUE, for example train.epochs=5.")
        settings = with_value(settings, key.strip(), text.strip())
    return settings


FORMERLY = {"train.optimiser": "train.optimizer"}
"""What the first version called some settings, in files and on the command line."""


def with_value(settings: RunSettings, key: str, value: Any) -> RunSettings:
    """``settings`` with one field changed; a text is read as the field's own type."""
    section_name, _, name = FORMERLY.get(key, key).rpartition(".")
    section = getattr(settings, section_name) if section_name in SECTIONS else settings if not section_name else None
    known = {f.name: f for f in fields(section) if f.metadata} if section is not None else {}
    if name not in known:
        raise SettingsError(f"Unknown setting {key!r}.", fix=f"Choose one of: {', '.join(keys())}.")
    if isinstance(value, str):
        value = _read(value, known[name])
    value = _number(value, type(section), name)
    changed: Any = replace(section, **{name: value})  # type: ignore[type-var]
    if section is settings:
        return changed
    whole: dict[str, Any] = {section_name: changed}
    return replace(settings, **whole)


def keys() -> list[str]:
    """Every key that ``with_value`` takes."""
    return ["seed", *(f"{section}.{f.name}" for section, kind in SECTIONS.items() for f in fields(kind))]


def about(key: str) -> Mapping[str, Any]:
    """What the field of a key says about itself: label, help, low, high, step, choices, advanced."""
    section, _, name = key.rpartition(".")
    kind = RunSettings if not section else SECTIONS.get(section)
    known = {f.name: f.metadata for f in fields(kind) if f.metadata} if kind is not None else {}
    if name not in known:
        raise SettingsError(f"Unknown setting {key!r}.", fix=f"Choose one of: {', '.join(keys())}.")
    return known[name]


def value_of(settings: RunSettings, key: str) -> Any:
    """The value of a key, as ``with_value`` would set it."""
    about(key)
    section, _, name = key.rpartition(".")
    return getattr(getattr(settings, section) if section else settings, name)


def in_words(key: str, value: Any) -> str:
    """A value as people read it: a choice by its label, ``yes`` or ``no``, ``none`` for an empty text."""
    choices = about(key)["choices"]
    if choices is not None:
        label: str = choices[value].label
        return label
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return value or "none"
    return f"{value:,}" if isinstance(value, int) else f"{value:.9g}"


def range_in_words(key: str) -> str:
    """``1 to 1,000``, the labels of choices, ``yes or no``; empty where any text will do."""
    meta, kind = about(key), type(value_of(RunSettings(), key))
    if meta["choices"] is not None:
        return " / ".join(meta["choices"][name].label for name in meta["choices"])
    if kind is bool:
        return "yes or no"
    if kind is str:
        return ""
    return f"{in_words(key, kind(meta['low']))} to {in_words(key, kind(meta['high']))}"


def described(settings: RunSettings) -> list[dict[str, Any]]:
    """Every setting with its value, range and help, as plain values in the order of the sections.

    ``default`` is the value in ``settings``; ``choices`` holds name, label and help of each, or is None.
    """
    rows = []
    for section_name, kind in [("", RunSettings), *SECTIONS.items()]:
        section = getattr(settings, section_name) if section_name else settings
        for f in fields(kind):
            if not f.metadata:
                continue
            about = dict(f.metadata)
            table = about.pop("choices")
            choices = (
                None
                if table is None
                else [{"name": name, "label": table[name].label, "help": table[name].help} for name in table]
            )
            key = f"{section_name}.{f.name}" if section_name else f.name
            rows.append({"key": key, "default": getattr(section, f.name), **about, "choices": choices})
    return rows


def to_json(settings: RunSettings) -> dict[str, Any]:
    return dataclasses.asdict(settings)


def from_json(value: Mapping[str, Any]) -> RunSettings:
    """Settings from what a file holds. Unknown keys and wrong types are named; missing ones get their default."""
    if not isinstance(value, Mapping):
        raise SettingsError("The settings are not a JSON object.", fix="Use a file that this app wrote.")
    sections = {}
    for name, kind in SECTIONS.items():
        part = value.get(name, {})
        if not isinstance(part, Mapping):
            raise SettingsError(
                f"The settings' part {name!r} is not a JSON object.", fix="Use a file that this app wrote."
            )
        part = {FORMERLY.get(f"{name}.{key}", f"{name}.{key}").partition(".")[2]: item for key, item in part.items()}
        _refuse_unknown(part, {f.name for f in fields(kind)}, f"{name}.")
        sections[name] = kind(**{key: _number(item, kind, key) for key, item in part.items()})
    _refuse_unknown(value, {f.name for f in fields(RunSettings)}, "")
    rest = {key: item for key, item in value.items() if key not in SECTIONS}
    return RunSettings(**rest, **sections)


def _refuse_unknown(part: Mapping[str, Any], known: set[str], prefix: str) -> None:
    for key in part:
        if key not in known:
            raise SettingsError(f"Unknown setting {prefix + key!r}.", fix=f"Choose one of: {', '.join(keys())}.")


def _number(value: Any, kind: type, name: str) -> Any:
    """JSON writes 1.0 as 1 in some hands: a whole number is fine where a fraction is expected."""
    default = {f.name: f.default for f in fields(kind)}[name]
    is_whole = type(default) is float and type(value) is int and abs(value) < 2**53
    return float(value) if is_whole else value


def _read(text: str, f: dataclasses.Field[Any]) -> Any:
    kind: Any = type(f.default)
    try:
        if kind is bool:
            return {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}[text.lower()]
        return kind(text)
    except (ValueError, KeyError):
        raise SettingsError(
            f"{f.metadata['label']} is {text!r}, expected {kind_in_words(kind)}.", fix=f"For example {f.default!r}."
        ) from None
