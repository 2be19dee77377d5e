import json

import numpy as np
import pytest

from ftcore.datasets.importing.importer import Labels, import_classes, import_source, summary
from ftcore.datasets.labels.resolve import find_table
from ftcore.datasets.records import open_dataset
from ftcore.datasets.sources.archive import zip_entries
from ftcore.errors import DataError
from tests.datasets.made_pictures import png, reasons, two_classes, write_folder, write_zip

N = 12


def flat(n=N, folder="images/"):
    return {f"{folder}{i}.png": png(i) for i in range(n)}


def csv(header, *rows):
    return "\n".join([header, *rows]).encode()


def by_path(dataset, column="target"):
    table = dataset.records()
    return {path.rpartition("/")[2]: value for path, value in zip(table["path"], table[column], strict=True)}


def test_flat_pictures_and_a_table_are_one_class_each(import_zip):
    rows = [f"{i}.png,{'cat' if i % 2 else 'dog'}" for i in range(N)]
    dataset = import_zip({**flat(), "labels.csv": csv("file,label", *rows)})
    assert (dataset.task, dataset.classes, dataset.n_images) == ("multiclass", ("cat", "dog"), N)
    assert dataset.labels_from == "column 'label' of labels.csv"
    assert by_path(dataset, "label")["3.png"] == "cat"
    assert dataset.targets().dtype == np.int64 and dataset.targets().shape == (N,)


def test_several_classes_become_a_matrix_of_zeros_and_ones(import_zip):
    rows = [f"{i}.png,{'|'.join(name for k, name in enumerate('abc') if i >> k & 1)}" for i in range(N)]
    dataset = open_dataset(import_zip({**flat(), "labels.csv": csv("file,tags", *rows)}).id)
    assert (dataset.task, dataset.classes, dataset.n_images) == ("multilabel", ("a", "b", "c"), N)
    array = dataset.targets()
    assert array.dtype == np.float32 and array.shape == (N, 3)
    assert array.sum(axis=0).tolist() == [sum(i >> k & 1 for i in range(N)) for k in range(3)]
    assert [sum(row) for row in dataset.split_counts] == array.sum(axis=0).tolist()
    assert by_path(dataset, "label")["5.png"] == "a | c" and by_path(dataset, "label")["0.png"] == "(none)"
    assert sum(summary(dataset)["splits"].values()) == N


def test_one_column_per_class_gives_the_same_as_one_cell(import_zip):
    cells = [f"{i}.png,{'|'.join(name for k, name in enumerate('abc') if i >> k & 1)}" for i in range(N)]
    columns = [f"{i}.png,{i & 1},{i >> 1 & 1},{i >> 2 & 1}" for i in range(N)]
    first = import_zip({**flat(), "labels.csv": csv("file,tags", *cells)})
    second = import_zip({**flat(), "labels.csv": csv("file,a,b,c", *columns)})
    assert second == first


def test_numbers_keep_their_names_and_units(import_zip):
    rows = [f"{i}.png,{i / 4},{100 - i}" for i in range(N)]
    dataset = open_dataset(import_zip({**flat(), "labels.csv": csv("file,weight (kg),height [cm]", *rows)}).id)
    assert (dataset.task, dataset.classes, dataset.units) == ("regression", ("weight", "height"), ("kg", "cm"))
    array = dataset.targets(dataset.records().query("path == 'images/6.png'"))
    assert array.dtype == np.float32 and array.tolist() == [[1.5, 94.0]]
    assert by_path(dataset, "label")["6.png"] == "1.5 kg | 94 cm"
    assert dataset.n_images == N and dataset.facts().n_train == dataset.sizes[0]


def test_numbers_that_would_be_called_alike_keep_the_whole_name_of_their_column(import_zip):
    rows = [f"{i}.png,{i / 4},{100 - i},{i},{i + 1}" for i in range(N)]
    files = {**flat(), "labels.csv": csv("file,x (cm),x (mm),=y,y", *rows)}
    dataset = import_zip(files, task="regression", labels=Labels(targets=("x (cm)", "x (mm)", "=y", "y")))
    assert dataset.classes == ("x (cm)", "x (mm)", "y", "y (4)") and dataset.units == ("cm", "mm", "", "")
    assert len(summary(dataset)["classes"]) == 4
    assert dataset.counts().pivot(index="label", columns="split", values="count").shape == (4, 3)


def test_a_list_is_not_run_together_into_one_class(import_zip):
    lines = [{"file": f"{i}.png", "tags": [["cat"], ["dog"], ["cat", "dog"], []][i % 4]} for i in range(N)]
    files = {**flat(), "labels.jsonl": "\n".join(map(json.dumps, lines)).encode()}
    dataset = import_zip(files, task="multiclass")
    assert dataset.classes == ("cat", "dog") and dataset.n_images == N / 2
    assert set(reasons(dataset).values()) == {"has 2 classes and not one", "has no value in column 'tags'"}


