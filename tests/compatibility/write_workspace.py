"""Writes a small workspace with today's code, as an archive that later versions must go on reading.

``PYTHONPATH=. python tests/compatibility/write_workspace.py tests/compatibility/workspace_2.tar.xz``

In it: a data set of each task, one of them with an edit, findings, a map and looks at its test score; a draft; a
finished run of each task, and one like the first that was cut off after two of its four epochs; a race; a trial of
learning rates; an estimate; weights that somebody brought; an import that failed. The network's weights are few and
sparse, and the pictures are flat, so that all of it takes little room.
"""

import contextlib
import csv
import io
import json
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from safetensors.torch import save

from ftcore import hardware, vision, workspace
from ftcore import settings as s
from ftcore.datasets.doctor import findings
from ftcore.datasets.importing.importer import import_source
from ftcore.datasets.labels.resolve import Labels
from ftcore.datasets.records import Dataset
from ftcore.datasets.versions import Edit, edit, log_holdout_access
from ftcore.jobs import examine, supervise
from ftcore.models import own_weights
from ftcore.runs import drafts, log, lr_trials, owners, store
from ftcore.search import candidates
from ftcore.training.cost import price
from tests.jobs.power_cut import PowerCut

MODEL = "test_efficientnet"
TRAINING = (
    f"model.name={MODEL}", "model.image_size=32", "freeze.preset=custom", "freeze.phases=1:head, rest:head",
    "train.epochs=4", "train.batch_size=8", "train.lr=0.01", "train.ema=0.5", "train.threads=1",
    "engine.cache=off", "engine.autocast=off",
)  # fmt: skip
COLOURS = {"blue": (40, 60, 210), "green": (50, 190, 70), "red": (210, 60, 50)}
KEPT_EPOCHS = 2


def main(target: Path) -> None:
    hardware.be_nice = lambda: None  # the worker is this process
    with tempfile.TemporaryDirectory() as folder:
        workspace.use(Path(folder) / "workspace")
        source = Path(folder) / "source"
        source.mkdir()
        write(source)
        with tarfile.open(target, "w:xz", preset=9) as archive:
            for path in sorted(workspace.root().rglob("*")):
                if path.is_file() and "cache" not in path.relative_to(workspace.root()).parts[:1]:
                    archive.add(path, path.relative_to(workspace.root()), filter=_anonymous)


def write(source: Path) -> None:
    """Fill the workspace."""
    start = own_weights.add(save(_sparse_weights()), "sparse.safetensors", MODEL).id
    colours = import_source(_zip(source / "colours.zip", _classes()), name="Colours")
    pictures, table = _glowing()
    archive = _zip(source / "glowing.zip", pictures, table)
    several = import_source(archive, name="Seen", task="multilabel", labels=Labels("", "file", ("seen",), "", "", "|"))
    number = import_source(
        archive, name="Glow", task="regression", labels=Labels("", "file", ("glow (cd)",), "", "", "|")
    )

    for report in examine.examination(colours):
        del report
    work(store.create("map", colours.name, {"dataset": colours.id}, id=colours.id))
    edited = edit(colours, [Edit("exclude", (0, 1), "by hand"), Edit("relabel", (2,), "red")])

    finished = train(colours, "Colours quick", start)
    log_holdout_access(colours, finished.id, shown=True)
    train(several, "Seen quick", start, "train.loss=bce", "train.monitor=mean_average_precision")
    train(number, "Glow quick", start, "train.loss=mse", "train.monitor=mae")
    with contextlib.suppress(PowerCut), _cut_off_after_epochs(KEPT_EPOCHS):
        train(colours, "Colours cut off", start)

    draft = drafts.load(edited.id, owners.CLI, lambda: _settings(edited, start))
    drafts.save(drafts.confirm(draft, "model"))
    work(candidates.job(colours, ["tf_efficientnet_lite0", "tf_efficientnet_lite1"], 64))
    work(lr_trials.create(_settings(colours, start), colours.name))
    work(price.job(_settings(colours, start)))
    work(store.create("import", "Nothing", {"source": "sample:nothing"}))
    assert findings.load(colours) is not None


