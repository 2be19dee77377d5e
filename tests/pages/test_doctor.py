"""The data doctor on the Dataset page: asked, shown, mended with a click, undone."""

import io

import numpy as np
import pytest
from PIL import Image

from ftcore.datasets import versions
from ftcore.datasets.doctor import findings
from ftcore.datasets.doctor.examine import examine
from ftcore.datasets.intake import import_source
from ftcore.datasets.pixels import PixelStore
from ftcore.datasets.records import open_dataset
from ftcore.events import Failed, Finished, Progress, told
from ftcore.runs import log, store
from tests.datasets.made_pictures import encoded, png, write_zip
from tests.pages.conftest import MARKUP, open_page, parameter, shown_pictures, texts


@pytest.fixture
def troubled(workspace, tmp_path):
    """Two classes with markup in their names, a re-saved copy in another split, and a black picture."""
    names = [name.replace("/", "∕") for name in MARKUP[:2]]
    files = {f"train/{name}/{i}.png": png(100 * n + i) for n, name in enumerate(names) for i in range(8)}
    files |= {f"test/{name}/{i}.png": png(1000 + 100 * n + i) for n, name in enumerate(names) for i in range(4)}
    seen = Image.open(io.BytesIO(files[f"train/{names[0]}/3.png"]))
    files[f"test/{names[0]}/copy.png"] = encoded(seen, "JPEG", quality=90)
    files[f"train/{names[0]}/black.png"] = encoded(Image.fromarray(np.zeros((20, 24, 3), np.uint8)))
    return import_source(write_zip(tmp_path / "troubled.zip", files))


@pytest.fixture
def examined(troubled):
    findings.save(troubled, told(examine(troubled, PixelStore(troubled))))
    return troubled


def test_two_clicks_are_one_examination(tiny_dataset, started):
    for _ in range(2):
        at = open_page("dataset", dataset=tiny_dataset.id)
        assert not at.exception
        if at.get("progress"):
            break
        at.button(key="examine").click().run()
        assert not at.exception
    (job,) = store.list_jobs("examine")
    assert started == [job.id] and job.request == {"dataset": tiny_dataset.id}


def test_an_examination_under_way_shows_how_far_it_is(tiny_dataset, started):
    job = store.create("examine", "colours", {"dataset": tiny_dataset.id}, id=tiny_dataset.id)
    log.append(job.folder, Progress(stage="look", label="Looking at the pictures", done=5, total=60, seconds=1))
    started.append(job.id)
    at = open_page("dataset", dataset=tiny_dataset.id)
    assert "Looking at the pictures, about 11 s left" in [bar.text for bar in at.get("progress")]


def test_an_examination_that_failed_says_why_and_can_be_tried_again(tiny_dataset, started):
    job = store.create("examine", "colours", {"dataset": tiny_dataset.id}, id=tiny_dataset.id)
    log.append(job.folder, Failed(message="The pixels are missing."))
    at = open_page("dataset", dataset=tiny_dataset.id)
    assert "The pixels are missing" in at.error[0].value.replace("\\", "")
    at.button(key="examine").click().run()
    assert started == [job.id]


def test_findings_that_got_lost_can_be_looked_for_again(tiny_dataset, started):
    job = store.create("examine", "colours", {"dataset": tiny_dataset.id}, id=tiny_dataset.id)
    log.append(job.folder, Finished(reason="0 findings.", seconds=1.0))
    open_page("dataset", dataset=tiny_dataset.id).button(key="examine").click().run()
    assert started == [job.id] and not log.read(job.folder)[0]


def test_findings_are_shown_worst_first_with_their_pictures(examined):
    at = open_page("dataset", dataset=examined.id)
    assert not at.exception
    said = texts(at)
    assert said.index("The same picture in two splits") < said.index("Very dark")
    before = len(shown_pictures(at))
    at.toggle(key=f"show_{examined.id}_leak").set_value(True).run()
    assert not at.exception
    evidence = [alt for _, alt in shown_pictures(at) if alt.endswith(("(train)", "(test)"))]
    assert len(shown_pictures(at)) == before + 2 and len(evidence) == 2


def test_one_click_mends_and_one_undoes(examined):
    at = open_page("dataset", dataset=examined.id)
    at.button(key="mend_leak").click().run()
    assert not at.exception
    edited = open_dataset(parameter(at, "dataset"))
    assert edited != examined and versions.parent(edited) == examined
    assert "moved 1 picture to" in texts(at).replace("\\", "")
    assert "The same picture in two splits" not in texts(at) and "Very dark" in texts(at)
    assert not findings.load(edited).whole
    at.button(key="undo").click().run()
    assert parameter(at, "dataset") == examined.id
    assert "The same picture in two splits" in texts(at)


def test_only_ticked_pictures_are_left_out(examined):
    at = open_page("dataset", dataset=examined.id)
    at.toggle(key=f"show_{examined.id}_few_images").set_value(True).run()
    rows = findings.load(examined).findings
    (few,) = [finding for finding in rows if finding.kind == "few_images"]
    for row in few.rows[1:24]:
        at.checkbox(key=f"tick_few_images_{row}").set_value(False)
    at.button(key="ticked_out_few_images").click().run()
    assert not at.exception
    edited = open_dataset(parameter(at, "dataset"))
    assert versions.excluded(edited).index.tolist() == [few.rows[0]]


def test_an_edit_that_cannot_be_done_is_a_sentence(examined):
    at = open_page("dataset", dataset=examined.id)
    at.toggle(key=f"show_{examined.id}_few_images").set_value(True).run()
    at.button(key="ticked_out_few_images").click().run()
    assert not at.exception
    assert "would" in at.error[0].value and parameter(at, "dataset") == examined.id


def test_an_excluded_picture_is_not_in_the_gallery(examined):
    edited = versions.edit(examined, [versions.Edit("exclude", (0, 1))])
    label = examined.records()["label"][0]
    at = open_page("dataset", dataset=edited.id)
    at.selectbox(key=f"class_{edited.id}").set_value(label).run()
    assert not at.exception
    assert len(shown_pictures(at)) == sum(edited.split_counts[edited.classes.index(label)])
