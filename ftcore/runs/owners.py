"""Whom drafts and requests belong to: one person's browser, or the command line.

Until there is a sign-in, an owner is an id that the browser keeps: all tabs and days of one person. It keeps people
from changing each other's drafts by accident; it is no proof of who somebody is.
"""

import contextlib
import re
import secrets

from ftcore import names, workspace
from ftcore.errors import RunError
from ftcore.runs.store import Job

CLI = "cli"
"""The owner of what is asked for on the command line. No browser can have this name."""

FORM = "[0-9a-f]{32}"
"""A regular expression for the ids of browsers."""

WANTED = "wanted"  # folder in a job's: an empty file for each owner who waits for the job


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


def want(job: Job, owner: str) -> None:
    """Note that an owner waits for what a job finds out; nothing happens where it was removed meanwhile."""
    wish = job.folder / WANTED / require(owner)
    with workspace.disk_errors(), contextlib.suppress(FileNotFoundError):
        wish.parent.mkdir(exist_ok=True)
        wish.touch()


def give_up(job: Job, owner: str) -> bool:
    """Take an owner's wish for a job back; True if there was one, and nobody else waits for the job."""
    folder = job.folder / WANTED
    try:
        (folder / require(owner)).unlink()
        return not any(folder.iterdir())
    except FileNotFoundError:
        return False
