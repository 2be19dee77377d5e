"""The whole catalogue of models as a table to search, filter and choose from."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from ftcore import hardware
from ftcore.models import catalogue
from pages.components.model import preload

ANY = "Any"
LIMITS = {f"{millions} million": millions * 1e6 for millions in (3, 6, 12, 25, 50, 100, 300)}
SIZES = {f"{side} pixels": side for side in (160, 192, 224, 256, 288, 384, 448)}
COMMERCIAL = {"yes": "Allowed", "unknown": "Read the licence", "no": "Forbidden"}
SORTS = {
    "Name": ("name", False),
    "Fewest parameters": ("parameters", False),
    "Fewest multiply-adds": ("multiply_adds", False),
    "Best top-1": ("top1", True),
    "Smallest pictures": ("input_size", False),
    "Most features": ("features", True),
}


def prepare() -> None:
    """Bring the browser, while the catalogue is closed, what it will need. Call at the end of the page."""
    preload.bring("DataFrame", "TextInput", "Selectbox", "Checkbox")


def choose(current: str, *, key: str) -> str:
    """The name that was chosen from the table, or ``current``.

    Args:
        current: What is chosen before anything is clicked; may be empty.
        key: Of the widgets; another key forgets what was searched for.
    """
    online = hardware.reachable(catalogue.HUB, wait=0.3)
    if not online:
        st.info(
            f"No network: of {len(catalogue.models()):,} models, {len(catalogue.local_names())} have their weights on "
            "this machine and can be used now.",
            icon=":material/cloud_off:",
        )
    rows = _filtered(key)
    st.caption(
        f"{len(rows):,} of {len(catalogue.models()):,} models. **Multiply-adds** is the arithmetic for one picture: "
        "twice as much takes about twice as long. **Top-1** is the share of 50,000 ImageNet photos that the pretrained "
        "model names correctly at its first guess, measured by timm's authors: a hint at how it will do on yours. "
        "Click a row to choose it, a column's head to sort."
    )
    if not rows:
        st.warning("No model meets all of this. Loosen a filter.", icon=":material/filter_alt_off:")
        return _chosen(key, current)
    names = [row.name for row in rows]
    version = hash(tuple(names))  # a row's number means another model in another list
    st.dataframe(
        table(rows, online=online),
        key=f"{key}_table_{version}",
        hide_index=True,
        height=min(420, 36 * (len(rows) + 1) + 2),
        on_select=lambda: _remember(key, f"{key}_table_{version}", names, current),
        selection_mode="single-row",
        column_config={
            "Parameters": st.column_config.NumberColumn(format="%.1f M", help="Million numbers that can learn."),
            "Multiply-adds": st.column_config.NumberColumn(format="%.2f G", help="Billion, for one picture."),
            "Top-1": st.column_config.NumberColumn(format="percent", help=f"Source: {catalogue.TOP1_SOURCE}."),
            "Pixels": st.column_config.NumberColumn(help="Side of the pictures it was pretrained with."),
            "Features": st.column_config.NumberColumn(help="Numbers that describe a picture before the last layer."),
        },
    )
    return _chosen(key, current)


def table(rows: Sequence[catalogue.Backbone], *, online: bool) -> pd.DataFrame:
    """Models as the table shows them, one row each."""
    elsewhere = "to be downloaded" if online else "needs a network"
    return pd.DataFrame(
        [
            {
                "Name": row["name"],
                "Weights": "on this machine" if row["local"] else elsewhere,
                "Parameters": row["parameters"] and row["parameters"] / 1e6,
                "Multiply-adds": row["multiply_adds"] and row["multiply_adds"] / 1e9,
                "Top-1": row["top1"],
                "Pixels": row["input_size"],
                "Commercial use": COMMERCIAL[row["commercial_use"]],
                "Licence": row["license"],
                "Trained with": row["training_data"],
                "Family": row["family"],
                "Features": row["features"],
            }
            for row in catalogue.to_json(rows)
        ]
    )


def _filtered(key: str) -> list[catalogue.Backbone]:
    first, second = st.columns([2, 1]), st.columns(4)
    third = st.columns([1, 1, 1], vertical_alignment="bottom")
    text = first[0].text_input(
        "Search", key=f"{key}_search", placeholder="For example: mobilenet, or vit small imagenet-21k"
    )
    family = second[0].selectbox("Family", [ANY, *catalogue.families()], key=f"{key}_family")
    data = second[1].selectbox("Trained with", [ANY, *catalogue.data_sets()], key=f"{key}_data")
    commercial = second[2].selectbox(
        "Commercial use",
        [ANY, *COMMERCIAL],
        format_func=lambda name: COMMERCIAL.get(name, name),
        key=f"{key}_commercial",
        help="Whether the weights' licence lets you earn money with them. Not legal advice.",
    )
    licence = second[3].selectbox("Licence", [ANY, *catalogue.licenses()], key=f"{key}_licence")
    limit = third[0].selectbox("Parameters at most", [ANY, *LIMITS], key=f"{key}_limit")
    size = third[1].selectbox("Pretrained with pictures of at most", [ANY, *SIZES], key=f"{key}_size")
    local = third[2].toggle("Only with weights on this machine", key=f"{key}_local")
    order = first[1].selectbox("Sort by", list(SORTS), key=f"{key}_sort")
    field, descending = SORTS[order]
    return catalogue.select(
        text,
        max_parameters=LIMITS.get(limit),
        max_size=SIZES.get(size),
        family="" if family == ANY else family,
        license="" if licence == ANY else licence,
        commercial_use="" if commercial == ANY else commercial,
        data="" if data == ANY else data,
        local=local,
        sort=field,
        descending=descending,
    )


def _remember(key: str, widget: str, names: Sequence[str], current: str) -> None:
    chosen = st.session_state[widget]["selection"]["rows"]
    if chosen:
        st.session_state[f"{key}_choice"] = (current, names[chosen[0]])


def _chosen(key: str, current: str) -> str:
    """The model that was clicked, unless the settings have got another since: from a file, a race, another tab."""
    before, name = st.session_state.get(f"{key}_choice", (current, current))
    return name if before == current else current
