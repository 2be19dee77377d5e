"""Small pictures of a data set in rows."""

from collections.abc import Sequence

import streamlit as st

from ftcore import names
from ftcore.datasets.records import Dataset
from pages.components import cached


def grid(dataset: Dataset, rows: Sequence[int], captions: Sequence[str], *, side: int = 112) -> None:
    """Pictures of a data set by row number, each with a caption that is also its description."""
    if not rows:
        st.caption("No pictures to show.")
        return
    st.image(
        [cached.thumbnail(dataset.id, int(row), side) for row in rows],
        caption=[names.markdown(_short(caption)) for caption in captions],
        width=side,
        alt=[caption for caption in captions],
    )


def _short(text: str, longest: int = 18) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"
