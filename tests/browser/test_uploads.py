"""Own pictures: a ZIP with all that real ZIPs hold, a folder, and links that are opened first after a server start."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PATIENT, Server, picture, press, settled
from tests.datasets.made_pictures import encoded, noise, png, write_folder, write_zip

pytestmark = pytest.mark.browser

NAMES = ("Äpfel 🍎", "<b>bold</b>".replace("/", "∕"), "**stars** $x$ :red[z]", "long " + "name " * 12)


def test_a_zip_with_junk_and_damage_shows_what_was_left_out_and_names_as_they_are(fresh_server, open_tab, tmp_path):
    files = {f"{name}/{i}.png": png(100 * n + i) for n, name in enumerate(NAMES) for i in range(10)}
    whole = encoded(noise(9999, (64, 64)), "JPEG")
    files |= {
        "__MACOSX/._x.png": b"junk",
        f"{NAMES[0]}/.DS_Store": b"junk",
        f"{NAMES[0]}/torn.jpg": whole[: len(whole) // 2],
        f"{NAMES[0]}/notes.txt": b"these are my apples",
    }
    path = write_zip(tmp_path / "my <i>pictures</i>.zip".replace("/", "∕"), files)
    tab = open_tab(f"{fresh_server.url}/dataset")
    tab.locator("input[type=file]").set_input_files(path)
    expect(tab.get_by_role("button", name="Import")).to_be_enabled()
    picture(tab, "upload-light-1280")
    press(tab, "Import")
    expect(tab.get_by_role("button", name="Next: choose a model")).to_be_visible(timeout=PATIENT)
    settled(tab)
    expect(tab.get_by_role("heading", level=1)).to_have_text("my <i>pictures<∕i>")
    for name in NAMES[:2]:
        expect(tab.get_by_test_id("stImageCaption").filter(has_text=name).first).to_be_visible()
    expect(tab.locator(".xtick text").filter(has_text="<b>bold<∕b>")).to_have_count(1)
    expect(tab.locator(".xtick text").filter(has_text="**stars** $x$ :red[z]")).to_have_count(1)
    tab.get_by_text("2 files were left out, and why").click()
    picture(tab, "names-light-1280")
    expect(tab.get_by_text("2 files were left out, and why")).to_be_visible()


def test_a_folder_is_taken_in_with_its_classes(fresh_server, open_tab, tmp_path):
    files = {f"pets/{kind}/{i}.png": png(1000 * n + i) for n, kind in enumerate(("cat", "dog")) for i in range(8)}
    write_folder(tmp_path, files)
    tab = open_tab(f"{fresh_server.url}/dataset")
    tab.get_by_text("A folder", exact=True).click()
    tab.locator("input[type=file][webkitdirectory]").set_input_files(tmp_path / "pets")
    # Not by its label: while the page is drawn anew, the field of before stands beside it for a moment.
    expect(tab.locator("input[aria-label=Name][value=pets]")).to_be_visible()
    settled(tab)
    press(tab, "Import")
    expect(tab.get_by_role("heading", level=1)).to_have_text("pets", timeout=PATIENT)
    values = tab.get_by_test_id("stMetricValue")
    expect(values).to_have_text(["16", "2", "12", "2", "2"])


def test_a_file_over_the_upload_limit_is_refused_with_the_limit(open_tab, tmp_path):
    (tmp_path / "workspace").mkdir()
    server = Server(tmp_path / "workspace", "--server.maxUploadSize", "1")
    server.start()
    try:
        large = tmp_path / "large.zip"
        large.write_bytes(bytes(1_500_000))
        tab = open_tab(f"{server.url}/dataset")
        tab.locator("input[type=file]").set_input_files(large)
        expect(tab.get_by_text("must be 1.0MB or smaller")).to_be_visible()
        expect(tab.get_by_role("button", name="Import")).to_be_disabled()
    finally:
        server.stop()
    assert not (tmp_path / "workspace" / "uploads").exists()


@pytest.mark.parametrize("page", ["settings", "train", "model", "try_it", "runs"])
def test_a_deep_link_right_after_a_server_start_is_framed(fresh_server, open_tab, page):
    tab = open_tab(f"{fresh_server.url}/{page}?dataset=none-like-it")
    expect(tab.get_by_test_id("stSidebar").get_by_text("1. Dataset")).to_be_visible()
    expect(tab.get_by_test_id("stSidebarNav")).to_have_count(0)
    expect(tab.get_by_role("heading", level=1).or_(tab.get_by_text("There is no data set"))).not_to_have_count(0)


def test_the_workflow_picture_is_described(fresh_server, open_tab):
    tab = open_tab(fresh_server.url)
    expect(tab.get_by_alt_text("The way from pictures to a model")).to_be_visible()
