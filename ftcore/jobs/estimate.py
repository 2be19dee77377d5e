"""An estimate as a job: measure three real batches, keep the numbers beside the job."""

import time

from ftcore.datasets.records import open_dataset
from ftcore.events import Finished, Stopped
from ftcore.runs import log, process, store
from ftcore.training.cost import measure


def run(job: store.Job) -> None:
    """Measure what the run that ``job.settings`` describes would cost. Ends between two batches when asked to stop."""
    started = time.perf_counter()
    work = measure.measure(job.settings, open_dataset(job.settings.dataset))
    while not process.stop_requested(job.folder):
        try:
            log.append(job.folder, next(work))
        except StopIteration as ended:
            store.save_result(job, ended.value)
            log.append(job.folder, Finished(reason="Measured.", seconds=time.perf_counter() - started))
            return
    log.append(job.folder, Stopped(), Finished(reason="Stopped.", seconds=time.perf_counter() - started))
