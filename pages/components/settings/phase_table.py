"""Phases of one's own in a small table: so many epochs, and what learns in them."""

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from ftcore import settings as s
from ftcore.errors import FinetuneError
from ftcore.freezing.phases import PARTS, spans

EPOCHS, WHAT = "Epochs", "What learns"


def edit(
    settings: s.RunSettings, *, save: Callable[[s.RunSettings], Any], version: str, parts: Sequence[str] = ()
) -> None:
    """The table of ``freeze.phases``; a change that can be understood is saved, and the page drawn anew.

    Args:
        settings: The values to show.
        save: Called with the changed settings.
        version: Goes into the widget's key.
        parts: Names of the model's stages, where they are known (freezing.phases.stages).
    """
    text = settings.freeze.phases
    rows = rows_of(text)
    options = list(dict.fromkeys([*PARTS, *parts, *(row[WHAT] for row in rows)]))
    edited = st.data_editor(
        rows,
        key=f"{version}/phases/{text}",  # what was saved is the new start: an edit must not be applied to itself
        num_rows="dynamic",
        hide_index=True,
        width="stretch",
        column_config={
            EPOCHS: st.column_config.NumberColumn(
                min_value=1, max_value=1000, step=1, help="Empty: all that are left."
            ),
            WHAT: st.column_config.SelectboxColumn(
                options=options,
                format_func=lambda what: PARTS.get(what, what),
                required=True,
                help="From there to the answer.",
            ),
        },
    )
    changed = text_of(edited)
    if changed != text:
        try:
            settings = s.with_value(settings, "freeze.phases", changed)
        except FinetuneError as error:
            st.error(str(error), icon=":material/error:")
        else:
            save(settings)
            st.rerun()
    st.caption(told(settings))


def rows_of(text: str) -> list[dict[str, Any]]:
    """Rows of a table, one per phase: epochs, None for all that are left, and what learns."""
    return [{EPOCHS: length, WHAT: what} for length, what in s.custom_phases(text)]


def text_of(rows: Sequence[dict[str, Any]]) -> str:
    """The setting that rows stand for; rows that do not say yet what learns are left out."""
    whole = [row for row in rows if row.get(WHAT)]
    return s.phases_text((int(row[EPOCHS]) if row.get(EPOCHS) else None, row[WHAT]) for row in whole)


def told(settings: s.RunSettings) -> str:
    """Epochs that each phase gets in a run of this length."""
    if settings.freeze.unfreeze == "on_plateau":
        return "The next phase begins when validation stalls, whatever the epochs in the table."
    found = spans("custom", settings.train.epochs, settings.freeze)
    each = [f"epoch {one.first_epoch + 1} to {one.first_epoch + one.n_epochs}: {one.label}" for one in found]
    return f"In this run of {settings.train.epochs} epochs: {'; '.join(each)}."
