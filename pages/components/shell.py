"""What is around every page: navigation, the stepper in the sidebar, one place for errors, the next step's button."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from ftcore import names
from ftcore.errors import FinetuneError
from pages.components import session

PAGES = Path(__file__).parents[1].resolve()
_FRAMED: ContextVar[bool] = ContextVar("framed", default=False)


@dataclass(frozen=True)
class Step:
    """A page of the workflow. ``key`` names its file and its address."""

    key: str
    title: str
    icon: str

    @property
    def path(self) -> Path:
        return PAGES / f"{self.key}.py"


STEPS = {
    step.key: step
    for step in (
        Step("start", "Start", ":material/home:"),
        Step("dataset", "Dataset", ":material/photo_library:"),
        Step("model", "Model", ":material/hub:"),
        Step("settings", "Settings", ":material/tune:"),
        Step("train", "Train", ":material/model_training:"),
        Step("try_it", "Try", ":material/touch_app:"),
        Step("runs", "Runs", ":material/history:"),
        Step("glossary", "Glossary", ":material/menu_book:"),
    )
}
WORKFLOW = ("dataset", "model", "settings", "train", "try_it")


def page_list() -> list[st.Page]:
    """Every page, with an absolute path and an address that stays."""
    return [
        st.Page(step.path, title=step.title, icon=step.icon, url_path=step.key, default=step.key == "start")
        for step in STEPS.values()
    ]


def run() -> None:
    """Run the page that the address asks for, inside the frame."""
    page = st.navigation(page_list(), position="hidden")
    token = _FRAMED.set(True)
    try:
        with errors(way_out=True):
            _sidebar(page.url_path or "start")
            page.run()
    finally:
        _FRAMED.reset(token)


def guard() -> None:
    """First line of every page: the first deep link after a server start runs the page's file without app.py around it.

    Announcing the pages once and running again brings app.py in.
    """
    if not _FRAMED.get():
        st.navigation(page_list(), position="hidden")
        st.rerun()


@contextmanager
def errors(*, way_out: bool = False) -> Iterator[None]:
    """Show what ftcore raises on purpose as one sentence. Anything else is a bug and goes to the log.

    Args:
        way_out: The page ends here, so link back to the start with nothing open.
    """
    try:
        yield
    except FinetuneError as error:
        st.error(names.markdown(str(error)), icon=":material/error:")
        if way_out:
            closed = dict.fromkeys(session.OPEN)
            link("start", "Back to the start", **closed)


def go(key: str, **changes: str | None) -> None:
    """Switch to another page; what is open stays open, except for the ``changes``."""
    st.switch_page(STEPS[key].path, query_params=session.address(**changes))


def link(key: str, label: str, **changes: str | None) -> None:
    """A link to another page that keeps what is open."""
    st.page_link(STEPS[key].path, label=label, icon=STEPS[key].icon, query_params=session.address(**changes))


def next_button(key: str, label: str, *, disabled: bool = False, help: str | None = None) -> bool:
    """The one primary button at the end of a page."""
    st.divider()
    return st.button(
        label, type="primary", icon=":material/arrow_forward:", key=f"next_{key}", disabled=disabled, help=help
    )


def needs(key: str, sentence: str, label: str) -> None:
    """Say what a page opened out of order needs, link there, and end the page."""
    st.info(sentence, icon=":material/info:")
    link(key, label)
    st.stop()


def _sidebar(current: str) -> None:
    done = session.steps_done()
    with st.sidebar:
        st.markdown("#### :material/model_training: Fine-tune")
        link("start", "Start")
        st.caption("Your way to a model")
        for number, key in enumerate(WORKFLOW, 1):
            step = STEPS[key]
            if key == current:
                icon = ":material/radio_button_checked:"
            else:
                icon = ":material/check_circle:" if key in done else ":material/radio_button_unchecked:"
            st.page_link(step.path, label=f"{number}. {step.title}", icon=icon, query_params=session.address())
        st.caption("Beside it")
        link("runs", "Runs")
        link("glossary", "Glossary")
        _what_is_open(done)


def _what_is_open(done: dict[str, str]) -> None:
    missing = next((STEPS[key].title for key in WORKFLOW[:4] if key not in done), None)
    lines = [text for text in (done.get("dataset"), done.get("model"), done.get("train")) if text]
    if lines:
        st.divider()
        st.caption("  \n".join(names.markdown(line) for line in lines))
    if missing:
        st.caption(f"Next: {missing}")
