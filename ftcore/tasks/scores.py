"""Every score by its name, for what knows no task: a list of runs, a race, the choice of a monitor in settings.

Where two tasks have a score of the same name, the first task's row counts here, in the place that the last task gives
it. Tables are read anew each time.
"""

from ftcore import tasks
from ftcore.errors import SettingsError
from ftcore.metrics.score import Score


def every() -> dict[str, Score]:
    """Every row by its name."""
    rows: dict[str, Score] = {}
    for task in tasks.every():
        for name, row in task.scores.items():
            rows[name] = rows.pop(name, row)
    return rows


def find(name: str) -> Score:
    """The row of a name. Raises SettingsError if no task has it."""
    rows = every()
    if name not in rows:
        raise SettingsError(f"Unknown score {name!r}.", fix=f"Choose one of: {', '.join(rows)}.")
    return rows[name]


def text(name: str, value: float, of_numbers: str = "") -> str:
    """A score as people write it; ``of_numbers`` is the unit of the numbers, if they share one."""
    return find(name).text(value, of_numbers)
