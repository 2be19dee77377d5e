import errno
import io
import os
import subprocess
import sys
import time
import zipfile

import pytest
from filelock import FileLock, Timeout

from ftcore import workspace as disk
from ftcore.datasets.images.pixel_store import PixelWriter
from ftcore.datasets.importing import importer, read
from ftcore.datasets.importing.importer import import_source
from ftcore.datasets.records import list_datasets
from ftcore.datasets.sources.archive import Quotas
from ftcore.errors import DataError, SettingsError, WorkspaceError
from tests.datasets.made_pictures import encoded, huge_png, noise, png, reasons, two_classes, write_folder, write_zip


def left_behind(workspace):
    return [path.name for path in (workspace / "datasets").iterdir()]


def test_an_empty_zip_and_an_empty_folder_are_explained(import_zip, tmp_path):
    with pytest.raises(DataError, match="The ZIP is empty"):
        import_zip({})
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="The folder is empty"):
        import_source(tmp_path / "empty")


def test_a_path_that_is_not_there_is_explained(tmp_path):
    with pytest.raises(DataError, match=r"There is no file or folder .*nowhere\.zip.*sample:digits"):
        import_source(tmp_path / "nowhere.zip")


def test_pictures_without_class_folders_are_explained(import_zip):
    with pytest.raises(DataError, match="The ZIP has no class folders"):
        import_zip({"1.png": png(1), "2.png": png(2)})


def test_one_class_only_is_explained(import_zip, workspace):
    with pytest.raises(DataError, match=r"one class only, 'cat'.*at least two classes to tell apart"):
        import_zip({f"cat/{i}.png": png(i) for i in range(5)})
    assert left_behind(workspace) == []


def test_one_class_because_the_other_is_damaged_says_so(import_zip):
    files = {**{f"cat/{i}.png": png(i) for i in range(5)}, "dog/1.png": b"", "dog/2.png": b""}
    with pytest.raises(
        DataError, match=r"one class only.*2 files are left out, the first is dog/1\.png: The file is empty"
    ):
        import_zip(files)


def test_a_class_with_one_picture_is_left_out_whole(import_zip):
    dataset = import_zip({**two_classes(), "rare/1.png": png(99)})
    assert dataset.classes == ("cat", "dog")
    assert reasons(dataset) == {"rare/1.png": "class 'rare' has only 1 readable picture, at least 3 are needed"}


def test_no_class_with_enough_pictures_is_explained(import_zip):
    with pytest.raises(DataError, match="No class has the 3 readable pictures"):
        import_zip(two_classes(2))


def test_no_readable_picture_at_all_is_explained(import_zip):
    with pytest.raises(DataError, match=r"None of the 2 pictures can be read.*cat/1\.png: The file is empty"):
        import_zip({"cat/1.png": b"", "dog/1.png": b""})


def test_train_and_test_folders_are_kept_and_validation_is_carved_out_of_train(import_zip):
    files = {
        **two_classes(20, "in/train/"),
        **{f"in/test/{label}/{i}.png": png((7, i, n + 1)) for n, label in enumerate(("cat", "dog")) for i in range(5)},
    }
    dataset = import_zip(files)
    assert dataset.split_source == "folders"
    records = dataset.records()
    assert set(records.loc[records["split"] == "test", "path"]) == {name for name in files if "/test/" in name}
    assert dataset.counts()["count"].tolist() == [16, 4, 5, 16, 4, 5]


def test_a_class_without_train_pictures_is_explained(import_zip):
    files = {
        **two_classes(4, "train/"),
        **two_classes(1, "test/"),
        **{f"test/fox/{i}.png": png((7, i)) for i in range(3)},
    }
    with pytest.raises(DataError, match="Class 'fox' has no readable pictures in the train folder"):
        import_zip(files)


def test_text_files_and_system_files_do_not_disturb(import_zip):
    junk = {"__MACOSX/cat/._1.png": b"x", "cat/.DS_Store": b"x", "Thumbs.db": b"x", "cat/list.txt": b"x"}
    dataset = import_zip({**two_classes(), **junk})
    assert (dataset.n_images, dataset.n_junk) == (8, 3)
    assert reasons(dataset) == {"cat/list.txt": "not a picture (.txt)"}


def test_damaged_pictures_are_left_out_with_a_reason_each(import_zip):
    photo = encoded(noise(5, (300, 300)), "JPEG")
    dataset = import_zip(
        {**two_classes(), "cat/cut.jpg": photo[:2000], "cat/empty.png": b"", "dog/huge.png": huge_png(20_000)}
    )
    assert dataset.n_images == 8
    assert reasons(dataset) == {
        "cat/cut.jpg": "The picture is damaged or cut off",
        "cat/empty.png": "The file is empty (0 bytes)",
        "dog/huge.png": "The picture is 20000×20000 pixels, at most 100 million pixels are read",
    }


