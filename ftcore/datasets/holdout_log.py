"""How often the test score of a data set was looked at. Every look that changes what is tried next makes the score a
little too good: the test pictures are then part of the choice (Dwork and others 2015, The reusable holdout).

``datasets/<id>/holdout.jsonl`` holds one line per look; it is only ever appended to. Versions of a data set that
test on the same pictures all hold the same looks.
"""

import json
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from ftcore import names, workspace
from ftcore.datasets.records import FOLDER
from ftcore.errors import DataError
from ftcore.journal import Journal

NAME = "holdout.jsonl"
FORMERLY = "looks.jsonl"  # what the first version of the app called it; read, never written
WHY = (
    "The test pictures stay locked away so that their score is honest. Each look at it tempts to keep what happened to "
    "do well on just these pictures. Choose by the validation score, and look at the test at the end."
)


def record(dataset_id: str, run_id: str, *, shown: bool = False) -> str:
    """Note that a run was tested on the test pictures of a data set, or that its score was ``shown`` to somebody.

    Returns:
        The line that says so, for add(): versions with the same test pictures share their lines
        (versions.log_holdout_access).

    Raises:
        DataError: There is no such data set.
        WorkspaceError: The disk refuses.
    """
    line = json.dumps({"run": run_id, "at": time.time(), "shown": shown})
    add(dataset_id, [line])
    return line


def add(dataset_id: str, found: Iterable[str]) -> None:
    """Append lines. Raises as record() does."""
    path = _path(dataset_id)
    if not path.parent.is_dir():
        raise DataError(f"There is no data set {dataset_id!r}.", fix="Import it again.")
    Journal(path).append(*found)


def count(dataset_id: str) -> int:
    """Count the looks at the test score: each time that it was shown, and once for each run of which it was not.

    A run that was resumed and tested again counts once.
    """
    shown = Counter(run for run, is_shown in _each(dataset_id) if is_shown)
    return sum(max(1, shown[run]) for run in {run for run, _ in _each(dataset_id)})


def n_runs(dataset_id: str) -> int:
    """Count the runs that were tested."""
    return len({run for run, _ in _each(dataset_id)})


def lines(dataset_id: str) -> list[str]:
    """Return what was noted, a line for each time."""
    path = _path(dataset_id)
    return [
        line.decode(errors="replace") for name in (FORMERLY, NAME) for line in Journal(path.with_name(name)).read()[0]
    ]


def _each(dataset_id: str) -> Iterator[tuple[str, bool]]:
    for line in lines(dataset_id):
        try:
            value = json.loads(line)
            yield str(value["run"]), bool(value.get("shown"))
        except (ValueError, KeyError, TypeError, AttributeError):
            continue  # cut off by a power cut


def _path(dataset_id: str) -> Path:
    if not names.is_id(dataset_id):
        raise DataError(f"{dataset_id[:80]!r} is not the id of a data set.", fix="Choose one from the list.")
    return workspace.folder(FOLDER) / dataset_id / NAME
