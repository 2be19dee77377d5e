"""Public sets by name: Parquet files as the Hugging Face hub keeps them, folders as torchvision lays them out."""

import json
import shutil
import struct

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ftcore import cli, hardware
from ftcore.datasets.images.pixel_store import PixelStore
from ftcore.datasets.importing.importer import Labels, import_source
from ftcore.datasets.sources import huggingface, torchvision_sets
from ftcore.errors import DataError, SettingsError
from tests.datasets.made_pictures import encoded, noise, png

NAMES = ["a/cat", "**dog**", "cow"]


def parquet(path, labels, *, image="image", names=NAMES, first=0, group=4, extra=None):
    """A file as the hub's converter writes them: pictures as structs, class numbers, names in the metadata."""
    pictures = [{"bytes": png(first + i), "path": f"{i}.png"} for i in range(len(labels))]
    columns = {"id": pa.array(range(len(labels))), image: pa.array(pictures), **(extra or {})}
    columns["label"] = pa.array(labels)
    features = {"label": {"_type": "ClassLabel", "names": names}, image: {"_type": "Image"}} if names else {}
    about = json.dumps({"info": {"features": features}})
    table = pa.table(columns).replace_schema_metadata({"huggingface": about})
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, path, row_group_size=group)


@pytest.fixture
def hub(tmp_path, monkeypatch):
    """A hub that is a folder, ``owner/name/branch/files`` in it; and the names of what was fetched from it."""
    root, fetched = tmp_path / "hub", []

    def list_files(repo, revision):
        folder = root / repo / revision
        found = sorted(path for path in folder.rglob("*") if path.is_file())
        return [(path.relative_to(folder).as_posix(), path.stat().st_size) for path in found]

    def fetch(repo, path, revision, folder):
        fetched.append(path)
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(root / repo / revision / path, folder / path)

    monkeypatch.setattr(huggingface, "list_files", list_files)
    monkeypatch.setattr(huggingface, "fetch", fetch)
    monkeypatch.setattr(hardware, "reachable", lambda url, **_: True)
    return root, fetched


@pytest.fixture
def offline(monkeypatch):
    monkeypatch.setattr(hardware, "reachable", lambda url, **_: False)


def converted(root, repo="me/pets"):
    return root / repo / huggingface.CONVERTED


def test_a_set_of_the_hub_comes_with_its_classes_and_splits(hub):
    root, fetched = hub
    parquet(converted(root) / "default/train/0000.parquet", [0, 1, 2] * 6)
    parquet(converted(root) / "default/train/0001.parquet", [0, 1, 2] * 4, first=100)
    parquet(converted(root) / "default/test/0000.parquet", [0, 1, 2] * 3, first=200)
    told = []
    dataset = import_source("hf:me/pets", on_progress=lambda *now: told.append(now))
    assert dataset.classes == ("**dog**", "a∕cat", "cow") and dataset.name == "pets"
    assert dataset.split_source == "folders" and dataset.sizes[2] == 9 and dataset.n_images == 39
    table = dataset.records()
    where = table[table["path"].str.startswith("test/a∕cat/")].index[0]
    assert np.array_equal(PixelStore(dataset).pixels(where), np.asarray(noise(200)))
    assert (dataset.folder / "pictures").is_dir()
    assert ("Downloading", 3, 3) in told and len(fetched) == 3


def test_a_download_of_before_needs_no_network_and_is_not_fetched_again(hub, monkeypatch):
    root, fetched = hub
    parquet(converted(root) / "default/train/0000.parquet", [0, 1, 2] * 6)
    first = import_source("hf:me/pets")
    monkeypatch.setattr(hardware, "reachable", lambda url, **_: False)
    assert import_source("hf:me/pets") == first and len(fetched) == 1


def test_a_configuration_and_columns_can_be_named(hub):
    root, _ = hub
    for name, first in (("large", 0), ("small", 500)):
        extra = {"mood": pa.array(["glad", "sad", "glad"] * 6)}
        parquet(converted(root) / f"{name}/train/0000.parquet", [0, 1, 2] * 6, first=first, image="photo", extra=extra)
    dataset = import_source("hf:me/pets/small", labels=Labels(image="photo", targets=("mood",)))
    assert dataset.classes == ("glad", "sad")
    assert np.array_equal(PixelStore(dataset).pixels(0), np.asarray(noise(500)))
    with pytest.raises(DataError, match=r"no configuration 'tiny'.*large, small"):
        import_source("hf:me/pets/tiny")
    with pytest.raises(DataError, match=r"Column 'nose' holds no pictures.*id, photo, mood, label"):
        import_source("hf:me/pets/large", labels=Labels(image="nose"))


