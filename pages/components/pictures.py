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
    with st.container(horizontal=True, gap="small"):
        for row, caption in zip(rows, captions, strict=True):
            st.image(
                cached.thumbnail(dataset.id, int(row), side),
                caption=names.markdown(_short(caption)),
                width=side,
                alt=caption,
            )


def _short(text: str, longest: int = 18) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"
