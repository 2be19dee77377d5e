"""What holds for every page: it opens in any condition, says what it needs, and shows names as they are."""

import ast
import importlib
import runpy
import subprocess
import sys

import pytest
import streamlit as st

from ftcore import names
from pages.components import shell
from tests.pages.conftest import MARKUP, PARTS, ROOT, links, open_page, parameter, shown_pictures, texts

PAGES = list(shell.PAGES)
NEEDS = {
    "model": ("no", "dataset"),
    "settings": ("no data set is open", "dataset"),
    "train": ("no data set is open", "dataset"),
    "try_it": ("no trained model", "train"),
}


@pytest.mark.parametrize("page", PAGES)
def test_every_page_file_holds_definitions_and_the_call_of_one_guarded_function(page):
    *body, last = ast.parse((ROOT / "pages" / f"{page}.py").read_text()).body[1:]
    allowed = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.Assign)
    assert all(isinstance(statement, allowed) for statement in body)
    (guarded,) = [one for one in body if isinstance(one, ast.FunctionDef) and one.decorator_list]
    assert [ast.unparse(decorator) for decorator in guarded.decorator_list] == ["shell.page"]
    assert ast.unparse(last) == f"{guarded.name}()"


@pytest.mark.parametrize("page", PAGES)
def test_a_page_file_that_runs_without_the_frame_announces_the_pages_and_draws_nothing(page, monkeypatch):
    class RunsAgain(Exception):
        pass

    for path in sorted((ROOT / "pages" / "components").rglob("*.py")):  # none may be imported while st is replaced
        importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"))

    def run_again():
        raise RunsAgain

    announced = []
    monkeypatch.setattr(st, "navigation", lambda pages, **_: announced.extend(pages))
    monkeypatch.setattr(st, "rerun", run_again)
    for drawing in ("title", "markdown", "info"):
        monkeypatch.setattr(st, drawing, lambda *_, **__: pytest.fail("something was drawn"))
    with pytest.raises(RunsAgain):
        runpy.run_path(str(ROOT / "pages" / f"{page}.py"))
    assert len(announced) == len(PAGES)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_opens_in_an_empty_workspace_inside_the_frame(workspace, page):
    at = open_page(page)
    assert not at.exception and not at.error
    assert len(at.title) == 1
    assert "Runs" in links(at) and "1. Dataset" in links(at)


@pytest.mark.parametrize("page", NEEDS)
def test_a_page_opened_out_of_order_says_what_it_needs_and_links_there(workspace, page):
    sentence, target = NEEDS[page]
    at = open_page(page)
    assert not at.exception
    assert sentence in at.info[0].value
    label = next(label for label in links(at) if label.startswith(("Choose", "Train one")))
    assert links(at)[label].endswith(target)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_opens_with_a_dataset_and_has_at_most_one_primary_button(tiny_dataset, page):
    at = open_page(page, *PARTS, dataset=tiny_dataset.id)
    assert not at.exception and not at.error
    primary = [button for button in at.main.button if button.proto.type == "primary"]
    assert len(primary) <= 1


@pytest.mark.parametrize("ending", ["finished", "failed", "interrupted", "waiting"])
@pytest.mark.parametrize("page", [page for page in PAGES if page != "try_it"])
def test_a_page_opens_with_a_run_in_every_condition(tiny_dataset, make_run, started, page, ending):
    job = make_run(tiny_dataset, ending)
    at = open_page(page, *PARTS, dataset=tiny_dataset.id, run=job.id)
    assert not at.exception
    assert len([button for button in at.main.button if button.proto.type == "primary"]) <= 1


@pytest.mark.parametrize(("page", "ending"), [("try_it", "failed"), ("try_it", "interrupted")])
def test_try_of_a_run_without_a_model_links_to_how_it_goes(tiny_dataset, make_run, page, ending):
    at = open_page(page, dataset=tiny_dataset.id, run=make_run(tiny_dataset, ending).id)
    assert not at.exception
    assert "See how it goes" in links(at)


@pytest.mark.parametrize("page", ["dataset", "model", "settings", "train"])
@pytest.mark.parametrize("id", ["none-like-it", "../../etc", "A B", "<b>x</b>"])
def test_an_unknown_dataset_in_the_address_is_one_sentence(workspace, page, id):
    at = open_page(page, dataset=id)
    assert not at.exception
    assert len(at.error) == 1
    assert names.markdown(id) in at.error[0].value
    assert "Back to the start" in links(at)


@pytest.mark.parametrize("page", ["train", "try_it"])
@pytest.mark.parametrize("id", ["none-like-it", "../../etc", "<b>x</b>"])
def test_an_unknown_run_in_the_address_is_one_sentence(workspace, page, id):
    at = open_page(page, run=id)
    assert not at.exception
    assert len(at.error) == 1 and names.markdown(id) in at.error[0].value


def test_an_unknown_import_in_the_address_is_one_sentence(workspace):
    at = open_page("dataset", **{"import": "none-like-it"})
    assert not at.exception
    assert len(at.error) == 1


def test_the_sidebar_keeps_what_is_open_when_going_on(tiny_dataset):
    at = open_page("dataset", dataset=tiny_dataset.id)
    at.button(key="next_model").click().run()
    assert at.title[0].value == "Model"
    assert parameter(at, "dataset") == tiny_dataset.id


@pytest.mark.parametrize("page", ["start", "dataset", "model", "settings", "train", "runs"])
def test_names_with_markup_are_shown_as_they_are(markup_dataset, markup_run, page):
    shown = texts(open_page(page, *PARTS, dataset=markup_dataset.id, run=markup_run.id))
    for text in ("<i>Set</i> **bold** $x$ :blue[b]", *MARKUP[1:4]):
        assert text not in shown
    assert names.markdown("**bold** $x$ :blue[b]") in shown


def test_class_names_with_markup_are_escaped_where_pictures_carry_them(markup_dataset):
    at = open_page("dataset", *PARTS, dataset=markup_dataset.id)
    captions = [caption for caption, _ in shown_pictures(at)]
    assert names.markdown("**y**") in captions and "**y**" not in captions


def test_every_picture_and_chart_has_a_description(tiny_dataset, make_run):
    job = make_run(tiny_dataset)
    for page in PAGES[:5]:
        at = open_page(page, *PARTS, dataset=tiny_dataset.id, run=job.id)
        assert all(description for _, description in shown_pictures(at))
        for chart in at.get("plotly_chart"):
            assert chart.proto.alt_text if hasattr(chart.proto, "alt_text") else chart.proto.alt


SNIPPET = """
import sys
from tests.pages.conftest import PARTS, open_page
for page in ("start", "dataset", "model", "settings", "train", "runs"):
    at = open_page(page, *PARTS, dataset=sys.argv[1], run=sys.argv[2])
    assert not at.exception, page
    at = open_page(page, *PARTS, dataset=sys.argv[1])
    assert not at.exception, page
print([name for name in ("torch", "timm", "torchvision", "sklearn", "optuna") if name in sys.modules])
"""


def test_pages_paint_without_the_heavy_libraries(tiny_dataset, make_run):
    job = make_run(tiny_dataset)
    done = subprocess.run(
        [sys.executable, "-c", SNIPPET, tiny_dataset.id, job.id], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert done.stdout.strip() == "[]", done.stderr
