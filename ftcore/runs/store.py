"""The folder of a job: made once, found by its name, deleted on request.

``runs/<id>/`` for trainings, ``imports/<id>/`` for imports and so on: the table of kinds says which (kinds.py).
``settings.json`` is written once and says what was asked for; everything else in the folder is written by the worker.
"""

import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ftcore import names, settings, workspace
from ftcore.errors import RunError
from ftcore.runs import kinds


@dataclass(frozen=True)
class Job:
    """What ``settings.json`` holds.

    Args:
        id: Name of the folder.
        kind: One of the names in the table of kinds.
        name: What people call it.
        created: Seconds since 1970.
        request: For a training, a trial of rates and an estimate the ``RunSettings`` as JSON; for an import its source,
            name, split and seed; for an examination or a map its dataset; for a race its dataset, models, image size.
    """

    id: str
    kind: str
    name: str
    created: float
    request: dict[str, Any]

    @property
    def folder(self) -> Path:
        return folder_of(self.kind) / self.id

    @property
    def result(self) -> Path | None:
        """The file that is there once the job has made what it was for; None for a kind that keeps no such file."""
        name = kinds.find(self.kind).result
        return self.folder / name if name else None

    @property
    def settings(self) -> settings.RunSettings:
        """The settings of a training."""
        return settings.from_json(self.request)


def folder_of(kind: str) -> Path:
    """The folder of the jobs of a kind."""
    return workspace.folder(kinds.find(kind).folder)


def create(kind: str, name: str, request: dict[str, Any], *, id: str | None = None) -> Job:
    """Make the folder of a new job. With an ``id`` that exists already, the job of the first call is returned.

    A form that was sent twice passes the same ``id`` twice and gets one job.
    """
    id = id or names.new_id(name)
    if not names.is_id(id):
        raise RunError(f"{id!r} cannot name a run.", fix="Use lower-case letters, digits and hyphens.")
    path = folder_of(kind) / id
    if not path.exists():
        record = {"id": id, "kind": kind, "name": names.clean(name), "created": time.time(), "request": request}
        try:
            with workspace.new_folder(path) as temporary:
                workspace.write_json(temporary / "settings.json", record)
        except OSError:
            if not (path / "settings.json").exists():  # else another click was first, and its job is this one
                raise
    return load(path)


def load(path: Path) -> Job:
    """The job of a folder."""
    try:
        record = json.loads((path / "settings.json").read_text())
        job = Job(**{key: record[key] for key in ("id", "kind", "name", "created", "request")})
        if job.folder == path:  # else the folder was copied or renamed by hand
            return job
    except (OSError, ValueError, KeyError, TypeError):
        pass
    raise RunError(f"There is no run {path.name!r} in this workspace.", fix="Choose one of the list of runs.")


def find(id: str, kind: str = "train") -> Job:
    """The job called ``id``."""
    if not names.is_id(id):
        raise RunError(f"There is no run {id!r} in this workspace.", fix="Choose one of the list of runs.")
    return load(folder_of(kind) / id)


def list_jobs(kind: str = "train") -> list[Job]:
    """All jobs of a kind, newest first. Folders that are not whole are passed over."""
    jobs = []
    for path in folder_of(kind).iterdir():
        if path.is_dir() and names.is_id(path.name):
            try:
                jobs.append(load(path))
            except RunError:
                continue
    return sorted(jobs, key=lambda job: job.created, reverse=True)


def save_result(job: Job, found: Any) -> None:
    """Keep what a job found, a dataclass, as JSON in the file that its kind names. NaN is refused: it is not JSON."""
    if job.result is None:
        raise ValueError(f"Jobs of kind {job.kind!r} keep no result.")
    workspace.write_json(job.result, asdict(found))


def load_result(job: Job) -> Any:
    """Read what ``save_result`` kept, as plain values. Raises OSError or ValueError where it cannot be read."""
    if job.result is None:
        raise ValueError(f"Jobs of kind {job.kind!r} keep no result.")
    return json.loads(job.result.read_text())