def test_rows_without_a_picture_and_pictures_without_a_row_are_both_listed(import_zip):
    rows = [f"{i}.png,{'cat' if i % 2 else 'dog'}" for i in range(N - 1)]
    dataset = import_zip({**flat(), "labels.csv": csv("file,label", *rows, "gone.png,cat")})
    assert reasons(dataset) == {
        "gone.png": "listed in the table, but there is no such picture",
        "images/11.png": "not listed in labels.csv",
    }


def test_a_row_without_a_value_and_one_that_is_no_number_are_left_out(import_zip):
    rows = [f"{i}.png,{i}.5" for i in range(N - 2)]
    dataset = import_zip({**flat(), "labels.csv": csv("file,age", *rows, "10.png,", "11.png,old")}, task="regression")
    assert reasons(dataset) == {
        "images/10.png": "has no value in column 'age'",
        "images/11.png": "'old' is not a number",
    }


def test_a_table_beside_the_source_is_used_with_the_columns_that_are_named(tmp_path):
    source = write_folder(tmp_path / "photos", flat())
    file = tmp_path / "anything.tsv"
    file.write_text("a\tb\tc\n" + "".join(f"x\t{i}\tclass {i % 3}\n" for i in range(N)))
    dataset = import_source(source, labels=Labels(str(file), "b", ("c",)))
    assert dataset.classes == ("class 0", "class 1", "class 2")


def test_a_table_that_is_not_there_is_a_sentence(tmp_path):
    source = write_folder(tmp_path / "photos", flat())
    with pytest.raises(DataError, match=r"no file of labels 'nope\.csv'"):
        import_source(source, labels=Labels("nope.csv"))


def test_split_and_group_columns_are_kept(import_zip):
    rows = [f"{i}.png,{'ab'[i % 2]},{'train' if i < 6 else 'val' if i < 9 else 'test'}" for i in range(N)]
    dataset = import_zip({**flat(), "labels.csv": csv("file,label,split", *rows)})
    assert (dataset.split_source, dataset.sizes) == ("column", (6, 3, 3))
    rows = [f"{i}.png,{'ab'[i % 2]},p{i // 2}" for i in range(N)]
    dataset = import_zip({**flat(), "labels.csv": csv("file,label,patient", *rows)})
    assert dataset.split_source == "groups"
    assert (dataset.records().groupby("group")["split"].nunique() == 1).all()


def split_and_patient(patient_of):
    rows = [f"{i}.png,{'ab'[i % 2]},{'train' if i < 24 else 'test'},{patient_of(i)}" for i in range(30)]
    return {**flat(30), "labels.csv": csv("file,label,split,patient", *rows)}


def test_what_a_split_column_lacks_is_carved_out_in_whole_groups(import_zip):
    dataset = import_zip(split_and_patient(lambda i: f"p{i // 3}" if i % 3 else ""))
    table = dataset.records()
    assert dataset.split_source == "column" and (table["split"] == "test").sum() == 6 and dataset.sizes[1] > 0
    grouped = table[table["group"] != ""]
    assert len(grouped) == 20 and (grouped.groupby("group")["split"].nunique() == 1).all()


def test_a_patient_in_train_and_in_test_is_refused_with_what_mends_it(import_zip):
    files = split_and_patient(lambda i: f"p{i % 12}")
    with pytest.raises(DataError, match=r"tears 6 of 12 groups apart: 'p0' is in train and in test.*Divide by the gr"):
        import_zip(files)
    mended = import_zip(files, split_by="group").records()
    assert (mended.groupby("group")["split"].nunique() == 1).all()


def test_metadata_of_the_hub_is_read_with_the_split_of_its_folder(import_zip):
    files = {}
    for split, first in (("train", 0), ("test", 8)):
        lines = [json.dumps({"file_name": f"{i}.png", "label": "ab"[i % 2]}) for i in range(first, first + 8)]
        files |= {f"{split}/metadata.jsonl": "\n".join(lines).encode()}
        files |= {f"{split}/{i}.png": png(i) for i in range(first, first + 8)}
    dataset = import_zip(files, split="80/10/10")
    assert dataset.sizes == (6, 2, 8) and not dataset.left_out


@pytest.fixture
def form_table(tmp_path):
    """The name of the table that a form would show for some files, or None."""

    def find(files):
        with zip_entries(write_zip(tmp_path / "form.zip", files)) as listing:
            found = find_table(listing)
        return found[0] if found else None

    return find


