"""Trials of learning rates: one job per settings that matter to it, and what it found.

The result of the job holds rates, losses and the suggestion. The id follows from the settings, so that two clicks
are one trial, and a trial that was made before is found again.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ftcore import settings as s
from ftcore.errors import RunError, SettingsError
from ftcore.runs import store
from ftcore.settings import RunSettings, fields

KIND = "rates"


@dataclass(frozen=True)
class Found:
    """What a trial saw.

    Args:
        rates: Of the head, rising, [N].
        losses: Moving average of the training loss at each, [N].
        suggestion: The rate to train with.
    """

    rates: tuple[float, ...]
    losses: tuple[float, ...]
    suggestion: float


def find(settings: RunSettings) -> store.Job | None:
    """The trial for these settings, if there was one; an earlier version's has an id that follows from other names."""
    try:
        return store.find(_id(settings), KIND)
    except RunError:
        wanted = _matters(settings)
        return next((job for job in store.list_jobs(KIND) if _matters_of(job) == wanted), None)


def create(settings: RunSettings, name: str) -> store.Job:
    """The trial for these settings; made if it is not there yet.

    Args:
        settings: Of the run that the rate is wanted for.
        name: What people call the data set.
    """
    return store.create(KIND, name, s.to_json(settings), id=_id(settings))


def load(job: store.Job) -> Found | None:
    """Read what a trial found, or None where it is not over, failed, or its file is damaged."""
    try:
        value = store.load_result(job)
        return Found(_numbers(value["rates"]), _numbers(value["losses"]), float(value["suggestion"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _numbers(values: Sequence[float]) -> tuple[float, ...]:
    return tuple(float(value) for value in values)


def _id(settings: RunSettings) -> str:
    matters = json.dumps(s.to_json(_matters(settings)), sort_keys=True)
    return f"rates-{hashlib.sha256(matters.encode()).hexdigest()[:16]}"


def _matters(settings: RunSettings) -> RunSettings:
    """Return settings that are the same wherever a trial would be the same."""
    no_matter = [
        field
        for field in fields.every()
        if not field.affects_lr_finder or not field.acts_in(s.section_of(settings, field))
    ]
    return replace(s.at_defaults(settings, no_matter), preset=RunSettings().preset)


def _matters_of(job: store.Job) -> RunSettings | None:
    try:
        return _matters(job.settings)
    except SettingsError:  # of a version that knew other settings
        return None
