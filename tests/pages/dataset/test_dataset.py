"""Start and Dataset: the sources, the import behind them, and what is said about the pictures that came."""

import pytest

from ftcore.datasets.importing.events import Imported
from ftcore.datasets.importing.importer import import_source
from ftcore.datasets.labels.column_roles import NO_COLUMN
from ftcore.datasets.records import delete, list_datasets
from ftcore.errors import DataError
from ftcore.events import Failed, Finished, Progress
from ftcore.jobs import import_dataset
from ftcore.runs import log, store
from pages.components.dataset import camera
from tests.datasets.made_pictures import png, two_classes, write_folder, write_zip
from tests.pages.conftest import links, open_page, parameter, shown_pictures, texts


def submitted():
    """An import that has been asked for, as the start page does."""
    open_page("start").button(key="start_sample").click().run()
    (job,) = store.list_jobs("import")
    return job


def test_the_sample_button_starts_one_import_and_shows_it(workspace, started):
    at = open_page("start")
    at.button(key="start_sample").click().run()
    assert not at.exception
    (job,) = store.list_jobs("import")
    assert started == [job.id] and job.request == {"source": "sample:digits"}
    assert parameter(at, "import") == job.id


def test_an_import_under_way_shows_how_far_it_is(workspace, started):
    job = submitted()
    log.append(job.folder, Progress(stage="read", label="Reading pictures", done=50, total=200, seconds=10))
    at = open_page("dataset", **{"import": job.id})
    assert "Reading pictures: 50 of 200, about 30 s left" in [bar.text for bar in at.get("progress")]


def test_an_import_that_is_done_opens_its_dataset(tiny_dataset, started):
    job = submitted()
    log.append(job.folder, Imported(dataset=tiny_dataset.id, n_images=60, n_left_out=0))
    log.append(job.folder, Finished(reason="Imported.", seconds=1.0))
    at = open_page("dataset", **{"import": job.id})
    assert not at.exception
    assert (parameter(at, "dataset"), parameter(at, "import")) == (tiny_dataset.id, None)
    assert at.title[0].value == "colours"


def test_an_import_that_failed_says_why_and_links_back(workspace, started):
    job = submitted()
    log.append(job.folder, Failed(message="Only one class was found.", fix="Bring at least two."))
    started.clear()  # its worker has ended
    at = open_page("dataset", **{"import": job.id})
    assert "Only one class" in at.error[0].value
    assert "Choose other pictures" in links(at)


def test_an_uploaded_zip_is_taken_in_and_imported(workspace, started, tiny_zip):
    at = open_page("dataset")
    assert at.button(key="import").disabled
    at.file_uploader(key="upload_zip").set_value(("colours.zip", tiny_zip.read_bytes(), "application/zip")).run()
    at.button(key="import").click().run()
    assert not at.exception
    (job,) = store.list_jobs("import")
    assert started == [job.id]
    assert import_source(job.request["source"], name=job.request["name"]).counts()["count"].sum() == 60
    assert job.name == "colours"


def test_known_datasets_can_be_opened_again(tiny_dataset):
    at = open_page("dataset")
    at.button(key=f"open_{tiny_dataset.id}").click().run()
    assert parameter(at, "dataset") == tiny_dataset.id
    assert {metric.label: metric.value for metric in at.metric} == {
        "Pictures": "60",
        "Classes": "3",
        "Training": "42",
        "Validation": "9",
        "Test": "9",
    }


def test_the_gallery_shows_pictures_of_one_class(tiny_dataset):
    at = open_page("dataset", dataset=tiny_dataset.id)
    at.selectbox(key=f"class_{tiny_dataset.id}").set_value("green").run()
    assert not at.exception
    captions = {caption for caption, _ in shown_pictures(at)}
    assert captions == {"green"}


def test_what_was_left_out_is_listed_with_its_reason(workspace, tmp_path):
    files = {**two_classes(6), "cat/notes.txt": b"hello", "dog/cut.jpg": b"\xff\xd8\xff\xe0 cut off"}
    dataset = import_source(write_zip(tmp_path / "pets.zip", files))
    at = open_page("dataset", "left_out", dataset=dataset.id)
    assert not at.exception
    assert "2 files were left out" in at.expander[-1].label
    assert set(at.dataframe[-1].value["File"]) == {"cat/notes.txt", "dog/cut.jpg"}


def test_nothing_left_out_is_said_too(tiny_dataset):
    assert "Nothing was left out" in texts(open_page("dataset", dataset=tiny_dataset.id))


