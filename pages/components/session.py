"""What is open, and whose it is: the address names the data set, the run and the import, the browser keeps the owner,
the draft lies on disk; nothing else is kept.

``st.session_state`` holds only what can be read again: the owner, how far a log was read.
"""

import secrets
from dataclasses import replace

import streamlit as st

from ftcore import settings as s
from ftcore.datasets.records import Dataset, open_dataset
from ftcore.errors import FinetuneError
from ftcore.models import catalogue
from ftcore.runs import drafts, kinds, owners, queue, store
from ftcore.runs.state import JobState
from ftcore.runs.tail import Tail
from ftcore.settings import guide
from ftcore.tasks import scores
from pages.components import owner_cookie

OPEN = ("dataset", "run", "import", "before")
"""What the address names; ``before`` is the version of the data set that was edited last, for the undo."""
_OWNER = "owner"  # in st.session_state


def address(**changes: str | None) -> dict[str, str]:
    """The address parameters of what is open, with changes; None closes something."""
    now: dict[str, str | None] = {key: st.query_params.get(key) for key in OPEN}
    return {key: value for key, value in {**now, **changes}.items() if value}


def owner() -> str:
    """Return the owner of the drafts and requests of this session: the id that the browser keeps, or a fresh one."""
    if _OWNER not in st.session_state:
        st.session_state[_OWNER] = owner_cookie.read() or owners.new()
    return st.session_state[_OWNER]


def keep_owner() -> None:
    """Have the browser keep the owner; where another tab was faster, take over that one's and begin again."""
    other = owner_cookie.keep(owner())
    if other and other != owner():
        st.session_state[_OWNER] = other
        st.rerun()


def dataset() -> Dataset | None:
    """The open data set. Raises DataError when the address names one that is not there."""
    id = st.query_params.get("dataset")
    return open_dataset(id) if id else None


def job(kind: str = "train") -> store.Job | None:
    """The open run, or the import that is under way."""
    id = st.query_params.get(kinds.find(kind).parameter)
    return store.find(id, kind) if id else None


def state(job: store.Job) -> JobState:
    """Tell what is true now about a job, in the state of its kind; only what is new in its log is read."""
    tails: dict[str, Tail] = st.session_state.setdefault("tails", {})
    key = f"{job.kind}/{job.id}"
    if key not in tails or tails[key].job != job:
        tails[key] = Tail(job)
    return tails[key].read()


def has_model(job: store.Job) -> bool:
    """Tell whether a run has a model to ask: it was tested or is over, and got as far as writing its bundle."""
    now = state(job)
    return (bool(now.scores) or now.is_over) and job.result is not None and job.result.exists()


def draft(dataset: Dataset) -> drafts.Draft:
    """The owner's settings of the next run on a data set, first filled with what fits it."""
    return drafts.load(dataset.id, owner(), lambda: suggested(dataset, "quick", s.RunSettings(dataset=dataset.id)))


def suggested(dataset: Dataset, preset: str, base: s.RunSettings) -> s.RunSettings:
    """A preset fitted to a data set and to the model of ``base``."""
    return s.suggest(preset, dataset.facts(), native_size=catalogue.native_size(base.model.name), base=base)


def fitting(dataset: Dataset, settings: s.RunSettings) -> s.RunSettings:
    """The settings that the preset of ``settings`` suggests for a data set and the same network, whatever was
    changed."""
    model = s.ModelSettings(name=settings.model.name, start=settings.model.start, pretrained=settings.model.pretrained)
    return suggested(dataset, settings.preset, s.RunSettings(dataset=dataset.id, seed=settings.seed, model=model))


def refitted(dataset: Dataset, draft: drafts.Draft, base: s.RunSettings) -> s.RunSettings:
    """``base``, of another model now, with what fits it: by the answers at the guided level, else by the preset."""
    if draft.level != "guided":
        return suggested(dataset, base.preset, base)
    size = catalogue.native_size(base.model.name)
    return guide.guided(draft.answers, dataset.facts(), base=base, native_size=size, task=dataset.task).settings


def change(dataset: Dataset, settings: s.RunSettings) -> None:
    """Keep other settings in the draft of a data set; what else the draft holds stays."""
    drafts.save(replace(draft(dataset), settings=settings))


def steps_done() -> dict[str, str]:
    """Workflow steps that are done, each with a few words on its result."""
    found: dict[str, str] = {}
    try:
        opened, run = dataset(), job()
        if opened is not None:
            found["dataset"] = f"{opened.name}: {opened.n_images:,} pictures"
            sketch = draft(opened)
            for step in sketch.done:
                found[step] = sketch.settings.model.name if step == "model" else "chosen"
        if run is not None:
            found |= {"model": run.settings.model.name, "settings": "chosen"}
            now = state(run)
            if now.scores:
                found["train"] = f"Test: {scores.find(now.headline).label} {now.tested}"
                found["try_it"] = ""
            elif not now.is_over:
                found.pop("train", None)
    except FinetuneError:
        pass  # the page itself says what is wrong with the address
    return found


def token() -> str:
    """Return a text that tells this session, one open tab, from all others."""
    if "token" not in st.session_state:
        st.session_state["token"] = secrets.token_hex(16)
    return str(st.session_state["token"])


def submit(job: store.Job) -> None:
    """Hand a job to the queue."""
    queue.submit(job)


def wake_queue() -> None:
    """Start what waits, in case whoever should have done it was killed."""
    queue.start_waiting()
