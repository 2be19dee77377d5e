import json

import numpy as np
import pytest

from ftcore.datasets import records
from ftcore.datasets.importing.importer import import_source, summary
from ftcore.datasets.records import list_datasets, open_dataset
from ftcore.errors import DataError
from ftcore.settings import DatasetFacts
from tests.datasets.made_pictures import png, two_classes, write_zip


@pytest.fixture
def dataset(tmp_path):
    return import_source(write_zip(tmp_path / "My pets!.zip", {**two_classes(10), "notes.txt": b"x"}))


@pytest.mark.parametrize(
    ("low", "high", "first"),
    [(0, 1.6, "0 – 0.1"), (100_000, 100_160, "100000 – 100010"), (20.0001, 20.0003, ""), (2e9, 2e9 + 4096, "")],
)
def test_ranges_of_numbers_have_names_of_their_own(tmp_path, low, high, first):
    rows = [f"{i}.png,{value!r}" for i, value in enumerate(np.linspace(low, high, 24).tolist())]
    files = {**{f"{i}.png": png(i) for i in range(24)}, "t.csv": "\n".join(["file,size", *rows]).encode()}
    dataset = import_source(write_zip(tmp_path / "t.zip", files), task="regression")
    found = records.histogram(dataset)
    assert found["label"].nunique() == 16 and found["count"].sum() == 24
    assert found["label"][0] == first or not first


def test_what_was_imported_is_opened_again_the_same(dataset):
    again = open_dataset(dataset.id)
    assert again == dataset
    assert again.left_out == dataset.left_out == ({"name": "notes.txt", "reason": "not a picture (.txt)"},)
    assert (again.name, again.classes, again.split_shares, again.seed) == ("My pets!", ("cat", "dog"), (70, 15, 15), 0)
    assert again.id.startswith("my-pets-") and again.source == "My pets!.zip" and again.split_source == "random"


def test_what_the_first_version_left_out_is_read_by_its_former_key(tmp_path):
    dataset = import_source(write_zip(tmp_path / "a.zip", {**two_classes(10), "cat/again.png": png(0)}))
    assert [item["issue"] for item in dataset.left_out] == ["exact_duplicate"]
    path = dataset.folder / records.ABOUT
    path.write_text(path.read_text().replace('"issue"', '"kind"'))
    assert open_dataset(dataset.id) == dataset


def test_the_table_agrees_with_the_counts(dataset):
    records, counts = dataset.records(), dataset.counts()
    assert list(counts.columns) == ["label", "split", "count"] and len(counts) == 6
    for row in counts.itertuples():
        assert ((records["label"] == row.label) & (records["split"] == row.split)).sum() == row.count
    assert dataset.n_images == len(records) == 20
    assert dataset.facts() == DatasetFacts(n_train=int((records["split"] == "train").sum()), n_classes=2, side=20)
    assert (records["width"] == 24).all() and (records["height"] == 20).all()


def test_the_summary_is_plain_data(dataset):
    assert json.loads(json.dumps(summary(dataset))) == {
        "dataset": dataset.id,
        "task": "multiclass",
        "images": 20,
        "classes": {"cat": 10, "dog": 10},
        "splits": {"train": 12, "validation": 4, "test": 4},
        "left_out": 1,
    }


def test_originals_are_kept_under_names_that_the_server_chose(dataset):
    records = dataset.records()
    kept = {path.name for path in (dataset.folder / "pictures").iterdir()}
    assert kept == {f"{sha256}.png" for sha256 in records["sha256"]} == set(records["original"])


@pytest.mark.parametrize("bad", ["", "../secret", "a/b", ".hidden", "x" * 200, None, "Ä"])
def test_a_bad_id_never_reaches_the_disk(bad):
    with pytest.raises(DataError, match="is not the id of a data set"):
        open_dataset(bad)


def test_a_missing_data_set_is_one_sentence():
    with pytest.raises(DataError, match=r"There is no data set 'cats-12345678'\."):
        open_dataset("cats-12345678")


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"\xff", b'{"id": "broken"}'])
def test_a_broken_folder_is_a_sentence_and_does_not_spoil_the_list(dataset, workspace, content):
    (workspace / "datasets" / "broken").mkdir()
    (workspace / "datasets" / "broken" / "dataset.json").write_bytes(content)
    (workspace / "datasets" / ".x.part").mkdir()
    (workspace / "datasets" / "file").write_bytes(b"")
    with pytest.raises(DataError, match="'broken' cannot be read"):
        open_dataset("broken")
    assert list_datasets() == [dataset]


def test_the_newest_data_set_comes_first(dataset, tmp_path):
    newer = import_source(write_zip(tmp_path / "more.zip", two_classes(5)))
    assert list_datasets() == [newer, dataset]
