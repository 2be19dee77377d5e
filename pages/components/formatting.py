"""Numbers and times as people say them, and the words that the app explains where they first appear."""

import time

from ftcore import names, tasks
from ftcore import settings as s
from ftcore.datasets.records import Dataset
from ftcore.tasks import scores
from ftcore.training.events import FeaturesCached
from ftcore.training.run_state import RunState

STATUS = {
    "waiting": ("Waiting", ":material/hourglass_empty:", "gray"),
    "starting": ("Starting", ":material/hourglass_top:", "blue"),
    "working": ("Training", ":material/play_circle:", "blue"),
    "stopping": ("Stopping", ":material/stop_circle:", "orange"),
    "finished": ("Finished", ":material/check_circle:", "green"),
    "stopped": ("Stopped", ":material/stop_circle:", "green"),
    "failed": ("Failed", ":material/error:", "red"),
    "interrupted": ("Interrupted", ":material/pause_circle:", "orange"),
}

SPLITS = {
    "train": "**Training** pictures are what the model learns from.",
    "validation": "**Validation** pictures are never learned from; they tell, after every epoch, how it goes.",
    "test": "**Test** pictures stay locked away until the end; they give the honest score.",
}


def duration(seconds: float | None) -> str:
    """``75`` -> ``1 min 15 s``; nothing for None."""
    if seconds is None:
        return ""
    seconds = max(0.0, seconds)
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min"


def rough(seconds: float) -> str:
    """An estimate, no more exact than it is: ``< 0.1 s``, ``0.4 s``, ``12 s``, ``1 min 20 s``, ``2 h 10 min``."""
    if seconds < 0.05:
        return "< 0.1 s"
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 60:
        return f"{seconds:.0f} s"
    return duration(round(seconds, -1) if seconds < 3600 else round(seconds / 600) * 600)


def size(n_bytes: float) -> str:
    """``61 MB``, ``1.5 GB``."""
    return f"{n_bytes / 1e9:,.1f} GB" if n_bytes >= 1e9 else f"{n_bytes / 1e6:,.0f} MB"


def left(seconds: float | None) -> str:
    """Time left, for the end of a progress line."""
    return "" if seconds is None else f", about {duration(seconds)} left"


def score(state: RunState, value: float) -> str:
    """A value of a run's headline score, as Markdown."""
    return scores.text(state.headline, value, names.markdown(state.unit))


def when(at: float) -> str:
    """A time of day today, else a date."""
    moment, today = time.localtime(at), time.localtime()
    same_day = moment[:3] == today[:3]
    return time.strftime("today %H:%M" if same_day else "%d %b %Y %H:%M", moment)


def once(prepared: FeaturesCached, n_train: int) -> str:
    """A sentence on what was computed once for a phase; nothing where every epoch goes through the whole network."""
    if not prepared.cut:
        return ""
    views = f" in {prepared.views + 1} versions each" if prepared.views else ""
    kept = prepared.crossing_bytes * n_train * (prepared.views + 1) / 1e6
    if prepared.cache_hit:
        return f"Frozen part: known from an earlier run, nothing was computed again ({kept:,.0f} MB kept)."
    engine = s.PREFIXES[prepared.prefix].label
    if prepared.is_fresh:
        return f"Frozen part: looks at new versions of the training pictures in every epoch, on {engine}."
    return (
        f"Frozen part: looked at {n_train:,} training pictures{views} once, on {engine}, "
        f"in {duration(prepared.seconds)}; {kept:,.0f} MB are kept for later runs."
    )


def badge(status: str, *, doing: str = "") -> str:
    """A coloured Markdown badge for the status of a job; ``doing`` says what one that works does, else it trains."""
    label, icon, colour = STATUS[status]
    label = doing if doing and status == "working" else label
    return f":{colour}-badge[{icon} {label}]"


def learned(dataset: Dataset) -> str:
    """Return what there is to learn in a data set: ``10 classes``, ``2 numbers``."""
    task, n = tasks.of(dataset.task), len(dataset.classes)
    return f"{n:,} {task.noun if n == 1 else task.nouns}"


def divided(dataset: Dataset) -> str:
    """A few words on how a data set was divided."""
    if dataset.split_source == "folders":
        return "by your folders"
    if dataset.split_source == "column":
        return "by a column of your table"
    if dataset.split_source == "folds":
        return f"into folds, of which one is validation (the history says which), seed {dataset.seed}"
    shares = "/".join(str(share) for share in dataset.split_shares)
    together = {"groups": "pictures of one group together", "near": "pictures that show nearly the same together"}
    how = together.get(dataset.split_source, tasks.of(dataset.task).evenly)
    return f"{shares}, {how}, seed {dataset.seed}"
