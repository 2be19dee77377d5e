"""Weights of one's own to start from: a file that was uploaded, or an earlier run of this workspace."""

import streamlit as st

from ftcore import names
from ftcore.errors import ModelError, RunError
from ftcore.models import own_weights
from ftcore.runs import store
from ftcore.training import starts as known_starts
from pages.components import cached, formatting, session, shell


def choose(current: str, *, key: str) -> tuple[str, str]:
    """Architecture and id of the chosen start, both empty when nothing is chosen.

    Args:
        current: The id that is chosen before anything is clicked; may be empty.
        key: Of the widgets.
    """
    _upload(key)
    starts = _starts()
    if not starts:
        st.info("Nothing here yet: upload weights, or train a model first.", icon=":material/info:")
        return "", ""
    ids = list(starts)
    wanted = st.session_state.pop(f"{key}_new", current)
    if wanted in ids:
        st.session_state.setdefault(f"{key}_start", wanted)
        if wanted != current:
            st.session_state[f"{key}_start"] = wanted
    if st.session_state.get(f"{key}_start") not in ids:
        st.session_state.pop(f"{key}_start", None)  # deleted since it was chosen
    chosen = st.selectbox(
        "Start from",
        ids,
        index=None,
        format_func=lambda id: starts[id][1],
        placeholder="Choose weights or a run",
        key=f"{key}_start",
        help="From a run with the same classes, its head comes along and training goes on; else a new head is put on.",
    )
    if chosen in {own.id for own in own_weights.list_all()}:
        _offer_deletion(chosen, key)
    return (starts[chosen][0], chosen) if chosen else ("", "")


def missing(id: str) -> str:
    """The reason why nothing can start from this id, or an empty text; also where the id is empty."""
    try:
        if not id or own_weights.find(id):
            return ""
    except ModelError:
        try:
            return "" if session.has_model(store.find(id)) else f"Run {id} has no trained model."
        except RunError:
            return f"There are no weights and no run {id} in this workspace."
    return ""


def _offer_deletion(id: str, key: str) -> None:
    with st.popover("Delete these weights", icon=":material/delete:"):
        st.markdown("The file goes for good. Models that were trained from it stay.")
        sure = st.checkbox("Yes, delete it", key=f"{key}_sure_{id}")
        if st.button("Delete", disabled=not sure, key=f"{key}_delete_{id}"):
            with shell.errors():
                known_starts.delete_weights(id)
                st.rerun()


def _starts() -> dict[str, tuple[str, str]]:
    """Architecture and description of every start, by id."""
    found = {
        own.id: (own.architecture, f"{own.name} ({own.architecture}), uploaded {formatting.when(own.created)}")
        for own in own_weights.list_all()
    }
    for job in store.list_jobs():
        if session.has_model(job):
            model = job.settings.model.name
            found[job.id] = (model, f"Run {job.name} ({model}), {formatting.when(job.created)}")
    return found


def _upload(key: str) -> None:
    with st.form(f"{key}_upload", clear_on_submit=True):
        file = st.file_uploader("Weights", type=["safetensors", "pth", "pt", "bin"], key=f"{key}_file")
        architecture = st.text_input(
            "Architecture",
            key=f"{key}_architecture",
            placeholder="timm's name, for example resnet50",
            help="The network that the weights belong to. Every tensor besides the head's must fit it.",
        )
        sent = st.form_submit_button("Check and keep", icon=":material/upload:")
    if sent:
        if file is None or not architecture.strip():
            st.warning("Choose a file and write the name of its architecture.", icon=":material/info:")
            return
        with shell.errors():
            kept = cached.keep_weights(file.getvalue(), file.name, architecture.strip())
            st.session_state[f"{key}_new"] = kept
            st.success(f"{names.markdown(file.name)} fits and is kept.", icon=":material/check_circle:")
