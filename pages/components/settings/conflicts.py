"""Settings that do not go together, said before the start, each with a button that ends it."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from ftcore import names, tasks
from ftcore import settings as s
from ftcore.datasets.records import Dataset
from ftcore.freezing.phases import Phase, make_phases, not_in, spans
from ftcore.models import catalogue, suitability
from ftcore.settings import fields
from ftcore.settings.conflicts import Conflict, Facts, find_conflicts, with_counts
from pages.components import session
from pages.components.model import own_weights
from pages.components.settings import freeze_bar

_SHOWN = {
    "serious": (st.error, ":material/error:"),
    "warning": (st.warning, ":material/warning:"),
    "note": (st.info, ":material/info:"),
}


def show(dataset: Dataset, settings: s.RunSettings) -> int:
    """Show every conflict in the settings of the next run, worst first; return how many there are."""
    found = find_conflicts(settings, facts(dataset, settings))
    for number, conflict in enumerate(found):
        _one(dataset, settings, conflict, number)
    return len(found)


def facts(dataset: Dataset, settings: s.RunSettings) -> Facts:
    """Facts that are known of the data set and of the model."""
    row = catalogue.find(settings.model.name)
    counts = [row[0] for row in dataset.split_counts] if tasks.of(dataset.task).has_classes else []
    return with_counts(
        dataset.facts(),
        counts,
        units=dataset.units,
        native_size=row.input_size if row else None,
        fixed_size=bool(row and row.fixed),
        start_is_gone=own_weights.missing(settings.model.start),
        weights_are_away=suitability.cannot_load(row) if row else "",
        **_of_network(dataset, settings),
    )


def _of_network(dataset: Dataset, settings: s.RunSettings) -> dict[str, Any]:
    """Facts that are known of the network's plan and layers, once somebody has looked at it (freeze_bar.py)."""
    freeze, epochs = settings.freeze, settings.train.epochs
    known = freeze_bar.network_of(dataset, settings)
    if known is None:
        return _lengths(spans(freeze.preset, epochs, freeze))
    found = {"takes_drop_path": known.drop_path, "is_spatial": known.is_spatial, "poolings": known.poolings}
    if problem := not_in(known.groups, freeze.preset, freeze):
        return {**found, "not_in_plan": problem}
    return {**found, **_lengths(make_phases(freeze.preset, known.groups, epochs, freeze))}


def _lengths(phases: Sequence[Phase]) -> dict[str, int | None]:
    """Epochs of the longest phase and of the last; a phase that waits for validation may begin any time."""
    return {"longest_phase": max(phase.n_epochs for phase in phases), "last_phase": phases[-1].n_epochs or None}


def _one(dataset: Dataset, settings: s.RunSettings, found: Conflict, number: int) -> None:
    box, icon = _SHOWN[found.severity]
    text, button = st.columns([3, 1], vertical_alignment="center")
    with text:
        box(names.markdown(found.sentence), icon=icon)
    if found.changes:
        button.button(
            _words(settings, found),
            key=f"mend_{number}_{'_'.join(found.keys)}",
            on_click=_mend,
            args=(dataset, found),
            width="stretch",
        )


def _words(settings: s.RunSettings, found: Conflict) -> str:
    """Label of the button: ``Set epochs to 12``."""
    mended = s.with_values(settings, found.changes)
    parts = []
    for key in (change.partition("=")[0].strip() for change in found.changes):
        label, value = fields.of(key).label, s.in_words(key, s.value_of(mended, key))
        parts.append(f"{label} to {value}")
    return names.markdown("Set " + ", ".join(parts))


def _mend(dataset: Dataset, found: Conflict) -> None:
    session.change(dataset, s.with_values(session.draft(dataset).settings, found.changes))
