"""An import as a job: the upload that a page left in the workspace becomes a dataset."""

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from ftcore import workspace
from ftcore.datasets.importing import resplit
from ftcore.datasets.importing.events import Imported
from ftcore.datasets.importing.importer import Labels, import_source
from ftcore.datasets.records import Dataset, open_dataset
from ftcore.datasets.sources import server_roots
from ftcore.errors import DataError, SettingsError
from ftcore.events import Event, Progress
from ftcore.jobs.drive import Outcome, Work, drive, event_writer
from ftcore.runs import process, queue, store
from ftcore.tasks import current

_KEPT = 7 * 24 * 3600  # seconds for which the upload of an import that was interrupted can be imported again
_ORPHAN = 24 * 3600  # seconds after which an upload without an import cannot be anybody's: its page never came so far


def run(job: store.Job) -> None:
    """Import what ``job.request`` names: source, name, task, split, seed, split_by, labels (the fields of Labels).

    A request that names a data set to ``divide`` again has split, seed and split_by only, or fold,
    n_folds and seed.
    An ``upload``, and a ``table`` beside it, are deleted afterwards; a source ``on_server`` must lie in a root.
    """
    _sweep(job)
    try:
        drive(job, importing(job), stoppable=False)
    except (DataError, SettingsError):  # the same upload would fail again; after anything else it is kept for a resume
        _remove_upload(job.request)
        raise
    _remove_upload(job.request)  # after the last word: until then a killed import needs it again


def importing(job: store.Job) -> Work:
    """Import; the data set lies in the workspace."""
    yield from ()  # nothing: what reads the pictures takes a function, and tells it how far it is
    request, progress = job.request, _progress(event_writer(job.folder))
    if request.get("upload") and not Path(request["source"]).exists():
        raise DataError(
            "The upload is not there any more: after an interruption it is kept for a week.",
            fix="Upload the pictures again.",
        )
    dataset = (
        _divided(request, progress)
        if request.get("divide")
        else import_source(
            server_roots.inside(request["source"]) if request.get("on_server") else request["source"],
            name=request.get("name"),
            task=current(request.get("task", "auto")),
            split=request.get("split", "70/15/15"),
            seed=request.get("seed", 0),
            split_by=request.get("split_by", "auto"),
            labels=_labels(request),
            on_progress=progress,
        )
    )
    imported = Imported(dataset=dataset.id, n_images=dataset.n_images, n_left_out=len(dataset.left_out))
    return Outcome(reason="Imported.", last=(imported,))


def _progress(tell: Callable[[Event], None]) -> Callable[[str, int, int], None]:
    """Return what tells a stage by its label; how fast one stage goes says nothing about the next."""
    stage, started = "", 0.0

    def progress(label: str, done: int, total: int) -> None:
        nonlocal stage, started
        now = time.perf_counter()
        if label != stage:
            stage, started = label, now
        tell(Progress(stage=label, label=label, done=done, total=total, seconds=now - started))

    return progress


def _divided(request: dict[str, Any], progress: Callable[[str, int, int], None]) -> Dataset:
    if "fold" in request:
        fold, n_folds, seed = (request[key] for key in ("fold", "n_folds", "seed"))
        return resplit.divide_into_folds(open_dataset(request["divide"]), fold=fold, n_folds=n_folds, seed=seed)
    options = {key: request[key] for key in ("split_by", "split", "seed")}
    return resplit.divide_again(open_dataset(request["divide"]), on_progress=progress, **options)


def _labels(request: dict[str, Any]) -> Labels:
    given = request.get("labels", {})
    return Labels(**{**given, "targets": tuple(given.get("targets", ()))})


def _remove_upload(request: dict[str, Any]) -> None:
    if request.get("upload"):
        Path(request["source"]).unlink(missing_ok=True)
    if request.get("table"):
        Path(request["table"]).unlink(missing_ok=True)


def _sweep(own: store.Job) -> None:
    """Delete uploads that nobody will import any more; never one of an import that works or waits."""
    uploads = workspace.folder("uploads")
    jobs = {
        Path(job.request.get(key) or "").name: job for job in store.list_jobs("import") for key in ("source", "table")
    }
    waiting = {own.id, *queue.waiting("import")}
    for path in uploads.iterdir():
        job = jobs.get(path.name)
        with suppress(OSError):
            old = time.time() - path.stat().st_mtime > (_KEPT if job else _ORPHAN)
            if old and (job is None or (job.id not in waiting and not process.is_alive(job.folder))):
                path.unlink()
