"""A trial of learning rates as a job: the finder on a model of its own, which nobody trains further."""

from ftcore.datasets.images import larger_pixels
from ftcore.datasets.records import open_dataset
from ftcore.events import Progress
from ftcore.jobs import LOADING
from ftcore.jobs.drive import Outcome, Work, drive
from ftcore.runs import lr_trials, store


def run(job: store.Job) -> None:
    """Try rates for the settings that ``job.request`` holds, and keep what was found."""
    drive(job, trying(job))


def trying(job: store.Job) -> Work:
    """Try rates; the result is an ``lr_trials.Found``."""
    from ftcore.training import assemble, lr_finder  # late: they bring torch

    settings, label = job.settings, "Loading the model and the pictures"
    yield Progress(stage="load", label=label, done=LOADING - 1, total=LOADING)
    dataset = open_dataset(settings.dataset)
    yield from larger_pixels.enlarge(dataset, settings.model.image_size)
    found = yield from lr_finder.find_rate(assemble.assemble(settings, dataset))
    result = lr_trials.Found(found.rates, found.losses, found.suggestion)
    return Outcome(reason="All rates tried.", result=result)
