"""Settings: a preset, and everything in it that one may want to change."""

import dataclasses
import math

import streamlit as st

from pages.components import frame

frame.guard()

from ftcore import settings as s  # noqa: E402
from ftcore.runs import drafts  # noqa: E402
from pages.components import charts, forms, runcost, session  # noqa: E402

EVERYDAY = ("freeze.preset", "train.epochs", "train.batch_size", "train.lr", "train.optimiser", "model.image_size")

st.title("Settings")
dataset = session.dataset()
if dataset is None:
    frame.needs("dataset", "Good settings depend on the pictures, and no data set is open.", "Choose pictures first")
    raise AssertionError("needs() ends the page")
draft = session.draft(dataset)


def save(settings: s.RunSettings) -> None:
    drafts.save(dataclasses.replace(draft, settings=settings))


def choose_preset() -> None:
    chosen = st.session_state[f"preset_{draft.run}"]
    if chosen:
        save(session.suggested(dataset, chosen, draft.settings))


st.markdown("The values below fit your pictures. You can press on, or change them.")
st.segmented_control(
    "Preset",
    list(s.PRESETS),
    default=draft.settings.preset,
    format_func=lambda name: s.PRESETS[name].label,
    key=f"preset_{draft.run}",
    on_change=choose_preset,
    help="A preset fills in all values; you may change each of them afterwards.",
)
st.caption(s.PRESETS[draft.settings.preset].help)
suggested = session.suggested(dataset, draft.settings.preset, draft.settings)
sets = forms.describe(suggested, ("freeze.preset", "train.epochs", "train.lr", "train.batch_size", "model.image_size"))
st.caption("It sets: " + ", ".join(f"{label.lower()} {value}" for label, value in sets.items()) + ".")

version = f"{draft.run}/{draft.settings.preset}"
settings = draft.settings
columns = st.columns(2, gap="large")
for column, keys in zip(columns, (EVERYDAY[:3], EVERYDAY[3:]), strict=True):
    with column:
        settings = forms.edit(settings, keys, save=save, version=version)
with st.expander("Changed copies of the pictures (augmentation)", icon=":material/auto_awesome_motion:"):
    st.markdown(
        "The model learns from slightly changed copies of your training pictures (views) as well, so that it does not "
        "take a shade or a position for the thing itself. Switch on only what leaves the answer true."
    )
    columns = st.columns(2, gap="large")
    views = [key for advanced in (False, True) for key in forms.keys_of("augment", advanced=advanced)]
    half = math.ceil(len(views) / 2)
    for column, keys in zip(columns, (views[:half], views[half:]), strict=True):
        with column:
            settings = forms.edit(settings, keys, save=save, version=version)
with st.expander("More settings", icon=":material/tune:"):
    columns = st.columns(2, gap="large")
    more = [
        key
        for section in s.SECTIONS
        if section != "augment"
        for advanced in (False, True)
        for key in forms.keys_of(section, advanced=advanced)
        if key not in EVERYDAY and key not in ("model.name", "model.start", "train.schedule", "train.warmup")
    ]
    half = math.ceil((len(more) + 1) / 2)
    for column, keys in zip(columns, (more[:half], [*more[half:], "seed"]), strict=True):
        with column:
            settings = forms.edit(settings, keys, save=save, version=version)
with st.expander("Learning rate over the run", icon=":material/show_chart:"):
    settings = forms.edit(settings, ("train.schedule", "train.warmup"), save=save, version=version)
    train = settings.train
    n_steps = train.epochs * math.ceil(dataset.facts().n_train / train.batch_size)
    st.plotly_chart(
        charts.schedule(train.schedule, train.lr, train.warmup, n_steps),
        key="schedule",
        config=charts.QUIET,
        alt=f"Line chart: the learning rate over {n_steps} steps.",
    )
    if settings.freeze.preset in ("head_then_last", "gradual"):
        st.caption("Each phase of the freezing plan goes through this curve on its own.")
runcost.show(settings)
if frame.next_button("train", "Next: train"):
    latest = session.draft(dataset)
    drafts.confirm(drafts.confirm(latest, "model"), "settings")
    frame.go("train", run=None)
