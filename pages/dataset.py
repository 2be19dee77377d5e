"""Dataset: bring pictures in, see what came, how it is divided and what was left out."""

import streamlit as st

from ftcore import names, tasks
from ftcore.datasets import holdout_log
from ftcore.datasets.records import Dataset
from pages.components import cached, charts, formatting, session, shell
from pages.components.dataset import dataset_list, delete, division, doctor, explore, import_form, import_job
from pages.components.settings import augmentation


@shell.page
def show() -> None:
    """The import that is under way, the open data set, or the ways to bring one in."""
    if session.job("import") is not None:
        st.title("Dataset")
        import_job.progress()
    elif (opened := session.dataset()) is not None:
        _open(opened)
    else:
        _choose()


def _choose() -> None:
    """Offer to bring pictures in, or to open what is here."""
    st.title("Dataset")
    st.markdown(
        "Pictures, and what the model is to learn of each: a **class**, with one folder for each, or several classes "
        "or numbers from a table."
    )
    import_form.choose()
    dataset_list.show()


def _open(dataset: Dataset) -> None:
    """The open data set."""
    st.title(names.markdown(dataset.name))
    task = tasks.of(dataset.task)
    st.caption(f"{task.label.capitalize()}, from {names.markdown(dataset.labels_from)}.")
    with st.container(horizontal=True, gap="large"):  # in a narrow window they go to the next line
        st.metric("Pictures", f"{dataset.n_images:,}", width="content")
        st.metric(task.nouns.capitalize(), len(dataset.classes), width="content")
        for split, size in zip(charts.SPLIT_LABELS, dataset.sizes, strict=True):
            st.metric(charts.SPLIT_LABELS[split], f"{size:,}", help=formatting.SPLITS[split], width="content")
    if not task.has_classes:
        _histogram(dataset)
    else:
        st.plotly_chart(
            charts.class_counts(dataset.counts()),
            key="counts",
            config=charts.QUIET,
            alt="Bar chart: pictures per class, divided into the three splits.",
        )
    _splits(dataset)
    doctor.show(dataset)
    explore.show(dataset)
    title = "Changed copies to learn from (augmentation)"
    with shell.part(title, key="augmentation", icon=":material/auto_awesome_motion:") as opened:
        if opened:
            augmentation.show(dataset)
    _left_out(dataset)
    _notes(dataset)
    st.space("small")
    shell.link("dataset", "Choose other pictures", dataset=None, run=None)
    delete.offer(dataset)
    if shell.next_button("model", "Next: choose a model"):
        shell.go("model")


def _splits(dataset: Dataset) -> None:
    """The three splits, their sizes for each class, and how to draw them anew."""
    title = "What the three parts are for, and how they were drawn"
    with shell.part(title, key="splits") as opened:
        if not opened:
            return
        for sentence in formatting.SPLITS.values():
            st.markdown(sentence)
        st.caption(f"Divided {formatting.divided(dataset)}.")
        n_looks = holdout_log.count(dataset.id)
        times = "time" if n_looks == 1 else "times"
        st.markdown(f"The test score was looked at **{n_looks:,} {times}**. {holdout_log.WHY}")
        st.dataframe(
            dataset.counts()
            .pivot(index="label", columns="split", values="count")[list(charts.SPLIT_LABELS)]
            .rename(columns=charts.SPLIT_LABELS)
            .rename_axis(tasks.of(dataset.task).noun.capitalize()),
            alt="Pictures per class and split",
        )
        division.again(dataset)


def _histogram(dataset: Dataset) -> None:
    """The spread of the numbers."""
    number = 0
    if len(dataset.classes) > 1:
        number = st.selectbox("Number", range(len(dataset.classes)), format_func=dataset.classes.__getitem__)
    unit = f" ({dataset.units[number]})" if dataset.units[number] else ""
    st.caption(f"{names.markdown(dataset.classes[number] + unit)}: how many pictures have which value")
    st.plotly_chart(
        charts.class_counts(cached.histogram(dataset.id, number)),
        key="histogram",
        config=charts.QUIET,
        alt="Histogram: pictures per range of values, divided into the three splits.",
    )


def _notes(dataset: Dataset) -> None:
    """Decisions of the import, counted."""
    if not dataset.notes:
        return
    with shell.part("What was decided while reading the pictures", key="notes", icon=":material/info:") as opened:
        for note in dataset.notes if opened else ():
            first = names.markdown(note["first"])
            st.markdown(f"- {note['count']:,} × {names.markdown(note['note'])}, for example {first}")


def _left_out(dataset: Dataset) -> None:
    """Files that were left out, each with the reason."""
    if not dataset.left_out:
        st.caption(":material/check: Nothing was left out.")
        return
    files = "1 file was" if len(dataset.left_out) == 1 else f"{len(dataset.left_out):,} files were"
    with shell.part(f"{files} left out, and why", key="left_out", icon=":material/block:") as opened:
        if opened:
            st.dataframe(
                {"File": [i["name"] for i in dataset.left_out], "Reason": [i["reason"] for i in dataset.left_out]},
                hide_index=True,
                alt="Files that were left out, with the reason for each",
            )


show()
