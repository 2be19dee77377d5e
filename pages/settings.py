"""Settings: a few questions, or the everyday fields, or everything; the same settings underneath."""

from dataclasses import replace
from functools import partial

import streamlit as st

from ftcore import settings as s
from ftcore.datasets.records import Dataset
from ftcore.runs import drafts
from pages.components import cost, session, shell
from pages.components.settings import conflicts, freeze_bar, guide, import_export, levels, lr_finder


@shell.page
def show() -> None:
    """The settings of the next run, at the level that was chosen."""
    st.title("Settings")
    dataset = session.dataset()
    if dataset is None:
        shell.needs(
            "dataset", "Good settings depend on the pictures, and no data set is open.", "Choose pictures first"
        )
    draft = session.draft(dataset)
    st.markdown("What is set fits your pictures. You can press on, or change it.")
    _choose_level(dataset, draft)
    if draft.level == "guided":
        settings = draft.settings
        guide.show(dataset)
    else:
        settings = _fields(dataset, draft)
    title = "Take the settings away, bring them back, compare"
    with shell.part(title, key="exchange", icon=":material/swap_horiz:") as opened:
        if opened:
            import_export.show(dataset, settings)
    with st.container():
        conflicts.show(dataset, settings)
    freeze_bar.show(dataset, settings)
    cost.show(settings)
    if shell.next_button("train", "Next: train"):
        latest = session.draft(dataset)
        drafts.confirm(drafts.confirm(latest, "model"), "settings")
        shell.go("train", run=None)


def _choose_level(dataset: Dataset, draft: drafts.Draft) -> None:
    key = f"level_{draft.run}"
    st.session_state[key] = draft.level
    st.segmented_control(
        "How much do you want to see?",
        list(drafts.LEVELS),
        format_func=lambda name: drafts.LEVELS[name].label,
        key=key,
        on_change=_keep_level,
        args=(dataset, key),
        help="You can change between the three at any time; nothing is lost.",
    )
    st.caption(drafts.LEVELS[draft.level].help)


def _keep_level(dataset: Dataset, key: str) -> None:
    if chosen := st.session_state[key]:
        drafts.save(replace(session.draft(dataset), level=chosen))


def _fields(dataset: Dataset, draft: drafts.Draft) -> s.RunSettings:
    """Preset and fields, and what helps with the learning rate; the settings as they are after what the user did."""
    levels.choose_preset(dataset, draft)
    settings = levels.show(dataset, draft, save=partial(session.change, dataset))
    with shell.part("Find a learning rate", key="rates", icon=":material/search:") as opened:
        if opened:
            lr_finder.show(dataset, settings)
    title = "Learning rate over the run"
    with shell.part(title, key="schedule", icon=":material/show_chart:") as opened:
        if opened:
            levels.draw_schedule(dataset, settings)
    return settings


show()
