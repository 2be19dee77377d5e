"""An import as a job: the upload that a page left in the workspace becomes a dataset."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ftcore.datasets import dividing, roots
from ftcore.datasets.intake import Labels, import_source
from ftcore.datasets.records import Dataset, open_dataset
from ftcore.errors import DataError, SettingsError
from ftcore.events import Finished, Imported, Progress
from ftcore.runs import log, store


def run(job: store.Job) -> None:
    """Import what ``job.request`` names: source, name, task, split, seed, split_by, labels (the fields of Labels).

    A request that names a data set to ``divide`` again has split, seed and split_by only, or fold,
    n_folds and seed.
    An ``upload``, and a ``table`` beside it, are deleted afterwards; a source ``on_server`` must lie in a root.
    """
    started = time.perf_counter()
    last = [0.0]

    def progress(label: str, done: int, total: int) -> None:
        seconds = time.perf_counter() - started
        if done < total and seconds - last[0] < 0.25:
            return
        last[0] = seconds
        log.append(job.folder, Progress(stage=label, label=label, done=done, total=total, seconds=seconds))

    request = job.request
    try:
        dataset = (
            _divided(request, progress)
            if request.get("divide")
            else import_source(
                roots.inside(request["source"]) if request.get("on_server") else request["source"],
                name=request.get("name"),
                task=request.get("task", "auto"),
                split=request.get("split", "70/15/15"),
                seed=request.get("seed", 0),
                split_by=request.get("split_by", "auto"),
                labels=_labels(request),
                progress=progress,
            )
        )
    except (DataError, SettingsError):  # the same upload would fail again; after anything else it is kept for a resume
        _remove_upload(request)
        raise
    log.append(
        job.folder,
        Imported(dataset=dataset.id, n_images=dataset.n_images, n_left_out=len(dataset.left_out)),
        Finished(reason="Imported.", seconds=time.perf_counter() - started),
    )
    _remove_upload(request)  # after the last word: until then a killed import needs it again


def _divided(request: dict[str, Any], progress: Callable[[str, int, int], None]) -> Dataset:
    if "fold" in request:
        fold, n_folds, seed = (request[key] for key in ("fold", "n_folds", "seed"))
        return dividing.divide_into_folds(open_dataset(request["divide"]), fold=fold, n_folds=n_folds, seed=seed)
    options = {key: request[key] for key in ("split_by", "split", "seed")}
    return dividing.divide_again(open_dataset(request["divide"]), progress=progress, **options)


def _labels(request: dict[str, Any]) -> Labels:
    given = request.get("labels", {})
    return Labels(**{**given, "targets": tuple(given.get("targets", ()))})


def _remove_upload(request: dict[str, Any]) -> None:
    if request.get("upload"):
        Path(request["source"]).unlink(missing_ok=True)
    if request.get("table"):
        Path(request["table"]).unlink(missing_ok=True)
