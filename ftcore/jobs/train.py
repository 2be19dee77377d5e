"""A training as a job: drive the loop, keep checkpoints, test the best epoch once, write the bundle."""

import time
from collections.abc import Generator
from typing import Any

from ftcore import hardware
from ftcore import settings as s
from ftcore.datasets import versions
from ftcore.datasets.images import larger_pixels
from ftcore.datasets.records import Dataset, open_dataset
from ftcore.evaluation import report
from ftcore.evaluation.predict import predict_outputs
from ftcore.evaluation.predictions import Predictions
from ftcore.events import Event, Failed, Progress, Stopped
from ftcore.export import bundle
from ftcore.jobs import LOADING
from ftcore.jobs.drive import Outcome, Work, drive, event_writer
from ftcore.models.build import creation_options
from ftcore.runs import process, store
from ftcore.training import assemble, checkpoints
from ftcore.training.cost import price
from ftcore.training.events import EpochDone, Resumed, Tested
from ftcore.training.loop import Source, TrainingContext, finetune

PREDICTIONS = "predictions"
BUNDLE = "bundle"


def run(job: store.Job) -> None:
    """Train, or go on training, what ``job.settings`` asks for. When asked to stop, the best epoch is kept and tested.

    An epoch is told before it is saved: when only one of the two survives, the resumed run finds an epoch too many in
    the log, which it forgets and computes again, never one too few.
    """
    drive(job, training(job), stoppable=False, synced=(EpochDone,))


def training(job: store.Job) -> Work:
    """Train, save each epoch after it was told, test the best one, and write the bundle."""
    settings, folder = job.settings, job.folder / "checkpoints"
    resumed = checkpoints.has_begun(folder)
    label, since = "Loading the model and the pictures", hardware.process_age()
    yield Progress(stage="load", label=label, done=LOADING - 1, total=LOADING, seconds=since)
    dataset = open_dataset(settings.dataset)
    if not resumed and (promised := price.promise(settings)):
        yield promised
    yield from larger_pixels.enlarge(dataset, settings.model.image_size)
    context = assemble.assemble(settings, dataset, pretrained=False if resumed else None)
    checkpoints.begin(folder, context)
    checkpoints.restore(folder, context)
    if resumed:
        yield Resumed(epoch=context.state.epoch)
    earlier, event = context.state.seconds, None
    for event in finetune(context, should_stop=lambda: process.stop_requested(job.folder)):
        yield event
        if isinstance(event, EpochDone):
            checkpoints.save(folder, context)
    if not checkpoints.has_best(folder):
        return None  # failed in the first epoch: the log says why, and there is no model to keep
    checkpoints.load_best(folder, context.model)
    tested = {}  # a data set may do without a test
    if dataset.sizes[2]:
        tested = yield from _test(job, context, dataset, settings)
    _write_bundle(job, context, dataset, settings, tested)
    return Outcome(reason=_reason(event, context), earlier_seconds=earlier)


def _test(
    job: store.Job, context: TrainingContext, dataset: Dataset, settings: s.RunSettings
) -> Generator[Event, None, dict[str, Any]]:
    """The best epoch on the locked test pictures, once; what the bundle is to say about it.

    What was frozen when the best epoch was reached is not computed twice.
    """
    batches = assemble.make_batches(dataset, "test", context.preprocessing, settings, assemble.device_of(context.model))
    n, model = len(batches.rows), context.model
    source: Source = batches
    if context.inputs is not None and context.state.best_epoch is not None:
        context.plan.apply(model, context.plan.phase_of(context.state.best_epoch))
        model, source = yield from context.inputs.of_split(model, batches, "test")
    started, tell = time.perf_counter(), event_writer(job.folder)

    def seen(done: int) -> None:
        seconds = time.perf_counter() - started
        tell(Progress(stage="test", label="Testing the best epoch", done=done, total=n, seconds=seconds))

    seen(0)
    outputs, targets = predict_outputs(model, source.epoch(), seen=seen)
    meaning = context.outputs
    values = meaning.predictions(outputs).numpy()
    predictions = Predictions(meaning.classes, targets.numpy(), values, batches.rows, meaning.task, meaning.threshold)
    versions.log_holdout_access(dataset, job.id)
    (job.folder / PREDICTIONS).mkdir(exist_ok=True)
    predictions.save(job.folder / PREDICTIONS / "test.parquet")
    scores = report.scores(predictions)
    yield Tested(split="test", n_images=n, scores=scores)
    found: dict[str, Any] = {"scores": {"test": scores}}
    if typical_error := report.typical_error(predictions):  # so that a prediction can say how far off it may be
        found["typical_error"] = list(typical_error)
    return found


def _write_bundle(
    job: store.Job, context: TrainingContext, dataset: Dataset, settings: s.RunSettings, tested: dict[str, Any]
) -> None:
    size = settings.model.image_size
    bundle.write(
        job.folder / BUNDLE,
        context.model,
        name=job.name,
        architecture=settings.model.name,
        options=creation_options(settings.model.name, image_size=size, dropout=0.0),
        outputs=context.outputs,
        preprocessing=context.preprocessing,
        head=assemble.head_of(settings),
        about={
            "scores": {},
            **tested,
            "settings": s.to_json(settings),
            "dataset": {"id": dataset.id, "name": dataset.name, "images": dataset.n_images},
        },
    )


def _reason(last: Event | None, context: TrainingContext) -> str:
    if isinstance(last, Stopped):
        return "Stopped by you; the best epoch so far is kept."
    if isinstance(last, Failed):
        return "Ended by an exploding loss; the best epoch before it is kept."
    if context.state.epoch < context.plan.n_epochs:
        return f"Stopped early: {context.patience} epochs brought nothing better."
    return "All epochs done."
