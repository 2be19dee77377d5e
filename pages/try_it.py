"""Try: ask the trained model about a picture."""

import random

import streamlit as st

from ftcore import names, tasks
from ftcore.datasets.images.decode import EXTENSIONS
from ftcore.datasets.images.pixel_store import PixelStore
from ftcore.datasets.records import open_dataset
from ftcore.runs import store
from pages.components import cached, session, shell, task_views
from pages.components.run import prediction

SOURCES = {"test": "Test pictures", "upload": "Upload pictures", "camera": "Camera"}


def from_test_split(job: store.Job) -> None:
    dataset = open_dataset(job.settings.dataset)
    rows = cached.training_rows(dataset, "test")
    if rows.empty:
        st.info("This data set was divided without test pictures; ask about pictures of your own.")
        return
    seed = st.session_state.get("test_draw", 0)
    if st.button("Draw three others", icon=":material/casino:", key="draw"):
        seed = st.session_state["test_draw"] = seed + 1
    chosen = random.Random(seed).sample(list(rows.index), min(3, len(rows)))
    pictures = PixelStore(dataset, job.settings.model.image_size)
    for row in chosen:
        shown = cached.thumbnail(dataset.id, row, 220)
        truth = tasks.of(dataset.task).in_words(rows.at[row, "target"], dataset.classes, dataset.units)
        prediction.show(cached.bundle(job.id), shown, pictures.picture(row), truth, f"test_{row}")


def from_files(job: store.Job, files: list) -> None:
    for index, file in enumerate(files[:12]):
        st.caption(names.markdown(names.clean(file.name)))
        with shell.errors():
            prediction.show(cached.bundle(job.id), file, file.getvalue(), None, f"file_{index}")
    if len(files) > 12:
        st.caption(f"Only the first 12 of {len(files)} pictures are shown.")


@shell.page
def show() -> None:
    """The sources of pictures, and what the open run's model says about each picture."""
    st.title("Try")
    job = session.job()
    if job is None:
        _choose_run()
        return
    if not session.has_model(job):
        shell.needs("train", "This run has no trained model yet.", "See how it goes")
    st.caption(f"Model: {names.markdown(job.name)}")
    source = st.segmented_control(
        "Ask about", list(SOURCES), format_func=lambda key: SOURCES[key], default="test", key="source"
    )
    plan = session.state(job).plan
    if plan is not None and tasks.of(plan.task).several:
        task_views.threshold(cached.bundle(job.id))
    if source == "upload":
        uploaded = st.file_uploader(
            "Pictures", type=[suffix[1:] for suffix in EXTENSIONS], accept_multiple_files=True, key="try_upload"
        )
        from_files(job, uploaded)
    elif source == "camera":
        taken = st.camera_input("Take a picture", key="try_camera")
        from_files(job, [taken] if taken else [])
    else:
        from_test_split(job)
    if shell.next_button("runs", "Next: compare with other runs"):
        shell.go("runs")


def _choose_run() -> None:
    """Links to the runs with a model."""
    done = [run for run in store.list_jobs() if session.has_model(run)]
    if not done:
        shell.needs("train", "There is no trained model yet.", "Train one first")
    st.markdown("Which model do you want to try?")
    for run in done[:20]:
        shell.link("try_it", f"{run.name} ({run.id})", run=run.id, dataset=run.settings.dataset)


show()
