"""Dataset: bring pictures in, see what came, how it is divided and what was left out."""

import streamlit as st

from ftcore import names, tasks
from ftcore.datasets import holdout_log
from ftcore.datasets.records import Dataset
from pages.components import cached, charts, formatting, session, shell
from pages.components.dataset import dataset_list, delete, doctor, explore, import_form
from pages.components.settings import augmentation

shell.guard()


def choose() -> None:
    """No data set is open: bring one in, or open one that is here."""
    st.title("Dataset")
    st.markdown(
        "Pictures, and what the model is to learn of each: a **class**, with one folder for each, or several classes "
        "or numbers from a table."
    )
    import_form.choose()
    dataset_list.show()


def show(dataset: Dataset) -> None:
    """The open data set."""
    st.title(names.markdown(dataset.name))
    task = tasks.of(dataset.task)
    st.caption(f"{task.label.capitalize()}, from {names.markdown(dataset.labels_from)}.")
    counts = dataset.counts()
    with st.container(horizontal=True, gap="large"):  # in a narrow window they go to the next line
        st.metric("Pictures", f"{dataset.n_images:,}", width="content")
        st.metric(task.nouns.capitalize(), len(dataset.classes), width="content")
        for split, size in zip(charts.SPLIT_LABELS, dataset.sizes, strict=True):
            st.metric(charts.SPLIT_LABELS[split], f"{size:,}", help=formatting.SPLITS[split], width="content")
    if not task.has_classes:
        _histogram(dataset)
    else:
        st.plotly_chart(
            charts.class_counts(counts),
            key="counts",
            config=charts.QUIET,
            alt="Bar chart: pictures per class, divided into the three splits.",
        )
    with st.expander("What the three parts are for, and how they were drawn"):
        for sentence in formatting.SPLITS.values():
            st.markdown(sentence)
        st.caption(f"Divided {formatting.divided(dataset)}.")
        n_looks = holdout_log.count(dataset.id)
        st.markdown(
            f"The test score was looked at **{n_looks:,} time{'' if n_looks == 1 else 's'}**. {holdout_log.WHY}"
        )
        st.dataframe(
            counts.pivot(index="label", columns="split", values="count")[list(charts.SPLIT_LABELS)]
            .rename(columns=charts.SPLIT_LABELS)
            .rename_axis(task.noun.capitalize()),
            alt="Pictures per class and split",
        )
        import_form.divide_again(dataset)
    doctor.show(dataset)
    explore.show(dataset)
    with st.expander("Changed copies to learn from (augmentation)", icon=":material/auto_awesome_motion:"):
        augmentation.show(dataset)
    _left_out(dataset)
    _notes(dataset)
    st.space("small")
    shell.link("dataset", "Choose other pictures", dataset=None, run=None)
    delete.offer(dataset)
    if shell.next_button("model", "Next: choose a model"):
        shell.go("model")


def _histogram(dataset: Dataset) -> None:
    """How the numbers are spread."""
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
    if dataset.notes:
        with st.expander("What was decided while reading the pictures", icon=":material/info:"):
            for note in dataset.notes:
                st.markdown(
                    f"- {note['count']:,} × {names.markdown(note['note'])}, for example {names.markdown(note['first'])}"
                )


def _left_out(dataset: Dataset) -> None:
    if not dataset.left_out:
        st.caption(":material/check: Nothing was left out.")
        return
    files = "1 file was" if len(dataset.left_out) == 1 else f"{len(dataset.left_out):,} files were"
    with st.expander(f"{files} left out, and why", icon=":material/block:"):
        st.dataframe(
            {"File": [i["name"] for i in dataset.left_out], "Reason": [i["reason"] for i in dataset.left_out]},
            hide_index=True,
            alt="Files that were left out, with the reason for each",
        )


if session.job("import") is not None:
    st.title("Dataset")
    import_form.progress()
elif (opened := session.dataset()) is not None:
    show(opened)
else:
    choose()
