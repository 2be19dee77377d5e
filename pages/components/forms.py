"""Widgets made from the settings' own fields: label, help, range, choices. There is no second table of them."""

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from ftcore import names
from ftcore import settings as s
from ftcore.errors import FinetuneError
from ftcore.settings import fields
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
    """Draw what ``edit`` draws in two columns, the first half on the left."""
    half = -(-len(keys) // 2)
    for column, part in zip(st.columns(2, gap="large"), (keys[:half], keys[half:]), strict=True):
        with column:
            settings = edit(settings, part, save=save, version=version, suggested=suggested, task=task)
    return settings


def keys_of(section: str, *, advanced: bool) -> list[str]:
    """The settings of a section, the everyday or the advanced ones."""
    return [field.key for field in fields.in_section(section) if field.advanced == advanced]


def by_section(query: str = "") -> dict[str, tuple[str, str, list[str]]]:
    """Settings that hold all words of ``query``: section -> title, sentence, keys; no section without any."""
    found: dict[str, tuple[str, str, list[str]]] = {}
    for field in sorted(fields.every(), key=lambda field: not field.section):  # the seed has none and comes last
        section = field.section
        if not all(word in _haystack(field) for word in query.casefold().split()):
            continue
        sentence = (s.SECTIONS[section].__doc__ or "").split("\n")[0] if section else ""
        title = _TITLES.get(section, section.replace("_", " ").capitalize())
        found.setdefault(section, (title, sentence, []))[2].append(field.key)
    return found


def describe(settings: s.RunSettings, keys: Sequence[str]) -> dict[str, str]:
    """Label and value of settings, as words."""
    return {fields.of(key).label: s.in_words(key, s.value_of(settings, key)) for key in keys}


def _widget(settings: s.RunSettings, key: str, version: str, task: str, *, as_slider: bool) -> Any:
    field, value = fields.of(key), s.value_of(settings, key)
    id, seen = f"{version}/{key}", _seen(version, key)
    if id not in st.session_state or st.session_state.get(seen) != value:
        st.session_state[id] = value  # not drawn lately, or changed elsewhere: what is saved counts
    st.session_state[seen] = value
    common = {"help": field.help, "key": id}
    if field.choices is not None:
        table = field.choices
        offered = [name for name in table if name == value or name in s.serving(key, task)]
        return st.selectbox(field.label, offered, format_func=lambda name: table[name].label, **common)
    if field.type is bool:
        return st.toggle(field.label, **common)
    if as_slider:
        return st.slider(field.label, field.low, field.high, step=field.step, **common)
    if field.type is str:
        return st.text_input(field.label, **common)
    number_type = field.type
    return st.number_input(
        field.label,
        min_value=number_type(field.low),
        max_value=number_type(field.high),
        step=number_type(field.step or _click(field, value)),
        format=None if number_type is int else "%.6g",
        **common,
    )


def _click(field: fields.Field, value: float) -> float:
    """Return what one click adds where the field does not say: half as much again, or where a scale begins."""
    if field.type is int:
        return 1
    return value / 2 or field.log_low or 0.001


def _seen(version: str, key: str) -> str:
    """Key of the value that a widget showed last."""
    return f"seen {version}/{key}"


def _about(settings: s.RunSettings, key: str, suggested: s.RunSettings | None) -> str:
    """Text under a widget: a sentence, the default, the range, and a way into the glossary."""
    field, value = fields.of(key), s.value_of(settings, key)
    choices, default = field.choices, s.in_words(key, field.default)
    facts = [f"Default {default}"]
    if suggested is not None and (fitting := s.in_words(key, s.value_of(suggested, key))) != default:
        facts[0] += f", for these pictures {fitting}"
    if choices is None and (range := s.range_in_words(key)):
        facts.append(range)
    shown = [names.markdown(fact) for fact in facts]
    if term := glossary.of_setting(key):
        shown.append(glossary_links.link(term.name))
    text = choices[value].help if choices is not None else field.help
    return f"{text}  \n{' · '.join(shown)}"


def _haystack(field: fields.Field) -> str:
    choices, term = field.choices, glossary.of_setting(field.key)
    offered = [choices[name] for name in choices] if choices is not None else []
    words = [field.key, field.label, field.help, *(f"{choice.label} {choice.help}" for choice in offered)]
    return " ".join([*words, term.title if term else ""]).casefold()
