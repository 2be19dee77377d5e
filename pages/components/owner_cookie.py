"""The owner's id in the browser: a cookie, read when a session begins, and written by a component that nobody sees.

Streamlit reads the cookies of a session once, at its first request, and sets none itself.
"""

from collections.abc import Mapping

import streamlit as st

from ftcore.runs import owners

NAME = "ftcore_owner"
SECONDS = 400 * 86400  # the longest that browsers keep a cookie; every visit begins it anew

_KEEP_JS = """
export default function ({ parentElement, data, setStateValue }) {
  const look = () => {
    const found = document.cookie.split("; ").find((cookie) => cookie.startsWith(data.name + "="));
    const there = found ? found.slice(data.name.length + 1) : "";
    if (there !== data.owner && new RegExp("^" + data.form + "$").test(there)) setStateValue("other", there);
    else document.cookie = `${data.name}=${data.owner}; max-age=${data.seconds}; path=/; SameSite=Lax`;
  };
  clearTimeout(parentElement.looksAgain);
  look();
  parentElement.looksAgain = setTimeout(look, 1000);  // two tabs that open at once may both have found none
}
"""

_keep = st.components.v2.component("owner_cookie", js=_KEEP_JS)


def read() -> str:
    """The id that the browser sent with this session's first request; empty if it sent none, or what cannot be one."""
    return owners.of_browser(_sent().get(NAME))


def keep(owner: str) -> str:
    """Write an id into the browser, unless another tab has been faster; then return the id of that one.

    Call once per page, outside any fragment.
    """
    data = {"name": NAME, "owner": owner, "form": owners.FORM, "seconds": SECONDS}
    result = _keep(key="owner_cookie", data=data, default={"other": ""}, on_other_change=_noted, height=1)
    return owners.of_browser(result.get("other"))


def _noted() -> None:
    """Let the component have a state: it is only read."""


def _sent() -> Mapping[str, str]:
    return st.context.cookies
