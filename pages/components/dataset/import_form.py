"""Bringing pictures in: where they come from, and a form for each source."""

from collections.abc import Iterable
from typing import Any

import streamlit as st

from ftcore import names, workspace
from ftcore.datasets.images.decode import EXTENSIONS
from ftcore.datasets.labels import tables
from ftcore.datasets.sources import samples, server_roots
from ftcore.datasets.sources.torchvision_sets import SETS
from ftcore.datasets.sources.upload import pack_classes, pack_upload
from pages.components import cached, shell
from pages.components.dataset import camera, column_mapping, division, import_job

SOURCES = {
    "zip": "A ZIP file",
    "folder": "A folder",
    "classes": "Class by class",
    "server": "On the server",
    "sample": "Sample pictures",
    "public": "A public data set",
}
TABLES = [suffix[1:] for suffix in tables.SUFFIXES]
BESIDE = [*TABLES, "json", "txt", "yaml", "yml", "names"]  # what may lie among the pictures of a folder


def choose() -> None:
    """The sources: a ZIP, a folder, loose pictures, a folder of the server, a sample, a public set."""
    sources = [source for source in SOURCES if source != "server" or server_roots.roots()]
    source = st.segmented_control(
        "Where are your pictures?", sources, format_func=lambda key: SOURCES[key], default="zip", key="import_source"
    )
    if source == "zip":
        st.caption(
            "One folder per class inside: `cats/1.jpg`, `cats/2.jpg`, `dogs/1.jpg` … Or any folders, and a table (CSV, "
            "TSV, Excel, JSON lines), COCO or YOLO files that say what is in each picture."
        )
        file = st.file_uploader("ZIP file", type=["zip"], key="upload_zip")
        _upload_form([file] if file else [], file.name if file else "")
    elif source == "folder":
        st.caption("Choose the folder that holds one folder per class, or pictures and a table.")
        endings = [*(suffix[1:] for suffix in EXTENSIONS), *BESIDE]
        files = st.file_uploader("Folder", type=endings, accept_multiple_files="directory", key="upload_folder")
        _upload_form(files, files[0].name.replace("\\", "/").split("/")[0] if files else "")
    elif source == "classes":
        _classes_form()
    elif source == "server":
        _server_form()
    elif source == "sample":
        _sample_cards()
    elif source == "public":
        _public_form()


def _upload_form(files: list[Any], suggested: str) -> None:
    name = _name(suggested)
    labels: dict[str, Any] | None = None
    beside = None
    if files:
        beside = st.file_uploader("A table of labels, if it is not inside", type=TABLES, key="upload_table")
    with shell.errors():
        labels = _labels(files, beside)
    chosen = division.form(asks_task=not labels)
    if division.pressed(chosen, disabled=not files or labels is None):
        target = workspace.folder("uploads") / f"{names.new_id(name or 'upload')}.zip"
        request = {"source": str(target), "name": name or None, "upload": True, **chosen, **(labels or {})}
        with st.spinner("Taking the files in"):
            pack_upload(_named(files), target)
            if beside is not None:
                table = target.with_suffix("." + beside.name.rpartition(".")[2].lower())
                workspace.write_bytes(table, beside.getvalue())
                request |= {"table": str(table), "labels": {**request["labels"], "file": str(table)}}
        import_job.submit(request, name or suggested)


def _labels(files: list[Any], beside: Any) -> dict[str, Any] | None:
    """Meaning of the table for the pictures: nothing if there is none, None if it cannot be used yet."""
    if not files:
        return {}
    pictures, inside = cached.upload_contents(tuple(file.file_id for file in files), files)
    if beside is not None:
        return column_mapping.form(beside.name, cached.table(beside.file_id, beside.name, beside), pictures)
    return column_mapping.form(*inside, pictures) if inside else {}


def _classes_form() -> None:
    classes = camera.collect()
    name = _name("My pictures")
    chosen = division.form(asks_task=False)
    if division.pressed(chosen, disabled=not classes):
        target = workspace.folder("uploads") / f"{names.new_id(name or 'classes')}.zip"
        with st.spinner("Taking the pictures in"):
            pack_classes(classes, target)
        camera.forget()
        import_job.submit(
            {"source": str(target), "name": name or None, "upload": True, **chosen}, name or "My pictures"
        )


def _server_form() -> None:
    st.caption("For pictures that are too many to upload. They are read where they lie, and nothing there is changed.")
    path = st.selectbox("Folder or ZIP", server_roots.folders(), accept_new_options=True, key="server_path")
    name = _name(path.rpartition("/")[2] if path else "")
    labels: dict[str, Any] | None = None
    with shell.errors():
        labels = _labels_there(path) if path else {}
    chosen = division.form(asks_task=not labels)
    if division.pressed(chosen, disabled=not path or labels is None):
        with shell.errors():
            source = server_roots.inside(path)
            request = {"source": str(source), "name": name or None, "on_server": True, **chosen, **(labels or {})}
            import_job.submit(request, name or source.name)


def _labels_there(path: str) -> dict[str, Any] | None:
    """The same as _labels(), for a folder or ZIP of the server."""
    pictures, table = cached.contents_there(str(server_roots.inside(path)))
    return column_mapping.form(*table, pictures) if table else {}


def _public_form() -> None:
    st.caption(
        "A public data set by its name, downloaded once: `hf:owner/name` is a set of images of the Hugging Face hub, "
        "`torchvision:CIFAR10` one that torchvision knows. Mind its licence."
    )
    known = {f"torchvision:{known.name}": f"{known.about} {known.n_images:,} pictures." for known in SETS.values()}
    source = st.selectbox(
        "A public data set by its name",
        list(known),
        index=None,
        format_func=lambda name: f"{name}: {known[name]}" if name in known else name,
        accept_new_options=True,
        placeholder="Choose one, or write hf:owner/name",
        key="public_set",
    )
    name = _name(source.rpartition(":")[2].rpartition("/")[2] if source else "")
    chosen = division.form(asks_task=False)
    wrong = bool(source) and not source.startswith(("hf:", "torchvision:"))
    if wrong:
        st.error("A name begins with hf: or torchvision:, for example hf:uoft-cs/cifar10.", icon=":material/error:")
    if division.pressed(chosen, disabled=not source or wrong):
        import_job.submit({"source": source, "name": name or None, **chosen}, name or source)


def _name(suggested: str) -> str:
    return st.text_input("Name", value=names.clean(suggested.rsplit(".", 1)[0], fallback=""), key=f"name_{suggested}")


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
                import_job.submit_sample(name)
