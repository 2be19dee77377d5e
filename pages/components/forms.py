"""Widgets made from the settings' own metadata: label, help, range, choices. There is no second table of them."""

from collections.abc import Callable, Sequence
from dataclasses import fields
from typing import Any

import streamlit as st

from ftcore import settings as s
from ftcore.errors import FinetuneError


def edit(
    settings: s.RunSettings,
    keys: Sequence[str],
    *,
    save: Callable[[s.RunSettings], Any],
    version: str,
    task: str = "single",
) -> s.RunSettings:
    """Widgets for the named settings; what the user changes is checked and saved at once.

    Args:
        settings: The values to show.
        keys: As ``settings.with_value`` takes them, for example ``train.epochs``.
        save: Called with the changed settings.
        version: Goes into the widgets' keys; a new version shows the values anew.
        task: Of the data set; only the choices that serve it are offered.
    """
    for key in keys:
        value = _widget(settings, key, version, task)
        if value != _value(settings, key):
            try:
                settings = s.with_value(settings, key, value)
            except FinetuneError as error:
                st.error(str(error), icon=":material/error:")
            else:
                save(settings)
    return settings


def keys_of(section: str, *, advanced: bool) -> list[str]:
    """The settings of a section, the everyday or the advanced ones."""
    return [f"{section}.{f.name}" for f in fields(s.SECTIONS[section]) if f.metadata["advanced"] == advanced]


def describe(settings: s.RunSettings, keys: Sequence[str]) -> dict[str, str]:
    """Label and value of settings, as words."""
    found = {}
    for key in keys:
        about, value = _metadata(settings, key), _value(settings, key)
        found[about["label"]] = about["choices"][value].label if about["choices"] else f"{value}"
    return found


def _widget(settings: s.RunSettings, key: str, version: str, task: str) -> Any:
    about, value = _metadata(settings, key), _value(settings, key)
    common = {"help": about["help"], "key": f"{version}/{key}"}
    if about["choices"] is not None:
        table = about["choices"]
        names = [name for name in table if name == value or name in s.serving(key, task)]
        chosen = st.selectbox(
            about["label"], names, index=names.index(value), format_func=lambda name: table[name].label, **common
        )
        st.caption(table[chosen].help)
        return chosen
    if isinstance(value, bool):
        chosen = st.toggle(about["label"], value, **common)
    elif isinstance(value, (int, float)):
        kind = type(value)
        chosen = st.number_input(
            about["label"],
            min_value=kind(about["low"]),
            max_value=kind(about["high"]),
            value=value,
            step=kind(about["step"] or (1 if kind is int else value / 2 or 0.001)),
            format=None if kind is int else "%.6g",
            **common,
        )
    else:
        chosen = st.text_input(about["label"], value, **common)
    st.caption(about["help"])
    return chosen


def _metadata(settings: s.RunSettings, key: str) -> Any:
    section, _, name = key.rpartition(".")
    kind = s.SECTIONS[section] if section else s.RunSettings
    return next(f.metadata for f in fields(kind) if f.name == name)


def _value(settings: s.RunSettings, key: str) -> Any:
    section, _, name = key.rpartition(".")
    return getattr(getattr(settings, section) if section else settings, name)
