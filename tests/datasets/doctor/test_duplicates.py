import pytest

from ftcore.datasets.versions import edit
from tests.datasets.doctor.examined import examined, paths
from tests.datasets.made_pictures import encoded, png, scene, scenes


def test_different_pictures_are_no_copies(doctor):
    _, found = doctor(scenes(25))
    assert not {"exact_duplicate", "near_duplicate", "leak", "label_conflict"} & set(found)


@pytest.mark.parametrize(
    "change",
    [
        lambda p: encoded(p, "JPEG", quality=40),
        lambda p: encoded(p.resize((30, 30))),
        lambda p: encoded(p.crop((3, 1, 46, 44))),
        lambda p: encoded(p.crop((0, 0, 40, 40)).resize((48, 48)), "JPEG", quality=60),
    ],
    ids=["packed", "smaller", "cropped", "cropped, enlarged and packed"],
)
def test_a_changed_copy_is_found_and_kept_once(doctor, change):
    files = {f"train/{name}": data for name, data in scenes(25).items()}
    files |= {f"test/{name}": data for name, data in scenes(5, first=5000).items()}
    dataset, found = doctor({**files, "train/a/again.png": change(scene(7))})
    near = found["near_duplicate"]
    assert paths(dataset, near.rows) == {"train/a/7.png", "train/a/again.png"} and "leak" not in found
    mended = edit(dataset, near.remedy)
    assert mended.n_images == dataset.n_images - 1
    assert "near_duplicate" not in {finding.issue for finding in examined(mended).findings}


def test_a_copy_in_another_split_is_a_leak_until_the_group_is_in_one(doctor):
    files = {f"train/{name}": data for name, data in scenes(25).items()}
    files |= {f"test/{name}": data for name, data in scenes(5, first=5000).items()}
    dataset, found = doctor({**files, "test/a/again.jpg": encoded(scene(7), "JPEG", quality=80)})
    leak = found["leak"]
    assert leak.severity == "serious" and paths(dataset, leak.rows) == {"train/a/7.png", "test/a/again.jpg"}
    mended = edit(dataset, leak.remedy)
    assert mended.records()["split"][list(leak.rows)].nunique() == 1
    assert "leak" not in {finding.issue for finding in examined(mended).findings}


def test_the_same_pixels_in_another_file_are_an_exact_copy(doctor):
    dataset, found = doctor({**scenes(22), "a/again.bmp": encoded(scene(3), "BMP")})
    assert paths(dataset, found["exact_duplicate"].rows) == {"a/3.png", "a/again.bmp"}
    assert found["exact_duplicate"].count == 1
    assert edit(dataset, found["exact_duplicate"].remedy).n_images == dataset.n_images - 1


def test_what_the_import_left_out_is_said_as_well(doctor):
    files = {f"train/{name}": data for name, data in scenes(22).items()}
    files |= {f"test/{name}": data for name, data in scenes(5, first=5000).items()}
    files |= {"train/a/copy.png": files["train/a/3.png"], "test/b/seen.png": files["train/b/4.png"]}
    files |= {"train/a/two.png": png(9), "train/b/two.png": png(9), "train/a/cut.jpg": b"\xff\xd8\xff\xe0 cut"}
    _, found = doctor(files)
    assert set(found["exact_duplicate"].names) == {
        "train/a/3.png",
        "train/a/copy.png",
        "test/b/seen.png",
        "train/b/4.png",
    }
    assert set(found["leak"].names) == {"test/b/seen.png", "train/b/4.png"}
    assert set(found["label_conflict"].names) == {"train/a/two.png", "train/b/two.png"}
    assert found["unreadable"].names == ("train/a/cut.jpg",)
    assert {found[issue].severity for issue in ("exact_duplicate", "leak", "label_conflict", "unreadable")} == {"note"}


def test_a_picture_under_two_classes_is_a_conflict(doctor):
    dataset, found = doctor({**scenes(22), "b/again.bmp": encoded(scene(3), "BMP")})
    conflict = found["label_conflict"]
    assert conflict.severity == "serious" and paths(dataset, conflict.rows) == {"a/3.png", "b/again.bmp"}
    assert edit(dataset, conflict.remedy).n_images == dataset.n_images - 2
