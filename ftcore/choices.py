"""A list of choices is a table, and an unknown name is an error."""

from collections.abc import Iterator
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

    def __init__(self, kind: str, *rows: Choice) -> None:
        self.kind = kind
        self.rows = {row.name: row for row in rows}

    def __iter__(self) -> Iterator[str]:
        return iter(self.rows)

    def __getitem__(self, name: str) -> Choice:
        if not isinstance(name, str) or name not in self.rows:
            raise SettingsError(f"Unknown {self.kind} {name!r}.", fix=f"Choose one of: {', '.join(self.rows)}.")
        return self.rows[name]