def test_a_wrong_ending_is_put_right_in_the_original_that_is_kept(import_zip):
    dataset = import_zip({**two_classes(), "cat/really-a-jpeg.png": encoded(noise(9), "JPEG")})
    row = dataset.records().set_index("path").loc["cat/really-a-jpeg.png"]
    assert row["original"] == row["sha256"] + ".jpg"


def test_class_names_of_any_script_and_with_markup_stay_readable(import_zip, outside):
    labels = ["grüne Äpfel", "<b>bold</b>".replace("/", ""), "**猫**", "=SUM(A1)"]
    files = {f"{label}/{i}.png": png((n, i)) for n, label in enumerate(labels) for i in range(3)}
    dataset = import_zip(files, name="<script> & *co*")
    assert set(dataset.classes) == {"grüne Äpfel", "<b>bold<b>", "**猫**", "SUM(A1)"}
    assert dataset.id.startswith("script-co-")


def test_classes_are_in_the_order_in_which_a_person_counts(import_zip):
    files = {f"class {n}/{i}.png": png((n, i)) for n in (10, 9, 1) for i in range(3)}
    assert import_zip(files).classes == ("class 1", "class 9", "class 10")


def test_folders_called_by_numbers_below_zero_are_classes_of_their_own(import_zip):
    files = {f"{label}/{i}.png": png((n, i)) for n, label in enumerate(("-10", "-1", "0", "1")) for i in range(3)}
    assert import_zip(files).classes == ("-10", "-1", "0", "1")
    assert sorted(set(import_zip(files, task="regression").targets()[:, 0])) == [-10, -1, 0, 1]


def test_classes_that_differ_only_at_the_end_of_a_long_name_are_not_merged(import_zip):
    files = {f"{'x' * 80} {end}/{i}.png": png((n, i)) for n, end in enumerate("ab") for i in range(3)}
    assert len(import_zip(files).classes) == 2


def test_hostile_names_change_nothing_outside_of_the_workspace(import_zip, outside):
    hostile = {"../outside/precious.txt": b"x", "../../outside/new.png": png(50), str(outside / "abs.png"): png(51)}
    dataset = import_zip({**two_classes(), **hostile, "cat/..\\..\\evil.png": png(52)})
    assert dataset.n_images == 8
    assert set(reasons(dataset).values()) == {"its name points outside of the archive"}


def test_a_bomb_that_lies_about_its_size_ends_the_import_and_leaves_nothing(tmp_path, workspace, monkeypatch):
    path = write_zip(tmp_path / "in.zip", two_classes())
    small = Quotas(total_bytes=2000)
    monkeypatch.setattr("ftcore.datasets.sources.archive._Meter.check_announced", lambda self, entries: None)
    monkeypatch.setattr(importer, "zip_entries", lambda path: zip_entries_with(path, small))
    with pytest.raises(DataError, match="take more than"):
        import_source(path)
    assert left_behind(workspace) == []


def zip_entries_with(path, quotas):
    from ftcore.datasets.sources.archive import zip_entries

    return zip_entries(path, quotas)


def test_the_same_pictures_are_found_again_however_they_come(import_zip, tmp_path):
    first = import_zip(two_classes())
    assert import_zip(two_classes()) == first
    assert import_source(write_folder(tmp_path / "photos", two_classes())) == first
    backwards = dict(reversed(two_classes(prefix="wrapped/").items()))
    assert import_zip(backwards) == first
    assert list_datasets() == [first]


def test_another_seed_or_name_or_split_is_another_data_set(import_zip):
    made = [
        import_zip(two_classes(20), **options) for options in ({}, {"seed": 1}, {"name": "B"}, {"split": "50/25/25"})
    ]
    assert len({dataset.id for dataset in made}) == 4


def test_a_broken_data_set_does_not_stand_in_the_way_of_its_import(import_zip):
    first = import_zip(two_classes())
    (first.folder / "dataset.json").write_text("{")
    again = import_zip(two_classes())
    assert again.id != first.id and again.content == first.content


def test_exact_copies_are_left_out_so_none_can_be_in_two_splits(import_zip):
    files = two_classes(10)
    copies = {f"cat/copy {i}.png": files[f"cat/{i % 10}.png"] for i in range(30)}
    dataset = import_zip({**files, **copies})
    assert dataset.records()["sha256"].is_unique
    assert len(dataset.left_out) == 30
    assert reasons(dataset)["cat/copy 3.png"] == "an exact copy of cat/3.png"


def test_a_picture_in_two_classes_is_left_out_of_both(import_zip):
    same = png(77)
    dataset = import_zip({**two_classes(), "cat/x.png": same, "dog/y.png": same})
    reason = "the same picture lies in 'cat' and 'dog', so its class is not certain"
    assert reasons(dataset) == {"cat/x.png": reason, "dog/y.png": reason}
    assert len(list((dataset.folder / "pictures").iterdir())) == 8


