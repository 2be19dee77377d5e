import json
import os

import numpy as np
import pytest

from ftcore import cli, workspace
from ftcore.datasets import holdout_log, records, versions
from ftcore.datasets.images.pixel_store import PixelStore
from ftcore.datasets.importing.importer import import_source
from ftcore.datasets.importing.resplit import divide_again
from ftcore.datasets.versions import Edit, edit, family, history, paired, parent, rows_called
from ftcore.errors import DataError
from tests.datasets.made_pictures import png, two_classes, write_zip

SWAP = {"validation": "test", "test": "validation"}


@pytest.fixture
def dataset(tmp_path):
    return import_source(write_zip(tmp_path / "pets.zip", two_classes(10)))


def rows_of(dataset, **wanted):
    table = dataset.records()
    for column, value in wanted.items():
        table = table[table[column] == value]
    return tuple(int(row) for row in table.index)


def test_an_excluded_picture_is_in_no_split_and_counted_nowhere(dataset):
    row = rows_of(dataset, split="train", label="cat")[0]
    version = edit(dataset, [Edit("exclude", (row,), "out of focus")])
    found = version.records().loc[row]
    assert (found["split"], found["excluded"], found["excluded_from"]) == ("", "out of focus", "train")
    assert (version.n_images, version.counts()["count"].sum(), len(version.records())) == (19, 19, 20)
    assert version.facts().n_train == dataset.facts().n_train - 1
    assert versions.excluded(version).index.tolist() == [row]


def test_what_was_imported_stays_as_it_was(dataset):
    before, bytes_before = dataset.records(), sorted(path.name for path in dataset.folder.iterdir())
    edit(dataset, [Edit("exclude", (0,)), Edit("relabel", (1,), "dog")])
    assert records.open_dataset(dataset.id) == dataset
    assert dataset.records().equals(before)
    assert sorted(path.name for path in dataset.folder.iterdir()) == bytes_before


def test_a_version_shares_pixels_and_pictures(dataset):
    version = edit(dataset, [Edit("exclude", (3,))])
    for name in ("pixels.bin", *(f"pictures/{file}" for file in os.listdir(dataset.folder / "pictures"))):
        assert os.path.samefile(dataset.folder / name, version.folder / name)


@pytest.mark.parametrize("links", [True, False])
def test_deleting_one_version_breaks_no_other(dataset, links, monkeypatch):
    if not links:
        monkeypatch.setattr(os, "link", lambda *names: (_ for _ in ()).throw(OSError(95, "no links here")))
    pixels = np.array(PixelStore(dataset).pixels(5))
    middle = edit(dataset, [Edit("exclude", (0,))])
    last = edit(middle, [Edit("exclude", (1,))])
    workspace.remove_folder(dataset.folder)
    workspace.remove_folder(middle.folder)
    assert (PixelStore(records.open_dataset(last.id)).pixels(5) == pixels).all()
    assert parent(last) is None and len(history(last)) == 2


def test_a_relabelled_picture_counts_for_its_new_class(dataset):
    row = rows_of(dataset, split="train", label="cat")[0]
    version = edit(dataset, [Edit("relabel", (row,), "dog")])
    found = version.records().loc[row]
    assert (found["label"], found["target"], found["split"]) == ("dog", 1, "train")
    assert [sum(counts) for counts in version.split_counts] == [9, 11]


def test_a_moved_group_is_in_one_split(dataset):
    group = (rows_of(dataset, split="train")[0], rows_of(dataset, split="test")[0])
    version = edit(dataset, [Edit("move", group, "train")])
    assert set(version.records().loc[list(group), "split"]) == {"train"}
    assert version.facts().n_train == dataset.facts().n_train + 1


def test_excluding_a_class_as_a_whole_drops_it(tmp_path):
    files = {**two_classes(5), **{f"bird/{i}.png": png(5000 + i) for i in range(5)}}
    dataset = import_source(write_zip(tmp_path / "three.zip", files))
    version = edit(dataset, [Edit("exclude", rows_of(dataset, label="bird"))])
    assert version.classes == ("cat", "dog")
    used = version.records().query("split != ''")
    assert [version.classes[target] for target in used["target"]] == used["label"].tolist()
    again = edit(version, [Edit("include", rows_of(dataset, label="bird"))])
    assert set(again.classes) == {"bird", "cat", "dog"}
    assert [again.classes[target] for target in again.records()["target"]] == again.records()["label"].tolist()