def test_no_form_shows_one_of_several_tables_that_are_used_together(import_zip, form_table):
    files = {}
    for split, first in (("train", 0), ("test", 8)):
        rows = [f"{i}.png,{'ab'[i % 2]}" for i in range(first, first + 8)]
        files |= {f"{split}/metadata.csv": csv("file_name,label", *rows)}
        files |= {f"{split}/{i}.png": png(i) for i in range(first, first + 8)}
    assert form_table(files) is None and import_zip(files).n_images == 16
    del files["test/metadata.csv"]
    assert form_table(files) == "train/metadata.csv"


RESULTS = csv("epoch,train/loss", *(f"{i},{1 / (i + 1)}" for i in range(100, 110)))


def test_a_table_about_something_else_does_not_stand_before_coco_and_yolo(import_zip, form_table):
    with_yolo = {**flat(), **{f"labels/{i}.txt": yolo(i) for i in range(N)}, "results.csv": RESULTS}
    with_coco = {**flat(), "all.json": coco(range(N), [(i, 1 if i % 2 else 7) for i in range(N)]), "r.csv": RESULTS}
    for files in (with_yolo, with_coco):
        assert form_table(files) is None
        dataset = import_zip(files)
        assert (dataset.task, dataset.n_images) == ("multilabel", N)
        assert set(reasons(dataset).values()) == {"not a picture (.csv)"}
        with pytest.raises(DataError, match="no column 'kind'"):
            import_zip(files, labels=Labels(targets=("kind",)))


def test_a_form_shows_the_first_table_that_names_a_picture(form_table):
    rows = csv("file,kind", *(f"{i}.png,{'ab'[i % 2]}" for i in range(N)))
    assert form_table({**flat(), "a.csv": RESULTS, "b.csv": rows}) == "b.csv"
    assert form_table({**flat(), "a.csv": RESULTS}) is None
    assert form_table({**flat(), "a.csv": b"", "b.csv": csv("x,y,file", "1,2,gone.png", "3,4,0.png")}) == "b.csv"


def test_class_folders_are_not_disturbed_by_a_table_beside_them(import_zip):
    dataset = import_zip({**two_classes(), "list.csv": csv("file,label", "0.png,other")})
    assert dataset.classes == ("cat", "dog") and reasons(dataset) == {"list.csv": "not a picture (.csv)"}


def test_columns_that_are_named_are_not_passed_over_for_class_folders(import_zip):
    rows = [f"{name},{i}.5" for i, name in enumerate(two_classes())]
    files = {**two_classes(), "list.csv": csv("file,age", *rows)}
    assert import_zip(files).task == "multiclass"
    assert import_zip(files, labels=Labels(targets=("age",))).task == "regression"
    with pytest.raises(DataError, match="no column 'weight'"):
        import_zip(files, labels=Labels(targets=("weight",)))
    with pytest.raises(DataError, match="Columns of a table were named, but the ZIP holds no table"):
        import_zip(two_classes(), labels=Labels(targets=("age",)))


def test_a_table_called_labels_that_names_every_picture_wins_over_folders(import_zip):
    files = {f"{'ab'[i % 2]}/{i}.png": png(i) for i in range(N)}
    rows = [f"{i}.png,{i / 3}" for i in range(N)]
    assert import_zip({**files, "labels.csv": csv("file,size", *rows)}).task == "regression"
    assert import_zip({**files, "labels.csv": csv("file,size", *rows[:5])}).task == "multiclass"


def test_a_table_that_names_none_of_the_pictures_is_a_sentence(import_zip):
    with pytest.raises(DataError, match="No column of the table holds names of the pictures"):
        import_zip({**flat(), "labels.csv": csv("file,label", "x.png,a", "y.png,b")})


def coco(pictures, boxes):
    return json.dumps(
        {
            "images": [{"id": i, "file_name": f"{i}.png"} for i in pictures],
            "annotations": [{"image_id": i, "category_id": c, "bbox": [0, 0, 1, 1]} for i, c in boxes],
            "categories": [{"id": 1, "name": "cat"}, {"id": 7, "name": "dog"}],
        }
    ).encode()


def test_boxes_of_coco_are_classes_of_pictures(import_zip):
    boxes = [(i, 1) for i in range(0, N, 2)] + [(i, 7) for i in range(0, N, 3)] + [(0, 7)]
    dataset = import_zip({**flat(), "annotations/all.json": coco(range(N), boxes)})
    assert (dataset.task, dataset.classes, dataset.left_out) == ("multilabel", ("cat", "dog"), ())
    labels = by_path(dataset, "label")
    assert (labels["0.png"], labels["2.png"], labels["3.png"], labels["1.png"]) == ("cat | dog", "cat", "dog", "(none)")


def test_coco_files_for_train_and_test_divide_the_pictures(import_zip):
    files = {f"train2017/{i}.png": png(i) for i in range(12)} | {f"val2017/{i}.png": png(i) for i in range(12, 20)}
    boxes = [(i, 1 if i % 2 else 7) for i in range(20)]
    files["annotations/instances_train2017.json"] = coco(range(12), [b for b in boxes if b[0] < 12])
    files["annotations/instances_val2017.json"] = coco(range(12, 20), [b for b in boxes if b[0] >= 12])
    dataset = import_zip(files)
    assert dataset.sizes[1] == 8 and dataset.split_source == "folders"