def test_a_set_that_was_uploaded_as_parquet_is_taken_from_its_main_branch(hub):
    root, _ = hub
    for split, n, first in (("train", 6, 0), ("validation", 2, 100), ("test", 2, 200)):
        path = root / "me/pets/main/data" / f"{split}-00000-of-00001.parquet"
        parquet(path, ["x", "y"] * n, names=None, first=first)
    assert import_source("hf:me/pets").sizes == (12, 4, 4)


def test_pictures_without_a_class_and_damaged_ones_are_left_out(hub):
    root, _ = hub
    parquet(converted(root) / "default/train/0000.parquet", [0, 1] * 5 + [-1])
    path = converted(root) / "default/train/0001.parquet"
    pictures = [{"bytes": b"no picture", "path": "1"}, {"bytes": None, "path": "2"}]
    pq.write_table(pa.table({"id": [1, 2], "image": pictures, "label": [0, 1]}), path)
    dataset = import_source("hf:me/pets")
    reasons = [item["reason"] for item in dataset.left_out]
    assert dataset.n_images == 10 and len(reasons) == 3
    assert any("names no class" in reason for reason in reasons) and any("no bytes" in reason for reason in reasons)


def test_what_is_no_set_of_pictures_is_a_sentence(hub):
    root, _ = hub
    with pytest.raises(DataError, match=r"The set me/nothing does not exist, is not public, or has no Parquet"):
        import_source("hf:me/nothing")
    with pytest.raises(DataError, match=r"'\.\./me' is not the name of a set"):
        import_source("hf:../me")
    path = converted(root, "me/words") / "default/train/0000.parquet"
    path.parent.mkdir(parents=True)
    pq.write_table(pa.table({"text": ["a", "b"], "label": [0, 1]}), path)
    with pytest.raises(DataError, match=r"no column with pictures.*text, label"):
        import_source("hf:me/words")
    torn = converted(root, "me/torn") / "default/train/0000.parquet"
    torn.parent.mkdir(parents=True)
    torn.write_bytes(b"PAR1 torn")
    with pytest.raises(DataError, match="no Parquet file, or it is cut off"):
        import_source("hf:me/torn")


def test_a_set_larger_than_the_quota_is_not_downloaded(hub, monkeypatch):
    fetched = hub[1]
    monkeypatch.setattr(huggingface, "list_files", lambda repo, revision: [("default/train/0.parquet", 10**11)])
    with pytest.raises(DataError, match=r"100 GB, at most 20 GB"):
        import_source("hf:me/pets")
    assert fetched == []


def test_without_a_network_it_says_what_cannot_be_reached(offline, capsys):
    for source, place in (("hf:me/pets", "huggingface.co"), ("torchvision:cifar10", "cs.toronto.edu")):
        with pytest.raises(DataError, match=rf"not on this machine, and https://.*{place}.* cannot be reached\."):
            import_source(source)
    assert cli.main(["import", "torchvision:CIFAR10"]) == 2
    assert "cannot be reached. Connect to the internet once" in capsys.readouterr().err


def test_an_unknown_set_of_torchvision_names_the_known_ones():
    with pytest.raises(DataError, match=r"'Nonsense' is not known here\. Choose one of: CIFAR10, CIFAR100"):
        import_source("torchvision:Nonsense")


@pytest.mark.parametrize("name", torchvision_sets.SETS)
def test_every_set_is_one_of_torchvisions(name):
    import ftcore.vision  # noqa: F401

    assert callable(getattr(pytest.importorskip("torchvision.datasets"), name))


def idx(path, array):
    """An array as MNIST's files hold it."""
    head = struct.pack(">BBBB", 0, 0, 8, array.ndim) + struct.pack(f">{array.ndim}I", *array.shape)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(head + array.astype(np.uint8).tobytes())


