"""A race as a job: every backbone's standing is told as soon as it is known."""

from ftcore.datasets.records import open_dataset
from ftcore.jobs.drive import Outcome, Work, drive
from ftcore.runs import store
from ftcore.search.race import race


def run(job: store.Job) -> None:
    """Race what ``job.request`` names: dataset, models, image_size."""
    drive(job, racing(job))


def racing(job: store.Job) -> Work:
    """Race; the standings are in the log."""
    request = job.request
    yield from race(open_dataset(request["dataset"]), request["models"], image_size=request.get("image_size"))
    return Outcome(reason="Raced.")
