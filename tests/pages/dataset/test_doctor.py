"""The data doctor on the Dataset page: asked, shown, mended with a click, undone."""

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from ftcore.datasets import versions
from ftcore.datasets.doctor import findings
from ftcore.datasets.doctor.examine import examine
from ftcore.datasets.doctor.findings import Finding, Report
from ftcore.datasets.images.pixel_store import PixelStore
from ftcore.datasets.importing.importer import import_source
from ftcore.datasets.records import open_dataset
from ftcore.datasets.versions import Edit
from ftcore.events import Failed, Finished, Progress, drain
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
    findings.save(troubled, drain(examine(troubled, PixelStore(troubled))))
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


def test_an_examination_that_could_not_see_everything_can_be_repeated(examined, started):
    job = store.create("examine", "troubled", {"dataset": examined.id}, id=examined.id)
    log.append(job.folder, Finished(reason="3 findings.", seconds=1.0))
    at = open_page("dataset", dataset=examined.id)
    assert findings.load(examined).whole and "Not everything could be looked for" in texts(at)
    at.button(key="examine").click().run()
    assert started == [job.id]
    findings.save(examined, replace(findings.load(examined), notes=()))
    started.clear()
    log.append(job.folder, Finished(reason="3 findings.", seconds=1.0))
    assert not [button for button in open_page("dataset", dataset=examined.id).button if button.key == "examine"]


def with_finding(dataset, **fields):
    """A page on which one finding is unfolded."""
    finding = Finding(**{"severity": "warning", "sentence": "Look.", "count": len(fields["rows"]), **fields})
    findings.save(dataset, Report((finding,)))
    at = open_page("dataset", dataset=dataset.id)
    at.toggle(key=f"show_{dataset.id}_{finding.issue}").set_value(True).run()
    assert not at.exception
    return at


def edited_on(at):
    assert not at.exception and not at.error
    return open_dataset(parameter(at, "dataset"))


def test_ticked_pictures_are_relabelled_as_suggested(tiny_dataset):
    edits = (Edit("relabel", (0, 2), "red"), Edit("relabel", (1,), "green"))
    at = with_finding(
        tiny_dataset, issue="label_issue", rows=(0, 1, 2), suggestions=("red", "green", "red"), remedy=edits
    )
    at.checkbox(key="tick_label_issue_2").set_value(False)
    at.button(key="ticked_suggested").click().run()
    edited = edited_on(at)
    assert edited.records()["label"].tolist()[:3] == ["red", "green", "blue"]
    (left,) = findings.load(edited).findings
    assert (left.rows, left.suggestions) == ((2,), ("red",))


def test_ticked_pictures_are_given_a_chosen_class(tiny_dataset):
    at = with_finding(tiny_dataset, issue="outlier", rows=(0, 1, 2))
    at.checkbox(key="tick_outlier_1").set_value(False)
    at.selectbox(key="class_of_outlier").set_value("green")
    at.button(key="ticked_class_outlier").click().run()
    assert edited_on(at).records()["label"].tolist()[:3] == ["green", "blue", "green"]


def test_ticked_pictures_are_given_a_set_of_classes(import_task):
    dataset = import_task("multilabel")
    at = with_finding(dataset, issue="outlier", rows=(0, 1, 2, 3))
    at.checkbox(key="tick_outlier_1").set_value(False)
    at.multiselect(key="classes_of_outlier").set_value(["red", "blue"])
    at.button(key="ticked_class_outlier").click().run()
    labels = edited_on(at).records()["label"]
    assert labels[[0, 2, 3]].tolist() == ["blue | red"] * 3 and labels[1] == dataset.records()["label"][1]


def test_a_wrong_number_is_corrected_in_the_grid(import_task):
    dataset = import_task("numbers")
    at = with_finding(dataset, issue="out_of_range", rows=(4,), remedy=(Edit("exclude", (4,)),))
    at.text_input(key="number_0_of_out_of_range").set_value("much")
    at.button(key="ticked_class_out_of_range").click().run()
    assert "'much' is no number" in at.error[0].value.replace("\\", "") and parameter(at, "dataset") == dataset.id
    at.text_input(key="number_0_of_out_of_range").set_value("1012,5")
    at.button(key="ticked_class_out_of_range").click().run()
    edited = open_dataset(parameter(at, "dataset"))
    before, after = dataset.targets()[4], edited.targets()[4]
    assert (after[0], after[1]) == (1012.5, before[1]) and findings.load(edited).findings == ()


