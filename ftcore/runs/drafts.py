"""The settings of the next run, a draft for each owner and dataset, on disk: a refresh or another tab loses nothing.

``drafts/<owner>/<dataset>.json``. The draft carries the id that its run will get, so that two clicks on Start make one
run. The first version knew no owners: its ``drafts/<dataset>.json`` is what everybody without a draft starts from.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from ftcore import names, workspace
from ftcore import settings as s
from ftcore.choices import Choice, Table
from ftcore.errors import FinetuneError, RunError
from ftcore.runs import owners, store

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
        owner: To whom it belongs, see owners.py.
        done: Steps that the user has confirmed: ``model``, ``settings``.
        level: How much the Settings page shows: a name in ``LEVELS``.
        answers: What was answered to the questions of the guided level, question -> answer.
    """

    settings: s.RunSettings
    run: str
    owner: str
    done: tuple[str, ...] = ()
    level: str = "guided"
    answers: dict[str, str] = field(default_factory=dict)


def load(dataset: str, owner: str, fresh: Callable[[], s.RunSettings]) -> Draft:
    """An owner's draft of a dataset.

    Args:
        dataset: Its id.
        owner: Whose draft, see owners.py.
        fresh: Makes the settings of a first draft, or of one that cannot be read any more.
    """
    path = _path(dataset, owner)
    try:
        if path.exists():
            return _read(path, owner)
        return renew(_read(_shared(dataset), owner))  # with a run of its own: others start from the same file
    except (OSError, ValueError, KeyError, TypeError, FinetuneError):
        return save(Draft(fresh(), names.new_id(dataset), owner))


def save(draft: Draft) -> Draft:
    """Keep a draft; returned for chaining."""
    record = {
        "settings": s.to_json(draft.settings),
        "run": draft.run,
        "done": list(draft.done),
        "level": draft.level,
        "answers": draft.answers,
    }
    path = _path(draft.settings.dataset, draft.owner)
    with workspace.disk_errors():
        path.parent.mkdir(exist_ok=True)
    workspace.write_json(path, record)
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


def _read(path: Path, owner: str) -> Draft:
    value = json.loads(path.read_text())
    settings, run, done = s.from_json(value["settings"]), str(value["run"]), tuple(value["done"])
    level, answers = value.get("level"), value.get("answers")
    return Draft(
        settings,
        run,
        owner,
        done,
        level=level if level in list(LEVELS) else Draft.level,  # settings count more than how much of them is shown
        answers=answers if isinstance(answers, dict) else {},
    )


def _path(dataset: str, owner: str) -> Path:
    return _shared(dataset).parent / owners.require(owner) / f"{dataset}.json"


def _shared(dataset: str) -> Path:
    """File of the draft that all had in common, in a workspace of the first version."""
    if not names.is_id(dataset):
        raise RunError(f"There is no data set {dataset!r} in this workspace.", fix="Choose one on the Dataset page.")
    return workspace.folder("drafts") / f"{dataset}.json"
