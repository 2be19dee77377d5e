"""The whole way with the sample digits, as a teacher would go it, with every interruption that a class brings."""

import json
import os
import re
import subprocess
import sys
import zipfile

import pytest
from playwright.sync_api import expect

from ftcore.runs import log, store
from tests.browser.conftest import PATIENT, ROOT, picture, press, settled
from tests.datasets.made_pictures import png

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(400)]

DRAWN = """() => {
  const plot = document.querySelector('.live-plot[aria-label^="Line chart of loss"]');
  return plot && plot.data && plot.data.length > 1 ? [...plot.data[1].y].map(Number) : [];
}"""
LOADS = """
import json, sys, timm, torch
from safetensors.torch import load_file
about = json.load(open("bundle.json", encoding="utf-8"))
model = timm.create_model(about["architecture"], num_classes=len(about["classes"]), **about["options"]).eval()
model.load_state_dict(load_file("model.safetensors"))
size = about["preprocessing"]["size"]
print(json.dumps([about["classes"], list(model(torch.zeros(1, 3, size, size)).shape)]))
"""


def has_drawn(tab, n_epochs):
    """Wait until the curve shows so many epochs, and return it."""
    tab.wait_for_function(f"() => ({DRAWN})().length >= {n_epochs}", timeout=PATIENT)
    return tab.evaluate(DRAWN)


def start_long_run(tab, address, n_epochs):
    """Start a run of many epochs in small steps on a data set whose features are known, so that epochs come at once."""
    tab.goto(address)
    tab.get_by_text("Standard", exact=True).click()
    for label, value in (("Epochs", n_epochs), ("Batch size", 8)):
        field = tab.get_by_label(label, exact=True)
        field.fill(str(value))
        field.press("Enter")
        settled(tab)
    press(tab, "Next: train")
    press(tab, "Start training")
    expect(tab).to_have_url(re.compile("run="))


@pytest.fixture(scope="session")
def finished(server, chromium):
    """The quick way from the start page to the score; the address and the id of its run, and what was seen."""
    seen = {}
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, color_scheme="light")
    tab = context.new_page()
    tab.set_default_timeout(20_000)
    tab.goto(server.url)
    expect(tab.get_by_text("Teach a computer")).to_be_visible()
    press(tab, "Start with the digits")
    expect(tab.get_by_role("button", name="Next: choose a model")).to_be_visible(timeout=PATIENT)
    expect(tab.get_by_test_id("stImage")).not_to_have_count(0)
    expect(tab.locator(".js-plotly-plot")).to_have_count(1)
    seen["gallery"] = tab.get_by_test_id("stImage").count()
    press(tab, "Next: choose a model")
    press(tab, "Next: settings")
    press(tab, "Next: train")
    tab.get_by_role("button", name="Start training").dblclick()
    expect(tab.get_by_role("button", name="Stop and keep the best")).to_be_visible()
    expect(tab).to_have_url(re.compile("run="))
    seen["runs"] = [path.name for path in (server.workspace / "runs").iterdir()]
    expect(tab.get_by_text("Test score", exact=True)).to_be_visible(timeout=PATIENT)
    seen["url"] = tab.url
    seen["run"] = re.search("run=([a-z0-9-]+)", tab.url)[1]
    context.close()
    return seen


@pytest.fixture
def job(finished, server, monkeypatch):
    monkeypatch.setenv("FTCORE_WORKSPACE", str(server.workspace))
    return store.find(finished["run"])


def test_the_dataset_page_shows_counts_and_pictures(finished):
    assert finished["gallery"] >= 10


def test_a_double_click_on_start_makes_one_run(finished):
    assert finished["runs"] == [finished["run"]]


def test_a_running_run_survives_a_refresh_and_a_restart_and_its_charts_are_mounted_once(
    finished, server, open_tab, job
):
    tab = open_tab(server.url)
    start_long_run(tab, f"{server.url}/settings?dataset={job.settings.dataset}", 1000)
    first = has_drawn(tab, 2)
    mounts = tab.evaluate("window.livePlotMounts")
    tab.evaluate("document.querySelectorAll('.live-plot').forEach((plot) => { plot.marked = true; })")
    later = has_drawn(tab, len(first) + 6)
    assert later[: len(first)] == first
    assert tab.evaluate("window.livePlotMounts") == mounts == tab.locator(".live-plot").count()
    assert tab.evaluate("[...document.querySelectorAll('.live-plot')].every((plot) => plot.marked)")
    picture(tab, "running-light-1280")

    tab.reload()
    assert has_drawn(tab, len(later))[: len(later)] == later

    workers = {process.pid for process in server.workers()}
    server.stop()
    server.start()
    tab.goto(tab.url)
    assert has_drawn(tab, len(later) + 1)[: len(later)] == later
    assert workers and {process.pid for process in server.workers()} == workers

    press(tab, "Stop and keep the best")
    expect(tab.get_by_text("Test score", exact=True)).to_be_visible(timeout=PATIENT)
    expect(tab.get_by_text("Stopped by you; the best epoch so far is kept.")).to_be_visible()
    run = store.find(re.search("run=([a-z0-9-]+)", tab.url)[1])
    kinds = [type(event).__name__ for event in log.read(run.folder)[0]]
    assert kinds.count("Planned") == kinds.count("Finished") == 1 and "Resumed" not in kinds


