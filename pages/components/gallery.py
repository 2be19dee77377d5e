"""The pictures of a data set, some of each class."""

import streamlit as st

from ftcore.datasets.records import Dataset
from pages.components import cached, pictures

PER_CLASS = 6


def show(dataset: Dataset) -> None:
    st.subheader("Pictures")
    every = "All classes"
    table = cached.used_rows(dataset.id)
    if dataset.task == "number":
        shown = table[: PER_CLASS * 4]
        pictures.grid(dataset, shown.index.tolist(), shown["label"].tolist(), side=96)
        return
    chosen = st.selectbox("Class", [every, *dataset.classes], key=f"class_{dataset.id}", label_visibility="collapsed")
    if dataset.task == "multi":
        wanted = dataset.classes.index(chosen) if chosen in dataset.classes else None
        fitting = table[[wanted is None or wanted in row for row in table["target"]]]
        shown = fitting[:: max(1, len(fitting) // (PER_CLASS * 4))][: PER_CLASS * 4]
    elif chosen == every:
        shown = table.groupby("target", sort=True).head(max(1, 24 // len(dataset.classes))).sort_values("target")[:36]
    else:
        shown = table[table["label"] == chosen][: PER_CLASS * 4]
    pictures.grid(dataset, shown.index.tolist(), shown["label"].tolist(), side=96)
