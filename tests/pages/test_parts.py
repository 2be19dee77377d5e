"""Parts of a page that a click opens: closed, they compute nothing; open, they show what they hold."""

import ast
from dataclasses import replace

import pytest

from ftcore.datasets.importing.importer import import_source
from ftcore.datasets.records import Dataset
from ftcore.events import Finished
from ftcore.runs import drafts, log, store
from ftcore.training.events import Estimated
from pages.components import cached, image_grid, session
from pages.components.dataset import division
from pages.components.model import race
from pages.components.settings import augmentation, import_export, levels, lr_finder
from tests.datasets.made_pictures import png, write_zip
from tests.pages.conftest import PARTS, ROOT, open_page, turn_part

BEHIND = {
    "dataset": [
        ("splits", division, "again"),
        ("splits", Dataset, "counts"),
        ("augmentation", augmentation, "show"),
        ("augmentation", cached, "guessed_domain"),
    ],
    "model": [("race", race, "_choose")],
    "settings": [
        ("augmentation", augmentation, "show"),
        ("rates", lr_finder, "show"),
        ("schedule", levels, "draw_schedule"),
        ("exchange", import_export, "show"),
    ],
    "train": [("mistakes", image_grid, "grid")],
    "runs": [("other_work", store, "list_jobs")],
}
CASES = [(page, *case) for page, cases in BEHIND.items() for case in cases]


@pytest.fixture
def visit(tiny_dataset, make_run):
    """Opens a page on a data set, the Train page on a finished run, the Settings page where its fields are."""
    drafts.save(replace(session.draft(tiny_dataset), level="standard"))
    job = make_run(tiny_dataset)

    def open_(page, *parts):
        return open_page(page, *parts, dataset=tiny_dataset.id, **({"run": job.id} if page == "train" else {}))

    return open_


@pytest.mark.parametrize(("page", "part", "owner", "name"), CASES)
def test_what_is_behind_a_closed_part_is_not_computed(visit, page, part, owner, name, monkeypatch):
    calls, whole = [], getattr(owner, name)

    def counted(*arguments, **options):
        calls.append(name)
        return whole(*arguments, **options)

    monkeypatch.setattr(owner, name, counted)
    at = turn_part(visit(page), part, is_open=False)
    calls.clear()
    at.run()
    closed = len(calls)
    turn_part(at, part)
    assert not at.exception
    assert closed < len(calls) - closed


def test_tables_of_the_dataset_page_are_drawn_when_they_are_opened(workspace, tmp_path):
    files = {f"{name}/{i}.png": png(10 * n + i) for n, name in enumerate(("cat", "dog")) for i in range(6)}
    dataset = import_source(write_zip(tmp_path / "pets.zip", {**files, "cat/notes.txt": b"hello"}))
    at = open_page("dataset", dataset=dataset.id)
    assert len(at.dataframe) == 0
    turn_part(at, "splits")
    assert list(at.dataframe[0].value.columns) == ["Training", "Validation", "Test"]
    turn_part(at, "left_out")
    assert list(at.dataframe[1].value["File"]) == ["cat/notes.txt"]
    turn_part(turn_part(at, "splits", is_open=False), "left_out", is_open=False)
    assert len(at.dataframe) == 0 and not at.exception


def test_tables_of_a_finished_run_are_drawn_when_they_are_opened(tiny_dataset, make_run):
    job = make_run(tiny_dataset)
    promised = Estimated(seconds=10, seconds_low=8, seconds_high=11, bytes_memory=10**9, bytes_disk=10**7)
    log.append(job.folder, promised, Finished(reason="All epochs done.", seconds=12.0))
    at = open_page("train", dataset=tiny_dataset.id, run=job.id)
    assert len(at.dataframe) == len(at.json) == 0 and len(at.expander) == 4
    at = open_page("train", "classes", "cost", "plan", dataset=tiny_dataset.id, run=job.id)
    assert len(at.dataframe) == 2 and len(at.json) == 1 and not at.exception


def test_a_part_that_was_opened_stays_open_while_the_page_is_used(visit):
    at = visit("settings", "exchange")
    next(widget for widget in at.number_input if widget.label == "Epochs").set_value(3).run()
    assert any(button.proto.label == "Download these settings" for button in at.get("download_button"))


def test_a_division_that_was_typed_counts_also_when_its_box_is_closed(workspace):
    at = open_page("dataset")
    assert at.text_input(key="split").value == "70/15/15", "a plain expander, which is computed while it is closed"


def keyword(call, name):
    return next((ast.literal_eval(one.value) for one in call.keywords if one.arg == name), None)


def test_every_expander_of_the_pages_is_such_a_part():
    keys, plain = set(), set()
    for path in (ROOT / "pages").rglob("*.py"):
        for call in (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)):
            if ast.unparse(call.func) == "shell.part":
                keys.add(keyword(call, "key"))
            elif ast.unparse(call.func).endswith(".expander"):
                plain.add(path.name)
    assert keys == set(PARTS)
    assert plain == {"shell.py", "division.py"}
