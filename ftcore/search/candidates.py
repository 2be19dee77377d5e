"""Who runs in a race, and the job of one: the same entrants on the same pictures are the same race. Without torch."""

import hashlib
import json
from collections.abc import Sequence

from ftcore import hardware
from ftcore.datasets.records import Dataset
from ftcore.models import catalogue, suitability
from ftcore.runs import store

FEWEST, MOST = 2, 8  # models in a race
USUAL = 3
PATIENT = 12.0  # times EfficientNet-Lite0's arithmetic: beyond it, a race without a graphics card takes minutes


def suggested(*, has_gpu: bool) -> list[str]:
    """The short list's models that a race begins with: those whose weights are here and that this machine can carry,
    the cheapest first; at least ``FEWEST``, at most ``USUAL``."""
    rows = sorted(catalogue.BACKBONES, key=lambda row: row.multiply_adds or 0)
    here = [row.name for row in rows if catalogue.weights_here(row) and (has_gpu or _is_light(row))]
    others = [row.name for row in rows if row.name not in here]
    return here[:USUAL] if len(here) >= FEWEST else [*here, *others][:FEWEST]


def offered() -> list[str]:
    """Every model that can enter a race: the short list, then what has its weights here, then the rest by name."""
    short, here = {row.hub for row in catalogue.BACKBONES}, catalogue.local_names()
    rest = [row.name for row in catalogue.models() if row.hub not in short]
    return [*(row.name for row in catalogue.BACKBONES), *sorted(rest, key=lambda name: name not in here)]


def _is_light(row: catalogue.Backbone) -> bool:
    return suitability.relative_cost(row) <= PATIENT


def job(dataset: Dataset, models: Sequence[str], image_size: int | None = None) -> store.Job:
    """The job of a race; the same for the same entrants in any order.

    Args:
        dataset: Whose pictures are raced on.
        models: From ``FEWEST`` to ``MOST`` of timm's names.
        image_size: Side of the input in pixels; one that fits the pictures if None.
    """
    wanted = list(dict.fromkeys(models))
    request = {"dataset": dataset.id, "models": wanted, "image_size": image_size}
    text = json.dumps([dataset.id, sorted(wanted), image_size, hardware.n_cores()])
    id = f"race-{hashlib.sha256(text.encode()).hexdigest()[:24]}"
    return store.create("race", f"{dataset.name} race", request, id=id)


def latest(dataset: Dataset) -> store.Job | None:
    """The newest race on a data set."""
    return next((job for job in store.list_jobs("race") if job.request.get("dataset") == dataset.id), None)
