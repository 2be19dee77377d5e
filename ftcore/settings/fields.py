"""A field of a setting: default, range and help in one place, and the check that reads them."""

import math
from dataclasses import field, fields
from typing import Any

from ftcore.choices import Table
from ftcore.errors import SettingsError


def setting(
    default: Any,
    label: str,
    help: str,
    *,
    low: float | None = None,
    high: float | None = None,
    step: float | None = None,
    choices: Table | None = None,
    advanced: bool = False,
) -> Any:
    """A field whose default, range and help stand in one place, for the check and for the form.

    Args:
        default: The value when nobody says otherwise.
        label: What a form calls it.
        help: One plain sentence for somebody who has never trained a model.
        low: Smallest value allowed.
        high: Largest value allowed.
        step: What one click on plus or minus adds.
        choices: The table that a name must come from.
        advanced: Shown only on request.
    """
    metadata = {
        "label": label,
        "help": help,
        "low": low,
        "high": high,
        "step": step,
        "choices": choices,
        "advanced": advanced,
    }
    return field(default=default, metadata=metadata)


def check(section: Any) -> None:
    """Raise for the first value that has the wrong type, is out of range or not in its table. NaN fails too."""
    for f in fields(section):
        value, about = getattr(section, f.name), f.metadata
        if not about:
            continue
        if about["choices"] is not None:
            about["choices"][value]
            continue
        expected = type(f.default)
        if type(value) is not expected:
            raise SettingsError(
                f"{about['label']} is {value!r}, expected {kind_in_words(expected)}.", fix=f"For example {f.default!r}."
            )
        if isinstance(value, float) and not math.isfinite(value):
            raise SettingsError(f"{about['label']} is {value}, expected a number.", fix=f"For example {f.default!r}.")
        low, high = about["low"], about["high"]
        if (low is not None and value < low) or (high is not None and value > high):
            raise SettingsError(
                f"{about['label']} is {value}, expected {_plain(low)} to {_plain(high)}.",
                fix=f"The usual value is {f.default}.",
            )


def kind_in_words(kind: type) -> str:
    return {int: "a whole number", float: "a number", bool: "true or false", str: "text"}[kind]


def _plain(value: float | None) -> str:
    return "any" if value is None else f"{value:g}"
