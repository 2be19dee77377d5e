"""Bring the code of widgets to the browser while somebody still reads, so that they appear at once when asked for.

Streamlit fetches the code of a kind of widget when the first one appears: for a table some 50 files. The catalogue's
first opening took a second that way, of which the server needed a fifth.
"""

from pathlib import Path

import streamlit as st

_FETCH_JS = """
export default function ({ data }) {
  const app = document.querySelector('script[type=module][src*="static/js/index"]');
  if (!app) return;
  for (const file of data.files) import(new URL(file, app.src).href).catch(() => {});
}
"""

_fetch = st.components.v2.component("widgets_ahead", js=_FETCH_JS)


def bring(*widgets: str) -> None:
    """Fetch the code of widgets. Call once per page, at its end, outside any fragment.

    Args:
        widgets: As Streamlit calls their files, for example ``DataFrame``. One that it does not have is passed over.
    """
    _fetch(key="widgets_ahead", data={"files": _files(widgets)}, height=1)


@st.cache_data(max_entries=8, show_spinner=False)
def _files(widgets: tuple[str, ...]) -> list[str]:
    folder = Path(st.__file__).parent / "static" / "static" / "js"
    return [path.name for widget in widgets for path in sorted(folder.glob(f"{widget}.*.js"))]