def yolo(i):
    lines = [f"{c} 0.5 0.5 0.1 0.1" for c in (0, 1) if i >> c & 1]
    return "\n".join(lines).encode()


def test_boxes_of_yolo_are_classes_of_pictures(import_zip):
    files = {**flat(), **{f"labels/{i}.txt": yolo(i) for i in range(N - 1)}, "data.yaml": b"names: [cat, dog]\nnc: 2\n"}
    dataset = import_zip(files)
    assert (dataset.task, dataset.classes) == ("multilabel", ("cat", "dog"))
    assert by_path(dataset, "label")["3.png"] == "cat | dog" and by_path(dataset, "label")["4.png"] == "(none)"
    assert reasons(dataset) == {"images/11.png": "has no label file"}


@pytest.mark.parametrize("listed", ["names: *i", "names: [cat, *i]", "names: {0: *i, 1: dog}", "<<: *i\nnames: 3"])
def test_names_that_refer_to_each_other_without_end_are_not_unfolded(import_zip, listed):
    bomb = [
        f"{name}: &{name} [{', '.join(['*' + 'abcdefghi'[k - 1]] * 9) if k else 'x'}]"
        for k, name in enumerate("abcdefghi")
    ]
    files = {
        **flat(),
        **{f"labels/{i}.txt": yolo(i) for i in range(N)},
        "data.yaml": "\n".join([*bomb, listed]).encode(),
    }
    assert import_zip(files).classes == ("class 0", "class 1")


def test_an_id_of_coco_that_is_none_is_a_sentence(import_zip):
    for wrong in (coco(range(N), [([1], 1)]), coco(range(N), [(1, [1])]), coco(range(N), [({}, 1)])):
        with pytest.raises(DataError, match=r"all\.json is no COCO file"):
            import_zip({**flat(), "all.json": wrong}, labels=Labels("all.json"))


def test_boxes_can_be_one_class_where_there_is_one(import_zip):
    files = {**flat(), **{f"labels/{i}.txt": yolo(i) for i in range(N)}, "classes.txt": b"cat\ndog\n"}
    dataset = import_zip(files, task="multiclass")
    assert dataset.task == "multiclass" and dataset.n_images == 6
    assert set(reasons(dataset).values()) == {"has 2 classes and not one", "has 0 classes and not one"}


def test_a_picture_in_two_folders_has_both_classes_if_that_is_asked_for(import_zip):
    dataset = import_zip({**two_classes(6), "cat/both.png": png(77), "dog/both.png": png(77)}, task="multilabel")
    assert by_path(dataset, "label")["both.png"] == "cat | dog" and dataset.n_images == 13


def test_folders_called_by_numbers_can_be_numbers(import_zip):
    dataset = import_zip({f"{n}/{i}.png": png((n, i)) for n in (1, 2, 10) for i in range(4)}, task="regression")
    assert sorted(set(dataset.targets()[:, 0])) == [1, 2, 10]
    with pytest.raises(DataError, match="'cat' is the name of a folder and no number"):
        import_zip(two_classes(), task="regression")


def test_a_class_that_one_picture_has_is_not_learned_but_its_picture_stays(import_zip):
    rows = [f"{i}.png,{'a' if i % 2 else 'b'}{'|rare' if not i else ''}" for i in range(N)]
    dataset = import_zip({**flat(), "labels.csv": csv("file,tags", *rows)})
    assert dataset.classes == ("a", "b") and dataset.n_images == N
    assert "only 1 pictures have it" in reasons(dataset)["class rare"]


def test_the_same_number_everywhere_is_explained(import_zip):
    rows = [f"{i}.png,2.5" for i in range(N)]
    with pytest.raises(DataError, match=r"2\.5 for every picture"):
        import_zip({**flat(), "labels.csv": csv("file,age", *rows)})


def test_loose_pictures_of_named_classes_are_imported(workspace):
    classes = {"a/b": [("x.png", png(i)) for i in range(4)], "<i>": [(f"{i}.png", png(90 + i)) for i in range(4)]}
    dataset = import_classes(classes, name="Shots")
    assert dataset.name == "Shots" and dataset.n_images == 8 and dataset.classes == ("<i>", "a∕b")
    assert list((workspace / "uploads").iterdir()) == []


def test_hostile_cells_are_cleaned(import_zip):
    rows = [f"{i}.png,{'=cmd()' if i % 2 else '../../x'}\u202e" for i in range(N)]
    dataset = import_zip({**flat(), "labels.csv": csv("file,label", *rows)})
    assert dataset.classes == ("../../x", "cmd()")
