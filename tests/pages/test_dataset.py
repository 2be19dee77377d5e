"""Start and Dataset: the doors, the import behind them, and what is said about the pictures that came."""

from ftcore.datasets.intake import import_source
from ftcore.events import Failed, Finished, Imported, Progress
from ftcore.runs import log, store
from tests.datasets.made_pictures import two_classes, write_zip
from tests.pages.conftest import links, open_page, parameter, shown_pictures, texts


def submitted():
    """An import that has been asked for, as the start page does."""
    open_page("start").button(key="door_sample").click().run()
    (job,) = store.list_jobs("import")
    return job


def test_the_sample_door_starts_one_import_and_shows_it(workspace, started):
    at = open_page("start")
    at.button(key="door_sample").click().run()
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
    at.selectbox[0].set_value("green").run()
    assert not at.exception
    captions = {caption for caption, _ in shown_pictures(at)}
    assert captions == {"green"}


def test_what_was_left_out_is_listed_with_its_reason(workspace, tmp_path):
    files = {**two_classes(6), "cat/notes.txt": b"hello", "dog/cut.jpg": b"\xff\xd8\xff\xe0 cut off"}
    dataset = import_source(write_zip(tmp_path / "pets.zip", files))
    at = open_page("dataset", dataset=dataset.id)
    assert not at.exception
    assert "2 files were left out" in at.expander[-1].label
    assert set(at.dataframe[-1].value["File"]) == {"cat/notes.txt", "dog/cut.jpg"}


def test_nothing_left_out_is_said_too(tiny_dataset):
    assert "Nothing was left out" in texts(open_page("dataset", dataset=tiny_dataset.id))
