"""What is around every page: navigation, the stepper in the sidebar, one place for errors, the next step's button."""

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import streamlit as st

from ftcore import names
from ftcore.errors import FinetuneError
from pages.components import session

FOLDER = Path(__file__).parents[1].resolve()
_FRAMED: ContextVar[bool] = ContextVar("framed", default=False)


@dataclass(frozen=True)
class Page:
    """A page of the app. ``key`` names its file and its address."""

    key: str
    title: str
    icon: str

    @property
    def path(self) -> Path:
        return FOLDER / f"{self.key}.py"


PAGES = {
    page.key: page
    for page in (
        Page("start", "Start", ":material/home:"),
        Page("dataset", "Dataset", ":material/photo_library:"),
        Page("model", "Model", ":material/hub:"),
        Page("settings", "Settings", ":material/tune:"),
        Page("train", "Train", ":material/model_training:"),
        Page("try_it", "Try", ":material/touch_app:"),
        Page("runs", "Runs", ":material/history:"),
        Page("glossary", "Glossary", ":material/menu_book:"),
    )
}
WORKFLOW = ("dataset", "model", "settings", "train", "try_it")


def page_list() -> list[st.Page]:
    """Every page, with an absolute path and an address that stays."""
    return [
        st.Page(page.path, title=page.title, icon=page.icon, url_path=page.key, default=page.key == "start")
        for page in PAGES.values()
    ]


def run() -> None:
    """Run the page that the address asks for, inside the frame."""
    opened = st.navigation(page_list(), position="hidden")
    token = _FRAMED.set(True)
    try:
        with errors(way_out=True):
            _sidebar(opened.url_path or "start")
            opened.run()
    finally:
        _FRAMED.reset(token)


def page(show: Callable[[], None]) -> Callable[[], None]:
    """Make a function the page of its file, whose last line calls it.

    The first deep link after a server start runs a page's file without app.py around it. Announcing the pages once and
    running again brings app.py in.
    """

    @functools.wraps(show)
    def in_frame() -> None:
        if not _FRAMED.get():
            st.navigation(page_list(), position="hidden")
            st.rerun()
        show()

    return in_frame


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


def go(key: str, **changes: str | None) -> NoReturn:
    """Switch to another page; what is open stays open, except for the ``changes``."""
    st.switch_page(PAGES[key].path, query_params=session.address(**changes))


def link(key: str, label: str, **changes: str | None) -> None:
    """A link to another page that keeps what is open."""
    st.page_link(PAGES[key].path, label=label, icon=PAGES[key].icon, query_params=session.address(**changes))


def next_button(key: str, label: str, *, disabled: bool = False, help: str | None = None) -> bool:
    """The one primary button at the end of a page."""
    st.divider()
    return st.button(
        label, type="primary", icon=":material/arrow_forward:", key=f"next_{key}", disabled=disabled, help=help
    )


def needs(key: str, sentence: str, label: str) -> NoReturn:
    """Say what a page opened out of order needs, link there, and end the page."""
    st.info(sentence, icon=":material/info:")
    link(key, label)
    st.stop()


@contextmanager
def part(title: str, *, key: str, icon: str | None = None, expanded: bool = False) -> Iterator[bool]:
    """Draw a part of the page that a click opens, and tell whether it is open; compute what is inside only then.

    A plain expander computes all that it holds while it is closed. Widgets inside forget what was chosen when the part
    is closed: what must not be lost belongs into the draft.

    Args:
        title: On its bar, Markdown.
        key: Of the widget, one for each part of a page.
        icon: Before the title.
        expanded: Open at first.
    """
    box = st.expander(title, expanded, key=f"part_{key}", icon=icon, on_change="rerun")
    with box:
        yield bool(box.open)


def _sidebar(current: str) -> None:
    done = session.steps_done()
    with st.sidebar:
        st.markdown("#### :material/model_training: Fine-tune")
        link("start", "Start")
        st.caption("Your way to a model")
        for number, key in enumerate(WORKFLOW, 1):
            page = PAGES[key]
            if key == current:
                icon = ":material/radio_button_checked:"
            else:
                icon = ":material/check_circle:" if key in done else ":material/radio_button_unchecked:"
            st.page_link(page.path, label=f"{number}. {page.title}", icon=icon, query_params=session.address())
        st.caption("Beside it")
        link("runs", "Runs")
        link("glossary", "Glossary")
        _what_is_open(done)
        session.keep_owner()


def _what_is_open(done: dict[str, str]) -> None:
    missing = next((PAGES[key].title for key in WORKFLOW[:4] if key not in done), None)
    lines = [text for text in (done.get("dataset"), done.get("model"), done.get("train")) if text]
    if lines:
        st.divider()
        st.caption("  \n".join(names.markdown(line) for line in lines))
    if missing:
        st.caption(f"Next: {missing}")
