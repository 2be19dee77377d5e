"""Settings: forms made from the fields' own metadata, presets that say what they set, and a draft that stays."""

from dataclasses import fields

import pytest

from ftcore import settings as s
from ftcore.runs import drafts
from tests.pages.conftest import links, open_page, texts


def widget(at, label):
    """The one input with a label."""
    kinds = (at.number_input, at.slider, at.selectbox, at.toggle, at.text_input)
    (found,) = [element for kind in kinds for element in kind if element.label == label]
    return found


def draft_of(dataset):
    return drafts.load(dataset.id, lambda: pytest.fail("there is no draft on disk"))


def test_every_setting_has_an_input_with_its_own_label_and_a_help(tiny_dataset):
    at = open_page("settings", dataset=tiny_dataset.id)
    for kind in s.SECTIONS.values():
        for field in fields(kind):
            if field.name in ("name", "start"):
                continue  # the model has a page of its own
            assert widget(at, field.metadata["label"]).help == field.metadata["help"]
    assert widget(at, "Seed").value == 0


def test_inputs_keep_to_the_range_of_their_field(tiny_dataset):
    at = open_page("settings", dataset=tiny_dataset.id)
    for kind in s.SECTIONS.values():
        for field in fields(kind):
            if field.metadata["low"] is not None:
                found = widget(at, field.metadata["label"])
                assert (found.min, found.max) == (field.metadata["low"], field.metadata["high"])


def test_a_change_is_saved_at_once_and_is_there_in_a_new_session(tiny_dataset):
    at = open_page("settings", dataset=tiny_dataset.id)
    widget(at, "Epochs").set_value(3).run()
    widget(at, "Optimiser").set_value("sgd").run()
    assert not at.exception
    assert (draft_of(tiny_dataset).settings.train.epochs, draft_of(tiny_dataset).settings.train.optimiser) == (3, "sgd")
    again = open_page("settings", dataset=tiny_dataset.id)
    assert (widget(again, "Epochs").value, widget(again, "Optimiser").value) == (3, "sgd")


@pytest.mark.parametrize("preset", list(s.PRESETS))
def test_a_preset_fills_in_its_values_and_says_which(tiny_dataset, preset):
    at = open_page("settings", dataset=tiny_dataset.id)
    if preset != "quick":
        at.get("button_group")[0].set_value(preset).run()
    assert not at.exception
    expected = s.suggest(preset, tiny_dataset.facts(), base=s.RunSettings(dataset=tiny_dataset.id))
    assert draft_of(tiny_dataset).settings == expected
    assert widget(at, "Epochs").value == expected.train.epochs
    assert widget(at, "What learns").value == expected.freeze.preset
    assert s.PRESETS[preset].help in texts(at)
    assert f"epochs {expected.train.epochs}" in texts(at)


def test_a_preset_takes_back_what_was_changed_by_hand(tiny_dataset):
    at = open_page("settings", dataset=tiny_dataset.id)
    widget(at, "Epochs").set_value(3).run()
    at.get("button_group")[0].set_value("best").run()
    at.get("button_group")[0].set_value("quick").run()
    fitted = s.suggest("quick", tiny_dataset.facts(), base=s.RunSettings(dataset=tiny_dataset.id))
    assert widget(at, "Epochs").value == fitted.train.epochs
    assert draft_of(tiny_dataset).settings == fitted


def test_going_on_confirms_the_step(tiny_dataset):
    at = open_page("settings", dataset=tiny_dataset.id)
    at.button(key="next_train").click().run()
    assert at.title[0].value == "Train"
    assert "settings" in draft_of(tiny_dataset).done


def test_another_model_is_kept_with_an_image_size_that_fits_it(tiny_dataset):
    at = open_page("model", dataset=tiny_dataset.id)
    at.radio[0].set_value("tf_efficientnet_lite1").run()
    at.button(key="next_settings").click().run()
    assert not at.exception
    assert draft_of(tiny_dataset).settings.model.name == "tf_efficientnet_lite1"


def test_without_a_choice_in_the_catalogue_one_cannot_go_on(tiny_dataset):
    at = open_page("model", dataset=tiny_dataset.id)
    at.radio[0].set_value("another").run()
    assert at.button(key="next_settings").disabled


def test_a_damaged_draft_is_replaced_by_fitting_values(tiny_dataset, workspace):
    open_page("settings", dataset=tiny_dataset.id)
    (workspace / "drafts" / f"{tiny_dataset.id}.json").write_text('{"settings": ')
    at = open_page("settings", dataset=tiny_dataset.id)
    assert not at.exception and not at.error
    assert "1. Dataset" in links(at)
