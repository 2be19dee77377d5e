"""How a setting is declared: one typed field that the form, the command line, the check, the price and the search read.

A section of settings is a frozen dataclass whose fields ``setting`` makes. ``fields`` finds them by their keys.
"""

import dataclasses
import math
from dataclasses import dataclass
from typing import Any

from ftcore.choices import Table
from ftcore.errors import SettingsError

_SCALES = ("linear", "log")
_IN_METADATA = "setting"


@dataclass(frozen=True)
class OnlyWith:
    """What a setting needs in order to act: another one of its section, with one of some values.

    Args:
        name: Of the other setting.
        values: Of it, with which this one acts.
    """

    name: str
    values: tuple[Any, ...]


@dataclass(frozen=True, kw_only=True)
class Field:
    """One setting.

    Args:
        key: ``section.name``, as files, the command line and ``keys.with_value`` have it; ``seed`` has no section.
        type: bool, int, float or str.
        default: The value when nobody says otherwise.
        label: What a form calls it.
        help: One plain sentence for somebody who has never trained a model.
        low: Smallest value allowed; None for texts, switches and choices.
        high: Largest value allowed.
        step: What one click on plus or minus adds; None leaves it to the form.
        scale: ``log`` where twice as much means the same at every size (a search then draws from the logarithm).
        log_low: Where a logarithmic scale begins, if ``low`` is 0 (which is off).
        choices: The table that a name must come from.
        advanced: Shown only on request.
        affects_cost: Whether time, memory or disk of a run depend on it.
        affects_lr_finder: Whether a trial of learning rates depends on it: one sets its own rate and never validates.
        only_with: What it needs in order to act; None always acts, as far as that can be told from one section.
        formerly: Keys that earlier versions used, in files and on the command line.
    """

    key: str
    type: type
    default: Any
    label: str
    help: str
    low: float | None = None
    high: float | None = None
    step: float | None = None
    scale: str = "linear"
    log_low: float | None = None
    choices: Table | None = None
    advanced: bool = False
    affects_cost: bool = True
    affects_lr_finder: bool = True
    only_with: OnlyWith | None = None
    formerly: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.scale not in _SCALES:
            raise ValueError(f"{self.label}: scale {self.scale!r}, expected one of {', '.join(_SCALES)}.")

    @property
    def section(self) -> str:
        """The section's name; empty for what belongs to the whole run."""
        return self.key.rpartition(".")[0]

    @property
    def name(self) -> str:
        """The name within the section."""
        return self.key.rpartition(".")[2]

    def acts_in(self, section: Any) -> bool:
        """Tell whether the setting changes anything in a section with these values."""
        needs = self.only_with
        return needs is None or getattr(section, needs.name) in needs.values

    def check(self, value: Any) -> None:
        """Raise SettingsError for a wrong type, a value out of range or a name that is not in the table. NaN fails."""
        if self.choices is not None:
            self.choices[value]
            return
        if not self._has_type(value):
            raise self._not_one(value)
        if isinstance(value, float) and not math.isfinite(value):
            raise SettingsError(f"{self.label} is {value}, expected a number.", fix=f"For example {self.default!r}.")
        if (self.low is not None and value < self.low) or (self.high is not None and value > self.high):
            raise SettingsError(
                f"{self.label} is {value}, expected {_plain(self.low)} to {_plain(self.high)}.",
                fix=f"The usual value is {self.default}.",
            )

    def read(self, text: str) -> Any:
        """Read a text as the setting's own type. Raises SettingsError where it is none."""
        try:
            if self.type is bool:
                return {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}[text.lower()]
            return self.type(text)
        except (ValueError, KeyError):
            raise self._not_one(text) from None

    def widened(self, value: Any) -> Any:
        """Take a whole number for a fraction where one is expected: JSON writes 1.0 as 1 in some hands."""
        is_whole = self.type is float and type(value) is int and abs(value) < 2**53
        return float(value) if is_whole else value

    def _has_type(self, value: Any) -> bool:
        return type(value) is self.type  # True is no whole number

    def _not_one(self, value: Any) -> SettingsError:
        kind = {int: "a whole number", float: "a number", bool: "true or false", str: "text"}[self.type]
        return SettingsError(f"{self.label} is {value!r}, expected {kind}.", fix=f"For example {self.default!r}.")


def setting(default: Any, label: str, help: str, **about: Any) -> Any:
    """Make a dataclass field whose default, range and help stand in one place.

    Args:
        default: The value when nobody says otherwise; its type is the setting's.
        label: What a form calls it.
        help: One plain sentence for somebody who has never trained a model.
        about: Further fields of ``Field``; the key follows from where it stands.
    """
    made = Field(key="", type=type(default), default=default, label=label, help=help, **about)
    return dataclasses.field(default=default, metadata={_IN_METADATA: made})


def check(section: Any) -> None:
    """Raise SettingsError for the first value with a wrong type, out of range or not in its table."""
    for declared, field in fields_of(type(section)).items():
        field.check(getattr(section, declared))


def fields_of(kind: type) -> dict[str, Field]:
    """Return what ``setting`` declared in a dataclass: name -> field, without the section's name in its key."""
    return {f.name: f.metadata[_IN_METADATA] for f in dataclasses.fields(kind) if _IN_METADATA in f.metadata}


def _plain(value: float | None) -> str:
    return "any" if value is None else f"{value:g}"
