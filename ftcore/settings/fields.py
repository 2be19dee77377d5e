"""The fields of all settings, by key and in order: what a form, a check, a price or a search needs to know of them."""

import functools
from collections.abc import Iterator
from dataclasses import replace

from ftcore.errors import SettingsError
from ftcore.settings.declaration import Field, fields_of
from ftcore.settings.sections import SECTIONS, RunSettings


def of(key: str) -> Field:
    """Return the field of a key, or of what an earlier version called it. Raises SettingsError if there is none."""
    for field in every():
        if key == field.key or key in field.formerly:
            return field
    raise SettingsError(f"Unknown setting {key!r}.", fix=f"Choose one of: {', '.join(f.key for f in every())}.")


def every() -> Iterator[Field]:
    """Yield all fields: those of the whole run, which have no section, then section by section."""
    yield from _declared("", RunSettings)
    for name in SECTIONS:
        yield from in_section(name)


def in_section(name: str) -> tuple[Field, ...]:
    """Return the fields of a section, in the order in which they are declared."""
    return _declared(name, SECTIONS[name])


@functools.cache
def _declared(section: str, kind: type) -> tuple[Field, ...]:
    prefix = f"{section}." if section else ""
    return tuple(replace(field, key=prefix + name) for name, field in fields_of(kind).items())
