"""An estimate as a job: measure three real batches, keep the numbers beside the job."""

from ftcore.datasets.records import open_dataset
from ftcore.jobs.drive import Outcome, Work, drive
from ftcore.runs import store
from ftcore.training.cost import measure


def run(job: store.Job) -> None:
    """Measure what the run that ``job.settings`` describes would cost."""
    drive(job, measuring(job))


def measuring(job: store.Job) -> Work:
    """Measure; the result is a ``price.Measured``."""
    measured = yield from measure.measure(job.settings, open_dataset(job.settings.dataset))
    return Outcome(reason="Measured.", result=measured)
