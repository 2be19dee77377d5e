"""A form that says what the columns of a table mean, with its first rows and how it fits the pictures."""

from typing import Any

import pandas as pd
import streamlit as st

from ftcore import names, tasks
from ftcore.datasets.labels import column_roles, matching
from ftcore.datasets.labels.column_roles import Mapping
from ftcore.errors import DataError
from pages.components import shell

PREVIEW = 10  # rows
MOST = 1000  # rows, or pictures, that are listed


def form(file: str, table: pd.DataFrame, pictures: list[str]) -> dict[str, Any] | None:
    """The columns as they were guessed, to be changed; what an import needs of it, or None if it cannot be used yet.

    Args:
        file: Name of the table in the source, or beside it.
        table: From tables.read_table().
        pictures: Names of the pictures in the source.
    """
    folder = file.rpartition("/")[0]
    columns = [str(column) for column in table.columns]
    try:
        guess = column_roles.guess(table, pictures, folder=folder)
    except DataError as error:
        st.info(names.markdown(str(error)), icon=":material/help:")
        guess = column_roles.outline(table, pictures, folder=folder)
    st.markdown(f"**What the columns of {names.markdown(names.clean(file))} mean**")
    left, right = st.columns(2)
    image = left.selectbox("File name", columns, index=columns.index(guess.image), key="column_image")
    known = [column for column in guess.targets if column != image]
    chosen = right.multiselect("To be learned", [c for c in columns if c != image], default=known, key="column_targets")
    free = [column for column in columns if column != image and column not in chosen]
    split = _optional(left, "Train, validation or test", free, guess.split, "column_split")
    group = _optional(right, "Pictures that belong together", free, guess.group, "column_group")
    if column_roles.NO_COLUMN not in (split, group) and (n := column_roles.n_torn(table, split, group)):
        st.warning(
            f"Groups of pictures in more than one split: {n:,}. A model would be asked about what it has seen. "
            "Choose “no column” for one of the two, or divide the pictures by their groups below."
        )
    task = _task(table, pictures, Mapping(image, tuple(chosen), "auto", split, group), folder)
    st.dataframe(table.head(PREVIEW), hide_index=True, alt=f"The first {PREVIEW} rows of the table")
    n_fit = _fit(table, image, pictures, folder)
    if not chosen or task is None or not n_fit:
        return None
    labels = {"file": file, "image": image, "targets": chosen, "split": split, "group": group}
    return {"task": task, "labels": labels}


def _optional(place: Any, label: str, columns: list[str], guess: str, key: str) -> str:
    options = [column_roles.NO_COLUMN, *(column for column in columns if column != column_roles.NO_COLUMN)]
    return place.selectbox(
        label,
        options,
        index=options.index(guess) if guess in options else 0,
        format_func=lambda column: "no column" if column == column_roles.NO_COLUMN else column,
        key=key,
    )


def _task(table: pd.DataFrame, pictures: list[str], known: Mapping, folder: str) -> str | None:
    if not known.targets:
        st.caption("Choose the column that is to be learned.")
        return None
    try:
        guess = column_roles.guess(table, pictures, known=known, folder=folder).task
    except DataError as error:
        st.warning(names.markdown(str(error)))
        return None
    return st.radio(
        "What is learned",
        tasks.NAMES,
        index=tasks.NAMES.index(guess),
        format_func=lambda task: tasks.of(task).label.capitalize(),
        horizontal=True,
        key=f"column_task_{guess}_{len(known.targets)}",
    )


def _fit(table: pd.DataFrame, image: str, pictures: list[str], folder: str) -> int:
    """Rows and pictures that do not fit together, listed; returns how many pictures have a row."""
    match = matching.match(table, image, pictures, folder=folder)
    st.caption(f"{len(match.row_of):,} of {len(pictures):,} pictures have a row.")
    if match.unmatched:
        rows = match.unmatched[:MOST]
        with shell.part(f"Rows that name no picture: {len(match.unmatched):,}", key="unmatched") as opened:
            if opened:
                st.dataframe(
                    {"Row": [row["name"] for row in rows], "Reason": [row["reason"] for row in rows]},
                    hide_index=True,
                    alt="Rows that name no picture, with the reason for each",
                )
    if match.unlisted:
        with shell.part(f"Pictures that have no row: {len(match.unlisted):,}", key="unlisted") as opened:
            if opened:
                st.dataframe(
                    {"Picture": [names.clean(name) for name in match.unlisted[:MOST]]},
                    hide_index=True,
                    alt="Pictures that no row names",
                )
    return len(match.row_of)
