"""Looking at pictures in a real browser: pages turn without the rest of the page, and a dot on the map is a picture."""

import re

import pytest
from playwright.sync_api import expect

from ftcore.datasets.importing.importer import import_source
from tests.browser.conftest import picture, press, settled
from tests.datasets.made_map import draw_map

pytestmark = pytest.mark.browser


@pytest.fixture
def explored(server, tiny_zip, monkeypatch):
    """A small data set with a map in the workspace of the server."""
    monkeypatch.setenv("FTCORE_WORKSPACE", str(server.workspace))
    dataset = import_source(tiny_zip, name="Explored")
    draw_map(dataset)
    return dataset


def test_a_page_is_turned_alone_and_a_search_narrows_it(server, open_tab, explored):
    tab = settled(open_tab(f"{server.url}/dataset?dataset={explored.id}"))
    pictures = tab.get_by_test_id("stImage")
    expect(pictures).to_have_count(30)
    first = pictures.first.get_by_role("img").get_attribute("alt")
    expect(tab.locator(".js-plotly-plot")).to_have_count(1)
    tab.evaluate("document.querySelector('.js-plotly-plot').marked = true")
    press(tab, "Next page")
    expect(pictures.first.get_by_role("img")).not_to_have_attribute("alt", first)
    assert tab.evaluate("document.querySelector('.js-plotly-plot').marked")
    search = tab.get_by_label("File name contains", exact=True)
    search.fill("07.png")
    search.press("Enter")
    expect(pictures).to_have_count(3)
    picture(tab, "gallery")


def test_a_click_on_a_dot_shows_the_picture_and_its_neighbours(server, open_tab, explored):
    tab = settled(open_tab(f"{server.url}/dataset?dataset={explored.id}"))
    tab.get_by_role("radio", name="Map").click()
    dots = tab.locator(".js-plotly-plot .scatterlayer .trace .points path")
    expect(dots).to_have_count(60)
    dots.nth(20).click(force=True)
    expect(tab.get_by_text(re.compile("of the 8 pictures that look most like it have the same class"))).to_be_visible()
    expect(tab.get_by_test_id("stImage")).to_have_count(9)
    picture(tab, "map")