def test_including_again_restores_the_split_and_finds_the_import(dataset):
    row = rows_of(dataset, split="test")[0]
    version = edit(dataset, [Edit("exclude", (row,))])
    assert edit(version, [Edit("include", (row,))]) == dataset


def test_the_same_result_on_another_way_is_found_and_not_made_again(dataset):
    first = edit(edit(dataset, [Edit("exclude", (0,))]), [Edit("relabel", (1,), "dog")])
    second = edit(dataset, [Edit("relabel", (1,), "dog"), Edit("exclude", (0,), "another reason")])
    assert first == second
    assert first.id == records.open_dataset(first.id).id and first.id != dataset.id


def test_undo_leads_to_where_one_came_from(dataset):
    x, y = Edit("exclude", (0,)), Edit("relabel", (1,), "dog")
    first = edit(dataset, [x])
    both = edit(first, [y])
    second = edit(dataset, [y])
    assert edit(second, [x]) == both
    assert parent(both, second.id) == second and parent(both) == parent(both, first.id) == first
    assert [step.words[0] for step in history(both, second.id)] == [y.in_words(), x.in_words()]
    assert edit(first, [Edit("include", (0,))]) == dataset
    assert parent(dataset, first.id) == first and parent(dataset) is None
    assert parent(dataset, "never-12345678") is None and parent(dataset, "../x") is None
    workspace.remove_folder(first.folder)
    assert parent(dataset, first.id) is None, "what is gone cannot be opened again"


def test_an_edit_that_changes_nothing_makes_no_version(dataset):
    assert edit(dataset, []) == dataset
    assert edit(dataset, [Edit("include", (0, 1)), Edit("relabel", rows_of(dataset, label="dog"), "dog")]) == dataset
    assert records.list_datasets() == [dataset]


def test_the_history_is_readable_and_undo_is_the_parent(dataset):
    first = edit(dataset, [Edit("exclude", (0, 1), "too dark")])
    second = edit(first, [Edit("relabel", (2,), "dog"), Edit("move", (3,), "train")])
    assert history(second)[0].words == ("excluded 2 pictures: too dark",)
    assert history(second)[1].words[0] == "relabelled 1 picture as 'dog'"
    assert (history(second)[0].parent, history(second)[0].id, history(second)[1].parent) == (
        dataset.id,
        first.id,
        first.id,
    )
    assert parent(second) == first and parent(first) == dataset and parent(dataset) is None
    assert set(family(dataset)) == {dataset, first, second} and family(second)[0] == second


def test_a_class_needs_a_training_picture(dataset):
    with pytest.raises(DataError, match="'cat' would have no training pictures"):
        edit(dataset, [Edit("exclude", rows_of(dataset, label="cat", split="train"))])
    with pytest.raises(DataError, match="No test pictures would be left"):
        edit(dataset, [Edit("move", rows_of(dataset, split="test"), "train")])
    with pytest.raises(DataError, match="1 classes would be left"):
        edit(dataset, [Edit("exclude", rows_of(dataset, label="cat"))])
    assert records.list_datasets() == [dataset]


@pytest.mark.parametrize(
    ("bad", "sentence"),
    [
        (Edit("relabel", (0,), "wolf"), "There is no class 'wolf'. Choose one of: cat, dog."),
        (Edit("move", (0,), "exam"), "There is no split 'exam'"),
        (Edit("exclude", (20,)), "rows 0 to 19"),
        (Edit("exclude", (-1,)), "rows 0 to 19"),
        (Edit("burn", (0,)), "Unknown edit 'burn'"),
    ],
)
def test_an_edit_that_cannot_be_done_is_a_sentence_and_writes_nothing(dataset, bad, sentence):
    with pytest.raises(DataError, match=sentence):
        edit(dataset, [bad])
    assert records.list_datasets() == [dataset]


