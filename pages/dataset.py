"""Dataset: bring pictures in, see what came, how it is divided and what was left out."""

import streamlit as st

from pages.components import frame

frame.guard()

from ftcore import names  # noqa: E402
from ftcore.datasets.records import Dataset, list_datasets  # noqa: E402
from pages.components import cached, charts, doctor, imports, pictures, session, words  # noqa: E402

PER_CLASS = 6


def choose() -> None:
    """No data set is open: bring one in, or open one that is here."""
    st.title("Dataset")
    st.markdown("Pictures sorted into **classes**: the names that the model is to learn, one folder for each.")
    imports.choose()
    known = list_datasets()
    if known:
        st.subheader("My data sets")
    for dataset in known[:20]:
        text, button = st.columns([4, 1], vertical_alignment="center")
        text.markdown(
            f"**{names.markdown(dataset.name)}** · {dataset.n_images:,} pictures · {len(dataset.classes)} classes · "
            f"{words.when(dataset.created)}"
        )
        if button.button("Open", key=f"open_{dataset.id}", width="stretch"):
            frame.go("dataset", dataset=dataset.id, run=None)


def show(dataset: Dataset) -> None:
    """The open data set."""
    st.title(names.markdown(dataset.name))
    counts = dataset.counts()
    totals = counts.groupby("split")["count"].sum()
    columns = st.columns(5)
    columns[0].metric("Pictures", f"{dataset.n_images:,}")
    columns[1].metric("Classes", len(dataset.classes))
    for column, split in zip(columns[2:], charts.SPLIT_LABELS, strict=True):
        column.metric(charts.SPLIT_LABELS[split], f"{totals[split]:,}", help=words.SPLITS[split])
    st.plotly_chart(
        charts.class_counts(counts),
        key="counts",
        config=charts.QUIET,
        alt="Bar chart: pictures per class, divided into the three splits.",
    )
    with st.expander("What the three parts are for, and how they were drawn"):
        for sentence in words.SPLITS.values():
            st.markdown(sentence)
        shares = "/".join(str(share) for share in dataset.split_shares)
        how = (
            "by your folders" if dataset.split_source == "folders" else f"{shares}, class by class, seed {dataset.seed}"
        )
        st.caption(f"Divided {how}.")
        st.dataframe(
            counts.pivot(index="label", columns="split", values="count")[list(charts.SPLIT_LABELS)].rename(
                columns=charts.SPLIT_LABELS
            ),
            alt="Pictures per class and split",
        )
    doctor.show(dataset)
    _gallery(dataset)
    _left_out(dataset)
    st.space("small")
    frame.link("dataset", "Choose other pictures", dataset=None, run=None)
    if frame.next_button("model", "Next: choose a model"):
        frame.go("model")


def _gallery(dataset: Dataset) -> None:
    st.subheader("Pictures")
    every = "All classes"
    chosen = st.selectbox("Class", [every, *dataset.classes], key=f"class_{dataset.id}", label_visibility="collapsed")
    table = cached.used_rows(dataset.id)
    if chosen == every:
        shown = table.groupby("target", sort=True).head(max(1, 24 // len(dataset.classes))).sort_values("target")[:36]
    else:
        shown = table[table["label"] == chosen][: PER_CLASS * 4]
    pictures.grid(dataset, shown.index.tolist(), shown["label"].tolist(), side=96)


def _left_out(dataset: Dataset) -> None:
    if not dataset.left_out:
        st.caption(":material/check: Nothing was left out.")
        return
    with st.expander(f"{len(dataset.left_out):,} files were left out, and why", icon=":material/block:"):
        st.dataframe(
            {"File": [i["name"] for i in dataset.left_out], "Reason": [i["reason"] for i in dataset.left_out]},
            hide_index=True,
            alt="Files that were left out, with the reason for each",
        )


if session.job("import") is not None:
    st.title("Dataset")
    imports.progress()
elif (opened := session.dataset()) is not None:
    show(opened)
else:
    choose()
