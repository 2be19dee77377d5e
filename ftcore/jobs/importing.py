"""An import as a job: the upload that a page left in the workspace becomes a dataset."""

import time
from pathlib import Path

from ftcore.datasets.intake import import_source
from ftcore.events import Finished, Imported, Progress
from ftcore.runs import log, store


def run(job: store.Job) -> None:
    """Import what ``job.request`` names: source, name, task, split, seed; an ``upload`` is deleted afterwards."""
    started = time.perf_counter()
    last = [0.0]

    def progress(label: str, done: int, total: int) -> None:
        seconds = time.perf_counter() - started
        if done < total and seconds - last[0] < 0.25:
            return
        last[0] = seconds
        log.append(job.folder, Progress(stage=label, label=label, done=done, total=total, seconds=seconds))

    request = job.request
    dataset = import_source(
        request["source"],
        name=request.get("name"),
        task=request.get("task", "auto"),
        split=request.get("split", "70/15/15"),
        seed=request.get("seed", 0),
        progress=progress,
    )
    if request.get("upload"):
        Path(request["source"]).unlink(missing_ok=True)
    log.append(
        job.folder,
        Imported(dataset=dataset.id, n_images=dataset.n_images, n_left_out=len(dataset.left_out)),
        Finished(reason="Imported.", seconds=time.perf_counter() - started),
    )
