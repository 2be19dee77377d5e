"""Which row of a table is which picture of a source."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pandas as pd

from ftcore import names
from ftcore.datasets.sources.archive import shown

LOOKED_AT = 2000  # rows that tell what a column is


@dataclass(frozen=True)
class Match:
    """How the rows of a table and the pictures of a source fit together.

    Args:
        row_of: Row numbers of the table that name a picture, by the picture's name.
        unmatched: Rows that name no picture, as ``{"name", "reason"}``.
        unlisted: Pictures that no row names, by name.
    """

    row_of: dict[str, list[int]]
    unmatched: tuple[dict[str, str], ...]
    unlisted: tuple[str, ...]


class Names:
    """Finds pictures by what a table calls them: the whole name, the end of it, or without its ending."""

    def __init__(self, pictures: Iterable[str], folder: str = "") -> None:
        """``pictures`` are names in the source; ``folder`` is where the table lies, names may be relative to it."""
        self._folder = folder.rstrip("/") + "/" if folder else ""
        self.all = list(pictures)
        self._whole: dict[str, str] = {}
        self._file: dict[str, list[str]] = defaultdict(list)
        self._stem: dict[str, list[str]] = defaultdict(list)
        for name in self.all:
            plain = _plain(name)
            self._whole[plain] = name
            file = plain.rpartition("/")[2]
            self._file[file].append(name)
            self._stem[file.rpartition(".")[0]].append(name)

    def find(self, called: str) -> list[str]:
        """Every picture that may be meant; one is what one hopes for."""
        plain = _plain(called)
        for candidate in (_plain(self._folder + called), plain):
            if candidate in self._whole:
                return [self._whole[candidate]]
        file = plain.rpartition("/")[2]
        found = self._file.get(file) or self._stem.get(file) or []
        if len(found) > 1:  # as many folders as the table names may tell them apart
            ends = [name for name in found if f"/{_plain(name)}".endswith(f"/{plain}")]
            ends = ends or [name for name in found if f"/{_plain(name)}".rpartition(".")[0].endswith(f"/{plain}")]
            return ends or found
        return found


def match(table: pd.DataFrame, image: str, pictures: Sequence[str], *, folder: str = "") -> Match:
    """Bring rows and pictures together by the column ``image``."""
    known = Names(pictures, folder)
    row_of: dict[str, list[int]] = defaultdict(list)
    unmatched = []
    for row, called in enumerate(table[image]):
        found = known.find(called) if called else []
        if len(found) == 1:
            row_of[found[0]].append(row)
        elif not called:
            unmatched.append({"name": f"row {row + 2}", "reason": f"names no file in column {names.clean(image)!r}"})
        else:
            reason = (
                f"{len(found)} pictures are called so" if found else "listed in the table, but there is no such picture"
            )
            unmatched.append({"name": shown(called), "reason": reason})
    return Match(dict(row_of), tuple(unmatched), tuple(name for name in pictures if name not in row_of))


def names_some(table: pd.DataFrame, pictures: Iterable[str], *, folder: str = "") -> bool:
    """Tell whether any cell of the table's first rows names a picture."""
    known = Names(pictures, folder)
    return any(known.find(cell) for column in table.columns for cell in table[column].head(LOOKED_AT) if cell)


def _plain(name: str) -> str:
    if "\\" not in name and "//" not in name and name[:1] not in ("/", ".") and "/./" not in name:
        return name.casefold()  # the usual case, asked for a million times
    parts = [part for part in name.replace("\\", "/").split("/") if part not in ("", ".")]
    return "/".join(parts).casefold()
