"""A real server on a workspace of its own, and a real Chromium in front of it."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import expect, sync_playwright

ROOT = Path(__file__).parents[2]
SCREENSHOTS = Path(__file__).parent / "screenshots"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENT = 120_000  # milliseconds: for what a worker does

expect.set_options(timeout=20_000)


class Server:
    """``streamlit run app.py`` on a free port; it can be stopped and started again at the same address."""

    def __init__(self, workspace: Path, *options: str) -> None:
        self.workspace, self._options = workspace, options
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        environment = {**os.environ, "FTCORE_WORKSPACE": str(self.workspace), "PYTHONPATH": str(ROOT)}
        options = ["--server.port", str(self.port), "--server.headless", "true", *self._options]
        with (self.workspace.parent / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "streamlit", "run", "app.py", *options],
                cwd=ROOT,
                env=environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        for _ in range(300):
            try:
                urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=1).close()
                return
            except OSError:
                assert self.process.poll() is None, (self.workspace.parent / "server.log").read_text()
                time.sleep(0.1)
        raise AssertionError("the server does not answer")

    def stop(self) -> None:
        """The server alone; its workers live in sessions of their own and go on."""
        self.process.kill()
        self.process.wait()

    def workers(self) -> list[psutil.Process]:
        """Processes that work on a job of this workspace."""
        found = []
        for process in psutil.process_iter():
            try:
                command = process.cmdline()
            except psutil.Error:
                continue
            if "ftcore.jobs" in command and any(str(self.workspace) in part for part in command):
                found.append(process)
        return found

    def end_workers(self) -> None:
        for process in self.workers():
            process.kill()


@pytest.fixture
def fresh_server(tmp_path):
    """A server that nobody has visited yet, on an empty workspace."""
    (tmp_path / "workspace").mkdir()
    server = Server(tmp_path / "workspace")
    server.start()
    yield server
    server.stop()
    server.end_workers()


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """The server that the journeys share."""
    workspace = tmp_path_factory.mktemp("browser") / "workspace"
    workspace.mkdir()
    server = Server(workspace)
    server.start()
    yield server
    server.stop()
    server.end_workers()


@pytest.fixture(scope="session")
def chromium():
    """Debian's Chromium or Chrome where there is one, else Playwright's own. No browser is a failure, not a skip."""
    installed = (shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome"))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=next(filter(None, installed), None), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def open_tab(chromium):
    """Opens tabs, each a visitor of its own; at the end none of them may have seen an exception."""
    contexts = []

    def open_(address, *, width=1280, colours="light"):
        context = chromium.new_context(
            viewport={"width": width, "height": 900}, color_scheme=colours, accept_downloads=True
        )
        contexts.append(context)
        tab = context.new_page()
        tab.set_default_timeout(20_000)
        tab.goto(address)
        return tab

    yield open_
    for context in contexts:
        for tab in context.pages:
            assert tab.get_by_test_id("stException").count() == 0
        context.close()


def settled(tab):
    """Wait until the script has run to its end."""
    expect(tab.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
    return tab


def picture(tab, name):
    """Keep a screenshot of the whole page."""
    SCREENSHOTS.mkdir(exist_ok=True)
    settled(tab)
    tab.wait_for_timeout(300)  # Plotly draws after the script
    height = tab.evaluate("document.querySelector('[data-testid=stMain]')?.scrollHeight || 900")
    before = tab.viewport_size
    tab.set_viewport_size({"width": before["width"], "height": min(4000, max(900, height))})
    tab.wait_for_timeout(300)
    tab.screenshot(path=SCREENSHOTS / f"{name}.png")
    tab.set_viewport_size(before)
    return tab


def press(tab, label):
    tab.get_by_role("button", name=label).click()
