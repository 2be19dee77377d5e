"""The owner in a real browser: one id for all its tabs and after a reload, another one in another browser."""

import json
import re
import subprocess
import sys

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import ROOT, settled

pytestmark = pytest.mark.browser

NAME = "ftcore_owner"


@pytest.fixture
def dataset(server, tiny_zip):
    command = [sys.executable, "-m", "ftcore", "--workspace", str(server.workspace), "import", str(tiny_zip)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])["dataset"]


def owner_of(tab):
    """What a tab's browser keeps, once the component has written it."""
    tab.wait_for_function(f"document.cookie.includes('{NAME}=')")
    (found,) = [cookie for cookie in tab.context.cookies() if cookie["name"] == NAME]
    assert re.fullmatch("[0-9a-f]{32}", found["value"])
    assert found["sameSite"] == "Lax" and found["path"] == "/" and found["expires"] > 0, "it outlives the browser"
    return found["value"]


def level(tab, name):
    tab.get_by_role("radio", name=name, exact=True).click()


def epochs(tab):
    return tab.get_by_label("Epochs", exact=True)


def set_epochs(tab, count):
    epochs(tab).fill(str(count))
    epochs(tab).press("Enter")
    settled(tab).get_by_text("Learning rate over the run").click()
    expect(tab.get_by_text(f"over {count} times")).to_be_visible()  # the schedule is that of the draft: it is saved


def test_all_tabs_of_a_browser_have_one_owner_and_another_browser_has_another(server, open_tab, dataset):
    address = f"{server.url}/settings?dataset={dataset}"
    tab = settled(open_tab(address))
    owner = owner_of(tab)
    level(tab, "Standard")
    set_epochs(tab, 7)

    tab.reload()
    expect(epochs(settled(tab))).to_have_value("7")
    second = tab.context.new_page()
    second.goto(address)
    expect(epochs(settled(second))).to_have_value("7")
    assert owner_of(second) == owner_of(tab) == owner

    stranger = settled(open_tab(address))
    assert owner_of(stranger) != owner
    level(stranger, "Standard")
    expect(epochs(stranger)).to_be_visible()
    expect(epochs(stranger)).not_to_have_value("7")
    assert (server.workspace / "drafts" / owner / f"{dataset}.json").is_file()


def test_tabs_that_open_at_once_end_with_the_same_owner(server, open_tab, dataset):
    first = open_tab("about:blank")
    tabs = [first, *(first.context.new_page() for _ in range(2))]
    for tab in tabs:
        tab.goto(f"{server.url}/settings?dataset={dataset}", wait_until="commit")
    tabs[-1].wait_for_timeout(3000)  # both have looked again by then
    for tab in tabs:
        level(settled(tab), "Standard")
        settled(tab)
    owner = owner_of(first)
    set_epochs(first, 9)
    for tab in tabs[1:]:
        level(tab, "Everything")  # draws the page anew
        settled(tab)
        level(tab, "Standard")
        expect(epochs(settled(tab))).to_have_value("9")
        assert owner_of(tab) == owner


def test_a_cookie_that_cannot_be_an_owner_is_replaced(server, open_tab):
    tab = open_tab("about:blank")
    tab.context.add_cookies([{"name": NAME, "value": "../../x", "url": server.url}])
    tab.goto(f"{server.url}/dataset")
    tab.wait_for_function(f"!document.cookie.includes('{NAME}=..')")
    owner_of(settled(tab))
