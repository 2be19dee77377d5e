"""Settings: a few questions, or the everyday fields, or everything; the same settings underneath."""

from dataclasses import replace

import streamlit as st

from ftcore import settings as s
from ftcore.runs import drafts
from pages.components import cost, session, shell
from pages.components.settings import conflicts, freeze_bar, guide, import_export, levels, lr_finder

shell.guard()


st.title("Settings")
dataset = session.dataset()
if dataset is None:
    shell.needs("dataset", "Good settings depend on the pictures, and no data set is open.", "Choose pictures first")
    raise AssertionError("needs() ends the page")
draft = session.draft(dataset)


def save(settings: s.RunSettings) -> None:
    session.change(dataset, settings)


def choose_level() -> None:
    if chosen := st.session_state[level_key]:
        drafts.save(replace(session.draft(dataset), level=chosen))


st.markdown("What is set fits your pictures. You can press on, or change it.")
level_key = f"level_{draft.run}"
st.session_state[level_key] = draft.level
st.segmented_control(
    "How much do you want to see?",
    list(drafts.LEVELS),
    format_func=lambda name: drafts.LEVELS[name].label,
    key=level_key,
    on_change=choose_level,
    help="You can change between the three at any time; nothing is lost.",
)
st.caption(drafts.LEVELS[draft.level].help)

settings = draft.settings
if draft.level == "guided":
    guide.show(dataset)
else:
    levels.choose_preset(dataset, draft)
    settings = levels.show(dataset, draft, save=save)
    with st.expander("Find a learning rate", icon=":material/search:"):
        lr_finder.show(dataset, settings)
    with st.expander("Learning rate over the run", icon=":material/show_chart:", expanded=True):
        levels.draw_schedule(dataset, settings)
with st.expander("Take the settings away, bring them back, compare", icon=":material/swap_horiz:"):
    import_export.show(dataset, settings)
with st.container():
    conflicts.show(dataset, settings)
freeze_bar.show(dataset, settings)
cost.show(settings)
if shell.next_button("train", "Next: train"):
    latest = session.draft(dataset)
    drafts.confirm(drafts.confirm(latest, "model"), "settings")
    shell.go("train", run=None)
