"""Bringing pictures in: the doors, the job behind them, and its progress."""

from collections.abc import Iterable
from typing import Any

import streamlit as st

from ftcore import names, workspace
from ftcore.datasets import samples
from ftcore.datasets.pictures import EXTENSIONS
from ftcore.datasets.upload import pack_upload
from ftcore.runs import store
from pages.components import cached, frame, session, words

DOORS = {"zip": "A ZIP file", "folder": "A folder", "sample": "Sample pictures"}


def choose() -> None:
    """The doors: a ZIP, a folder, a sample."""
    door = st.segmented_control(
        "Where are your pictures?", list(DOORS), format_func=lambda key: DOORS[key], default="zip", key="door"
    )
    if door == "zip":
        st.caption("One folder per class inside: `cats/1.jpg`, `cats/2.jpg`, `dogs/1.jpg` …")
        file = st.file_uploader("ZIP file", type=["zip"], key="upload_zip")
        _upload_form([file] if file else [], file.name if file else "")
    elif door == "folder":
        st.caption("Choose the folder that holds one folder per class.")
        files = st.file_uploader(
            "Folder", type=[suffix[1:] for suffix in EXTENSIONS], accept_multiple_files="directory", key="upload_folder"
        )
        _upload_form(files, files[0].name.replace("\\", "/").split("/")[0] if files else "")
    elif door == "sample":
        _sample_cards()


def submit_sample(name: str) -> None:
    """Start importing a sample and show it on the Dataset page."""
    _submit({"source": f"sample:{name}"}, samples.find(name).title)


def progress() -> None:
    """Show the import that the address names; when it is done, open its data set."""
    job = session.job("import")
    if job is None:
        return
    state = session.state(job)
    if state.status == "finished":
        frame.go("dataset", dataset=state.dataset, run=None, **{"import": None})
    if state.status in ("failed", "interrupted"):
        st.error(names.markdown(state.problem), icon=":material/error:")
        if state.status == "interrupted" and st.button("Import again", key="import_again"):
            session.submit(job)
            st.rerun()
        frame.link("dataset", "Choose other pictures", **{"import": None})
        return
    st.fragment(_bar, run_every=0.5)(job)


def _bar(job: store.Job) -> None:
    state = session.state(job)
    if state.is_over or state.status == "interrupted":
        st.rerun()
    stage = state.stage
    label = stage.label if stage else "Starting"
    count = f": {stage.done:,} of {stage.total:,}" if stage and stage.total else ""
    text = f"{names.markdown(label)}{count}{words.left(state.seconds_left)}"
    st.progress(min(1.0, state.fraction), text=text)


def _upload_form(files: list[Any], suggested: str) -> None:
    name = st.text_input("Name", value=names.clean(suggested.rsplit(".", 1)[0], fallback=""), key=f"name_{suggested}")
    with st.expander("How the pictures are divided"):
        for sentence in words.SPLITS.values():
            st.markdown(sentence)
        split = st.text_input(
            "Training / validation / test, in per cent",
            "70/15/15",
            key="split",
            help="Every class is divided in these shares. Folders named train, val and test keep their own division.",
        )
        seed = st.number_input(
            "Seed", 0, 2**31 - 1, 0, key="split_seed", help="The same seed divides the same pictures the same way."
        )
    if st.button("Import", type="primary", disabled=not files, key="import"):
        target = workspace.folder("uploads") / f"{names.new_id(name or 'upload')}.zip"
        with st.spinner("Taking the files in"):
            pack_upload(_named(files), target)
        request = {"source": str(target), "name": name or None, "split": split, "seed": int(seed), "upload": True}
        _submit(request, name or suggested)


def _named(files: list[Any]) -> Iterable[tuple[str, Any]]:
    for file in files:
        file.seek(0)
        yield file.name, file


def _sample_cards() -> None:
    for name, sample in samples.SAMPLES.items():
        possible, reason = cached.sample_availability(name)
        with st.container(border=True):
            text, button = st.columns([4, 1], vertical_alignment="center")
            colour = "" if possible else ":gray"
            title = f"**{sample.title}**: {sample.description} {sample.n_images:,} pictures. {sample.licence}"
            text.markdown(f"{colour}[{title}]" if colour else title)
            if not possible:
                text.caption(f"Not available: {reason}.")
            if button.button("Import", disabled=not possible, key=f"sample_{name}", width="stretch"):
                submit_sample(name)


def _submit(request: dict[str, Any], name: str) -> None:
    job = store.create("import", name or "upload", request)
    session.submit(job)
    frame.go("dataset", dataset=None, run=None, **{"import": job.id})
