"""What was trained: list and show runs, ask their models."""

import argparse
import dataclasses
import sys
from pathlib import Path
from typing import Any

from ftcore.cli.command import Command
from ftcore.cli.terminal import watched
from ftcore.errors import DataError, RunError, SettingsError
from ftcore.runs import queue, store
from ftcore.training import run_state
from ftcore.training.cost import price
from ftcore.training.run_state import RunState


def add(command: Command) -> None:
    """Add the commands of this module."""
    added = command("runs", _runs, "List all runs.")
    added.add_argument("--json", action="store_true", help="JSON only, no table on stderr")

    added = command("show", _show, "Show a run: settings, history, scores.")
    added.add_argument("run", metavar="RUN")

    added = command("predict", _predict, "Ask a trained model about pictures.")
    added.add_argument("run", metavar="RUN")
    added.add_argument("images", nargs="+", metavar="IMAGE")
    help = "for several classes: the probability from which on a picture has a class (default: the model's, 0.5)"
    added.add_argument("--threshold", type=float, metavar="P", help=help)


def follow(job: store.Job) -> dict[str, Any]:
    """Submit a run, watch it to its end and describe it."""
    watched(job)
    state = run_state.of(job)
    if state.problem:
        print(state.problem, file=sys.stderr)
    return describe(job, state)


def describe(job: store.Job, state: RunState) -> dict[str, Any]:
    """A run as ``train``, ``resume`` and ``runs`` print it."""
    best = next((row for row in state.history if row["epoch"] == state.best_epoch), None)
    answer: dict[str, Any] = {
        "run": job.id,
        "state": state.status,
        "epochs": len(state.history),
        "best_epoch": state.best_epoch + 1 if state.best_epoch is not None else None,
        "seconds": round(state.seconds or sum(row["seconds"] for row in state.history), 3),
        "val": {key[4:]: value for key, value in best.items() if key.startswith("val_")} if best else {},
        "test": state.scores or {},
        "task": state.plan.task if state.plan else None,
        "units": list(state.plan.units) if state.plan else [],
        "engine": _engine(state),
    }
    if state.problem:
        answer["problem"] = state.problem
    return answer


def _engine(state: RunState) -> dict[str, Any]:
    """Return what was computed once, and on what: of the last phase; seconds of all phases."""
    if not state.prepared:
        return {}
    last = state.prepared[-1]
    return {
        "prefix": last.prefix or None,
        "cut": last.cut or None,
        "crossing_bytes_per_image": last.crossing_bytes,
        "views": last.views,
        "fill_seconds": round(sum(prepared.seconds for prepared in state.prepared), 3),
        "suffix_seconds": round(sum(row["seconds"] for row in state.history), 3),
        "cache_hit": all(prepared.cache_hit for prepared in state.prepared),
    }


def _runs(parsed: argparse.Namespace) -> dict[str, Any]:
    queue.start_waiting()
    rows = []
    for job in store.list_jobs():
        state = run_state.of(job)
        row = {"name": job.name, **describe(job, state)}
        rows.append(row)
        if not parsed.json:
            print(f"{row['run']:<48} {row['state']:<12} {row['epochs']:>4} epochs  {state.tested}", file=sys.stderr)
    return {"runs": rows}


def _show(parsed: argparse.Namespace) -> dict[str, Any]:
    job = store.find(parsed.run)
    state = run_state.of(job)
    return {
        **describe(job, state),
        "name": job.name,
        "settings": job.request,
        "history": list(state.history),
        "notes": list(state.notes),
        "reason": state.reason,
        **_promised(job, state),
    }


def _promised(job: store.Job, state: RunState) -> dict[str, Any]:
    """Return what the run was estimated to cost, and what it did cost; None where it is not known."""
    promised, spent = state.promised, price.spent(job.folder, state)
    return {
        "promised": {name: value for name, value in dataclasses.asdict(promised).items() if name != "at"}
        if promised
        else None,
        "spent": dataclasses.asdict(spent) if spent else None,
    }


def _predict(parsed: argparse.Namespace) -> dict[str, Any]:
    job = store.find(parsed.run)
    folder = job.folder / "bundle"
    if not folder.exists():
        raise RunError(f"Run {job.id} has no trained model yet.", fix="Wait until it has finished, or resume it.")
    contents = []
    for image in parsed.images:
        try:
            contents.append(Path(image).read_bytes())
        except OSError as error:
            raise DataError(f"{image!r} cannot be read ({error.strerror}).", fix="Check the path.") from None
    from ftcore.evaluation.predictor import predict_one
    from ftcore.export.bundle import Bundle  # late: it brings torch

    bundle = Bundle(folder)
    limit = bundle.outputs.threshold if parsed.threshold is None else parsed.threshold
    if not 0 <= limit <= 1:
        raise SettingsError(f"--threshold is {limit:g}, expected 0 to 1.", fix="For example --threshold 0.5.")
    answers = []
    for image, data in zip(parsed.images, contents, strict=True):
        try:
            answer = predict_one(bundle, data)
        except DataError as error:
            raise DataError(f"{image}: {error.what}", fix=error.fix) from None
        named = {name: float(value) for name, value in zip(bundle.classes, answer.values, strict=True)}
        meaning, units = bundle.outputs.meaning, bundle.outputs.units
        found = meaning.answer(named, threshold=limit, units=units, typical_error=bundle.typical_error)
        answers.append({"image": image, **found, "seconds": round(answer.seconds, 4)})
    return {"run": job.id, "task": bundle.outputs.task, "predictions": answers}
