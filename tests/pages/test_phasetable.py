"""Phases of one's own on the Settings page: rows become the setting, and the page says which epochs they get."""

import pytest

from ftcore import settings as s
from ftcore.runs import drafts
from pages.components import phasetable
from pages.components.phasetable import EPOCHS, WHAT, rows_of, text_of
from tests.pages.conftest import open_page, texts


@pytest.mark.parametrize("text", ["2:head, rest:last_stage", "1:head, 4:stage 4, 6:all", "3:25%"])
def test_rows_and_the_setting_say_the_same(text):
    assert text_of(rows_of(text)) == text


def test_a_row_that_is_not_filled_in_yet_is_left_out():
    rows = [{EPOCHS: 2, WHAT: "head"}, {EPOCHS: 3, WHAT: None}, {EPOCHS: None, WHAT: "all"}, {}]
    assert text_of(rows) == "2:head, rest:all"


def test_it_is_told_which_epochs_each_phase_gets():
    settings = s.with_values(s.RunSettings(), ["freeze.phases=2:head, 20:stage 4, rest:all", "train.epochs=9"])
    assert phasetable.told(settings) == "In this run of 9 epochs: epoch 1 to 2: Head only; epoch 3 to 9: stage 4."
    waiting = s.with_value(settings, "freeze.unfreeze", "on_plateau")
    assert phasetable.told(waiting).startswith("The next phase begins when validation stalls")


def test_the_table_is_there_when_phases_are_ones_own(tiny_dataset):
    settings = s.with_values(
        s.RunSettings(dataset=tiny_dataset.id), ["freeze.preset=custom", "freeze.phases=2:head, 9:all"]
    )
    drafts.save(drafts.Draft(settings, "run-1", level="standard"))
    at = open_page("settings", dataset=tiny_dataset.id)
    assert not at.exception
    assert "In this run of 8 epochs: epoch 1 to 2: Head only; epoch 3 to 8: Everything." in texts(at)
    drafts.save(drafts.Draft(s.with_value(settings, "freeze.preset", "head"), "run-1", level="standard"))
    assert "In this run of" not in texts(open_page("settings", dataset=tiny_dataset.id))
