"""What a run would cost: seconds, memory and disk, worked out from what was measured once. Read without torch.

``estimates/<key>/`` is the job that measures (measure.py), named after everything that the price depends on; what it
measured is its result. What the cache holds by now is free: it is looked up whenever the price is asked for.
"""

import contextlib
import dataclasses
import hashlib
import json
import platform
import shutil
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from ftcore import hardware, workspace
from ftcore import settings as s
from ftcore.errors import RunError
from ftcore.freezing import disk_cache
from ftcore.models import catalogue
from ftcore.runs import queue, store
from ftcore.settings import fields
from ftcore.training.events import Estimated
from ftcore.training.run_state import RunState

FORMAT = 4
KEPT = 200  # estimates that are remembered
UNSURE = 0.15
"""Share by which even a quiet machine is faster or slower from minute to minute."""

SLACK = 0.7
"""Seconds that a run may differ for reasons of its own: opening files, waiting for the disk."""

GOING_BACK = 1.25
"""What a step takes beside what it keeps for going back: gradients, and gaps between blocks. Measured with
EfficientNet-Lite0, nothing frozen, 32 pictures a step: 4.8 GB resident."""

ENDS_EARLY = "It may end earlier, because of your patience setting."


@dataclass(frozen=True)
class Fill:
    """One view of a list of pictures that the frozen part has to see.

    Args:
        key: In the cache; empty where it cannot be known in advance.
        pictures: How many.
        seconds: For all of them; 0 where the cache held them and nothing was timed.
        bytes: That are kept.
    """

    key: str
    pictures: int
    seconds: float
    bytes: int


@dataclass(frozen=True)
class PhaseCost:
    """What was measured of one phase.

    Args:
        label: What people call it.
        n_epochs: Its epochs.
        n_groups: Depth groups that learn, counted from the head.
        trainable: Parameters that learn.
        setup_seconds: Until the first step, without fills: cutting, choosing how steps are computed.
        convert_seconds: Choosing an engine for the frozen part and opening it, if it has to see anything.
        fills: What the frozen part has to see.
        step_seconds: Of training, for one picture.
        look_seconds: Of validation or test, for one picture.
        save_seconds: Of keeping an epoch.
        bytes_memory: The worker's, at its largest.
    """

    label: str
    n_epochs: int
    n_groups: int
    trainable: int
    setup_seconds: float
    convert_seconds: float
    fills: tuple[Fill, ...]
    step_seconds: float
    look_seconds: float
    save_seconds: float
    bytes_memory: int


@dataclass(frozen=True)
class Layers:
    """What the layers of one depth group cost: their share of the time of a forward pass, 0-1, and the bytes that they
    give out for one picture, in float32."""

    share: float
    bytes: int


@dataclass(frozen=True)
class Measured:
    """What is kept of a measurement.

    Args:
        phases: Of the freezing plan.
        n_train: Training pictures.
        n_validation: Validation pictures.
        n_test: Test pictures.
        start_seconds: Building the model and keeping it.
        end_seconds: Scores and the bundle.
        bytes_kept: Of checkpoints and bundle.
        busy: Share of the processors that others used meanwhile, 0-1.
        notes: Sentences on what was left out.
        took: Seconds that measuring took.
        layers: Of each depth group, from the picture to the answer.
    """

    phases: tuple[PhaseCost, ...]
    n_train: int
    n_validation: int
    n_test: int
    start_seconds: float
    end_seconds: float
    bytes_kept: int
    busy: float = 0.0
    notes: tuple[str, ...] = ()
    took: float = 0.0
    layers: tuple[Layers, ...] = ()


@dataclass(frozen=True)
class Cost:
    """What a run would cost now. Seconds are those that the run itself will report.

    Args:
        seconds: Of the whole run.
        seconds_low: It will hardly take less.
        seconds_high: It will hardly take more.
        seconds_per_epoch: Mean over the epochs: training, validation, keeping it.
        fill_seconds: For the frozen part to see all pictures once; 0 where that is known already.
        bytes_memory: The worker's, at its largest, without files that are mapped.
        bytes_disk: What is written: activations, checkpoints, bundle.
        phases: Per phase label, n_epochs, n_groups, trainable, seconds_per_epoch, fill_seconds, images_per_second.
        notes: Sentences.
        busy: Whether the machine was at work for others while it was measured, so that this may be too much.
        layers: Of each depth group, from the picture to the answer.
    """

    seconds: float
    seconds_low: float
    seconds_high: float
    seconds_per_epoch: float
    fill_seconds: float
    bytes_memory: int
    bytes_disk: int
    phases: tuple[dict[str, Any], ...]
    notes: tuple[str, ...]
    busy: bool
    layers: tuple[Layers, ...] = ()


