"""Runs: every run with its settings, result and state."""

import streamlit as st

from ftcore.runs import store
from pages.components import shell
from pages.components.run import other_jobs, run_list

PER_PAGE = 20


@shell.page
def show() -> None:
    """The list of runs, page by page."""
    st.title("Runs")
    st.markdown("Every training that was ever started here, with all its settings; newest first.")
    n_pages = max(1, -(-len(store.list_jobs()) // PER_PAGE))
    page = st.number_input("Page", 1, n_pages, 1, key="page") - 1 if n_pages > 1 else 0
    run_list.show(n_shown=PER_PAGE, page=page)
    other_jobs.show()
    if shell.next_button("dataset", "Start a new one"):
        shell.go("dataset", dataset=None, run=None)


show()
