"""Pages under AppTest, and runs that look like real ones but were never trained."""

from pathlib import Path

import numpy as np
import pytest
from streamlit.runtime.pages_manager import PagesManager
from streamlit.testing.v1 import AppTest

from ftcore import settings as s
from ftcore import workspace as disk
from ftcore.datasets.importing.importer import import_source
from ftcore.datasets.records import open_dataset
from ftcore.evaluation import report
from ftcore.evaluation.predictions import Predictions
from ftcore.events import Failed, Finished, Interrupted
from ftcore.runs import log, process, queue, store
from ftcore.training.events import EpochDone, Planned, StepDone, Tested
from pages.components import cost, owner_cookie
from tests.datasets.made_pictures import png, write_zip

ROOT = Path(__file__).parents[2]
PARTS = (
    "augmentation", "classes", "cost", "exchange", "left_out", "mistakes", "notes", "other_work", "plan", "race",
    "rates", "schedule", "splits", "unlisted", "unmatched",
)  # fmt: skip
"""Every part of a page that a click opens."""

OWNER = "0123456789abcdef" * 2
"""The owner of every session, unless a test says otherwise."""

MARKUP = ("<b>x</b>", "**y**", ":red[z]", "$a$", "Ähre 🌾")


def open_page(page, *parts, **parameters):
    """A new session on a page, as after following a link with these address parameters. What lies in parts that are
    opened by a click is only there when they are named: a closed part computes nothing."""
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=20)
    for key in parts:
        at.session_state[part_key(key)] = True
    for key, value in parameters.items():
        at.query_params[key] = value
    return at.run().switch_page(f"pages/{page}.py").run()


def part_key(key):
    """Name in the session of a part (shell.part) that a click opens."""
    return f"part_{key}"


def turn_part(at, key, *, is_open=True):
    """Open or close a part of the page that a session is on."""
    at.session_state[part_key(key)] = is_open
    return at.run()


def parameter(at, key):
    """One address parameter of a session, or None."""
    value = at.query_params.get(key)
    return value[0] if isinstance(value, list) else value


def texts(at):
    """Everything that a session shows as text."""
    kinds = (at.title, at.header, at.subheader, at.markdown, at.caption, at.info, at.error, at.warning, at.success)
    return "\n".join(str(element.value) for kind in kinds for element in kind)


def shown_pictures(at):
    """Caption and description of every picture of a session."""
    return [(image.caption, image.alt) for group in at.image for image in group.proto.imgs]


def links(at):
    """Where the page links of a session lead, by label."""
    return {element.proto.label: element.proto.page for element in at.get("page_link")}


@pytest.fixture(autouse=True)
def announced(monkeypatch):
    """A server that has announced its pages. AppTest takes every run for the first one of a fresh server, and the
    navigation guard's rerun would then swallow each click; fresh servers are tested in the browser."""
    make = PagesManager.__init__

    def known(self, *args, **kwargs):
        make(self, *args, **kwargs)
        PagesManager.uses_pages_directory = False

    monkeypatch.setattr(PagesManager, "__init__", known)


@pytest.fixture(autouse=True)
def cookies(monkeypatch):
    """What browsers send; a test may change it. AppTest sends nothing, and each session would be a new owner."""
    sent = {owner_cookie.NAME: OWNER}
    monkeypatch.setattr(owner_cookie, "_sent", lambda: sent)
    return sent


@pytest.fixture(autouse=True)
def nothing_measured(request, monkeypatch):
    """Pages that ask what a run would cost find a measurement under way, and none is started; tests of that ask for
    the fixture ``measuring``."""
    if "measuring" not in request.fixturenames:
        monkeypatch.setattr(cost, "show", lambda *arguments, **options: None)


@pytest.fixture
def started(monkeypatch):
    """Instead of launching workers, remember which jobs would have got one; they look alive from then on."""
    ids = []

    def start(job):
        ids.append(job.id)
        return 0

    alive = process.is_alive
    monkeypatch.setattr(process, "start", start)
    monkeypatch.setattr(process, "is_alive", lambda folder: folder.name in ids or alive(folder))
    return ids


