"""What is learned of a picture: one class, several classes, or numbers. Needs no torch.

task        what there is to say about a task; multiclass, multilabel and regression say it, one object each
labels      labels in words, and read again
outputs     what the outputs of a model mean
scores      every score by its name, for what knows no task
"""

from ftcore.errors import SettingsError
from ftcore.tasks.multiclass import MULTICLASS
from ftcore.tasks.multilabel import MULTILABEL
from ftcore.tasks.regression import REGRESSION
from ftcore.tasks.task import Task

_ALL = {task.name: task for task in (MULTICLASS, MULTILABEL, REGRESSION)}
NAMES = tuple(_ALL)
FORMERLY = {"single": "multiclass", "multi": "multilabel", "number": "regression"}
"""What the first version of the app called the tasks, in files that it wrote and on the command line."""


def current(name: str) -> str:
    """Return the name of a task that may be called as the first version of the app called it."""
    return FORMERLY.get(name, name)


def of(name: str) -> Task:
    """The task of a name, also of one of the first version's. Raises SettingsError for any other."""
    found = _ALL.get(current(name))
    if found is None:
        raise SettingsError(f"Unknown task {name!r}.", fix=f"Choose one of: {', '.join(NAMES)}.")
    return found


def every() -> tuple[Task, ...]:
    """All tasks."""
    return tuple(_ALL.values())
