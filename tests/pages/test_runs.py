"""Runs: the list, open, resume, and a delete that asks first."""

import pytest

from ftcore.events import Failed
from ftcore.runs import kinds, log, store
from pages.components.run import other_jobs
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


def other_work():
    """The list of runs with its part on other work opened."""
    at = open_page("runs")
    at.session_state["part_other_work"] = True
    return at.run()


def test_other_work_of_every_kind_is_listed_below(tiny_dataset, make_run):
    make_run(tiny_dataset, name="A training")
    for kind in kinds.KINDS.values():
        if kind.name != "train":
            store.create(kind.name, f"{kind.name} <b>x</b>", {})
    failed = store.create("import", "Torn", {})
    log.append(failed.folder, Failed(message="The ZIP is torn."))
    at = other_work()
    assert not at.exception
    rows = [element for element in at.markdown if "badge" in element.value and "A training" not in element.value]
    assert rows[0].value.startswith("Import: **Torn** :red-badge") and rows[0].proto.help == r"The ZIP is torn\."
    assert [row.value.split(":")[0] for row in rows[:0:-1]] == [
        kind.title for kind in kinds.KINDS.values() if kind.name != "train"
    ]


def test_without_other_work_the_list_says_what_will_be_in_it(workspace):
    assert "imports, examinations, estimates" in texts(other_work())


def test_of_much_other_work_the_newest_is_shown(workspace, monkeypatch):
    monkeypatch.setattr(other_jobs, "MOST", 3)
    for number in range(5):
        store.create("map", f"Map {number}", {})
    shown = texts(other_work())
    assert "Map 4" in shown and "Map 1" not in shown and "The newest 3 of 5." in shown
