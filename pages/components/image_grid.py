"""Small pictures of a data set in rows, and turning the pages of many."""

from collections.abc import Collection, Sequence

import streamlit as st

from ftcore import names
from ftcore.datasets.images.thumbnails import WIDTH
from ftcore.datasets.records import Dataset
from pages.components import cached


def grid(dataset: Dataset, rows: Sequence[int], captions: Sequence[str], alts: Sequence[str] | None = None) -> None:
    """Pictures of a data set by row number, each with a caption, and a description that is the caption if not given."""
    if not rows:
        st.caption("No pictures to show.")
        return
    with st.container(horizontal=True, gap="small"):
        for row, caption, alt in zip(rows, captions, alts or captions, strict=True):
            one(dataset, row, _short(caption), alt=alt)


def one(dataset: Dataset, row: int, caption: str, *, alt: str) -> None:
    """One picture of a data set."""
    st.image(cached.small(dataset.id, int(row)), caption=names.markdown(caption), width=WIDTH, alt=alt)


def ticks(
    dataset: Dataset, rows: Sequence[int], captions: Sequence[str], ticked: Collection[int], key: str
) -> list[int]:
    """Pictures with a tick each, set at first for those in ``ticked``; the rows that are ticked now."""
    found = []
    with st.container(horizontal=True, gap="small"):
        for row, caption in zip(rows, captions, strict=True):
            with st.container(width=WIDTH + 16):
                one(dataset, row, caption[-40:], alt=caption)
                if st.checkbox("this one", row in ticked, key=f"tick_{key}_{row}"):
                    found.append(row)
    return found


def paging(count: int, per_page: int, key: str) -> slice:
    """Buttons to turn the pages of a long list; which part of it is looked at."""
    n_pages = -(-count // per_page)
    if n_pages < 2:
        return slice(0, count)
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        number = int(st.number_input(f"Page (of {n_pages:,})", 1, n_pages, 1, key=key, width=160))
        st.button(
            "Previous page",
            key=f"{key}_previous",
            icon=":material/chevron_left:",
            disabled=number == 1,
            on_click=_turn,
            args=(key, -1),
        )
        st.button(
            "Next page",
            key=f"{key}_next",
            icon=":material/chevron_right:",
            disabled=number == n_pages,
            on_click=_turn,
            args=(key, 1),
        )
    return slice((number - 1) * per_page, number * per_page)


def _turn(key: str, by: int) -> None:
    st.session_state[key] += by


def _short(text: str, longest: int = 18) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"
