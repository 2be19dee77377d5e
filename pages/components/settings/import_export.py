"""Settings to take away, to bring back, and beside others: the defaults, the preset's, those of an earlier run."""

import streamlit as st

from ftcore import names
from ftcore import settings as s
from ftcore.datasets.records import Dataset
from ftcore.errors import FinetuneError, SettingsError
from ftcore.models import catalogue
from ftcore.runs import store
from ftcore.settings import files
from ftcore.settings.files import OtherDatasetError
from pages.components import cached, formatting, session

_DEFAULTS, _SUGGESTED = "defaults", "suggested"
_MOST_RUNS = 200  # in the list of what to compare with


def show(dataset: Dataset, settings: s.RunSettings) -> None:
    """Download, upload, compare: the settings of the next run on a data set."""
    if said := st.session_state.pop("settings_taken", ""):
        st.success(said, icon=":material/check:")
    st.download_button(
        "Download these settings",
        files.to_bytes(settings),
        file_name=f"settings-{names.slug(dataset.name)}.json",
        mime="application/json",
        icon=":material/download:",
        key="settings_download",
        on_click="ignore",
    )
    file = st.file_uploader("Settings from a file", type=["json"], max_upload_size=1, key="settings_upload")
    if file is not None:
        _offer(dataset, file.getvalue())
    if st.toggle("Compare with others", key="settings_compare"):
        _compare(dataset, settings)


def _offer(dataset: Dataset, data: bytes) -> None:
    """Offer what is in a file to be taken on a click, or refuse it in a sentence."""
    try:
        try:
            found, label = files.from_bytes(data, dataset.id), "Take these settings"
        except OtherDatasetError as error:
            found, label = files.from_bytes(data, dataset.id, of_any=True), "Take them for this data set"
            st.warning(names.markdown(str(error)), icon=":material/warning:")
        s.check_task(found, dataset.task, len(dataset.classes))
        _require_model(found)
    except FinetuneError as error:
        st.error(names.markdown(str(error)), icon=":material/error:")
        return
    changes = files.differences(session.draft(dataset).settings, found)
    if not changes:
        st.info("The file holds just the settings that are here.", icon=":material/info:")
        return
    _table(changes, "Now", "In the file")
    st.button(label, icon=":material/upload:", key="settings_take", on_click=_take, args=(dataset, found, len(changes)))


def _require_model(settings: s.RunSettings) -> None:
    name = settings.model.name
    if catalogue.find(name) is None and (reason := cached.unknown_architecture(name)):
        raise SettingsError(reason)


def _take(dataset: Dataset, settings: s.RunSettings, n: int) -> None:
    session.change(dataset, settings)
    st.session_state["settings_taken"] = f"{n} settings were taken from the file."


def _compare(dataset: Dataset, settings: s.RunSettings) -> None:
    runs = {job.id: job for job in store.list_jobs()[:_MOST_RUNS]}

    def label(option: str) -> str:
        if option == _DEFAULTS:
            return "The defaults"
        if option == _SUGGESTED:
            return f"What the preset {s.PRESETS[settings.preset].label} suggests"
        return f"Run {runs[option].name}, {formatting.when(runs[option].created)}"

    chosen = st.selectbox("Compare with", [_DEFAULTS, _SUGGESTED, *runs], format_func=label, key="settings_against")
    try:
        if chosen == _DEFAULTS:
            there = s.RunSettings()
        elif chosen == _SUGGESTED:
            there = session.fitting(dataset, settings)
        else:
            there = runs[chosen].settings
    except FinetuneError as error:  # of a run that a newer or older version wrote
        st.error(names.markdown(str(error)), icon=":material/error:")
        return
    changes = files.differences(settings, there)
    if changes:
        _table(changes, "Here", "There")
    else:
        st.info("No setting differs.", icon=":material/info:")


def _table(changes: list[files.Difference], here: str, there: str) -> None:
    st.dataframe(
        {
            "Setting": [change.label for change in changes],
            here: [change.here for change in changes],
            there: [change.there for change in changes],
            "Field": [change.key for change in changes],
        },
        hide_index=True,
        alt=f"Settings that differ: {len(changes)}",
        key=f"settings_table_{there}",
    )