def table_zip(path, rows, header="file,label", folder="pictures/"):
    files = {f"{folder}{i}.png": png(i) for i in range(20)}
    return write_zip(path, {**files, "labels.csv": "\n".join([header, *rows]).encode()})


def test_a_table_in_a_zip_is_shown_with_its_columns_and_imported_as_they_say(workspace, started, tmp_path):
    rows = [f"{i}.png,{'<b>a</b>' if i % 2 else 'b'}|c,{i}" for i in range(18)] + ["gone.png,a,1"]
    packed = table_zip(tmp_path / "t.zip", rows, "file,tags,age")
    at = open_page("dataset")
    at.file_uploader(key="upload_zip").set_value(("t.zip", packed.read_bytes(), "application/zip")).run()
    assert not at.exception
    assert len(at.dataframe[0].value) == 10
    assert "18 of 20 pictures have a row" in texts(at)
    assert {"Rows that name no picture: 1", "Pictures that have no row: 2"} <= {
        expander.label for expander in at.expander
    }
    assert (at.selectbox(key="column_image").value, at.multiselect(key="column_targets").value) == ("file", ["tags"])
    at.multiselect(key="column_targets").set_value(["age"]).run()
    at.radio[0].set_value("regression").run()
    at.button(key="import").click().run()
    (job,) = store.list_jobs("import")
    assert job.request["task"] == "regression" and job.request["labels"]["targets"] == ["age"]


def test_no_column_is_what_the_import_takes(workspace, started, tmp_path):
    rows = [f"{i}.png,{'ab'[i % 2]},{'train' if i < 15 else 'test'},p{i % 2}" for i in range(20)]
    packed = table_zip(tmp_path / "t.zip", rows, "file,label,split,patient")
    at = open_page("dataset")
    at.file_uploader(key="upload_zip").set_value(("t.zip", packed.read_bytes(), "application/zip")).run()
    assert (at.selectbox(key="column_split").value, at.selectbox(key="column_group").value) == ("split", "patient")
    assert "Groups of pictures in more than one split: 2." in at.warning[0].value
    at.selectbox(key="column_split").select("no column").run()
    assert not at.warning
    at.selectbox(key="column_group").select("no column").run()
    at.button(key="import").click().run()
    assert not at.exception
    (job,) = store.list_jobs("import")
    import_dataset.run(job)
    assert list_datasets()[0].split_source == "random"


def test_a_split_and_a_group_are_shown_where_the_target_is_not_clear_and_never_learned_as_well(
    workspace, started, tmp_path
):
    rows = [f"{'train' if i < 15 else 'test'},p{i // 5},{i}.png,red{i % 2},round" for i in range(20)]
    packed = table_zip(tmp_path / "t.zip", rows, "split,patient,file,colour,shape")
    at = open_page("dataset")
    at.file_uploader(key="upload_zip").set_value(("t.zip", packed.read_bytes(), "application/zip")).run()
    chosen = [at.selectbox(key=f"column_{what}").value for what in ("image", "split", "group")]
    assert chosen == ["file", "split", "patient"] and at.button(key="import").disabled
    at.multiselect(key="column_targets").set_value(["patient"]).run()
    assert at.selectbox(key="column_group").value == NO_COLUMN
    at.multiselect(key="column_targets").set_value(["colour"]).run()
    at.button(key="import").click().run()
    assert not at.exception
    (job,) = store.list_jobs("import")
    assert job.request["labels"]["split"] == "split" and job.request["labels"]["targets"] == ["colour"]


def test_a_table_beside_a_zip_goes_with_it(workspace, started, tmp_path):
    files = {f"{i}.png": png(i) for i in range(12)}
    packed = write_zip(tmp_path / "flat.zip", files)
    at = open_page("dataset")
    at.file_uploader(key="upload_zip").set_value(("flat.zip", packed.read_bytes(), "application/zip")).run()
    rows = "\n".join(["file,kind", *(f"{i},{'ab'[i % 2]}" for i in range(12))])
    at.file_uploader(key="upload_table").set_value(("kinds.csv", rows.encode(), "text/csv")).run()
    at.button(key="import").click().run()
    assert not at.exception
    (job,) = store.list_jobs("import")
    import_dataset.run(job)
    (dataset,) = list_datasets()
    assert dataset.classes == ("a", "b") and list((workspace / "uploads").iterdir()) == []


