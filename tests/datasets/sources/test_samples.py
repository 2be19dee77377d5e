import sys

import numpy as np
import pytest
from PIL import Image

from ftcore import hardware
from ftcore.datasets.images.pixel_store import PixelStore
from ftcore.datasets.importing.importer import import_source
from ftcore.datasets.sources import samples
from ftcore.errors import DataError


@pytest.fixture
def offline(monkeypatch):
    monkeypatch.setattr(hardware, "_questions", {})

    def refuse(*_args, **_options):
        raise OSError("no network")

    monkeypatch.setattr(hardware.urllib.request, "urlopen", refuse)


def test_the_digits_are_those_of_scikit_learn():
    from sklearn.datasets import load_digits

    digits = load_digits()
    dataset = import_source("sample:digits")
    assert dataset.n_images == 1797
    assert dataset.classes == tuple("0123456789")
    assert [sum(row) for row in dataset.split_counts] == np.bincount(digits.target).tolist()
    records = dataset.records()
    store = PixelStore(dataset)
    for i in (0, 900, 1796):
        number = int(records["path"][i].split("/")[1].split(".")[0])
        assert records["target"][i] == digits.target[number]
        small = np.asarray(store.picture(i).convert("L").resize((8, 8), Image.Resampling.BOX), float)
        assert np.corrcoef(small.ravel(), digits.images[number].ravel())[0, 1] > 0.95


def test_the_animals_are_ten_classes_with_284_exact_copies_left_out():
    dataset = import_source("sample:animals")
    assert len(dataset.classes) == 10
    assert dataset.n_images == 10_000 - 284
    assert len(dataset.left_out) == 284
    assert all("an exact copy of" in item["reason"] for item in dataset.left_out)
    assert dataset.facts().side == 28


def test_without_a_network_a_sample_says_so(offline):
    for name in ("pets", "flowers", "eurosat"):
        assert samples.SAMPLES[name].available() == (False, "needs a network; none here")
        with pytest.raises(
            DataError, match=r"cannot be had: needs a network; none here\. Choose one .*digits, animals"
        ):
            import_source(f"sample:{name}")


def test_samples_that_came_along_need_no_network(offline):
    assert [sample.name for sample in samples.SAMPLES.values() if sample.available()[0]] == ["digits", "animals"]


def test_an_unknown_sample_names_the_known_ones():
    with pytest.raises(DataError, match=r"There is no sample 'cats'\. Choose one of: digits, animals"):
        import_source("sample:cats")


def test_a_download_that_breaks_off_starts_over_and_says_so(monkeypatch, workspace):
    def broken(folder):
        (folder / "half").write_bytes(b"x")
        raise RuntimeError("File not found or corrupted.")
        yield

    monkeypatch.setitem(samples._FETCH, "pets", broken)
    with pytest.raises(DataError, match=r"Oxford-IIIT Pets could not be downloaded.*Check the network"):
        samples.SAMPLES["pets"].entries()
    monkeypatch.setitem(samples._FETCH, "pets", lambda folder: iter([(folder / "1.jpg", "cat")]))
    (workspace / "downloads" / "pets" / "1.jpg").write_bytes(b"y")
    with pytest.raises(FileNotFoundError):
        samples.SAMPLES["pets"].entries()  # the half download was thrown away, this file with it


def test_what_was_downloaded_once_is_there_without_a_network(monkeypatch, workspace, offline):
    def fetch(folder):
        (folder / "1.jpg").write_bytes(b"y")
        yield folder / "1.jpg", "cat"

    monkeypatch.setitem(samples._FETCH, "pets", fetch)
    (entry,) = samples.SAMPLES["pets"].entries().entries
    assert (entry.name, entry.read()) == ("cat/1.jpg", b"y")
    assert samples.SAMPLES["pets"].available() == (True, "")


@pytest.mark.parametrize("name", ["OxfordIIITPet", "Flowers102", "EuroSAT"])
def test_the_classes_of_torchvision_that_are_used_exist(name):
    import ftcore.vision  # noqa: F401

    datasets = pytest.importorskip("torchvision.datasets")
    assert hasattr(datasets, name)


def test_importing_the_folder_does_not_import_torch():
    import subprocess

    heavy = "{'torch', 'timm', 'torchvision', 'sklearn'}"
    code = f"import sys, ftcore.datasets.importing.importer; print(sorted({heavy} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