def test_the_copy_that_stays_is_chosen(tiny_dataset):
    at = with_finding(
        tiny_dataset,
        issue="exact_duplicate",
        rows=(0, 1, 30, 31),
        groups=((0, 1), (30, 31)),
        remedy=(Edit("exclude", (1, 31)),),
    )
    ticks = {row: at.checkbox(key=f"tick_exact_duplicate_{row}").value for row in (0, 1, 30, 31)}
    assert ticks == {0: False, 1: True, 30: False, 31: True}, "ticked is what the button would leave out"
    at.checkbox(key="tick_exact_duplicate_0").set_value(True)
    at.checkbox(key="tick_exact_duplicate_1").set_value(False)
    at.button(key="ticked_out_exact_duplicate_0").click().run()
    assert versions.excluded(edited_on(at)).index.tolist() == [0]


def test_a_picture_with_two_answers_gets_the_right_one(tiny_dataset):
    rows = (0, 30)
    at = with_finding(tiny_dataset, issue="label_conflict", rows=rows, groups=(rows,), remedy=(Edit("exclude", rows),))
    at.selectbox(key="class_of_label_conflict_0").set_value("green")
    at.button(key="ticked_class_label_conflict_0").click().run()
    edited = edited_on(at)
    assert edited.records()["label"][list(rows)].tolist() == ["green", "green"] and not findings.load(edited).findings


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


def test_undo_leads_back_on_the_way_one_came(tiny_dataset):
    """The result is a version that somebody reached on another way before."""
    x, y = Edit("exclude", (0,)), Edit("exclude", (30,))
    there = versions.edit(versions.edit(tiny_dataset, [x]), [y])
    mine = versions.edit(tiny_dataset, [y])
    at = with_finding(mine, issue="dark", rows=(0,), remedy=(x,))
    at.button(key="mend_dark").click().run()
    assert parameter(at, "dataset") == there.id and not at.exception
    at.button(key="undo").click().run()
    assert parameter(at, "dataset") == mine.id and parameter(at, "before") is None
    at.button(key="undo").click().run()
    assert parameter(at, "dataset") == tiny_dataset.id and not [b for b in at.button if b.key == "undo"]


def test_only_ticked_pictures_are_left_out(examined):
    at = open_page("dataset", dataset=examined.id)
    at.toggle(key=f"show_{examined.id}_few_images").set_value(True).run()
    rows = findings.load(examined).findings
    (few,) = [finding for finding in rows if finding.issue == "few_images"]
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


def test_pictures_that_were_left_out_are_seen_and_taken_in_again_one_by_one(tiny_dataset):
    untouched = open_page("dataset", dataset=tiny_dataset.id)
    assert "Left out" not in untouched.selectbox(key=f"part_{tiny_dataset.id}").options
    edited = versions.edit(tiny_dataset, [Edit("exclude", (0, 1, 30), "too dark")])
    at = open_page("dataset", dataset=edited.id)
    at.selectbox(key=f"part_{edited.id}").set_value("excluded").run()
    assert not at.exception and len(shown_pictures(at)) == 3 and "3 pictures that were left out" in texts(at)
    assert all(alt.endswith(", too dark") for _, alt in shown_pictures(at))
    at.checkbox(key="tick_out_1").set_value(True)
    at.button(key="include").click().run()
    taken = edited_on(at)
    assert versions.excluded(taken).index.tolist() == [0, 30] and versions.parent(taken) == edited
    at.button(key="undo").click().run()
    assert parameter(at, "dataset") == edited.id


def test_an_excluded_picture_is_not_in_the_gallery(examined):
    edited = versions.edit(examined, [versions.Edit("exclude", (0, 1))])
    label = examined.records()["label"][0]
    at = open_page("dataset", dataset=edited.id)
    at.selectbox(key=f"class_{edited.id}").set_value(label).run()
    assert not at.exception
    assert len(shown_pictures(at)) == sum(edited.split_counts[edited.classes.index(label)])
