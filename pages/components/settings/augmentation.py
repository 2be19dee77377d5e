"""Changed copies of the pictures: what suits them, the switches, and twelve copies of a picture before any training."""

from dataclasses import replace
from functools import partial

import streamlit as st

from ftcore import names, tasks
from ftcore.datasets.augmentation import image_domain
from ftcore.datasets.augmentation.image_domain import DOMAINS, Recommendation
from ftcore.datasets.explore.query import has_class
from ftcore.datasets.records import Dataset
from ftcore.settings import RunSettings
from pages.components import cached, forms, glossary_links, session, shell

_FIRST = ("augment.strength", "augment.flip", "augment.rotate", "augment.colour")
_SLIDERS = ("augment.strength", "augment.rotate", "augment.shift", "augment.zoom", "augment.colour")
_SIDE = 104  # pixels; four fit into a row beside the switches


def show(dataset: Dataset, *, whole: bool = False) -> None:
    """Advice, switches and the preview; changes go into the draft of the next run. Reruns on its own.

    Args:
        dataset: The open one.
        whole: Every setting of augmentation, not only those that show most.
    """
    st.fragment(_show)(dataset, whole)


def _show(dataset: Dataset, whole: bool) -> None:
    with shell.errors():
        st.markdown(
            "The model can learn from slightly changed copies of your training pictures "
            f"({glossary_links.link('view', 'views')}) as well, so that it does not take a shade or a position for the "
            "thing itself. Switch on only what leaves the answer true."
        )
        _recommendation(dataset)
        switches, copies = st.columns([1, 2], gap="large")
        with switches:
            _edit(dataset, _FIRST)
        with copies:
            place = st.container()  # filled last, when every switch has said what it is
        if whole:
            _edit_rest(dataset)
        with place:
            _preview(dataset, session.draft(dataset).settings)


def _edit(dataset: Dataset, keys: tuple[str, ...]) -> None:
    draft = session.draft(dataset)
    forms.edit(
        draft.settings,
        keys,
        save=partial(session.change, dataset),
        version=f"{draft.run}/augmentation",
        sliders=_SLIDERS,
    )


def _edit_rest(dataset: Dataset) -> None:
    rest = [key for advanced in (False, True) for key in forms.keys_of("augment", advanced=advanced)]
    rest = [key for key in rest if key not in _FIRST]
    half = -(-len(rest) // 2)
    for column, keys in zip(st.columns(2, gap="large"), (rest[:half], rest[half:]), strict=True):
        with column:
            _edit(dataset, tuple(keys))


def _recommendation(dataset: Dataset) -> None:
    settings = session.draft(dataset).settings.augment
    learned = (dataset.task, dataset.classes, dataset.units)
    guess = cached.guessed_domain(dataset.id)
    now = image_domain.followed(settings, *learned) or guess.domain
    text, button = st.columns([2, 1], vertical_alignment="bottom")
    domain = text.selectbox(
        "What kind of pictures are these?",
        list(DOMAINS),
        index=list(DOMAINS).index(now),
        format_func=lambda name: DOMAINS[name].label,
        key=f"domain_{dataset.id}",
    )
    recommendation = image_domain.recommend(domain, *learned)
    if domain == guess.domain:
        text.caption(f"Guessed from {guess.why}. Choose another kind if that is wrong.")
    is_followed = recommendation.applied(settings) == settings
    button.button(
        "Advice is followed" if is_followed else "Follow the advice",
        on_click=_follow,
        args=(dataset, recommendation),
        disabled=is_followed,
        key="follow_advice",
        icon=":material/check:" if is_followed else None,
        width="stretch",
    )
    for sentence in recommendation.sentences:
        st.markdown(f"- {names.markdown(sentence)}")


def _follow(dataset: Dataset, recommendation: Recommendation) -> None:
    settings = session.draft(dataset).settings
    session.change(dataset, replace(settings, augment=recommendation.applied(settings.augment)))


def _preview(dataset: Dataset, settings: RunSettings) -> None:
    if not settings.augment.views and not settings.augment.fresh:
        st.info(
            "As the settings are, training uses no copies: “Views per picture” is 0. Raise it in the settings, or "
            "take a preset that trains more than the head.",
            icon=":material/info:",
        )
    if not st.toggle("Show twelve changed copies of a picture", key=f"copies_{dataset.id}"):
        return
    row = _choose(dataset)
    picture, *copies = cached.variants(dataset.id, settings, row)
    label = str(cached.records(dataset.id)["label"][row])
    st.image(picture, caption="The picture", width=_SIDE, alt=f"A training picture, {label}, as the model gets it")
    with st.container(horizontal=True, gap="small"):
        for number, copy in enumerate(copies, 1):
            st.image(copy, width=_SIDE, alt=f"Changed copy {number} of {label}")
    if all(copy == picture for copy in copies):
        st.caption("Nothing is switched on: every copy is the picture itself.")
    else:
        st.caption(f"Each copy counts as {names.markdown(repr(label))}, exactly as training would use it.")


def _choose(dataset: Dataset) -> int:
    """Row of the training picture that is looked at."""
    table = cached.training_rows(dataset, "train")
    chosen, button = st.columns([2, 1], vertical_alignment="bottom")
    if tasks.of(dataset.task).has_classes:
        label = chosen.selectbox("Class", dataset.classes, key=f"copies_of_{dataset.id}")
        found = table[has_class(table["target"], dataset.classes.index(label))]
        table = found if len(found) else table
    key = f"copies_at_{dataset.id}"
    if button.button("Another picture", key="another_picture", icon=":material/skip_next:", width="stretch"):
        st.session_state[key] = st.session_state.get(key, 0) + 1
    return int(table.index[st.session_state.get(key, 0) % len(table)])