@pytest.fixture
def local(workspace):
    """The folder of a set of torchvision in the workspace, as if it had been downloaded; the test fills it."""

    def at(name):
        folder = workspace / "downloads" / f"torchvision-{name.lower()}"
        folder.mkdir(parents=True)
        (folder / "complete").write_bytes(b"")
        return folder

    return at


def test_arrays_become_pictures_with_the_set_s_own_splits(local, offline):
    random = np.random.default_rng(0)
    raw = local("FashionMNIST") / "FashionMNIST" / "raw"
    pixels = {name: random.integers(0, 256, (n, 28, 28), dtype=np.uint8) for name, n in (("train", 60), ("t10k", 20))}
    for name, values in pixels.items():
        idx(raw / f"{name}-images-idx3-ubyte", values)
        idx(raw / f"{name}-labels-idx1-ubyte", np.arange(len(values)) % 10)
    dataset = import_source("torchvision:fashionmnist", split="70/15/15")
    assert len(dataset.classes) == 10 and "Ankle boot" in dataset.classes and "T-shirt∕top" in dataset.classes
    assert dataset.n_images == 80 and dataset.sizes[2] == 20 and dataset.split_source == "folders"
    table = dataset.records()
    row = table.index[table["path"].str.endswith("/000010.bmp")][0]
    assert np.array_equal(PixelStore(dataset).pixels(row)[..., 0], pixels["train"][10])


def test_files_are_read_as_they_are(local, offline):
    folder = local("EuroSAT") / "eurosat" / "2750"
    for n, name in enumerate(("Forest", "River")):
        for i in range(8):
            (folder / name).mkdir(parents=True, exist_ok=True)
            (folder / name / f"{name}_{i}.jpg").write_bytes(encoded(noise(100 * n + i, (64, 64)), "JPEG"))
    dataset = import_source("torchvision:EuroSAT", name="Land")
    assert dataset.classes == ("Forest", "River") and dataset.split_source == "random" and dataset.name == "Land"


def test_pets_keep_their_test_pictures(local, offline):
    base = local("OxfordIIITPet") / "oxford-iiit-pet"
    for place in ("images", "annotations"):
        (base / place).mkdir(parents=True)
    for split, first in (("trainval", 0), ("test", 50)):
        lines = []
        for i in range(first, first + 12):
            breed = ("Abyssinian", "beagle")[i % 2]
            (base / "images" / f"{breed}_{i}.jpg").write_bytes(encoded(noise(i), "JPEG"))
            lines.append(f"{breed}_{i} {i % 2 + 1} 1 1")
        (base / "annotations" / f"{split}.txt").write_text("\n".join(lines))
    dataset = import_source("torchvision:OxfordIIITPet")
    assert dataset.classes == ("Abyssinian", "Beagle") and dataset.sizes[2] == 12


def test_a_download_that_breaks_off_is_a_sentence_and_leaves_nothing_half_done(monkeypatch, workspace):
    from ftcore import vision

    def broken(name, folder, **options):
        (folder / "half").write_bytes(b"x")
        raise RuntimeError("not found or corrupted")

    monkeypatch.setattr(hardware, "reachable", lambda url, **_: True)
    monkeypatch.setattr(vision, "torchvision_set", broken)
    with pytest.raises(DataError, match=r"could not be downloaded: RuntimeError\. Check the network"):
        import_source("torchvision:DTD")
    assert not (workspace / "downloads" / "torchvision-dtd" / "complete").exists()


def test_the_command_line_takes_a_set_by_name(hub, capsys):
    root, _ = hub
    parquet(converted(root) / "default/train/0000.parquet", [0, 1, 2] * 6)
    assert cli.main(["import", "hf:me/pets", "--name", "Pets of the hub"]) == 0
    answer = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert answer["images"] == 18 and answer["dataset"].startswith("pets-of-the-hub-")


@pytest.mark.parametrize(
    "labels",
    [
        Labels("labels.csv"),
        Labels(split="split"),
        Labels(group="patient"),
        Labels(separator=";"),
        Labels(targets=("a", "b")),
    ],
)
def test_what_cannot_be_said_of_a_set_of_the_hub_is_not_passed_over(workspace, labels):
    with pytest.raises(SettingsError, match="brings its own labels"):
        import_source("hf:me/pets", labels=labels)
