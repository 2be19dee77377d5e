"""My data sets: one entry for each, however many versions there are of it."""

from collections.abc import Sequence

import streamlit as st

from ftcore import names
from ftcore.datasets import versions
from ftcore.datasets.records import Dataset
from pages.components import formatting, image_grid, shell

PER_PAGE = 20


def show() -> None:
    """The list; nothing while there is no data set."""
    families = versions.families()
    if not families:
        return
    st.subheader("My data sets")
    for family in families[image_grid.paging(len(families), PER_PAGE, "datasets")]:
        _entry(family)


def version_label(dataset: Dataset) -> str:
    """Return what tells a version from the others, as plain text."""
    revisions = versions.history(dataset)
    what = ", ".join(revisions[-1].words) if revisions else "as it came in"
    return f"{dataset.n_images:,} pictures · {what} · {formatting.when(dataset.created)}"


def choose_version(others: Sequence[Dataset], *, key: str, placeholder: str) -> None:
    """A box to open one of several versions."""
    labels = {other.id: version_label(other) for other in others}
    chosen = st.selectbox(
        "Versions",
        list(labels),
        index=None,
        format_func=labels.__getitem__,
        placeholder=placeholder,
        label_visibility="collapsed",
        key=key,
    )
    if chosen:
        shell.go("dataset", dataset=chosen, run=None, before=None)


def _entry(family: Sequence[Dataset]) -> None:
    """The newest version, and a box with the earlier ones."""
    newest, *earlier = family
    text, button = st.columns([4, 1], vertical_alignment="center")
    count = f" · {len(family)} versions" if earlier else ""
    with text:
        st.markdown(
            f"**{names.markdown(newest.name)}** · {newest.n_images:,} pictures · {formatting.learned(newest)} · "
            f"{formatting.when(newest.created)}{count}"
        )
        if earlier:
            choose_version(earlier, key=f"earlier_{newest.id}", placeholder="Open an earlier version")
    if button.button("Open", key=f"open_{newest.id}", width="stretch"):
        shell.go("dataset", dataset=newest.id, run=None, before=None)
