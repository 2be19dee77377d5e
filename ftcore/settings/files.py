"""Settings as a file to take away and bring back, and what differs between two of them."""

import json
from dataclasses import dataclass, replace

from ftcore import names
from ftcore import settings as s
from ftcore.errors import SettingsError
from ftcore.settings import RunSettings, fields

LARGEST = 1_000_000  # bytes; settings take a few thousand
_FIX = "Use a file that was downloaded from a Settings page."


class OtherDatasetError(SettingsError):
    """The settings are fine, but were made for another data set."""


@dataclass(frozen=True)
class Difference:
    """A setting that has two values.

    Args:
        key: As ``settings.with_value`` takes it.
        label: What forms call it.
        here: Value of the one, in words.
        there: Value of the other, in words.
    """

    key: str
    label: str
    here: str
    there: str


def to_bytes(settings: RunSettings) -> bytes:
    """The file: the same JSON object that ``settings.json`` of a run holds."""
    return json.dumps(s.to_json(settings), indent=1, ensure_ascii=False, allow_nan=False).encode()


def from_bytes(data: bytes, dataset: str, *, of_any: bool = False) -> RunSettings:
    """The settings in a file, for a data set.

    Args:
        data: The file's bytes.
        dataset: Id of the data set that they are wanted for.
        of_any: Take settings that were made for another data set, too.

    Raises:
        OtherDatasetError: They were made for another data set.
        SettingsError: No JSON object, an unknown field, a wrong type, a value out of range.
    """
    if len(data) > LARGEST:
        raise SettingsError(f"The file has {len(data):,} bytes, settings have at most {LARGEST:,}.", fix=_FIX)
    try:
        value = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError):  # a UnicodeDecodeError is a ValueError
        raise SettingsError("The file is not JSON.", fix=_FIX) from None
    settings = s.from_json(value)
    if not isinstance(settings.dataset, str):
        raise SettingsError(f"The data set is {str(settings.dataset)[:80]!r}, expected its id.", fix=_FIX)
    if settings.dataset not in ("", dataset) and not of_any:
        raise OtherDatasetError(
            f"These settings were made for data set {names.clean(settings.dataset)!r}.",
            fix="Open that data set, or take them for this one if its pictures are alike.",
        )
    return replace(settings, dataset=dataset)


def differences(here: RunSettings, there: RunSettings) -> list[Difference]:
    """Settings with different values, in the order of the sections; data set and preset's name are not settings."""
    return [
        Difference(field.key, field.label, s.in_words(field.key, mine), s.in_words(field.key, theirs))
        for field in fields.every()
        if (mine := s.value_of(here, field.key)) != (theirs := s.value_of(there, field.key))
    ]
