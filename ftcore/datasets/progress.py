"""How work on a data set tells how far it is: a function that whoever wants to know hands in."""

from collections.abc import Callable

ReportProgress = Callable[[str, int, int], None]
"""Called with a label, done and total; total is 0 where nobody knows it."""


def ignore(label: str, done: int, total: int) -> None:
    """Let progress that nobody asked for pass by."""
