"""The pictures of a data set: filtered, class by class, by size and on a map; one entry for all its versions."""

import pytest
from PIL import Image

from ftcore.datasets import versions
from ftcore.datasets.doctor import findings
from ftcore.datasets.doctor.findings import Finding, Report
from ftcore.datasets.importing.importer import import_source
from ftcore.datasets.records import delete
from ftcore.datasets.versions import Edit
from ftcore.events import Failed, Progress
from ftcore.runs import log, store
from pages.components import cached
from pages.components.dataset import gallery
from tests.datasets.made_map import draw_map
from tests.datasets.made_pictures import encoded, png, write_zip
from tests.pages.conftest import open_page, parameter, shown_pictures, texts


def seen(at):
    """Descriptions of the pictures of a session."""
    return [alt for _, alt in shown_pictures(at)]


def test_filters_work_together(tiny_dataset):
    at = open_page("dataset", dataset=tiny_dataset.id)
    id = tiny_dataset.id
    at.selectbox(key=f"class_{id}").set_value("red").run()
    at.selectbox(key=f"part_{id}").set_value("train").run()
    assert len(seen(at)) == 14 and all(alt.startswith("red: ") and alt.endswith(", training") for alt in seen(at))
    at.text_input(key=f"text_{id}").set_value("ED/1").run()
    paths = tiny_dataset.records().query("label == 'red' and split == 'train'")["path"]
    assert len(seen(at)) == sum("red/1" in path for path in paths) > 0
    at.text_input(key=f"text_{id}").set_value("<none>").run()
    assert not at.exception and not seen(at) and "No picture fits" in texts(at)


def test_pictures_that_came_again_under_other_names_are_not_mixed_up(workspace, tmp_path):
    """Same pictures, same id; but they lie in another order, and nothing that is remembered may keep to the old one."""
    shades = {f"{label}{i}": (60 * i, 200, 40 if label == "a" else 90) for label in "ab" for i in range(4)}
    made = {name: encoded(Image.new("RGB", (300, 200), colour)) for name, colour in shades.items()}

    def imported(name, place):
        files = {f"{key[0]}/{place(int(key[1]))}.png": data for key, data in made.items()}
        return import_source(write_zip(tmp_path / name, files), name="again")

    first = imported("one.zip", lambda i: i)
    before = [cached.small(first.id, row) for row in range(8)]
    assert len(set(before)) == 8
    large = [cached.thumbnail(first.id, row, 220) for row in range(4)]
    delete(first)
    again = imported("two.zip", lambda i: 3 - i)
    assert again.id == first.id
    assert [cached.small(again.id, row) for row in range(4)] == before[3::-1]
    assert cached.thumbnail(again.id, 0, 220) == large[3]


def test_pages_are_turned_and_a_filter_starts_at_the_first(tiny_dataset):
    at = open_page("dataset", dataset=tiny_dataset.id)
    first = seen(at)
    assert len(first) == gallery.PER_PAGE and "60 of 60 pictures" in texts(at)
    forward = next(button for button in at.button if button.label == "Next page")
    forward.click().run()
    assert len(seen(at)) == 60 - gallery.PER_PAGE and not set(seen(at)) & set(first)
    at.selectbox(key=f"order_{tiny_dataset.id}").set_value("listed").run()
    assert len(seen(at)) == gallery.PER_PAGE and seen(at)[0].startswith("blue: ")


def test_pictures_of_a_finding_can_be_looked_at(tiny_dataset):
    assert open_page("dataset", dataset=tiny_dataset.id).selectbox(key=f"finding_{tiny_dataset.id}").disabled
    found = Finding("dark", "warning", "Two pictures are dark.", 2, rows=(3, 44))
    findings.save(tiny_dataset, Report((found,)))
    at = open_page("dataset", dataset=tiny_dataset.id)
    at.selectbox(key=f"finding_{tiny_dataset.id}").set_value("dark").run()
    paths = tiny_dataset.records()["path"]
    assert not at.exception
    assert {alt.split(": ")[1].split(", ")[0] for alt in seen(at)} == {paths[3], paths[44]}


