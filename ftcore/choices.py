"""A list of choices is a table, and an unknown name is an error."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from ftcore.errors import SettingsError


@dataclass(frozen=True)
class Choice:
    """One row: ``name`` is stored in settings.json and never renamed; ``label`` and ``help`` are for people."""

    name: str
    label: str
    help: str


class Table:
    """Choices in the order in which a form shows them."""

    def __init__(self, kind: str, *rows: Choice, more: Callable[[], Iterable[Choice]] = tuple) -> None:
        """``more`` gives further rows, which stand in a table of their own: they are read there each time."""
        self.kind = kind
        self._rows, self._more = rows, more

    @property
    def rows(self) -> dict[str, Choice]:
        """Every choice by its name."""
        return {row.name: row for row in (*self._rows, *self._more())}

    def __iter__(self) -> Iterator[str]:
        return iter(self.rows)

    def __getitem__(self, name: str) -> Choice:
        rows = self.rows
        if not isinstance(name, str) or name not in rows:
            raise SettingsError(f"Unknown {self.kind} {name!r}.", fix=f"Choose one of: {', '.join(rows)}.")
        return rows[name]
