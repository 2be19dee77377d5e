"""The settings of the next run, one draft per dataset, kept on disk: a refresh or another tab loses nothing.

``drafts/<dataset>.json``. The draft carries the id that its run will get, so that two clicks on Start make one run.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from ftcore import names, workspace
from ftcore import settings as s
from ftcore.choices import Choice, Table
from ftcore.errors import FinetuneError, RunError
from ftcore.runs import store

LEVELS = Table(
    "level",
    Choice("guided", "Guided", "A few questions in plain words; the answers set everything."),
    Choice("standard", "Standard", "The settings that one changes most often."),
    Choice("everything", "Everything", "Every setting there is, with a search."),
)


@dataclass(frozen=True)
class Draft:
    """Settings on their way to a run.

    Args:
        settings: What the run would be started with.
        run: Id that the run will get.
        done: Steps that the user has confirmed: ``model``, ``settings``.
        level: How much the Settings page shows: a name in ``LEVELS``.
        answers: What was answered to the questions of the guided level, question -> answer.
    """

    settings: s.RunSettings
    run: str
    done: tuple[str, ...] = ()
    level: str = "guided"
    answers: dict[str, str] = field(default_factory=dict)


def load(dataset: str, fresh: Callable[[], s.RunSettings]) -> Draft:
    """The draft of a dataset; ``fresh`` makes the settings of a first one, or of one that cannot be read any more."""
    try:
        value = json.loads(_path(dataset).read_text())
        settings, run, done = s.from_json(value["settings"]), str(value["run"]), tuple(value["done"])
        level, answers = value.get("level"), value.get("answers")
        return Draft(
            settings,
            run,
            done,
            level=level if level in list(LEVELS) else Draft.level,  # settings count more than how much of them is shown
            answers=answers if isinstance(answers, dict) else {},
        )
    except (OSError, ValueError, KeyError, TypeError, FinetuneError):
        return save(Draft(fresh(), names.new_id(dataset)))


def save(draft: Draft) -> Draft:
    """Keep a draft; returned for chaining."""
    record = {
        "settings": s.to_json(draft.settings),
        "run": draft.run,
        "done": list(draft.done),
        "level": draft.level,
        "answers": draft.answers,
    }
    workspace.write_json(_path(draft.settings.dataset), record)
    return draft


def confirm(draft: Draft, step: str) -> Draft:
    """Note that the user has seen a step and gone on."""
    return save(replace(draft, done=tuple(dict.fromkeys((*draft.done, step)))))


def renew(draft: Draft) -> Draft:
    """The same settings for one more run."""
    return save(replace(draft, run=names.new_id(draft.settings.dataset)))


def to_job(draft: Draft, name: str) -> store.Job:
    """The run of a draft. Called twice for the same draft, it is the same run; with other settings it is another."""
    wanted = s.to_json(draft.settings)
    job = store.create("train", name, wanted, id=draft.run)
    return job if job.request == wanted else store.create("train", name, wanted, id=renew(draft).run)


def _path(dataset: str) -> Path:
    if not names.is_id(dataset):
        raise RunError(f"There is no data set {dataset!r} in this workspace.", fix="Choose one on the Dataset page.")
    return workspace.folder("drafts") / f"{dataset}.json"