def train(dataset: Dataset, name: str, start: str, *values: str) -> store.Job:
    """Train on a data set, in this process."""
    return work(store.create("train", name, s.to_json(_settings(dataset, start, *values))))


def work(job: store.Job) -> store.Job:
    """Do a job in this process."""
    supervise.work(job.folder)
    return job


def _settings(dataset: Dataset, start: str, *values: str) -> s.RunSettings:
    return s.with_values(s.RunSettings(dataset=dataset.id, seed=1), [*TRAINING, f"model.start={start}", *values])


@contextlib.contextmanager
def _cut_off_after_epochs(n: int):
    """The worker dies when it is about to tell of the epoch after the ``n``-th."""
    append = log.append

    def appending(folder: Path, *events, **options) -> None:
        if any(type(event).__name__ == "EpochDone" and event.epoch == n for event in events):
            raise PowerCut
        append(folder, *events, **options)

    log.append = appending
    try:
        yield
    finally:
        log.append = append


def _sparse_weights() -> dict[str, torch.Tensor]:
    """A network whose weights are nearly all zero, the others one of two values."""
    model = vision.create_model(MODEL, num_classes=3)
    random, kept = np.random.default_rng(0), {}
    for name, value in model.state_dict().items():
        if value.ndim > 1:
            per_output = max(1, round(0.02 * value[0].numel()))
            flat = np.zeros((len(value), value[0].numel()), np.float32)
            for row in flat:
                row[random.choice(len(row), per_output, replace=False)] = random.choice([-1, 1], per_output)
            value = torch.from_numpy(flat.reshape(value.shape)) * float(np.sqrt(2 / per_output))
        kept[name] = value.contiguous()
    return kept


def _classes() -> dict[str, bytes]:
    random = np.random.default_rng(1)
    return {
        f"{name}/{number:02}.png": _picture(random, np.array(colour))
        for name, colour in COLOURS.items()
        for number in range(16)
    }


def _glowing() -> tuple[dict[str, bytes], str]:
    """Pictures, and a table that says which of two colours are in each and how bright it is."""
    random, pictures, rows = np.random.default_rng(2), {}, io.StringIO()
    table = csv.writer(rows)
    table.writerow(["file", "seen", "glow (cd)"])
    for number in range(40):
        red, blue = random.integers(0, 2, 2)
        level = random.uniform(40, 160)
        colour = np.array([level + 60 * red, level, level + 60 * blue])
        pictures[f"{number:02}.png"] = _picture(random, colour)
        seen = "|".join(name for name, there in (("blue", blue), ("red", red)) if there)
        table.writerow([f"{number:02}.png", seen, f"{1000 + colour.mean():.2f}"])
    return pictures, rows.getvalue()


def _picture(random: np.random.Generator, colour: np.ndarray) -> bytes:
    """Sixteen flat tiles around one colour, 24 pixels wide."""
    tiles = np.clip(random.normal(colour, 40, (4, 4, 3)), 0, 255).astype(np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(np.kron(tiles, np.ones((6, 6, 1), np.uint8))).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def _zip(path: Path, pictures: dict[str, bytes], table: str = "") -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in pictures.items():
            archive.writestr(name, data)
        if table:
            archive.writestr("labels.csv", table)
    return path


def _anonymous(entry: tarfile.TarInfo) -> tarfile.TarInfo | None:
    """Without whose it is; what only this process needed stays behind."""
    if entry.name.endswith((".lock", "-shm", "-wal")):
        return None
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    return entry


if __name__ == "__main__":
    main(Path(sys.argv[1]))
    print(json.dumps({"bytes": Path(sys.argv[1]).stat().st_size}))
