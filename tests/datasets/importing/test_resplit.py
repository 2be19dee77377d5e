"""Pictures that show nearly the same are found and never divided; a data set is divided again as a new version."""

import json

import numpy as np
import pytest
from PIL import Image, ImageEnhance

from ftcore import cli
from ftcore.datasets import versions
from ftcore.datasets.importing.importer import import_source
from ftcore.datasets.importing.resplit import divide_again, divide_into_folds
from ftcore.datasets.versions import Edit
from ftcore.errors import DataError, SettingsError
from tests.datasets.made_pictures import encoded, noise, two_classes, write_zip

N_BURSTS, FRAMES, ALONE = 12, 6, 20  # of each class


def scene(seed):
    return noise(seed, (7, 6)).resize((72, 60), Image.Resampling.BICUBIC)


def frame(picture, random):
    """One picture of a burst: the hand moved, the light changed, the camera packed it."""
    left, top, right, bottom = random.integers(0, 4, 4)
    moved = picture.crop((left, top, picture.width - right, picture.height - bottom)).resize(picture.size)
    brighter = ImageEnhance.Brightness(moved).enhance(random.uniform(0.92, 1.08))
    return encoded(brighter, "JPEG", quality=int(random.integers(60, 90)))


@pytest.fixture(scope="module")
def bursts():
    """Files of two classes, named so that a file name gives nothing away; and the burst of each, or its own number."""
    random = np.random.default_rng(0)
    files, burst = {}, {}
    names = [f"{i:04}" for i in random.permutation(2 * (N_BURSTS * FRAMES + ALONE))]
    for label in "ab":
        scenes = [(k, FRAMES) for k in range(N_BURSTS)] + [(N_BURSTS + k, 1) for k in range(ALONE)]
        for number, n_frames in scenes:
            picture = scene(1000 * (label == "b") + number)
            for _ in range(n_frames):
                path = f"{label}/{names.pop()}.jpg"
                files[path], burst[path] = frame(picture, random), (label, number)
    return files, burst


@pytest.fixture
def packed(bursts, tmp_path):
    return write_zip(tmp_path / "bursts.zip", bursts[0])


def splits_of(dataset, burst):
    """The splits that each burst lies in."""
    found = {}
    for path, split in zip(dataset.records()["path"], dataset.records()["split"], strict=True):
        found.setdefault(burst[path], set()).add(split)
    return found


def test_a_burst_never_straddles(packed, bursts):
    at_random = import_source(packed)
    assert sum(len(found) > 1 for found in splits_of(at_random, bursts[1]).values()) > N_BURSTS
    dataset = import_source(packed, split_by="near", seed=3)
    assert all(len(found) == 1 for found in splits_of(dataset, bursts[1]).values())
    assert dataset.split_source == "near"
    for row in dataset.split_counts:
        assert abs(row[0] / sum(row) - 0.7) < 0.1 and min(row) > 0


def test_groups_are_the_bursts_and_nothing_else(packed, bursts):
    table = import_source(packed, split_by="near").records()
    of = table["path"].map(bursts[1])
    named = table[table["group"] != ""]
    assert named.groupby("group").size().tolist() == [FRAMES] * (2 * N_BURSTS)
    assert all(len(set(of[rows.index])) == 1 for _, rows in named.groupby("group"))


def test_the_same_pictures_are_divided_the_same_way(packed):
    assert import_source(packed, split_by="near") == import_source(packed, split_by="near")


def test_known_groups_stay_together_as_well(bursts, tmp_path):
    files, burst = bursts
    lone = [path for path in sorted(files) if burst[path][1] >= N_BURSTS]
    rows = [f"{path},{path[0]},{'patient' if path in lone[:8] else ''}" for path in sorted(files)]
    files = {**files, "labels.csv": "\n".join(["file,label,who", *rows]).encode()}
    from ftcore.datasets.importing.importer import Labels

    labels = Labels("labels.csv", "file", ("label",), group="who")
    dataset = import_source(write_zip(tmp_path / "t.zip", files), split_by="near", labels=labels)
    table = dataset.records().set_index("path")
    assert table.loc[lone[:8], "split"].nunique() == 1
    assert all(len(found) == 1 for found in splits_of(dataset, burst).values())


def test_a_data_set_is_divided_again_as_a_new_version(packed, bursts):
    first = import_source(packed)
    rows = tuple(first.records().index[:3])
    edited = versions.edit(first, [Edit("exclude", rows)])
    seen = []
    again = divide_again(edited, split_by="near", split="60/20/20", on_progress=lambda *told: seen.append(told))
    assert all(len(found - {""}) == 1 for found in splits_of(again, bursts[1]).values())
    assert versions.parent(again) == edited and tuple(versions.excluded(again).index) == rows
    assert (again.split_shares, again.split_source) == ((60, 20, 20), "near")
    assert again.n_images == edited.n_images and abs(again.sizes[0] / again.n_images - 0.6) < 0.08
    assert "divided all pictures again, 60/20/20" in versions.history(again)[-1].words[0]
    assert any(label == "Comparing pictures with each other" for label, _, _ in seen)
    back = divide_again(again, split_by="random", seed=0)
    assert back.split_source == "random" and back.records()["excluded"].tolist() == again.records()["excluded"].tolist()