def test_the_score_has_an_interval_and_is_good(finished, open_tab):
    tab = settled(open_tab(finished["url"]))
    value = tab.get_by_test_id("stMetricValue").first
    expect(value).to_have_text(re.compile(r"^9\d\.\d%$"))
    assert float(value.inner_text().rstrip("%")) >= 93.0
    expect(tab.get_by_text(re.compile(r"^\d\d\.\d% – \d\d\.\d%$")).first).to_be_visible()
    expect(tab.get_by_text("Which classes are mixed up")).to_be_visible()
    expect(tab.locator(".js-plotly-plot .heatmaplayer").first).to_be_attached()


def test_the_download_holds_a_model_that_timm_loads(finished, open_tab, job, tmp_path):
    tab = settled(open_tab(finished["url"]))
    with tab.expect_download() as waiting:
        press(tab, "Download the trained model")
    path = tmp_path / "model.zip"
    waiting.value.save_as(path)
    with zipfile.ZipFile(path) as archive:
        assert set(archive.namelist()) == {"model.safetensors", "bundle.json", "README.txt"}
        archive.extractall(tmp_path)
    setup = "from ftcore import vision\n" + LOADS  # vision makes timm importable beside a torch without CUDA
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", setup], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [list("0123456789"), [1, 10]]


def test_try_answers_about_test_pictures_and_an_uploaded_one(finished, open_tab, tmp_path):
    tab = open_tab(finished["url"])
    press(tab, "Next: try it")
    expect(tab.get_by_text("Answered in").nth(2)).to_be_visible(timeout=PATIENT)
    expect(tab.locator(".js-plotly-plot")).to_have_count(3)
    picture(tab, "try-light-1280")
    tab.get_by_text("Upload pictures", exact=True).click()
    settled(tab)
    tab.locator("input[type=file]").set_input_files(
        [
            {"name": "mine.png", "mimeType": "image/png", "buffer": png(1)},
            {"name": "torn.jpg", "mimeType": "image/jpeg", "buffer": b"\xff\xd8\xff\xe0 torn"},
        ]
    )
    expect(tab.get_by_text("Answered in")).to_have_count(1)
    expect(tab.get_by_text("damaged or cut off")).to_be_visible()
    picture(tab, "try-upload-light-1280")


def test_the_list_shows_the_run_and_delete_asks(finished, open_tab, server, job):
    tab = open_tab(f"{server.url}/runs")
    expect(tab.get_by_text("test accuracy").first).to_be_visible()
    n_runs = len(store.list_jobs())
    tab.get_by_role("button", name="Delete", exact=True).last.click()
    expect(tab.get_by_text("cannot be undone")).to_be_visible()
    picture(tab, "delete-light-1280")
    press(tab, "Keep it")
    expect(tab.get_by_text("cannot be undone")).to_have_count(0)
    assert len(store.list_jobs()) == n_runs


@pytest.mark.parametrize(("colours", "width"), [("light", 1280), ("dark", 800)])
def test_every_page_fits_both_themes_and_a_narrow_window(finished, open_tab, server, job, colours, width):
    tab = open_tab(server.url, colours=colours, width=width)
    expect(tab.get_by_test_id("stImage").first).to_be_visible()
    picture(tab, f"start-{colours}-{width}")
    parameters = f"?dataset={job.settings.dataset}"
    for page in ("dataset", "model", "settings", "train", "runs"):
        tab.goto(f"{server.url}/{page}{parameters}")
        expect(tab.get_by_role("heading", level=1)).to_be_visible()
        picture(tab, f"{page}-{colours}-{width}")
        overflow = tab.evaluate(
            "() => { const m = document.querySelector('[data-testid=stMain]'); return m.scrollWidth - m.clientWidth; }"
        )
        assert overflow <= 1, page
    tab.goto(f"{server.url}/train{parameters}&run={job.id}")
    expect(tab.get_by_text("Test score", exact=True)).to_be_visible()
    picture(tab, f"finished-{colours}-{width}")


def test_a_killed_worker_is_said_and_one_click_goes_on(finished, server, open_tab, job):
    tab = open_tab(server.url)
    start_long_run(tab, f"{server.url}/settings?dataset={job.settings.dataset}", 25)
    drawn = has_drawn(tab, 1)
    (worker,) = (process for process in server.workers() if "--work" in process.cmdline())
    worker.kill()
    expect(tab.get_by_text("ended from outside")).to_be_visible(timeout=PATIENT)
    picture(tab, "interrupted-light-1280")
    press(tab, "Resume")
    assert has_drawn(tab, len(drawn))[: len(drawn)] == drawn
    expect(tab.get_by_text("Test score", exact=True)).to_be_visible(timeout=PATIENT)
    run = store.find(re.search("run=([a-z0-9-]+)", tab.url)[1])
    kinds = [type(event).__name__ for event in log.read(run.folder)[0]]
    assert kinds.count("Interrupted") == kinds.count("Resumed") == kinds.count("Finished") == 1
