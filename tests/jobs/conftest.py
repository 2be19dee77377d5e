"""Small trainings: an architecture that was made for tests, random weights, pictures of 32 pixels, one thread."""

import pytest

from ftcore import hardware
from ftcore import settings as s
from ftcore.jobs import supervise
from ftcore.runs import log, store
from ftcore.runs.tail import Tail

SMALL = (
    "model.name=test_efficientnet",
    "model.pretrained=false",
    "model.image_size=32",
    "model.dropout=0.3",
    "freeze.preset=gradual",
    "train.epochs=4",
    "train.batch_size=8",
    "train.lr=0.01",
    "train.ema=0.9",
    "train.threads=1",
)


@pytest.fixture(scope="session")
def small():
    """``small(dataset, "key=value", …)``: the job of a small training."""

    def make(dataset, *values):
        settings = s.with_values(s.RunSettings(dataset=dataset, seed=1), [*SMALL, *values])
        return store.create("train", "Colours", s.to_json(settings))

    return make


@pytest.fixture
def work(monkeypatch):
    """``work(job)``: do the job in this process, as its worker would, and say what is true afterwards."""
    monkeypatch.setattr(hardware, "be_nice", lambda: None)

    def run(job):
        supervise.work(job.folder)
        return Tail(job).read()

    return run


@pytest.fixture(scope="session")
def numbers():
    """``numbers(job)``: every number of a run that a resumed run has to repeat, by name."""

    def read(job):
        told = log.replayed(job)
        found = {"best": told.best_epoch, "n": len(told.history), "step": told.step}
        for row in told.history:
            found |= {f"{row['epoch']} {key}": value for key, value in row.items() if key[:4] in ("trai", "val_", "lr")}
        for name, score in (told.scores or {}).items():
            found |= {f"test {name} {key}": value for key, value in score.items()}
        return found

    return read
