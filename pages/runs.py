"""Runs: every run with its settings, result and state."""

import streamlit as st

from pages.components import frame

frame.guard()

from ftcore.runs import store  # noqa: E402
from pages.components import runlist  # noqa: E402

PER_PAGE = 20

st.title("Runs")
st.markdown("Every training that was ever started here, with all its settings; newest first.")
n_pages = max(1, -(-len(store.list_jobs()) // PER_PAGE))
page = st.number_input("Page", 1, n_pages, 1, key="page") - 1 if n_pages > 1 else 0
runlist.show(n_shown=PER_PAGE, page=page)
if frame.next_button("dataset", "Start a new one"):
    frame.go("dataset", dataset=None, run=None)
