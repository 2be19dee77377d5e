"""Trainings and what belongs before one: what it would cost, and a rate to start with."""

import argparse
import sys
from collections.abc import Generator
from typing import Any

from ftcore import settings as s
from ftcore.cli.command import Command
from ftcore.cli.runs import describe, follow
from ftcore.cli.terminal import shown, watched
from ftcore.cli.training_options import add_training_options, asked_settings
from ftcore.datasets import records
from ftcore.datasets.images import larger_pixels
from ftcore.errors import RunError
from ftcore.events import Event
from ftcore.runs import queue, store
from ftcore.runs.tail import Tail
from ftcore.training import run_state
from ftcore.training.cost import price


def add(command: Command) -> None:
    """Add the commands of this module."""
    added = command("train", _train, "Fine-tune a model on a data set.")
    add_training_options(added)
    added.add_argument("--name", metavar="N", help="what to call the run")
    added.add_argument("--detach", action="store_true", help="print the run's name and leave it working")

    added = command("estimate", _estimate, "Say what a training would cost before it begins; takes what train takes.")
    add_training_options(added)
    added.add_argument("--again", action="store_true", help="measure again, even if it was measured before")

    added = command("lr-find", _find_rate, "Find a learning rate to start with; takes what train takes.")
    add_training_options(added)

    added = command("resume", _resume, "Go on with an interrupted run.")
    added.add_argument("run", metavar="RUN")


def _train(parsed: argparse.Namespace) -> dict[str, Any]:
    asked = asked_settings(parsed)
    dataset = records.open_dataset(asked.dataset)
    job = store.create("train", parsed.name or f"{dataset.name} {asked.preset}", s.to_json(asked))
    if not parsed.detach:
        return follow(job)
    queue.submit(job)
    return {"run": job.id}


def _estimate(parsed: argparse.Namespace) -> dict[str, Any]:
    asked = asked_settings(parsed)
    if parsed.again:
        price.forget(price.key(asked))
    if price.known(asked) is None:
        job = price.job(asked)
        if Tail(job).read().status == "stopped":  # by an earlier Ctrl-C, or by a training that began
            price.forget(job.id)
            job = price.job(asked)
        state = watched(job)  # a worker of its own: a training's worker is started in the same way, and is as quick
        if state.problem:
            raise RunError(state.problem, fix="Then estimate again.")
    cost = price.known(asked)
    if cost is None:
        raise RunError("The measurement was stopped.", fix="Start it again.")
    for sentence in (*price.obstacles_here(cost), *cost.notes):
        print(sentence, file=sys.stderr)
    return {"dataset": asked.dataset, **price.in_json(cost), "fits": not price.obstacles_here(cost)}


def _find_rate(parsed: argparse.Namespace) -> dict[str, Any]:
    asked = asked_settings(parsed)
    dataset = records.open_dataset(asked.dataset)
    from ftcore.training import assemble, lr_finder  # late: they bring torch

    def work() -> Generator[Event, None, lr_finder.Rates]:
        yield from larger_pixels.enlarge(dataset, asked.model.image_size)
        return (yield from lr_finder.find_rate(assemble.assemble(asked, dataset)))

    found = shown(work())
    return {"suggestion": found.suggestion, "rates": list(found.rates), "losses": list(found.losses)}


def _resume(parsed: argparse.Namespace) -> dict[str, Any]:
    job = store.find(parsed.run)
    state = run_state.of(job)
    if state.status in ("finished", "stopped"):
        return describe(job, state)
    return follow(job)
