"""Changed copies on the Dataset and the Settings page: advice that is followed with a click, and a preview."""

import pytest

from ftcore.datasets.importing.importer import import_source
from ftcore.runs import drafts
from ftcore.settings import RunSettings, suggest
from tests.datasets.made_pictures import png, write_zip
from tests.pages.conftest import OWNER, open_page, shown_pictures, texts


def draft_of(dataset):
    return drafts.load(dataset.id, OWNER, lambda: pytest.fail("there is no draft on disk"))


def standard(dataset):
    """A draft with what the quick preset suggests, at the level that shows switches."""
    settings = suggest("quick", dataset.facts(), base=RunSettings(dataset=dataset.id))
    return drafts.Draft(settings, "run-1", OWNER, level="standard")


def copies(at):
    return [alt for _, alt in shown_pictures(at) if alt.startswith("Changed copy")]


def sources(at):
    """Addresses of the copies that are shown: they change when the pictures do."""
    return [image.url for group in at.image for image in group.proto.imgs if image.alt.startswith("Changed copy")]


@pytest.mark.parametrize("page", ["dataset", "settings"])
def test_advice_is_given_by_domain_and_followed_with_a_click(tiny_dataset, page):
    drafts.save(standard(tiny_dataset))  # where the Settings page shows the switches
    at = open_page(page, "augmentation", dataset=tiny_dataset.id)
    domain = at.selectbox(key=f"domain_{tiny_dataset.id}")
    assert domain.label == "What kind of pictures are these?" and domain.value == "photographs"
    assert "Guessed from how the pictures look" in texts(at)
    domain.set_value("microscope").run()
    assert "mirror them both ways" in texts(at)
    at.button(key="follow_advice").click().run()
    assert not at.exception and at.button(key="follow_advice").disabled
    augment = draft_of(tiny_dataset).settings.augment
    assert (augment.flip, augment.rotate) == ("both", 180.0)
    (mirror,) = [box for box in at.selectbox if box.label == "Mirror"]
    (turn,) = [slider for slider in at.slider if slider.label == "Turn"]
    assert (mirror.value, turn.value) == ("both", 180.0)
    again = open_page(page, "augmentation", dataset=tiny_dataset.id)
    assert again.selectbox(key=f"domain_{tiny_dataset.id}").value == "microscope"


def test_twelve_copies_are_shown_on_request_and_change_with_the_strength_the_picture_and_the_class(tiny_dataset):
    at = open_page("dataset", "augmentation", dataset=tiny_dataset.id)
    assert copies(at) == []
    at.toggle(key=f"copies_{tiny_dataset.id}").set_value(True).run()
    assert not at.exception and not at.error
    assert len(copies(at)) == 12 and copies(at)[0] == "Changed copy 1 of blue"
    seen = [sources(at)]
    (strength,) = [slider for slider in at.slider if slider.label == "Strength"]
    strength.set_value(2.0).run()
    seen.append(sources(at))
    at.button(key="another_picture").click().run()
    seen.append(sources(at))
    at.selectbox(key=f"copies_of_{tiny_dataset.id}").set_value("red").run()
    seen.append(sources(at))
    assert not at.exception and copies(at)[0] == "Changed copy 1 of red"
    assert len({tuple(urls) for urls in seen}) == 4
    assert draft_of(tiny_dataset).settings.augment.strength == 2.0


def test_it_says_when_no_copy_differs_and_when_training_uses_none(tiny_dataset):
    drafts.save(standard(tiny_dataset))
    at = open_page("settings", "augmentation", dataset=tiny_dataset.id)
    assert "training uses no copies" in texts(at)
    at.toggle(key=f"copies_{tiny_dataset.id}").set_value(True).run()
    (strength,) = [slider for slider in at.slider if slider.label == "Strength"]
    strength.set_value(0.0).run()
    assert "every copy is the picture itself" in texts(at)
    (views,) = [field for field in at.number_input if field.label == "Views per picture"]
    views.set_value(3).run()
    assert "training uses no copies" not in texts(at)
    (epochs,) = [field for field in at.number_input if field.label == "Epochs"]
    epochs.set_value(3).run()
    settings = draft_of(tiny_dataset).settings
    assert (settings.augment.views, settings.augment.strength, settings.train.epochs) == (3, 0.0, 3)


@pytest.mark.parametrize(("task", "column"), [("multilabel", "tags"), ("regression", "angle (°)")])
def test_several_classes_and_numbers_have_advice_and_copies_too(workspace, tmp_path, task, column):
    rows = [f"{i}.png,{'left|b' if i % 2 else 'b'}" if task == "multilabel" else f"{i}.png,{i}" for i in range(20)]
    files = {f"{i}.png": png(i) for i in range(20)}
    files["labels.csv"] = "\n".join([f"file,{column}", *rows]).encode()
    dataset = import_source(write_zip(tmp_path / "t.zip", files), task=task)
    at = open_page("dataset", "augmentation", dataset=dataset.id)
    said = "is about left and right" if task == "multilabel" else "changes when a picture is turned or mirrored"
    assert said in texts(at)
    at.button(key="follow_advice").click().run()
    at.toggle(key=f"copies_{dataset.id}").set_value(True).run()
    assert not at.exception and not at.error and len(copies(at)) == 12
    assert draft_of(dataset).settings.augment.flip == "none"


def test_names_are_shown_as_they_are(markup_dataset):
    at = open_page("dataset", "augmentation", dataset=markup_dataset.id)
    at.toggle(key=f"copies_{markup_dataset.id}").set_value(True).run()
    assert not at.exception and len(copies(at)) == 12
    assert "as '<b>x" not in texts(at)