def test_a_picture_that_is_included_again_comes_to_its_group(packed, bursts):
    """A frame of each burst is left out; then all are divided anew, by what they show, and the frames come back."""
    first = import_source(packed)
    of = first.records()["path"].map(bursts[1])
    frames = tuple(int(rows.index[0]) for key, rows in of.groupby(of) if key[1] < N_BURSTS)
    edited = versions.edit(first, [Edit("exclude", frames)])
    whole = versions.edit(divide_again(edited, split_by="near", seed=2), [Edit("include", frames)])
    assert all(len(found) == 1 for found in splits_of(whole, bursts[1]).values())
    assert set(whole.records()["split"]) == {"train", "validation", "test"}


def test_each_picture_is_validation_in_one_fold_and_the_test_stays(packed, bursts):
    first = import_source(packed, split_by="near")
    before, seen = first.records()["split"], []
    version = first
    for fold in range(1, 5):
        version = divide_into_folds(version, fold=fold, n_folds=4, seed=3)  # from the version of the fold before
        split = version.records()["split"]
        assert ((split == "test") == (before == "test")).all() and version.split_source == "folds"
        assert all(len(found) == 1 for found in splits_of(version, bursts[1]).values()), "bursts stay together"
        seen += split.index[split == "validation"].tolist()
    assert sorted(seen) == before.index[before != "test"].tolist()
    assert "made fold 4 of 4 the validation pictures, seed 3" in versions.history(version)[-1].words[0]


@pytest.mark.parametrize("task", ["multilabel", "regression"])
def test_folds_serve_every_task(import_task, task):
    dataset = import_task(task)
    version = divide_into_folds(dataset, fold=2, n_folds=3)
    assert version.sizes[2] == dataset.sizes[2] and abs(version.sizes[1] - sum(dataset.sizes[:2]) / 3) <= 3


def test_folds_that_cannot_be_are_a_sentence(tmp_path, capsys):
    dataset = import_source(write_zip(tmp_path / "pets.zip", two_classes(6)))
    for fold, n_folds in ((0, 5), (6, 5), (1, 1)):
        with pytest.raises(SettingsError, match=f"Fold {fold} of {n_folds} was asked for"):
            divide_into_folds(dataset, fold=fold, n_folds=n_folds)
    with pytest.raises(DataError, match="expected at least one for each of the 9 folds"):
        divide_into_folds(dataset, fold=1, n_folds=9)
    for wrong in (["--fold", "two"], ["--fold", "1/3", "--split-by", "random"]):
        assert cli.main(["dataset", dataset.id, *wrong]) == 2
    assert versions.family(dataset) == [dataset]
    assert cli.main(["dataset", dataset.id, "--fold", "2/3", "--seed", "1"]) == 0
    answer = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert answer["history"] == ["made fold 2 of 3 the validation pictures, seed 1; the test stays"]


def test_a_division_that_cannot_be_is_a_sentence(tmp_path):
    dataset = import_source(write_zip(tmp_path / "pets.zip", two_classes(6)))
    with pytest.raises(DataError, match="No groups are known"):
        divide_again(dataset, split_by="group")
    with pytest.raises(SettingsError, match=r"Unknown way to divide 'luck'.*near"):
        divide_again(dataset, split_by="luck")
    with pytest.raises(SettingsError, match="sum to 100"):
        divide_again(dataset, split_by="random", split="1/2/3")
    assert versions.family(dataset) == [dataset]


def test_the_history_says_how_the_division_was_made(tmp_path):
    dataset = import_source(write_zip(tmp_path / "pets.zip", two_classes(8)))
    words = versions.history(divide_again(dataset, seed=3))[-1].words[0]
    assert words.endswith("seed 3: at random, class by class")


def test_shares_and_a_seed_alone_are_not_passed_over(tmp_path, capsys):
    dataset = import_source(write_zip(tmp_path / "pets.zip", two_classes(8)))
    for option in (["--split", "60/20/20"], ["--seed", "3"]):
        assert cli.main(["dataset", dataset.id, *option]) == 2
        assert "neither --split-by nor --fold was given" in capsys.readouterr().err
    assert versions.family(dataset) == [dataset]


def test_the_command_line_divides_at_import_and_again(packed, bursts, capsys):
    assert cli.main(["import", str(packed), "--name", "films"]) == 0
    first = json.loads(capsys.readouterr().out.splitlines()[-1])["dataset"]
    assert cli.main(["dataset", first, "--split-by", "near", "--split", "80/10/10", "--seed", "4"]) == 0
    answer = json.loads(capsys.readouterr().out.splitlines()[-1])
    from ftcore.datasets.records import open_dataset

    assert answer["parent"] == first and answer["history"][-1].startswith(
        "divided all pictures again, 80/10/10, seed 4"
    )
    assert all(len(found) == 1 for found in splits_of(open_dataset(answer["dataset"]), bursts[1]).values())
    assert cli.main(["import", str(packed), "--name", "near films", "--split-by", "near"]) == 0
    near = json.loads(capsys.readouterr().out.splitlines()[-1])["dataset"]
    assert all(len(found) == 1 for found in splits_of(open_dataset(near), bursts[1]).values())
