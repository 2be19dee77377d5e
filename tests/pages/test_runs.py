"""Runs: the list, open, resume, and a delete that asks first."""

import pytest

from ftcore.runs import store
from tests.pages.conftest import open_page, parameter, texts


def test_the_list_shows_result_state_and_settings_of_each_run(tiny_dataset, make_run):
    make_run(tiny_dataset, name="Good one")
    make_run(tiny_dataset, "interrupted", name="Cut off")
    at = open_page("runs")
    assert not at.exception
    for text in ("Good one", "**88.9%** test accuracy", "Cut off", "Interrupted", "Epochs 20"):
        assert text in texts(at)


def test_open_shows_the_run_with_its_dataset(tiny_dataset, make_run):
    job = make_run(tiny_dataset)
    at = open_page("runs")
    at.button(key=f"open_{job.id}").click().run()
    assert (parameter(at, "run"), parameter(at, "dataset")) == (job.id, tiny_dataset.id)
    assert at.title[0].value == "Colours quick"


def test_resume_in_the_list_starts_the_run_and_opens_it(tiny_dataset, make_run, started):
    job = make_run(tiny_dataset, "interrupted")
    at = open_page("runs")
    at.button(key=f"resume_{job.id}").click().run()
    assert not at.exception
    assert started == [job.id] and parameter(at, "run") == job.id


def test_delete_asks_first_and_then_deletes(tiny_dataset, make_run):
    job = make_run(tiny_dataset)
    at = open_page("runs", run=job.id)
    at.button(key=f"delete_{job.id}").click().run()
    assert store.list_jobs() == [job]
    assert "cannot be undone" in texts(at)
    at.button(key="delete_yes").click().run()
    assert not at.exception
    assert store.list_jobs() == []
    assert parameter(at, "run") is None


def test_delete_can_be_declined(tiny_dataset, make_run):
    job = make_run(tiny_dataset)
    at = open_page("runs")
    at.button(key=f"delete_{job.id}").click().run()
    at.button(key="delete_no").click().run()
    assert not at.exception
    assert store.list_jobs() == [job]


def test_a_run_that_works_cannot_be_deleted(tiny_dataset, make_run, started):
    job = make_run(tiny_dataset, "waiting")
    at = open_page("runs")  # looking at the list starts what waits
    assert started == [job.id]
    assert at.button(key=f"delete_{job.id}").disabled


def test_a_long_list_has_pages(tiny_dataset, make_run):
    for number in range(21):
        make_run(tiny_dataset, name=f"Run {number}")
    at = open_page("runs")
    assert len([button for button in at.main.button if button.key.startswith("open_")]) == 20
    at.number_input(key="page").set_value(2).run()
    assert len([button for button in at.main.button if button.key.startswith("open_")]) == 1


@pytest.mark.parametrize("content", ["{", '{"id": "x"}', "[]"])
def test_a_run_folder_that_cannot_be_read_is_passed_over(tiny_dataset, make_run, workspace, content):
    job = make_run(tiny_dataset)
    broken = workspace / "runs" / "broken"
    broken.mkdir()
    (broken / "settings.json").write_text(content)
    at = open_page("runs")
    assert not at.exception and not at.error
    assert at.button(key=f"open_{job.id}")
