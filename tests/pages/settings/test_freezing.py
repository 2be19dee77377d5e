"""Frozen layers on the Settings page: phases of one's own in a table, and what the choice risks in a sentence."""

import pytest

from ftcore import hardware
from ftcore import settings as s
from ftcore.freezing import model_profile
from ftcore.runs import drafts
from pages.components import session
from pages.components.settings import freeze_risk, phase_table
from pages.components.settings.phase_table import EPOCHS, WHAT, rows_of, text_of
from tests.pages.conftest import OWNER, open_page, texts


@pytest.mark.parametrize("text", ["2:head, rest:last_stage", "1:head, 4:stage 4, 6:all", "3:25%"])
def test_rows_and_the_setting_say_the_same(text):
    assert text_of(rows_of(text)) == text


def test_a_row_that_is_not_filled_in_yet_is_left_out():
    rows = [{EPOCHS: 2, WHAT: "head"}, {EPOCHS: 3, WHAT: None}, {EPOCHS: None, WHAT: "all"}, {}]
    assert text_of(rows) == "2:head, rest:all"


def test_it_is_told_which_epochs_each_phase_gets():
    settings = s.with_values(s.RunSettings(), ["freeze.phases=2:head, 20:stage 4, rest:all", "train.epochs=9"])
    assert phase_table.told(settings) == "In this run of 9 epochs: epoch 1 to 2: Head only; epoch 3 to 9: stage 4."
    waiting = s.with_value(settings, "freeze.unfreeze", "on_plateau")
    assert phase_table.told(waiting).startswith("The next phase begins when validation stalls")


def test_the_table_is_there_when_phases_are_ones_own(tiny_dataset):
    settings = s.with_values(
        s.RunSettings(dataset=tiny_dataset.id), ["freeze.preset=custom", "freeze.phases=2:head, 9:all"]
    )
    drafts.save(drafts.Draft(settings, "run-1", OWNER, level="standard"))
    at = open_page("settings", dataset=tiny_dataset.id)
    assert not at.exception
    assert "In this run of 8 epochs: epoch 1 to 2: Head only; epoch 3 to 8: Everything." in texts(at)
    drafts.save(drafts.Draft(s.with_value(settings, "freeze.preset", "head"), "run-1", OWNER, level="standard"))
    assert "In this run of" not in texts(open_page("settings", dataset=tiny_dataset.id))


@pytest.mark.parametrize("level", ["standard", "everything"])
def test_what_the_frozen_layers_risk_is_said_under_the_choice(tiny_dataset, level):
    settings = s.with_value(s.RunSettings(dataset=tiny_dataset.id), "freeze.preset", "none")
    drafts.save(drafts.Draft(settings, "run-1", OWNER, level=level))
    assert "All of the network may change after only 42 training pictures" in texts(
        open_page("settings", dataset=tiny_dataset.id)
    )
    drafts.save(drafts.Draft(s.with_value(settings, "freeze.preset", "head"), "run-1", OWNER, level=level))
    assert "Nothing can be forgotten" in texts(open_page("settings", dataset=tiny_dataset.id))


def test_a_phase_that_the_model_does_not_have_is_said_with_a_way_out(tiny_dataset):
    settings = s.with_values(
        session.draft(tiny_dataset).settings, ["freeze.preset=custom", "freeze.phases=2:head, rest:stage 9"]
    )
    model = settings.model
    model_profile.profile(model.name, n_outputs=len(tiny_dataset.classes), image_size=model.image_size)
    for level, page in (("everything", "settings"), ("guided", "settings"), ("guided", "train")):
        drafts.save(drafts.Draft(settings, "run-1", OWNER, level=level))
        at = open_page(page, dataset=tiny_dataset.id)
        assert not at.exception
        assert "this model has no 'stage 9'" in texts(at)
        assert [button for button in at.button if button.key in ("next_train", "start")]  # the page goes on
    next(b for b in at.button if b.key.startswith("mend_") and "freeze.phases" in b.key).click().run()
    assert session.draft(tiny_dataset).settings.freeze.preset == "head_then_last"
    assert "stage 9" not in texts(at)


def test_the_risk_counts_adapters_not_the_weights_beside_them(tiny_dataset):
    settings = s.with_values(session.draft(tiny_dataset).settings, ["freeze.preset=half", "freeze.lora_rank=4"])
    model_profile.profile(
        settings.model.name, n_outputs=len(tiny_dataset.classes), image_size=settings.model.image_size
    )
    assert "numbers learn from" in freeze_risk.of(tiny_dataset, s.with_value(settings, "freeze.lora_rank", 0)).sentence
    assert "numbers learn from" not in freeze_risk.of(tiny_dataset, settings).sentence


def test_what_this_network_cannot_do_is_said_before_the_start(tiny_dataset):
    asked = ["model.start=gone", "model.pool=token", "model.binary=sigmoid", "train.cutmix=1", "freeze.preset=half"]
    settings = s.with_values(session.draft(tiny_dataset).settings, asked)
    drafts.save(drafts.Draft(settings, "run-1", OWNER, level="standard"))
    model_profile.profile(
        settings.model.name, n_outputs=len(tiny_dataset.classes), image_size=settings.model.image_size
    )
    at = open_page("settings", dataset=tiny_dataset.id)
    assert not at.exception
    for words in ("no weights and no run gone", "does not take the pooling", "only tell two classes apart"):
        assert words in texts(at)
    assert "list of tokens" not in texts(at)  # EfficientNet hands on maps


def test_weights_that_cannot_be_had_are_said_before_the_start(tiny_dataset, monkeypatch):
    monkeypatch.setattr(hardware, "reachable", lambda *arguments, **options: False)
    settings = s.with_value(session.draft(tiny_dataset).settings, "model.name", "resnet50.a1_in1k")
    drafts.save(drafts.Draft(settings, "run-1", OWNER, level="guided"))
    at = open_page("train", dataset=tiny_dataset.id)
    assert "there is no network to download them" in texts(at)


@pytest.mark.parametrize("level", ["standard", "everything"])
def test_the_table_of_phases_offers_the_stages_of_the_model_once_they_are_known(tiny_dataset, level, monkeypatch):
    offered = []
    monkeypatch.setattr(phase_table, "edit", lambda *_arguments, parts, **_options: offered.append(list(parts)))
    settings = s.with_value(session.draft(tiny_dataset).settings, "freeze.preset", "custom")
    drafts.save(drafts.Draft(settings, "run-1", OWNER, level=level))
    assert not open_page("settings", dataset=tiny_dataset.id).exception
    model_profile.profile(
        settings.model.name, n_outputs=len(tiny_dataset.classes), image_size=settings.model.image_size
    )
    assert not open_page("settings", dataset=tiny_dataset.id).exception
    assert offered[0] == [] and {"stem", "stage 1", "stage 7", "head"} <= set(offered[-1])