@pytest.fixture
def markup_dataset(workspace, tmp_path):
    """A data set whose own name and class names are full of markup."""
    names = [name.replace("/", "∕") for name in MARKUP]  # a slash would be a folder
    files = {f"{name}/{i}.png": png(100 * n + i) for n, name in enumerate(names) for i in range(8)}
    return import_source(write_zip(tmp_path / "markup.zip", files), name="<i>Set</i> **bold** $x$ :blue[b]")


@pytest.fixture
def make_run(workspace):
    """Makes the folder of a run in a given condition, without training."""

    def make(dataset, ending="finished", *, name="Colours quick", n_epochs=5):
        settings = s.suggest("quick", dataset.facts(), base=s.RunSettings(dataset=dataset.id))
        job = store.create("train", name, s.to_json(settings))
        log.append(job.folder, *_epochs(n_epochs, n_epochs if ending == "finished" else 3))
        if ending == "finished":
            _finish(job, dataset, n_epochs)
        elif ending == "tested":  # and killed before it wrote the bundle
            log.append(
                job.folder,
                Tested(split="test", n_images=9, scores={"accuracy": {"value": 0.9, "low": 0.6, "high": 1.0}}),
            )
        elif ending == "failed":
            log.append(job.folder, Failed(message="The loss became too large.", fix="Take a smaller learning rate."))
        elif ending == "interrupted":
            log.append(job.folder, Interrupted(message="The worker was ended from outside (SIGKILL).", fix="Resume."))
        elif ending == "waiting":
            (job.folder / log.NAME).unlink()
            with queue._database() as database:
                database.execute("INSERT INTO queue VALUES (?, 'train', 1.0, 'waiting')", (job.id,))
        return job

    return make


def _epochs(planned, done):
    phase = {"first_epoch": 0, "n_epochs": planned, "trainable": 3843, "label": "Head only"}
    yield Planned(
        model="tf_efficientnet_lite0",
        n_epochs=planned,
        n_steps=2 * planned,
        n_parameters=3_374_851,
        n_train=42,
        n_val=9,
        monitor="accuracy",
        phases=[phase],
    )
    for epoch in range(done):
        step, loss = 2 * (epoch + 1), 1.1 / (epoch + 1)
        yield StepDone(epoch=epoch, step=step, loss=loss, lr=0.003, images_per_second=80.0, memory_mb=700.0)
        yield EpochDone(
            epoch=epoch,
            phase=0,
            step=step,
            train={"loss": loss, "accuracy": 0.5 + 0.08 * epoch},
            val={"loss": loss + 0.1, "accuracy": 0.48 + 0.08 * epoch},
            lr=0.003,
            seconds=2.0,
            images_per_second=80.0,
            memory_mb=700.0,
            best=True,
        )


def _finish(job, dataset, n_epochs):
    """Predictions with one mistake, the scores that follow from them, and what the pages read of a bundle."""
    rows = dataset.records().query("split == 'test'")
    n_classes = len(dataset.classes)
    said = rows["target"].to_numpy().copy()
    said[0] = (said[0] + 1) % n_classes
    probabilities = np.full((len(rows), n_classes), 0.1 / (n_classes - 1), np.float32)
    probabilities[np.arange(len(rows)), said] = 0.9
    predictions = Predictions(dataset.classes, rows["target"].to_numpy(), probabilities, rows.index.to_numpy())
    (job.folder / "predictions").mkdir()
    predictions.save(job.folder / "predictions" / "test.parquet")
    (job.folder / "bundle").mkdir()
    disk.write_json(job.folder / "bundle" / "bundle.json", {"classes": list(dataset.classes)})
    disk.write_bytes(job.folder / "bundle.zip", b"PK")
    log.append(
        job.folder,
        Tested(split="test", n_images=len(rows), scores=report.scores(predictions)),
        Finished(reason="All epochs done.", seconds=12.0),
    )


@pytest.fixture
def markup_run(markup_dataset, make_run):
    return make_run(open_dataset(markup_dataset.id), name="<i>Set</i> **bold** $x$ :blue[b] quick")