def test_classes_are_shown_with_their_average(markup_dataset):
    at = open_page("dataset", dataset=markup_dataset.id)
    at.segmented_control(key=f"view_{markup_dataset.id}").set_value("groups").run()
    assert not at.exception
    averages = [alt for alt in seen(at) if alt.startswith("Average picture of ")]
    assert averages == [f"Average picture of {name}" for name in markup_dataset.classes]
    assert texts(at).count("% alike") == 5 + 1  # the sentence above them as well
    assert "**<b>" not in texts(at)


@pytest.fixture
def labelled(workspace, tmp_path, request):
    """A data set of 24 pictures with several classes, or two numbers, each."""
    rows = [
        f"{i}.png,{'a|b' if i % 2 else 'b'}" if request.param == "multilabel" else f"{i}.png,{i},{-i}"
        for i in range(24)
    ]
    header = "file,tags" if request.param == "multilabel" else "file,size (mm),mass (g)"
    files = {f"{i}.png": png(i, (20 + i, 20)) for i in range(24)}
    packed = write_zip(tmp_path / "t.zip", {**files, "labels.csv": "\n".join([header, *rows]).encode()})
    return import_source(packed, task=request.param)


@pytest.mark.parametrize("labelled", ["multilabel", "regression"], indirect=True)
def test_every_view_works_for_several_classes_and_numbers(labelled):
    draw_map(labelled)
    at = open_page("dataset", dataset=labelled.id)
    assert len(seen(at)) == 24
    for view in ("groups", "sizes", "map"):
        at.segmented_control(key=f"view_{labelled.id}").set_value(view).run()
        assert not at.exception and not at.error
    at.segmented_control(key=f"axes_{labelled.id}").set_value("main").run()
    assert not at.exception and "PCA" in texts(at)


@pytest.mark.parametrize("labelled", ["regression"], indirect=True)
def test_pictures_with_numbers_can_be_put_in_order(labelled):
    at = open_page("dataset", dataset=labelled.id)
    at.selectbox(key=f"order_{labelled.id}").set_value("falling").run()
    assert [alt.split(": ")[1].split(", ")[0] for alt in seen(at)][:3] == ["23.png", "22.png", "21.png"]
    at.selectbox(key=f"number_{labelled.id}").set_value(1).run()
    assert seen(at)[0].split(": ")[1].startswith("0.png")


def test_sizes_are_a_sentence_where_all_are_the_same(tiny_dataset):
    at = open_page("dataset", dataset=tiny_dataset.id)
    at.segmented_control(key=f"view_{tiny_dataset.id}").set_value("sizes").run()
    assert "All pictures are 32 × 32 pixels" in texts(at)


def test_a_map_is_asked_for_drawn_and_shown(tiny_dataset, started):
    def view():
        at = open_page("dataset", dataset=tiny_dataset.id)
        return at.segmented_control(key=f"view_{tiny_dataset.id}").set_value("map").run()

    view().button(key="draw_map").click().run()
    (job,) = store.list_jobs("map")
    assert started == [job.id] and job.request == {"dataset": tiny_dataset.id}
    log.append(job.folder, Progress(stage="place", label="Finding a place", done=1, total=5, seconds=3))
    assert "Finding a place, about 12 s left" in [bar.text for bar in view().get("progress")]
    log.append(job.folder, Failed(message="The weights cannot be had."))
    started.clear()  # its worker has ended
    at = view()
    assert "The weights cannot be had" in at.error[0].value.replace("\\", "")
    draw_map(tiny_dataset)
    at = view()
    assert not at.exception and "look alike to a pretrained model" in texts(at) and not at.error
    assert "Click on a dot" in texts(at)


def test_my_data_sets_have_one_entry_for_all_versions(tiny_dataset):
    first = versions.edit(tiny_dataset, [Edit("exclude", (0,), "too dark")])
    second = versions.edit(first, [Edit("exclude", (1,))])
    at = open_page("dataset")
    opens = [button.key for button in at.button if str(button.key).startswith("open_")]
    assert opens == [f"open_{second.id}"] and "3 versions" in texts(at)
    at.selectbox(key=f"earlier_{second.id}").set_value(first.id).run()
    assert not at.exception and parameter(at, "dataset") == first.id