def full_disk(*_args, **_options):
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("where", ["pixels", "originals", "table", "about"])
def test_a_full_disk_is_a_sentence_and_leaves_nothing(import_zip, workspace, monkeypatch, where):
    if where == "pixels":
        monkeypatch.setattr(PixelWriter, "append", full_disk)
    elif where == "originals":
        monkeypatch.setattr(read.Path, "open", full_disk_for("pictures", read.Path.open))
    elif where == "table":
        monkeypatch.setattr("pandas.DataFrame.to_parquet", full_disk)
    else:
        monkeypatch.setattr(disk, "write_json", full_disk)
    with pytest.raises(WorkspaceError, match="The disk is full"):
        import_zip(two_classes())
    assert left_behind(workspace) == []


def full_disk_for(folder, open_really):
    def open_path(path, *args, **options):
        return full_disk() if path.parent.name == folder else open_really(path, *args, **options)

    return open_path


def test_a_disk_that_is_too_small_is_said_before_the_start(import_zip, workspace, monkeypatch):
    monkeypatch.setattr(disk.shutil, "disk_usage", lambda path: type("Usage", (), {"free": 1000}))
    with pytest.raises(WorkspaceError, match="The import needs"):
        import_zip(two_classes())


def test_a_stop_in_the_middle_leaves_nothing(import_zip, workspace):
    def stop(label, done, total):
        if done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_zip(two_classes(), progress=stop)
    assert left_behind(workspace) == []


def test_what_was_killed_is_removed_by_the_next_import_and_what_is_at_work_is_not(import_zip, workspace):
    folder = workspace / "datasets"
    day, hour = 86400, 3600
    ages = {"edit-old": 2 * day, "edit-new": hour, "killed": hour, "working": 2 * day, "beginning": 5}
    for name, age in ages.items():
        part = folder / f".import.{name}.part"
        part.mkdir(parents=True)
        for file in ("pixels.bin", *(() if "edit" in name else ("lock",))):
            (part / file).touch()
            os.utime(part / file, (time.time() - age, time.time() - age))
        os.utime(part, (time.time() - age, time.time() - age))
    (folder / ".deleted.gone").mkdir()
    hold = "import sys, filelock; lock = filelock.FileLock(sys.argv[1]); lock.acquire(); print(1, flush=True); input()"
    command = [sys.executable, "-c", hold, str(folder / ".import.working.part" / "lock")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        other.stdout.readline()
        os.utime(folder / ".import.working.part" / "lock", (time.time() - 2 * day, time.time() - 2 * day))
        dataset = import_zip(two_classes())
        assert sorted(left_behind(workspace)) == [
            ".import.beginning.part",
            ".import.edit-new.part",
            ".import.working.part",
            dataset.id,
        ]
        other.kill()
    import_zip(two_classes())
    assert ".import.working.part" not in left_behind(workspace)


def test_an_import_holds_the_lock_of_its_folder_while_it_works(import_zip, workspace):
    def progress(label, done, total):
        (lock,) = (workspace / "datasets").glob(".import.*.part/lock")
        with pytest.raises(Timeout):
            FileLock(lock).acquire(timeout=0)

    assert import_zip(two_classes(), progress=progress).n_images == 8


def test_progress_begins_at_nothing_and_ends_at_everything(import_zip):
    seen = []
    import_zip(two_classes(100), progress=lambda *report: seen.append(report))
    assert seen[0] == ("Reading pictures", 0, 200) and seen[-1] == ("Reading pictures", 200, 200)
    assert len(seen) < 30


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"task": "boxes"}, "Unknown task 'boxes'. Choose one of: auto, multiclass"),
        ({"split": "70/30"}, "three whole numbers"),
        ({"seed": -1}, "The seed is -1"),
        ({"seed": 0.5}, "The seed is 0.5"),
    ],
)
def test_settings_that_cannot_be_are_refused(import_zip, options, sentence):
    with pytest.raises(SettingsError, match=sentence):
        import_zip(two_classes(), **options)


def test_a_zip_of_many_entries_is_read_by_several_threads_without_mixing_them_up(tmp_path):
    files = {
        f"{label}/{i}.png": png((label == "cat", i), (10 + i % 7, 12)) for label in ("cat", "dog") for i in range(200)
    }
    dataset = import_source(write_zip(tmp_path / "in.zip", files, zipfile.ZIP_DEFLATED))
    from PIL import Image

    from ftcore.datasets.images.pixel_store import PixelStore

    store = PixelStore(dataset)
    for i, path in enumerate(dataset.records()["path"]):
        assert store.picture(i).tobytes() == Image.open(io.BytesIO(files[path])).tobytes()
