"""A race as a job: every backbone's standing is told as soon as it is known."""

import time

from ftcore.datasets.records import open_dataset
from ftcore.events import Finished, Progress, Stopped
from ftcore.runs import log, process, store
from ftcore.search.race import race

TOLD_EVERY = 0.25  # seconds between two reports of how far the features are


def run(job: store.Job) -> None:
    """Race what ``job.request`` names: dataset, models, image_size. Ends after the current batch when asked to stop."""
    started = last = time.perf_counter()
    request = job.request
    work = race(open_dataset(request["dataset"]), request["models"], image_size=request.get("image_size"))
    for event in work:
        now = time.perf_counter()
        if not isinstance(event, Progress) or event.done in (0, event.total) or now - last > TOLD_EVERY:
            last = now
            log.append(job.folder, event)
        if process.stop_requested(job.folder):
            log.append(job.folder, Stopped(), Finished(reason="Stopped.", seconds=now - started))
            return
    log.append(job.folder, Finished(reason="Raced.", seconds=time.perf_counter() - started))
