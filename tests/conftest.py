"""What every test may ask for: a workspace of its own, and a small data set in it."""

import io
import shutil
import zipfile

import numpy as np
import pytest
from PIL import Image

from ftcore import workspace as disk

COLOURS = {"blue": (40, 60, 210), "green": (50, 190, 70), "red": (210, 60, 50)}
PER_CLASS = 20


def pytest_collection_modifyitems(items):
    """Put the journeys in the browser first: they mostly wait, and at the end everybody else would wait for them."""
    items.sort(key=lambda item: "browser" not in item.path.parts)


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    """An empty workspace folder that ``FTCORE_WORKSPACE`` points at."""
    folder = tmp_path / "workspace"
    folder.mkdir()
    monkeypatch.setenv(disk.VARIABLE, str(folder))
    return folder


@pytest.fixture(scope="session")
def tiny_zip(tmp_path_factory):
    """A ZIP of three classes, told apart by colour: 20 noisy pictures of 32 pixels each."""
    path = tmp_path_factory.mktemp("source") / "colours.zip"
    random = np.random.default_rng(0)
    with zipfile.ZipFile(path, "w") as archive:
        for name, colour in COLOURS.items():
            for number in range(PER_CLASS):
                pixels = np.clip(random.normal(colour, 40, (32, 32, 3)), 0, 255).astype(np.uint8)
                buffer = io.BytesIO()
                Image.fromarray(pixels).save(buffer, "PNG")
                archive.writestr(f"{name}/{number:02}.png", buffer.getvalue())
    return path


N_GLOWING = 48
LABELS = {"multilabel": ("seen",), "regression": ("glow (cd)",), "numbers": ("glow (cd)", "tint")}


@pytest.fixture(scope="session")
def glowing_zip(tmp_path_factory):
    """A ZIP of 48 noisy pictures of 32 pixels and a table: which colours are in each (none, one or both of blue and
    red), how bright it is, and how much redder than blue."""
    random = np.random.default_rng(0)
    pictures, rows = {}, ["file,seen,glow (cd),tint"]
    for number in range(N_GLOWING):
        red, blue = random.integers(0, 2, 2)
        level = random.uniform(40, 160)
        colour = np.array([level + 60 * red, level, level + 60 * blue])
        pixels = np.clip(random.normal(colour, 10, (32, 32, 3)), 0, 255).astype(np.uint8)
        buffer = io.BytesIO()
        Image.fromarray(pixels).save(buffer, "PNG")
        pictures[f"{number:02}.png"] = buffer.getvalue()
        seen = "|".join(name for name, there in (("blue", blue), ("red", red)) if there)
        rows.append(f"{number:02}.png,{seen},{1000 + colour.mean():.2f},{(int(red) - int(blue)) / 10:.1f}")
    path = tmp_path_factory.mktemp("source") / "glowing.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in pictures.items():
            archive.writestr(name, data)
        archive.writestr("labels.csv", "\n".join(rows))
    return path


@pytest.fixture
def import_task(glowing_zip, workspace):
    """``import_task("multilabel")``, ``("regression")`` or ``("numbers")``: those pictures, with that to be learned."""
    from ftcore.datasets.importing.importer import import_source
    from ftcore.datasets.labels.resolve import Labels

    def run(what):
        labels = Labels("", "file", LABELS[what], "", "", "|")
        return import_source(glowing_zip, task="multilabel" if what == "multilabel" else "regression", labels=labels)

    return run


@pytest.fixture(scope="session")
def _imported_once(tiny_zip, tmp_path_factory):
    """The folder of the imported ZIP, in a workspace that no test sees."""
    from ftcore.datasets.importing.importer import import_source

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(disk.VARIABLE, str(tmp_path_factory.mktemp("imported")))
        return import_source(tiny_zip).folder


@pytest.fixture
def tiny_dataset(_imported_once, workspace):
    """The pictures of ``tiny_zip`` as a data set in this test's workspace: 42 train, 9 validation, 9 test."""
    from ftcore.datasets.records import open_dataset

    (workspace / "datasets").mkdir(exist_ok=True)
    shutil.copytree(_imported_once, workspace / "datasets" / _imported_once.name)
    return open_dataset(_imported_once.name)
