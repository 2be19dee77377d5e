"""A training as a job: drive the loop, keep checkpoints, test the best epoch once, write the bundle."""

import time
from pathlib import Path
from typing import Any

from ftcore import hardware
from ftcore import settings as s
from ftcore.datasets import versions
from ftcore.datasets.images import larger_pixels
from ftcore.datasets.records import Dataset, open_dataset
from ftcore.evaluation import report
from ftcore.evaluation.predict import logits
from ftcore.evaluation.predictions import Predictions
from ftcore.events import EpochDone, Event, Failed, Finished, Progress, Resumed, Stopped, Tested, told
from ftcore.export import bundle
from ftcore.jobs import LOADING
from ftcore.models.build import creation_options
from ftcore.runs import log, process, store
from ftcore.training import assemble, checkpoints
from ftcore.training.cost import price
from ftcore.training.loop import Parts, Source, finetune

PREDICTIONS = "predictions"
BUNDLE = "bundle"


def run(job: store.Job) -> None:
    """Train, or go on training, what ``job.settings`` asks for."""
    settings, folder, began = job.settings, job.folder / "checkpoints", time.perf_counter()
    resumed = checkpoints.has_begun(folder)
    label, since = "Loading the model and the pictures", hardware.process_age()
    _write(job, Progress(stage="load", label=label, done=LOADING - 1, total=LOADING, seconds=since))
    dataset = open_dataset(settings.dataset)
    if not resumed and (promised := price.promise(settings)):
        _write(job, promised)
    for progress in larger_pixels.enlarge(dataset, settings.model.image_size):
        _write(job, progress)
    parts = assemble.assemble(settings, dataset, pretrained=False if resumed else None)
    checkpoints.begin(folder, parts)
    checkpoints.restore(folder, parts)
    if resumed:
        _write(job, Resumed(epoch=parts.position.epoch))
    earlier = parts.position.seconds
    last = _train(job, parts, folder)
    if not checkpoints.has_best(folder):
        return  # failed in the first epoch: the log says why, and there is no model to keep
    checkpoints.load_best(folder, parts.model)
    tested = _test(job, parts, dataset, settings) if dataset.sizes[2] else {}  # a data set may do without a test
    _write_bundle(job, parts, dataset, settings, tested)
    _write(
        job,
        Finished(
            reason=_reason(last, parts),
            seconds=earlier + time.perf_counter() - began,
            best_epoch=parts.position.best_epoch,
        ),
    )


def _train(job: store.Job, parts: Parts, folder: Path) -> Event | None:
    """Drive the loop. An epoch is told before it is saved: when only one of the two survives, the resumed run finds an
    epoch too many in the log, which it forgets and computes again, never one too few."""
    event: Event | None = None
    for event in finetune(parts, should_stop=lambda: process.stop_requested(job.folder)):
        ended = isinstance(event, EpochDone)
        log.append(job.folder, event, sync=ended)
        if ended:
            checkpoints.save(folder, parts)
    return event


def _test(job: store.Job, parts: Parts, dataset: Dataset, settings: s.RunSettings) -> dict[str, Any]:
    """The best epoch on the locked test pictures, once; what the bundle is to say about it.

    What was frozen when the best epoch was reached is not computed twice.
    """
    batches = assemble.make_batches(dataset, "test", parts.preprocessing, settings, assemble.device_of(parts.model))
    n, model = len(batches.rows), parts.model
    source: Source = batches
    if parts.engine is not None and parts.position.best_epoch is not None:
        parts.plan.apply(model, parts.plan.phase_of(parts.position.best_epoch))
        model, source = told(parts.engine.answers(model, batches, "test"), lambda event: _write(job, event))
    started = time.perf_counter()

    def seen(done: int) -> None:
        seconds = time.perf_counter() - started
        _write(job, Progress(stage="test", label="Testing the best epoch", done=done, total=n, seconds=seconds))

    seen(0)
    outputs, targets = logits(model, source.epoch(), seen=seen)
    said = parts.outputs
    predictions = Predictions(
        said.classes, targets.numpy(), said.answers(outputs).numpy(), batches.rows, said.task, said.threshold
    )
    versions.look(dataset, job.id)
    (job.folder / PREDICTIONS).mkdir(exist_ok=True)
    predictions.save(job.folder / PREDICTIONS / "test.parquet")
    scores = report.scores(predictions)
    _write(job, Tested(split="test", n_images=n, scores=scores))
    found: dict[str, Any] = {"scores": {"test": scores}}
    if said.task == "number":  # so that a prediction can say how far off it may be
        found["typical_error"] = report.number_table(predictions)["median_error"].tolist()
    return found


def _write_bundle(
    job: store.Job, parts: Parts, dataset: Dataset, settings: s.RunSettings, tested: dict[str, Any]
) -> None:
    size = settings.model.image_size
    bundle.write(
        job.folder / BUNDLE,
        parts.model,
        name=job.name,
        architecture=settings.model.name,
        options=creation_options(settings.model.name, image_size=size, dropout=0.0),
        outputs=parts.outputs,
        preprocessing=parts.preprocessing,
        head=assemble.head_of(settings),
        about={
            "scores": {},
            **tested,
            "settings": s.to_json(settings),
            "dataset": {"id": dataset.id, "name": dataset.name, "images": dataset.n_images},
        },
    )


def _reason(last: Event | None, parts: Parts) -> str:
    if isinstance(last, Stopped):
        return "Stopped by you; the best epoch so far is kept."
    if isinstance(last, Failed):
        return "Ended by an exploding loss; the best epoch before it is kept."
    if parts.position.epoch < parts.plan.n_epochs:
        return f"Stopped early: {parts.patience} epochs brought nothing better."
    return "All epochs done."


def _write(job: store.Job, event: Event) -> None:
    log.append(job.folder, event)