def test_a_damaged_zip_is_a_sentence_before_it_is_taken_in(workspace, started):
    at = open_page("dataset")
    at.file_uploader(key="upload_zip").set_value(("x.zip", b"PK nothing", "application/zip")).run()
    assert not at.exception and "not a ZIP file" in at.error[0].value
    assert at.button(key="import").disabled


def test_pictures_class_by_class_are_imported_under_the_names_of_the_classes(workspace, started):
    at = open_page("dataset")
    at.segmented_control(key="import_source").set_value("classes").run()
    assert at.button(key="import").disabled
    for number, name in enumerate(("cups", "<i>keys")):
        at.text_input(key=f"class_name_{number}").set_value(name)
        pictures = [(f"{i}.png", png((number, i)), "image/png") for i in range(3)]
        at.file_uploader(key=f"class_files_{number}").set_value(pictures).run()
    at.button(key="import").click().run()
    assert not at.exception
    (job,) = store.list_jobs("import")
    import_dataset.run(job)
    assert list_datasets()[0].classes == ("<i>keys", "cups")


def test_folders_of_the_server_are_offered_where_they_are_allowed(workspace, started, tmp_path, monkeypatch):
    monkeypatch.delenv("FTCORE_IMPORT_ROOTS", raising=False)
    assert "On the server" not in str(open_page("dataset").segmented_control(key="import_source").options)
    write_folder(tmp_path / "store" / "pets", two_classes())
    monkeypatch.setenv("FTCORE_IMPORT_ROOTS", str(tmp_path / "store"))
    at = open_page("dataset")
    at.segmented_control(key="import_source").set_value("server").run()
    at.selectbox(key="server_path").set_value(str(tmp_path / "store" / "pets")).run()
    at.button(key="import").click().run()
    (job,) = store.list_jobs("import")
    import_dataset.run(job)
    assert list_datasets()[0].name == "pets"
    monkeypatch.setenv("FTCORE_IMPORT_ROOTS", str(tmp_path / "workspace"))
    with pytest.raises(DataError, match="is not in a folder"):
        import_dataset.run(job)


def test_a_table_in_a_folder_of_the_server_is_shown_with_its_columns_too(workspace, started, tmp_path, monkeypatch):
    files = {f"{i}.png": png(i) for i in range(12)}
    rows = ["file,kind,age", *(f"{i}.png,{'ab'[i % 2]},{i}" for i in range(12))]
    write_folder(tmp_path / "store" / "pets", {**files, "labels.csv": "\n".join(rows).encode()})
    monkeypatch.setenv("FTCORE_IMPORT_ROOTS", str(tmp_path / "store"))
    at = open_page("dataset")
    at.segmented_control(key="import_source").set_value("server").run()
    at.selectbox(key="server_path").set_value(str(tmp_path / "store" / "pets")).run()
    assert "12 of 12 pictures have a row" in texts(at) and at.button(key="import").disabled
    at.multiselect(key="column_targets").set_value(["kind"]).run()
    at.button(key="import").click().run()
    assert not at.exception
    (job,) = store.list_jobs("import")
    import_dataset.run(job)
    assert list_datasets()[0].classes == ("a", "b")


def test_a_split_that_cannot_be_is_said_before_the_pictures_are_taken_in(workspace, started, tiny_zip):
    at = open_page("dataset")
    at.file_uploader(key="upload_zip").set_value(("colours.zip", tiny_zip.read_bytes(), "application/zip")).run()
    at.text_input(key="split").set_value("70/20/20").run()
    at.button(key="import").click().run()
    assert "sum to 100" in at.error[0].value and store.list_jobs("import") == []
    assert not (workspace / "uploads").exists()
    at.text_input(key="split").set_value("60/20/20").run()
    at.button(key="import").click().run()
    assert len(store.list_jobs("import")) == 1


def test_a_picture_of_the_camera_that_was_forgotten_stays_forgotten(workspace, monkeypatch):
    class Photo:
        file_id = "one"

        def getvalue(self):
            return png(1)

    monkeypatch.setattr(camera.st, "camera_input", lambda *_, **__: Photo())
    at = open_page("dataset")
    at.segmented_control(key="import_source").set_value("classes").run()
    at.toggle(key="class_camera_0").set_value(True).run()
    assert "1 pictures" in texts(at)
    at.button(key="forget_0").click().run()
    assert at.session_state[camera.PHOTOS][0] == []
    at.run()
    assert not at.exception and "1 pictures" not in texts(at)
    monkeypatch.setattr(Photo, "file_id", "two")
    at.run()
    assert [name for name, _ in at.session_state[camera.PHOTOS][0]] == ["two.jpg"]


