"""Deleting a data set, after asking."""

import streamlit as st

from ftcore.datasets import records
from ftcore.datasets.records import Dataset
from ftcore.runs import store
from pages.components import shell


def offer(dataset: Dataset) -> None:
    """A button that asks once more and then deletes the data set."""
    with st.popover("Delete this data set", icon=":material/delete:"):
        n_runs = sum(job.request.get("dataset") == dataset.id for job in store.list_jobs())
        size = sum(path.stat().st_size for path in dataset.folder.iterdir() if path.is_file())
        st.markdown(
            f"{dataset.n_images:,} pictures go for good; the files that you brought stay where they are. "
            f"This frees at least {size / 1e6:,.0f} MB."
        )
        if n_runs:
            st.markdown(
                f"{n_runs:,} run{'s' if n_runs > 1 else ''} used it. Their models and scores stay, but they cannot be "
                "resumed."
            )
        sure = st.checkbox("Yes, delete it", key=f"sure_{dataset.id}")
        if st.button("Delete", type="secondary", disabled=not sure, key=f"delete_{dataset.id}"):
            records.delete(dataset)
            shell.go("dataset", dataset=None, run=None)
