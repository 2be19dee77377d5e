"""A trial of learning rates as a job: the finder on a model of its own, which nobody trains further."""

import time

from ftcore.datasets.images import larger_pixels
from ftcore.datasets.records import open_dataset
from ftcore.events import Event, Finished, Progress, Stopped
from ftcore.jobs import LOADING
from ftcore.runs import log, lr_trials, process, store


def run(job: store.Job) -> None:
    """Try rates for the settings that ``job.request`` holds, and keep what was found; or leave when asked to stop."""
    from ftcore.training import assemble, lr_finder  # late: they bring torch

    settings, started = job.settings, time.perf_counter()
    label = "Loading the model and the pictures"
    log.append(job.folder, Progress(stage="load", label=label, done=LOADING - 1, total=LOADING))
    dataset = open_dataset(settings.dataset)
    for progress in larger_pixels.enlarge(dataset, settings.model.image_size):
        log.append(job.folder, progress)
    work, last = lr_finder.find_rate(assemble.assemble(settings, dataset)), 0.0
    while True:
        try:
            event: Event = next(work)
        except StopIteration as ended:
            found: lr_finder.Rates = ended.value
            break
        now = time.perf_counter()
        if not isinstance(event, Progress) or event.done in (0, event.total) or now - last > 0.25:
            last = now
            log.append(job.folder, event)
        if process.stop_requested(job.folder):
            seconds = now - started
            log.append(job.folder, Stopped(), Finished(reason="Stopped by you.", seconds=seconds))
            return
    store.save_result(job, lr_trials.Found(found.rates, found.losses, found.suggestion))
    log.append(job.folder, Finished(reason="All rates tried.", seconds=time.perf_counter() - started))
