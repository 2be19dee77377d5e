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


@pytest.fixture(scope="session")
def _imported_once(tiny_zip, tmp_path_factory):
    """The folder of the imported ZIP, in a workspace that no test sees."""
    from ftcore.datasets.intake import import_source

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