def test_a_public_set_is_imported_by_its_name(workspace, started):
    at = open_page("dataset")
    at.segmented_control(key="import_source").set_value("public").run()
    assert at.button(key="import").disabled
    at.selectbox(key="public_set").set_value("torchvision:CIFAR10").run()
    at.button(key="import").click().run()
    assert not at.exception
    (job,) = store.list_jobs("import")
    assert (job.request["source"], job.request["name"]) == ("torchvision:CIFAR10", "CIFAR10")


@pytest.mark.parametrize(("task", "header"), [("multilabel", "file,tags"), ("regression", "file,size (mm),mass (g)")])
def test_several_classes_and_numbers_are_shown(workspace, tmp_path, task, header):
    rows = [
        f"{i}.png,{'a|b' if i % 2 else '**b**'}" if task == "multilabel" else f"{i}.png,{i},{i * i}" for i in range(20)
    ]
    dataset = import_source(table_zip(tmp_path / "t.zip", rows, header), task=task)
    at = open_page("dataset", "splits", dataset=dataset.id)
    assert not at.exception and not at.error
    assert {metric.label: metric.value for metric in at.metric}["Pictures"] == "20"
    assert "looked at **0 times**" in texts(at)
    for page in ("start", "model", "settings", "train", "runs"):
        assert not open_page(page, dataset=dataset.id).exception
    if task == "multilabel":
        at.selectbox(key=f"class_{dataset.id}").set_value("a").run()
        assert {caption for caption, _ in shown_pictures(at)} == {"a | b".replace("|", "\\|")}


def test_one_fold_of_several_becomes_validation(tiny_dataset, started):
    at = open_page("dataset", "splits", dataset=tiny_dataset.id)
    at.number_input(key="n_folds").set_value(3).run()
    at.number_input(key="fold").set_value(2)
    at.button(key="divide_into_folds").click().run()
    assert not at.exception
    (job,) = store.list_jobs("import")
    assert job.request == {"divide": tiny_dataset.id, "fold": 2, "n_folds": 3, "seed": 0}
    import_dataset.run(job)
    at = open_page("dataset", "splits", **{"import": job.id})
    assert parameter(at, "dataset") not in (None, tiny_dataset.id)
    assert "into folds, of which one is validation" in texts(at) and "made fold 2 of 3 the validation" in texts(at)


def test_the_pictures_are_divided_again_by_what_they_show(tiny_dataset, started):
    at = open_page("dataset", "splits", dataset=tiny_dataset.id)
    at.text_input(key="split").set_value("60/20/30").run()
    at.button(key="divide_again").click().run()
    assert "sum to 100" in at.error[0].value and store.list_jobs("import") == []
    at.text_input(key="split").set_value("60/20/20")
    at.selectbox(key="split_by").set_value("near").run()
    at.button(key="divide_again").click().run()
    assert not at.exception
    (job,) = store.list_jobs("import")
    assert job.request == {"divide": tiny_dataset.id, "split_by": "near", "split": "60/20/20", "seed": 0}
    import_dataset.run(job)
    at = open_page("dataset", "splits", **{"import": job.id})
    assert parameter(at, "dataset") not in (None, tiny_dataset.id)
    assert "pictures that show nearly the same together" in texts(at) and "divided all pictures again" in texts(at)


def test_a_division_that_failed_leads_back_to_the_pictures(tiny_dataset, started):
    job = store.create("import", "colours", {"divide": tiny_dataset.id, "split_by": "group"})
    log.append(job.folder, Failed(message="No groups are known."))
    assert "Back to the pictures" in links(open_page("dataset", **{"import": job.id}))


def test_a_data_set_is_deleted_only_after_a_second_yes(tiny_dataset):
    at = open_page("dataset", dataset=tiny_dataset.id)
    assert at.button(key=f"delete_{tiny_dataset.id}").disabled
    at.checkbox(key=f"sure_{tiny_dataset.id}").check().run()
    at.button(key=f"delete_{tiny_dataset.id}").click().run()
    assert not at.exception and list_datasets() == []
    assert parameter(at, "dataset") is None


def test_runs_of_a_deleted_data_set_can_still_be_read(tiny_dataset, make_run):
    job = make_run(tiny_dataset)
    delete(tiny_dataset)
    at = open_page("train", run=job.id)
    assert not at.exception and "was deleted" in texts(at)
