"""Whom drafts and requests belong to: one person's browser, or the command line.

Until there is a sign-in, an owner is an id that the browser keeps: all tabs and days of one person. It keeps people
from changing each other's drafts by accident; it is no proof of who somebody is.
"""

import re
import secrets

from ftcore import names
from ftcore.errors import RunError

CLI = "cli"
"""The owner of what is asked for on the command line. No browser can have this name."""

FORM = "[0-9a-f]{32}"
"""A regular expression for the ids of browsers."""


def new() -> str:
    """A fresh id for a browser."""
    return secrets.token_hex(16)


def of_browser(text: object) -> str:
    """The id that a browser sent, or an empty text where it cannot be one of ``new()``."""
    return text if isinstance(text, str) and re.fullmatch(FORM, text) else ""


def require(owner: str) -> str:
    """``owner``, if it can name a folder; else RunError."""
    if not names.is_id(owner):
        raise RunError(f"{owner!r} cannot own anything.", fix="Use lower-case letters, digits and hyphens.")
    return owner
