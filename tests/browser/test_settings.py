"""Settings in a real browser: questions, a rate found and used, a contradiction mended, the glossary."""

import json
import re
import subprocess
import sys

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PATIENT, ROOT, picture, press, settled

pytestmark = pytest.mark.browser


@pytest.fixture
def dataset(server, tiny_zip):
    command = [sys.executable, "-m", "ftcore", "--workspace", str(server.workspace), "import", str(tiny_zip)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])["dataset"]  # another journey may have named these pictures


def fill(tab, label, value):
    field = tab.get_by_label(label, exact=True)
    field.fill(str(value))
    field.press("Enter")
    return settled(tab)


def test_from_five_questions_to_a_rate_that_was_found_and_settings_that_agree(server, open_tab, dataset):
    tab = open_tab(f"{server.url}/settings?dataset={dataset}")
    tab.get_by_text("Yes, left and right may be swapped").click()
    expect(tab.get_by_text("Mirror: Left and right")).to_be_visible()
    picture(tab, "settings-guided-light-1280")

    tab.get_by_text("Standard", exact=True).click()
    fill(tab, "Learning rate", 0.00001)
    fill(tab, "Batch size", 500)
    expect(tab.get_by_text("A batch of 500 is larger than the 42 training pictures")).to_be_visible()
    tab.get_by_role("button", name=re.compile("Set Batch size to")).click()
    expect(tab.get_by_text("A batch of 500 is larger")).to_have_count(0)
    assert int(tab.get_by_label("Batch size", exact=True).input_value()) <= 42

    tab.get_by_test_id("stExpander").get_by_text("Find a learning rate").first.click()
    press(tab, "Find a learning rate")
    use = tab.get_by_role("button", name="Use this rate")
    expect(use).to_be_visible(timeout=PATIENT)
    picture(tab, "settings-rates-light-1280")
    use.click()
    expect(tab.get_by_role("button", name="This rate is used")).to_be_disabled()
    expect(tab.get_by_label("Learning rate", exact=True)).to_have_value(re.compile(r"^0\.0{0,3}[1-9]"))

    tab.reload()
    expect(tab.get_by_label("Epochs", exact=True)).to_be_visible()  # the level is remembered
    with tab.context.expect_page() as opened:
        tab.get_by_role("link", name="Batch size").click()
    entry = opened.value
    expect(entry).to_have_url(re.compile(rf"/glossary\?dataset={dataset}#batch-size$"))
    expect(entry.locator("#batch-size")).to_be_in_viewport()


def test_everything_fits_a_narrow_window_in_the_dark(server, open_tab, dataset):
    tab = open_tab(f"{server.url}/settings?dataset={dataset}", colours="dark", width=500)
    tab.get_by_test_id("stButtonGroup").get_by_role("radio", name="Everything", exact=True).click()
    expect(tab.get_by_text("Search the settings").first).to_be_visible()
    picture(tab, "settings-everything-dark-500")
    overflow = tab.evaluate(
        "() => { const m = document.querySelector('[data-testid=stMain]'); return m.scrollWidth - m.clientWidth; }"
    )
    assert overflow <= 1
