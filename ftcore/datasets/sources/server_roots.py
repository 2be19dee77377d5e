"""Folders on the server that the pages may import from. None, until whoever runs the server names some."""

import os
from pathlib import Path

from ftcore import names
from ftcore.errors import DataError

VARIABLE = "FTCORE_IMPORT_ROOTS"


def roots() -> tuple[Path, ...]:
    """The folders that ``FTCORE_IMPORT_ROOTS`` names (separated as in ``PATH``), resolved; those that are there."""
    listed = os.environ.get(VARIABLE, "").split(os.pathsep)
    found = (Path(text).expanduser().resolve() for text in listed if text.strip())
    return tuple(dict.fromkeys(path for path in found if path.is_dir()))


def inside(text: str) -> Path:
    """The folder or ZIP of a path under one of the roots, links followed.

    Args:
        text: Absolute, or relative to one of the roots.

    Raises:
        DataError: No roots, outside of them, or not there. What lies outside is never said.
    """
    allowed = roots()
    if not allowed:
        raise DataError(
            "No folder of this server may be imported from.",
            fix=f"Whoever runs the server names some in {VARIABLE}.",
        )
    for root in allowed:
        try:
            path = (root / text).resolve()
            is_inside = (path == root or root in path.parents) and path.exists()
        except (OSError, ValueError, RuntimeError):  # too long, a null byte, a circle of links
            continue
        if is_inside:
            return path
    raise DataError(
        f"{names.clean(text)!r} is not in a folder that may be imported from.", fix="Choose one from the list."
    )


def folders(limit: int = 200) -> list[str]:
    """Folders and ZIPs to choose from: the roots themselves and what lies directly in them, as absolute paths."""
    found = []
    for root in roots():
        found.append(str(root))
        try:
            with os.scandir(root) as children:
                for child in sorted(children, key=lambda child: child.name):
                    is_zip = child.name.lower().endswith(".zip") and child.is_file(follow_symlinks=False)
                    if not child.name.startswith(".") and (child.is_dir(follow_symlinks=False) or is_zip):
                        found.append(child.path)
        except OSError:
            continue  # not ours to read
    return found[:limit]
