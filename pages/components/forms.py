"""Widgets made from the settings' own metadata: label, help, range, choices. There is no second table of them."""

from collections.abc import Callable, Sequence
from dataclasses import fields
from typing import Any

import streamlit as st

from ftcore import names
from ftcore import settings as s
from ftcore.errors import FinetuneError
from ftcore.teaching import glossary
from pages.components import glossary_links

_TITLES = {
    "": "The whole run",
    "freeze": "What learns",
    "augment": "Changed copies of the pictures",
    "train": "Training",
}


def edit(
    settings: s.RunSettings,
    keys: Sequence[str],
    *,
    save: Callable[[s.RunSettings], Any],
    version: str,
    sliders: Sequence[str] = (),
    suggested: s.RunSettings | None = None,
    task: str = "multiclass",
) -> s.RunSettings:
    """Widgets for the named settings; what the user changes is checked and saved at once.

    A value that was changed anywhere else (by a button, a file, another tab) shows at the next run of the page.

    Args:
        settings: The values to show.
        keys: As ``settings.with_value`` takes them, for example ``train.epochs``.
        save: Called with the changed settings.
        version: Goes into the widgets' keys; a new version shows the values anew.
        sliders: Which of them are numbers to be felt rather than typed.
        suggested: Settings that fit the data set; what differs from the default is said.
        task: Of the data set; only the choices that serve it are offered.
    """
    for key in keys:
        value = _widget(settings, key, version, task, as_slider=key in sliders)
        if value != s.value_of(settings, key):
            try:
                settings = s.with_value(settings, key, value)
            except FinetuneError as error:
                st.error(names.markdown(str(error)), icon=":material/error:")
            else:
                save(settings)
                st.session_state[_seen(version, key)] = s.value_of(settings, key)
        st.caption(_about(settings, key, suggested))
    return settings


def in_columns(
    settings: s.RunSettings,
    keys: Sequence[str],
    *,
    save: Callable[[s.RunSettings], Any],
    version: str,
    suggested: s.RunSettings | None = None,
    task: str = "multiclass",
) -> s.RunSettings:
    """``edit`` in two columns, the first half on the left."""
    half = -(-len(keys) // 2)
    for column, part in zip(st.columns(2, gap="large"), (keys[:half], keys[half:]), strict=True):
        with column:
            settings = edit(settings, part, save=save, version=version, suggested=suggested, task=task)
    return settings


def keys_of(section: str, *, advanced: bool) -> list[str]:
    """The settings of a section, the everyday or the advanced ones."""
    return [f"{section}.{f.name}" for f in fields(s.SECTIONS[section]) if f.metadata["advanced"] == advanced]


def by_section(query: str = "") -> dict[str, tuple[str, str, list[str]]]:
    """Settings that hold all words of ``query``: section -> title, sentence, keys; no section without any."""
    found: dict[str, tuple[str, str, list[str]]] = {}
    for key in sorted(s.keys(), key=lambda key: key == "seed"):  # the seed has no section and comes last
        section = key.rpartition(".")[0]
        if not all(word in _haystack(key) for word in query.casefold().split()):
            continue
        sentence = (s.SECTIONS[section].__doc__ or "").split("\n")[0] if section else ""
        title = _TITLES.get(section, section.replace("_", " ").capitalize())
        found.setdefault(section, (title, sentence, []))[2].append(key)
    return found


def describe(settings: s.RunSettings, keys: Sequence[str]) -> dict[str, str]:
    """Label and value of settings, as words."""
    return {s.about(key)["label"]: s.in_words(key, s.value_of(settings, key)) for key in keys}


def _widget(settings: s.RunSettings, key: str, version: str, task: str, *, as_slider: bool) -> Any:
    about, value = s.about(key), s.value_of(settings, key)
    id, seen = f"{version}/{key}", _seen(version, key)
    if id not in st.session_state or st.session_state.get(seen) != value:
        st.session_state[id] = value  # not drawn lately, or changed elsewhere: what is saved counts
    st.session_state[seen] = value
    common = {"help": about["help"], "key": id}
    if about["choices"] is not None:
        table = about["choices"]
        offered = [name for name in table if name == value or name in s.serving(key, task)]
        return st.selectbox(about["label"], offered, format_func=lambda name: table[name].label, **common)
    if isinstance(value, bool):
        return st.toggle(about["label"], **common)
    if as_slider:
        return st.slider(about["label"], about["low"], about["high"], step=about["step"], **common)
    if isinstance(value, (int, float)):
        number_type = type(value)
        return st.number_input(
            about["label"],
            min_value=number_type(about["low"]),
            max_value=number_type(about["high"]),
            step=number_type(about["step"] or (1 if number_type is int else value / 2 or 0.001)),
            format=None if number_type is int else "%.6g",
            **common,
        )
    return st.text_input(about["label"], **common)


def _seen(version: str, key: str) -> str:
    """Where the value is kept that a widget showed last."""
    return f"seen {version}/{key}"


def _about(settings: s.RunSettings, key: str, suggested: s.RunSettings | None) -> str:
    """Under a widget: a sentence, the default, the range, and a way into the glossary."""
    about, default = s.about(key), s.in_words(key, s.value_of(s.RunSettings(), key))
    choices, value = about["choices"], s.value_of(settings, key)
    facts = [f"Default {default}"]
    if suggested is not None and (fitting := s.in_words(key, s.value_of(suggested, key))) != default:
        facts[0] += f", for these pictures {fitting}"
    if choices is None and (range := s.range_in_words(key)):
        facts.append(range)
    shown = [names.markdown(fact) for fact in facts]
    if term := glossary.of_setting(key):
        shown.append(glossary_links.link(term.name))
    text = choices[value].help if choices is not None else about["help"]
    return f"{text}  \n{' · '.join(shown)}"


def _haystack(key: str) -> str:
    about, term = s.about(key), glossary.of_setting(key)
    choices = about["choices"] or ()
    words = [key, about["label"], about["help"], *(f"{choices[name].label} {choices[name].help}" for name in choices)]
    return " ".join([*words, term.title if term else ""]).casefold()
