"""A ZIP with planted trouble: found, mended with a click each, one undone; copies looked at; on to the model."""

import re

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.browser.conftest import PATIENT, picture, press, settled
from tests.datasets.made_pictures import encoded, noise, write_zip

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(180)]

COLOURS = {"apples": (200, 40, 40), "limes": (60, 190, 50), "plums": (90, 40, 160)}
TROUBLES = (
    "The same picture in two splits",
    "Probably a wrong label",
    "Exact copies",
    "Very dark",
)


def fruit(seed, colour, side=64):
    """A smooth picture of mostly one colour, as of a fruit on a table."""
    random = np.random.default_rng(seed)
    scene = np.asarray(noise(seed, (7, 7)).resize((side, side), Image.Resampling.BICUBIC), float)
    across, down = np.meshgrid(np.arange(side), np.arange(side))
    middle, radius = random.uniform(0.4, 0.6, 2) * side, random.uniform(0.28, 0.4) * side
    inside = (across - middle[0]) ** 2 + (down - middle[1]) ** 2 < radius**2
    scene[inside] = 0.25 * scene[inside] + 0.75 * np.array(colour)
    return Image.fromarray(scene.astype(np.uint8))


def troubled():
    files = {}
    for number, (name, colour) in enumerate(COLOURS.items()):
        for i in range(24):
            split = "train" if i < 16 else "val" if i < 20 else "test"
            files[f"{split}/{name}/{i:02}.png"] = encoded(fruit(100 * number + i, colour))
    files["test/apples/again.jpg"] = encoded(fruit(3, COLOURS["apples"]), "JPEG", quality=80)
    files["train/limes/same.bmp"] = encoded(fruit(105, COLOURS["limes"]), "BMP")
    files["train/limes/black.png"] = encoded(Image.new("RGB", (64, 64), (4, 4, 4)))
    files["train/limes/wrong.png"] = encoded(fruit(999, COLOURS["plums"]))
    files["train/plums/torn.jpg"] = encoded(noise(1, (64, 64)), "JPEG")[:900]
    return files


def sources(tab):
    return [image.get_attribute("src") for image in tab.get_by_alt_text(re.compile("^Changed copy")).all()]


def mend(tab, issue, title):
    tab.locator(f".st-key-mend_{issue} button").click()
    expect(tab.get_by_text(title, exact=True)).to_have_count(0)
    settled(tab)


def test_trouble_is_mended_and_undone_and_copies_are_seen_before_any_training(fresh_server, open_tab, tmp_path):
    tab = open_tab(f"{fresh_server.url}/dataset")
    tab.locator("input[type=file]").set_input_files(write_zip(tmp_path / "fruit.zip", troubled()))
    expect(tab.get_by_role("button", name="Import")).to_be_enabled()
    press(tab, "Import")
    press(tab, "Examine the pictures")
    for title in TROUBLES:
        expect(tab.get_by_text(title, exact=True)).to_be_visible(timeout=PATIENT)
    settled(tab)
    picture(tab, "doctor-found-light-1280")

    n_before = int(tab.get_by_test_id("stMetricValue").first.inner_text())
    mend(tab, "leak", TROUBLES[0])
    mend(tab, "exact_duplicate", TROUBLES[2])
    mend(tab, "dark", TROUBLES[3])
    expect(tab.get_by_test_id("stMetricValue").first).to_have_text(str(n_before - 2))
    expect(tab.get_by_text("These findings are what is left after your edit")).to_be_visible()
    picture(tab, "doctor-mended-light-1280")
    press(tab, "Undo the last edit")
    expect(tab.get_by_text("Very dark", exact=True)).to_be_visible()
    expect(tab.get_by_test_id("stMetricValue").first).to_have_text(str(n_before - 1))
    expect(tab.get_by_text("Exact copies", exact=True)).to_have_count(0)

    tab.get_by_text("Changed copies to learn from (augmentation)").click()
    tab.get_by_text("Show twelve changed copies of a picture").click()
    expect(tab.get_by_alt_text(re.compile("^Changed copy"))).to_have_count(12, timeout=PATIENT)
    settled(tab)
    plain = sources(tab)
    press(tab, "Follow the advice")
    expect(tab.get_by_role("button", name="Advice is followed")).to_be_disabled()
    settled(tab)
    advised = sources(tab)
    tab.get_by_role("slider", name="Strength").press("ArrowRight")
    expect(tab.get_by_alt_text("Changed copy 1 of apples")).not_to_have_attribute("src", advised[0])
    settled(tab)
    assert len(sources(tab)) == 12 and not set(plain) & set(advised) & set(sources(tab))
    picture(tab, "copies-light-1280")

    press(tab, "Next: choose a model")
    expect(tab.get_by_role("heading", level=1)).to_have_text("Model")
    expect(tab).to_have_url(re.compile("dataset=fruit-"))