def test_pictures_are_found_by_path_or_by_a_name_that_only_one_has(tmp_path):
    dataset = import_source(write_zip(tmp_path / "x.zip", {**two_classes(5), "cat/tom=1.png": png(77)}))
    table = dataset.records()
    assert table.loc[rows_called(table, ["cat/3.png"])[0], "path"] == "cat/3.png"
    assert rows_called(table, ["tom=1.png"]) == rows_called(table, ["cat/tom=1.png"])
    with pytest.raises(DataError, match=r"2 pictures are called '3\.png'"):
        rows_called(table, ["3.png"])
    with pytest.raises(DataError, match="No picture is called 'horse'"):
        rows_called(table, ["horse"])
    assert paired("relabel", table, ["tom=1.png=dog"]) == [Edit("relabel", rows_called(table, ["tom=1.png"]), "dog")]
    with pytest.raises(DataError, match="expected a picture, = and a value"):
        paired("move", table, ["cat/1.png"])
    with pytest.raises(DataError, match="No picture is called 'horse'"):
        paired("move", table, ["horse=train"])


def test_an_interrupted_version_leaves_nothing(dataset, monkeypatch):
    monkeypatch.setattr(workspace, "write_json", lambda *args: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        edit(dataset, [Edit("exclude", (0,))])
    assert [folder.name for folder in dataset.folder.parent.iterdir()] == [dataset.id]


def test_the_command_line_edits_and_describes(dataset, capsys):
    def run(*arguments):
        assert cli.main(["dataset", *arguments]) == 0
        return json.loads(capsys.readouterr().out.splitlines()[-1])

    edited = run(dataset.id, "--exclude", "cat/0.png", "cat/1.png", "--reason", "blurred", "--relabel", "dog/0.png=cat")
    assert (edited["images"], edited["classes"], edited["excluded"]) == (18, {"cat": 9, "dog": 9}, 2)
    assert edited["parent"] == dataset.id
    assert edited["history"] == ["excluded 2 pictures: blurred", "relabelled 1 picture as 'cat'"]
    again = run(edited["dataset"], "--include", "cat/0.png", "cat/1.png", "--relabel", "dog/0.png=dog")
    assert again["dataset"] == dataset.id and again["parent"] is None
    assert run(dataset.id, "--move", "dog/3.png=train")["history"] in (["moved 1 picture to training"], [])
    assert cli.main(["dataset", dataset.id, "--exclude", "nothing.png"]) == 2


def test_a_data_set_without_test_pictures_can_be_edited(tiny_zip, workspace):
    dataset = import_source(tiny_zip, split="80/20/0")
    edited = edit(dataset, [Edit("exclude", (0,))])
    assert edited.n_images == dataset.n_images - 1 and edited.sizes[2] == 0


def test_versions_with_the_same_test_pictures_share_their_looks(tiny_dataset):
    versions.log_holdout_access(tiny_dataset, "run-1")
    table = tiny_dataset.records()
    tested = [int(row) for row in table.index[table["split"] == "test"]]
    edited = edit(tiny_dataset, [Edit("exclude", (0, tested[0]))])
    assert holdout_log.count(edited.id) == 1
    versions.log_holdout_access(edited, "run-2")
    versions.log_holdout_access(edited, "run-2", shown=True)
    versions.log_holdout_access(edited, "run-2", shown=True)
    assert (
        holdout_log.count(edited.id) == holdout_log.count(tiny_dataset.id) == 3
        and holdout_log.n_runs(tiny_dataset.id) == 2
    )
    records.delete(edited)
    assert holdout_log.count(parent(edit(tiny_dataset, [Edit("exclude", (1,))])).id) == 3, "an undo takes no look back"


def test_other_test_pictures_were_not_looked_at(tiny_dataset):
    versions.log_holdout_access(tiny_dataset, "run-1")
    again = divide_again(tiny_dataset, split_by="random", seed=5)
    table = tiny_dataset.records()
    swapped = [Edit("move", tuple(table.index[table["split"] == name].tolist()), to) for name, to in SWAP.items()]
    moved = edit(tiny_dataset, swapped)
    assert holdout_log.count(again.id) == holdout_log.count(moved.id) == 0
    versions.log_holdout_access(again, "run-2")
    assert (holdout_log.count(again.id), holdout_log.count(tiny_dataset.id)) == (1, 1)
    back = edit(
        moved, [Edit("exclude", (0,)), *(Edit("move", one.rows, name) for one, name in zip(swapped, SWAP, strict=True))]
    )
    assert holdout_log.count(back.id) == 1, "its test pictures are those of the import"
