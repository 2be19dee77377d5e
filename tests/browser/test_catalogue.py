"""The catalogue of models: a table is a canvas, and only a real click chooses from it."""

import subprocess
import sys

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import ROOT, picture, settled
from tests.datasets.made_pictures import png, write_zip

pytestmark = pytest.mark.browser


@pytest.fixture
def dataset(server, tmp_path):
    files = {f"{name}/{i}.png": png(50 * n + i) for n, name in enumerate(("a", "b")) for i in range(10)}
    command = [sys.executable, "-m", "ftcore", "--workspace", str(server.workspace), "import"]
    done = subprocess.run(
        [*command, str(write_zip(tmp_path / "ab.zip", files))], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return next(path.name for path in (server.workspace / "datasets").iterdir() if path.name.startswith("ab-"))


def test_a_click_in_the_catalogue_chooses_a_model(server, open_tab, dataset):
    tab = open_tab(f"{server.url}/model?dataset={dataset}")
    tab.get_by_text("Another of").click()
    tab.get_by_placeholder("For example: mobilenet").fill("convnext atto in1k")
    tab.keyboard.press("Enter")
    expect(tab.get_by_text("3 of 1,", exact=False)).to_be_visible()
    settled(tab)
    table = tab.get_by_test_id("stDataFrame")
    table.scroll_into_view_if_needed()
    box = table.bounding_box()
    tab.mouse.click(box["x"] + 16, box["y"] + 54)  # the first row's box, below the head
    expect(tab.get_by_text("Chosen: convnext_atto.d2_in1k")).to_be_visible()
    picture(tab, "catalogue")
    tab.get_by_placeholder("For example: mobilenet").fill("mobilenet")
    tab.keyboard.press("Enter")
    settled(tab)
    expect(tab.get_by_text("Chosen: convnext_atto.d2_in1k")).to_be_visible()  # another list changes no choice
