"""How often the test score of a data set was looked at. Every look that changes what is tried next makes the score a
little too good: the test pictures are then part of the choice (Dwork and others 2015, The reusable holdout).

``datasets/<id>/looks.jsonl`` holds one line per look; it is only ever appended to.
"""

import json
import os
import time
from pathlib import Path

from ftcore import names, workspace
from ftcore.datasets.records import FOLDER
from ftcore.errors import DataError

NAME = "looks.jsonl"
WHY = (
    "The test pictures stay locked away so that their score is honest. Each look at it tempts to keep what happened to "
    "do well on just these pictures. Choose by the validation score, and look at the test at the end."
)


def record(dataset_id: str, run_id: str) -> None:
    """Note that a run was tested on the test pictures of a data set.

    Raises:
        DataError: There is no such data set.
        WorkspaceError: The disk refuses.
    """
    line = json.dumps({"run": run_id, "at": time.time()}) + "\n"
    path = _path(dataset_id)
    if not path.parent.is_dir():
        raise DataError(f"There is no data set {dataset_id!r}.", fix="Import it again.")
    with workspace.disk_errors():
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        try:
            os.write(handle, line.encode())  # one write of one line: lines of two runs never mix
        finally:
            os.close(handle)


def count(dataset_id: str) -> int:
    """How many runs were tested; a run that was resumed and tested again counts once."""
    try:
        lines = _path(dataset_id).read_text(encoding="utf-8").splitlines()
    except OSError:
        return 0
    runs = set()
    for line in lines:
        try:
            runs.add(json.loads(line)["run"])
        except (ValueError, KeyError, TypeError):
            continue  # cut off by a power cut
    return len(runs)


def _path(dataset_id: str) -> Path:
    if not names.is_id(dataset_id):
        raise DataError(f"{dataset_id[:80]!r} is not the id of a data set.", fix="Choose one from the list.")
    return workspace.folder(FOLDER) / dataset_id / NAME
