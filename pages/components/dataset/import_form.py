"""Bringing pictures in: the doors, the job behind them, and its progress."""

from collections.abc import Iterable
from typing import Any

import streamlit as st

from ftcore import names, tasks, workspace
from ftcore.datasets.images.decode import EXTENSIONS
from ftcore.datasets.labels import tables
from ftcore.datasets.records import Dataset
from ftcore.datasets.sources import samples, server_roots
from ftcore.datasets.sources.torchvision_sets import SETS
from ftcore.datasets.sources.upload import pack_classes, pack_upload
from ftcore.datasets.splits import METHODS, parse_shares
from ftcore.runs import store
from pages.components import cached, formatting, session, shell
from pages.components.dataset import camera, column_mapping

DOORS = {
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
    """The doors: a ZIP, a folder, loose pictures, a folder of the server, a sample, a public set."""
    doors = [door for door in DOORS if door != "server" or server_roots.roots()]
    door = st.segmented_control(
        "Where are your pictures?", doors, format_func=lambda key: DOORS[key], default="zip", key="door"
    )
    if door == "zip":
        st.caption(
            "One folder per class inside: `cats/1.jpg`, `cats/2.jpg`, `dogs/1.jpg` … Or any folders, and a table (CSV, "
            "TSV, Excel, JSON lines), COCO or YOLO files that say what is in each picture."
        )
        file = st.file_uploader("ZIP file", type=["zip"], key="upload_zip")
        _upload_form([file] if file else [], file.name if file else "")
    elif door == "folder":
        st.caption("Choose the folder that holds one folder per class, or pictures and a table.")
        endings = [*(suffix[1:] for suffix in EXTENSIONS), *BESIDE]
        files = st.file_uploader("Folder", type=endings, accept_multiple_files="directory", key="upload_folder")
        _upload_form(files, files[0].name.replace("\\", "/").split("/")[0] if files else "")
    elif door == "classes":
        _classes_form()
    elif door == "server":
        _server_form()
    elif door == "sample":
        _sample_cards()
    elif door == "public":
        _public_form()


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
        shell.go("dataset", dataset=state.dataset, run=None, **{"import": None})
    if state.status in ("failed", "interrupted"):
        st.error(names.markdown(state.problem), icon=":material/error:")
        if state.status == "interrupted" and st.button("Import again", key="import_again"):
            session.submit(job)
            st.rerun()
        shell.link("dataset", "Choose other pictures", **{"import": None})
        if "divide" in job.request:
            shell.link("dataset", "Back to the pictures", dataset=job.request["divide"], **{"import": None})
        return
    st.fragment(_bar, run_every=0.5)(job)


def _bar(job: store.Job) -> None:
    state = session.state(job)
    if state.is_over or state.status == "interrupted":
        st.rerun()
    stage = state.stage
    label = stage.label if stage else "Starting"
    count = f": {stage.done:,} of {stage.total:,}" if stage and stage.total else ""
    text = f"{names.markdown(label)}{count}{formatting.left(state.seconds_left)}"
    st.progress(min(1.0, state.fraction), text=text)


def _upload_form(files: list[Any], suggested: str) -> None:
    name = _name(suggested)
    labels: dict[str, Any] | None = None
    beside = None
    if files:
        beside = st.file_uploader("A table of labels, if it is not inside", type=TABLES, key="upload_table")
    with shell.errors():
        labels = _labels(files, beside)
    division = _division(asks_task=not labels)
    if _pressed(division, disabled=not files or labels is None):
        target = workspace.folder("uploads") / f"{names.new_id(name or 'upload')}.zip"
        request = {"source": str(target), "name": name or None, "upload": True, **division, **(labels or {})}
        with st.spinner("Taking the files in"):
            pack_upload(_named(files), target)
            if beside is not None:
                table = target.with_suffix("." + beside.name.rpartition(".")[2].lower())
                workspace.write_bytes(table, beside.getvalue())
                request |= {"table": str(table), "labels": {**request["labels"], "file": str(table)}}
        _submit(request, name or suggested)


def _labels(files: list[Any], beside: Any) -> dict[str, Any] | None:
    """What the table says about the pictures: nothing if there is none, None if it cannot be used yet."""
    if not files:
        return {}
    pictures, inside = cached.upload_contents(tuple(file.file_id for file in files), files)
    if beside is not None:
        return column_mapping.form(beside.name, cached.table(beside.file_id, beside.name, beside), pictures)
    return column_mapping.form(*inside, pictures) if inside else {}


def _classes_form() -> None:
    classes = camera.collect()
    name = _name("My pictures")
    division = _division(asks_task=False)
    if _pressed(division, disabled=not classes):
        target = workspace.folder("uploads") / f"{names.new_id(name or 'classes')}.zip"
        with st.spinner("Taking the pictures in"):
            pack_classes(classes, target)
        camera.forget()
        _submit({"source": str(target), "name": name or None, "upload": True, **division}, name or "My pictures")


def _server_form() -> None:
    st.caption("For pictures that are too many to upload. They are read where they lie, and nothing there is changed.")
    path = st.selectbox("Folder or ZIP", server_roots.folders(), accept_new_options=True, key="server_path")
    name = _name(path.rpartition("/")[2] if path else "")
    labels: dict[str, Any] | None = None
    with shell.errors():
        labels = _labels_there(path) if path else {}
    division = _division(asks_task=not labels)
    if _pressed(division, disabled=not path or labels is None):
        with shell.errors():
            source = server_roots.inside(path)
            request = {"source": str(source), "name": name or None, "on_server": True, **division, **(labels or {})}
            _submit(request, name or source.name)


def _labels_there(path: str) -> dict[str, Any] | None:
    """As _labels(), for a folder or ZIP of the server."""
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
    division = _division(asks_task=False)
    wrong = bool(source) and not source.startswith(("hf:", "torchvision:"))
    if wrong:
        st.error("A name begins with hf: or torchvision:, for example hf:uoft-cs/cifar10.", icon=":material/error:")
    if _pressed(division, disabled=not source or wrong):
        _submit({"source": source, "name": name or None, **division}, name or source)


def _name(suggested: str) -> str:
    return st.text_input("Name", value=names.clean(suggested.rsplit(".", 1)[0], fallback=""), key=f"name_{suggested}")


def _division(*, asks_task: bool) -> dict[str, Any]:
    """How the pictures are divided, and what is learned where no table says it."""
    with st.expander("How the pictures are divided"):
        for sentence in formatting.SPLITS.values():
            st.markdown(sentence)
        chosen = _how(list(METHODS))
    if asks_task:
        learned = {"auto": "whatever the labels look like", **{task.name: task.label for task in tasks.every()}}
        with st.expander("What is learned"):
            chosen["task"] = st.radio(
                "What is learned",
                list(learned),
                format_func=lambda task: learned[task].capitalize(),
                label_visibility="collapsed",
                key="task",
            )
    return chosen


def _pressed(division: dict[str, Any], *, disabled: bool) -> bool:
    """The button that imports; False as long as the pictures cannot be divided so: nothing is taken in before."""
    if st.button("Import", type="primary", disabled=disabled, key="import"):
        with shell.errors():
            parse_shares(division["split"])
            return True
    return False


def _how(methods: list[str]) -> dict[str, Any]:
    split = st.text_input(
        "Training / validation / test, in per cent",
        "70/15/15",
        key="split",
        help="Every class is divided in these shares. Folders named train, val and test keep their own division. "
        "The last share may be 0: there is no test then.",
    )
    split_by = st.selectbox(
        "How",
        methods,
        format_func=lambda key: METHODS[key],
        key="split_by",
        help="Pictures of one patient, burst or film look alike: keep them together, or the score is too good.",
    )
    seed = st.number_input(
        "Seed", 0, 2**31 - 1, 0, key="split_seed", help="The same seed divides the same pictures the same way."
    )
    return {"split": split, "split_by": split_by, "seed": int(seed)}


def divide_again(dataset: Dataset) -> None:
    """Divide the open data set anew: a job, because pictures may have to be compared with each other."""
    st.markdown("**Divide all pictures again.** That makes a new version; this one stays.")
    chosen = _how([method for method in METHODS if method != "auto"])
    if st.button("Divide again", key="divide_again"):
        with shell.errors():
            parse_shares(chosen["split"])
            _submit({"divide": dataset.id, **chosen}, dataset.name)

    _folds(dataset)


def _folds(dataset: Dataset) -> None:
    """Make one fold the validation part, for a cross-validation by hand."""
    st.markdown(
        "**Or in folds.** The training and validation pictures are dealt into folds of the same size, and one of them "
        "becomes validation; the test stays as it is. Train on the version of each fold: the spread of the scores "
        "tells how much of a score is luck."
    )
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        n_folds = int(st.number_input("Folds", 2, 20, 5, key="n_folds", width=120))
        fold = int(st.number_input("Validation is fold", 1, n_folds, 1, key="fold", width=150))
        seed = int(st.number_input("Seed of the folds", 0, 2**31 - 1, 0, key="fold_seed", width=150))
        if st.button("Make this version", key="divide_into_folds"):
            _submit({"divide": dataset.id, "fold": fold, "n_folds": n_folds, "seed": seed}, dataset.name)


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
    shell.go("dataset", dataset=None, run=None, **{"import": job.id})
