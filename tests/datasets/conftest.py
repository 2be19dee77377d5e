"""A workspace of its own for every test, and a folder beside it that nothing may touch."""

import pytest

from ftcore.datasets.importing.importer import import_source
from tests.datasets.made_pictures import write_zip


@pytest.fixture(autouse=True)
def workspace(tmp_path, monkeypatch):
    folder = tmp_path / "workspace"
    folder.mkdir()
    monkeypatch.setenv("FTCORE_WORKSPACE", str(folder))
    return folder


@pytest.fixture
def outside(tmp_path):
    """A folder with one file; the test fails if anything in it changed."""
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / "precious.txt").write_text("precious")
    yield folder
    assert [path.name for path in folder.iterdir()] == ["precious.txt"]
    assert (folder / "precious.txt").read_text() == "precious"
    assert sorted(path.name for path in folder.parent.iterdir() if path.is_dir()) == ["outside", "workspace"]


@pytest.fixture
def import_zip(tmp_path):
    """A function that imports files, by name, as a ZIP."""

    def import_files(files, **options):
        return import_source(write_zip(tmp_path / "in.zip", files), **options)

    return import_files
