"""An examination as a job: features of a pretrained model, then the data doctor; findings lie beside the data set."""

import time
from collections.abc import Generator

from ftcore.datasets.doctor import findings
from ftcore.datasets.doctor.examine import examine
from ftcore.datasets.doctor.findings import Report
from ftcore.datasets.images.pixel_store import PixelStore
from ftcore.datasets.records import Dataset, open_dataset
from ftcore.errors import ModelError, WorkspaceError
from ftcore.events import Event, Finished, Note, drain
from ftcore.runs import log, store


def run(job: store.Job) -> None:
    """Examine the data set that ``job.request`` names, and save its findings."""
    started = time.perf_counter()
    report = drain(examination(open_dataset(job.request["dataset"])), log.event_writer(job.folder))
    seconds = time.perf_counter() - started
    notes = (Note(message=note) for note in report.notes)
    log.append(job.folder, *notes, Finished(reason=f"{len(report.findings)} findings.", seconds=seconds))


def examination(dataset: Dataset) -> Generator[Event, None, Report]:
    """Compute features, look for everything, save and return the report. Without a model it looks for what it can."""
    from ftcore.training.embeddings.compute import picture_features  # late: it brings torch

    try:
        features = yield from picture_features(dataset)
    except (ModelError, WorkspaceError) as error:
        report = yield from examine(dataset, PixelStore(dataset))
        report = Report(report.findings, notes=tuple(f"{note} {error.what}" for note in report.notes))
    else:
        report = yield from examine(dataset, PixelStore(dataset), features)
    findings.save(dataset, report)
    return report
