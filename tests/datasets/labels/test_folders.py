import pytest

from ftcore.datasets.labels.folders import arrange
from ftcore.datasets.sources.archive import Entry
from ftcore.errors import DataError


def arranged(*names):
    layout = arrange([Entry(name, 1, lambda: b"") for name in names])
    return {item.entry.name: (item.label, item.split) for item in layout.placed}, list(layout.left_out)


def test_the_folder_is_the_class():
    placed, left_out = arranged("cat/1.jpg", "dog/2.PNG")
    assert placed == {"cat/1.jpg": ("cat", None), "dog/2.PNG": ("dog", None)}
    assert left_out == []


def test_folders_around_everything_are_looked_through():
    placed, _ = arranged("export/photos/cat/1.jpg", "export/photos/dog/2.jpg", "export/readme.txt")
    assert {label for label, _ in placed.values()} == {"cat", "dog"}


def test_one_class_in_a_wrapper_is_still_that_class():
    placed, _ = arranged("photos/cat/1.jpg", "photos/cat/2.jpg")
    assert {label for label, _ in placed.values()} == {"cat"}
    assert {label for label, _ in arranged("cat/1.jpg", "cat/2.jpg")[0].values()} == {"cat"}


def test_folders_below_a_class_belong_to_it():
    placed, _ = arranged("cat/monday/1.jpg", "cat/2.jpg", "dog/tuesday/far/3.jpg")
    assert [label for label, _ in placed.values()] == ["cat", "cat", "dog"]


def test_split_folders_are_recognised_in_any_case_and_wrapping():
    placed, _ = arranged("x/Train/cat/1.jpg", "x/VAL/cat/2.jpg", "x/Testing/dog/3.jpg")
    assert list(placed.values()) == [("cat", "train"), ("cat", "validation"), ("dog", "test")]


def test_a_class_called_test_beside_other_classes_is_a_class():
    placed, _ = arranged("test/1.jpg", "blood/2.jpg")
    assert set(placed.values()) == {("test", None), ("blood", None)}


def test_a_train_folder_alone_is_only_a_wrapper():
    placed, _ = arranged("train/cat/1.jpg", "train/dog/2.jpg")
    assert set(placed.values()) == {("cat", None), ("dog", None)}


def test_a_picture_outside_of_the_class_folders_is_left_out():
    _, left_out = arranged("cat/1.jpg", "dog/2.jpg", "cover.jpg")
    assert left_out == [{"name": "cover.jpg", "reason": "not inside a class folder"}]
    _, left_out = arranged("train/cat/1.jpg", "test/cat/2.jpg", "train/cover.jpg")
    assert left_out == [{"name": "train/cover.jpg", "reason": "not inside a class folder"}]


def test_other_files_are_left_out_with_their_ending():
    _, left_out = arranged("cat/1.jpg", "dog/2.jpg", "cat/notes.txt", "cat/README", "cat/3.avif")
    assert [item["reason"] for item in left_out] == [
        "not a picture (.txt)",
        "not a picture (no file ending)",
        ".avif files are not read; save it as JPEG",
    ]


def test_folders_whose_names_clean_to_the_same_are_one_class():
    placed, _ = arranged("caf\u00e9/1.jpg", "cafe\u0301/2.jpg", "=tea/3.jpg", "tea /4.jpg")
    assert {label for label, _ in placed.values()} == {"caf\u00e9", "tea"}


def test_pictures_without_folders_are_explained_by_example():
    with pytest.raises(DataError, match=r"The ZIP has no class folders\. Make one folder per class.*cats/1\.jpg"):
        arranged("1.jpg", "2.jpg")


def test_no_file_and_no_picture_are_two_sentences():
    with pytest.raises(DataError, match=r"The ZIP is empty"):
        arranged()
    with pytest.raises(DataError, match=r"no picture among its 1 files.*notes\.txt: not a picture"):
        arranged("notes.txt")
