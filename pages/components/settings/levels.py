"""The standard level and everything: preset, fields, and the learning rate over the run."""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import streamlit as st

from ftcore import names
from ftcore import settings as s
from ftcore.datasets.records import Dataset
from ftcore.freezing.phases import spans, stages
from ftcore.runs import drafts
from ftcore.training.recipe import schedules
from pages.components import charts, forms, glossary_links, session, shell
from pages.components.settings import augmentation, freeze_bar, freeze_risk, phase_table

EVERYDAY = ("freeze.preset", "train.epochs", "train.batch_size", "train.lr", "train.optimizer", "model.image_size")
ON_MODEL_PAGE = ("model.name", "model.start")
_PRESET_SETS = ("freeze.preset", "train.epochs", "train.lr", "train.batch_size", "model.image_size")


def choose_preset(dataset: Dataset, draft: drafts.Draft) -> None:
    """The presets, and what the chosen one sets."""
    key = f"preset_{draft.run}"
    st.session_state[key] = draft.settings.preset
    st.segmented_control(
        "Preset",
        list(s.PRESETS),
        format_func=lambda name: s.PRESETS[name].label,
        key=key,
        on_change=_choose,
        args=(dataset, key),
        help="A preset fills in all values; you may change each of them afterwards.",
    )
    suggested = session.suggested(dataset, draft.settings.preset, draft.settings)
    sets = forms.describe(suggested, _PRESET_SETS)
    values = ", ".join(f"{label.lower()} {value}" for label, value in sets.items())
    st.caption(f"{s.PRESETS[draft.settings.preset].help}  \nIt sets: {names.markdown(values)}.")


def _choose(dataset: Dataset, key: str) -> None:
    if chosen := st.session_state[key]:
        session.change(dataset, session.suggested(dataset, chosen, session.draft(dataset).settings))


def show(dataset: Dataset, draft: drafts.Draft, *, save: Callable[[s.RunSettings], Any]) -> s.RunSettings:
    """The fields of the draft's level; the settings as they are after what the user did."""
    settings = draft.settings
    common = {
        "save": save,
        "version": f"{draft.run}/{draft.level}",
        "suggested": session.fitting(dataset, settings),
        "task": dataset.task,
    }
    if draft.level == "everything":
        return _everything(dataset, settings, common)
    rest = [
        key
        for section in s.SECTIONS
        if section != "augment"
        for key in forms.keys_of(section, advanced=False)
        if key not in (*EVERYDAY, *ON_MODEL_PAGE)
    ]
    settings = forms.in_columns(settings, [*EVERYDAY, *rest], **common)
    _under_freezing(dataset, settings, common)
    title = "Changed copies of the pictures (augmentation)"
    with shell.part(title, key="augmentation", icon=":material/auto_awesome_motion:") as opened:
        if opened:
            augmentation.show(dataset, whole=True)
    return replace(settings, augment=session.draft(dataset).settings.augment)


def _under_freezing(dataset: Dataset, settings: s.RunSettings, common: dict[str, Any]) -> None:
    """Phases of one's own as a table, with the model's stages where they are known, and what is risked."""
    if settings.freeze.preset == "custom":
        known = freeze_bar.network_of(dataset, settings)
        parts = stages(known.groups) if known else ()
        phase_table.edit(settings, save=common["save"], version=common["version"], parts=parts)
    freeze_risk.show(dataset, settings)


def _everything(dataset: Dataset, settings: s.RunSettings, common: dict[str, Any]) -> s.RunSettings:
    query = st.text_input("Search the settings", placeholder="for example: rate, mirror, memory", key="settings_search")
    found = forms.by_section(query)
    if not found:
        st.info("No setting holds these words. Try a single one, or a shorter one.", icon=":material/search_off:")
    for section, (title, sentence, keys) in found.items():
        st.subheader(title, anchor=f"section-{section or 'run'}")
        if sentence:
            st.caption(sentence)
        if any(key in ON_MODEL_PAGE for key in keys):
            chosen = forms.describe(settings, [key for key in ON_MODEL_PAGE if key in keys])
            st.markdown(" · ".join(f"{label}: **{names.markdown(value)}**" for label, value in chosen.items()))
            shell.link("model", "Change it on the Model page")
        settings = forms.in_columns(settings, [key for key in keys if key not in ON_MODEL_PAGE], **common)
        if section == "freeze" and not query:
            _under_freezing(dataset, settings, common)
    return settings


def draw_schedule(dataset: Dataset, settings: s.RunSettings) -> None:
    """The learning rate of the head over all epochs and phases."""
    train = settings.train
    steps_per_epoch = max(1, math.ceil(dataset.facts().n_train / train.batch_size))
    rows = schedules.over_the_run(settings, steps_per_epoch)
    st.plotly_chart(
        charts.schedule(rows, train.epochs),
        key="schedule",
        config=charts.QUIET,
        alt=f"Line chart: the learning rate over {train.epochs} epochs of {steps_per_epoch} steps.",
    )
    st.caption(
        f"The rate of the head, over {train.epochs:,} times {steps_per_epoch:,} steps. "
        f"{glossary_links.links(('schedule', 'warm-up', 'phase'))}"
    )
    if rows[-1]["phase"]:
        st.caption("Each phase of the freezing plan goes through the curve on its own.")
    freeze = settings.freeze
    if freeze.unfreeze == "on_plateau" and len(spans(freeze.preset, train.epochs, freeze)) > 1:
        st.caption("The next phase begins when validation stalls; where that is, only the run can tell.")