@dataclass(frozen=True)
class Spent:
    """What a run did cost: its own seconds, the worker's largest resident memory, and what it wrote."""

    seconds: float
    bytes_memory: int
    bytes_disk: int


@dataclass(frozen=True)
class Pace:
    """Training pictures per second, and the worker's memory at its largest."""

    images_per_second: float
    bytes_memory: int


def scaled(cost: Cost, n_groups: int, batch_size: int) -> Pace:
    """Return what to expect with another boundary of what learns than the one that was measured.

    Steps take time in proportion to the layers that they go through, and memory for what these give out.

    Args:
        cost: Measured.
        n_groups: Depth groups that learn instead of those of the last phase.
        batch_size: Pictures per step.
    """
    last = cost.phases[-1]
    now, then = cost.layers[-n_groups:], cost.layers[-last["n_groups"] :]
    work = sum(layer.share for layer in now) / (sum(layer.share for layer in then) or 1.0)
    more = sum(layer.bytes for layer in now) - sum(layer.bytes for layer in then)
    memory = cost.bytes_memory + round(batch_size * GOING_BACK * more)
    return Pace(last["images_per_second"] / max(work, 1e-6), max(0, memory))


def key(settings: s.RunSettings) -> str:
    """Name everything that the price depends on: settings, weights and machine."""
    free = [field for field in fields.every() if not field.affects_cost]
    value = s.to_json(replace(s.at_defaults(settings, free), preset=s.RunSettings().preset))
    row = catalogue.find(settings.model.name)
    here = row is not None and catalogue.weights_here(row)
    machine = [platform.node(), hardware.n_cores(), hardware.has_gpu()]
    text = json.dumps([FORMAT, value, here, machine], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def job(settings: s.RunSettings) -> store.Job:
    """The job that measures; the same for the same price. Older ones than the last ``KEPT`` are forgotten."""
    for old in store.list_jobs("estimate")[KEPT:]:
        forget(old.id)
    return store.create("estimate", settings.model.name, s.to_json(settings), id=key(settings))


def load(job: store.Job) -> Measured | None:
    """Read what a job measured; None where it has measured nothing."""
    try:
        value = store.load_result(job)
        phases = tuple(
            PhaseCost(**{**phase, "fills": tuple(Fill(**fill) for fill in phase["fills"])}) for phase in value["phases"]
        )
        layers = tuple(Layers(**layer) for layer in value["layers"])
        return Measured(**{**value, "phases": phases, "layers": layers, "notes": tuple(value["notes"])})
    except (OSError, ValueError, KeyError, TypeError):
        return None


def known(settings: s.RunSettings) -> Cost | None:
    """Return what a run with these settings would cost now, if it was measured here before."""
    try:
        job = store.find(key(settings), "estimate")
    except RunError:
        return None
    measured = load(job)
    if measured is None:
        return None
    if _is_outdated(measured):
        forget(job.id)
        return None
    cost = price(measured)
    ends_early = (ENDS_EARLY,) if settings.train.patience else ()
    return replace(cost, notes=(*cost.notes, *ends_early))


def _is_outdated(measured: Measured) -> bool:
    """Tell whether the cache held what was therefore not timed, and does not any more."""
    fills = (fill for phase in measured.phases for fill in phase.fills)
    return any(not fill.seconds and not disk_cache.has(fill.key) for fill in fills if fill.key)


def price(measured: Measured) -> Cost:
    """Add up what was measured; activations that the cache holds by now cost nothing."""
    seconds = measured.start_seconds + measured.end_seconds
    kept = float(measured.bytes_kept)
    epochs_seconds = fills_seconds = 0.0
    phases, seen = list[dict[str, Any]](), set[str]()
    for phase in (phase for phase in measured.phases if phase.n_epochs):
        missing = [fill for fill in phase.fills if not (fill.key and (fill.key in seen or disk_cache.has(fill.key)))]
        seen |= {fill.key for fill in missing}
        fill_seconds = sum(fill.seconds for fill in missing)
        once = phase.setup_seconds + (phase.convert_seconds if missing else 0.0)
        per_epoch = measured.n_train * phase.step_seconds + phase.save_seconds
        per_epoch += measured.n_validation * phase.look_seconds
        epochs = phase.n_epochs * per_epoch
        epochs_seconds += epochs
        fills_seconds += fill_seconds
        seconds += once + fill_seconds + epochs
        kept += sum(fill.bytes for fill in missing)
        phases.append(
            {
                "label": phase.label,
                "n_epochs": phase.n_epochs,
                "n_groups": phase.n_groups,
                "trainable": phase.trainable,
                "seconds_per_epoch": per_epoch,
                "fill_seconds": fill_seconds,
                "images_per_second": 1 / phase.step_seconds if phase.step_seconds else 0.0,
                "bytes_memory": phase.bytes_memory,
            }
        )
    last = [phase for phase in measured.phases if phase.n_epochs][-1]
    tested = measured.n_test * last.look_seconds
    seconds += tested
    n_epochs = sum(phase.n_epochs for phase in measured.phases)
    return Cost(
        seconds=seconds,
        seconds_low=max(0.0, seconds * (1 - UNSURE) * (1 - measured.busy / 2) - SLACK),
        seconds_high=seconds * (1 + UNSURE) + SLACK,
        seconds_per_epoch=epochs_seconds / n_epochs,
        fill_seconds=fills_seconds,
        bytes_memory=max(phase.bytes_memory for phase in measured.phases),
        bytes_disk=round(kept),
        phases=tuple(phases),
        notes=measured.notes,
        busy=measured.busy > 0.3,
        layers=measured.layers,
    )


def obstacles(cost: Cost, *, free_memory: float, free_disk: float) -> list[str]:
    """Return what will not fit, each with what to change.

    Args:
        cost: Of the run.
        free_memory: Bytes.
        free_disk: Bytes.
    """
    found = []
    if cost.bytes_memory > free_memory:
        found.append(
            f"The run would need {cost.bytes_memory / 1e9:.1f} GB of memory, and {free_memory / 1e9:.1f} GB are free: "
            "it would be ended in the middle. Choose a smaller batch or image size, let less of the network learn, or "
            "take a smaller model."
        )
    if cost.bytes_disk > free_disk:
        found.append(
            f"The run would write {cost.bytes_disk / 1e9:.1f} GB, and {free_disk / 1e9:.1f} GB of disk are free. Free "
            "some space, or take fewer views of each picture or a smaller image size."
        )
    return found


def obstacles_here(cost: Cost) -> list[str]:
    """``obstacles`` on this machine, now."""
    free_disk = shutil.disk_usage(workspace.root()).free
    return obstacles(cost, free_memory=hardware.free_memory_bytes(), free_disk=free_disk)


def promise(settings: s.RunSettings) -> Estimated | None:
    """Return what was promised about a run that is about to begin, or None if nobody asked."""
    cost = known(settings)
    if cost is None:
        return None
    names = {field.name for field in dataclasses.fields(Estimated)} - {"at"}
    return Estimated(**{name: getattr(cost, name) for name in names})


def spent(folder: Path, state: RunState) -> Spent | None:
    """Return what a run did cost, or None until it went through all its epochs."""
    if state.status != "finished" or state.plan is None or not state.history or not state.seconds:
        return None
    if len(state.history) < state.plan.n_epochs:
        return None  # it ended early, which nobody can promise
    written = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    for prepared in state.prepared:
        if not prepared.cache_hit:
            trained = 0 if prepared.is_fresh else state.plan.n_train * (prepared.views + 1)
            written += prepared.crossing_bytes * (trained + state.plan.n_val)
        if state.history[state.best_epoch or 0]["phase"] == prepared.phase and not prepared.cache_hit:
            written += prepared.crossing_bytes * state.n_tested
    peak = max(row["memory_mb"] for row in state.history)
    return Spent(state.seconds, round(peak * 1e6), written)


def in_json(cost: Cost) -> dict[str, Any]:
    """A cost as the command line prints it."""
    return {**asdict(cost), "phases": list(cost.phases), "notes": list(cost.notes)}


def forget(id: str) -> None:
    """Measure again next time. What is being measured now, for whomever, is left to its end."""
    with contextlib.suppress(RunError, FileNotFoundError):  # another visitor was quicker
        queue.delete(store.find(id, "estimate"))
