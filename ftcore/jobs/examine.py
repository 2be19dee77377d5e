"""An examination as a job: features of a pretrained model, then the data doctor; findings lie beside the data set."""

from collections.abc import Generator

from ftcore.datasets.doctor import findings
from ftcore.datasets.doctor.examine import examine
from ftcore.datasets.doctor.findings import Report
from ftcore.datasets.images.pixel_store import PixelStore
from ftcore.datasets.records import Dataset, open_dataset
from ftcore.errors import ModelError, WorkspaceError
from ftcore.events import Event, Note
from ftcore.jobs.drive import Outcome, Work, drive
from ftcore.runs import store


def run(job: store.Job) -> None:
    """Examine the data set that ``job.request`` names, and save its findings."""
    drive(job, examining(job))


def examining(job: store.Job) -> Work:
    """Examine; what is to be said beside the findings are the last notes of the log."""
    report = yield from examination(open_dataset(job.request["dataset"]))
    notes = tuple(Note(message=note) for note in report.notes)
    return Outcome(reason=f"{len(report.findings)} findings.", last=notes)


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
