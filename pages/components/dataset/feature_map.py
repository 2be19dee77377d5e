"""The map of the pictures: asked for, drawn in the background, and a click on a dot shows what it is."""

from typing import Any

import streamlit as st

from ftcore import names, tasks
from ftcore.datasets.explore import feature_map
from ftcore.datasets.explore.feature_map import FeatureMap
from ftcore.datasets.records import Dataset
from ftcore.runs import store
from pages.components import cached, charts, image_grid, job_progress, session

_AXES = {"near": "Neighbourhoods", "main": "Main directions"}
_MEANING = {
    "near": "Each dot is a picture. Dots that lie close together **look alike to a pretrained model**, which knows "
    "nothing of your classes. Clouds of one colour are easy to learn. A dot inside a cloud of another colour is worth "
    "a look: it may have the wrong class. Only closeness counts: how large a cloud is, and what lies far from what, "
    "means nothing (t-SNE).",
    "main": "The same features along the two directions in which the pictures differ most (PCA). Here distances mean "
    "what they seem to, but two directions hold only {share:.0%} of all differences: what overlaps may still be easy "
    "to tell apart.",
}


def show(dataset: Dataset) -> None:
    """The map, or the offer to draw it."""
    found, job = cached.drawn_map(dataset), job_progress.find("map", dataset)
    if found is not None:
        st.fragment(_map)(dataset, found)
    elif job is not None and not session.state(job).is_idle:
        job_progress.follow(job)
    else:
        _ask(dataset, job)


def _ask(dataset: Dataset, job: store.Job | None) -> None:
    if problem := job_progress.problem(job):
        st.error(names.markdown(problem), icon=":material/error:")
    text, button = st.columns([3, 1], vertical_alignment="center")
    sample = f" of {feature_map.MOST:,} pictures, drawn at random" if dataset.n_images > feature_map.MOST else ""
    text.caption(
        f"A map{sample} on which pictures lie together that look alike to a pretrained model. It shows which classes "
        "are easy to confuse, and pictures that may be in the wrong one. It takes a minute or two, once; you can go on "
        "meanwhile."
    )
    if button.button("Draw the map", key="draw_map", width="stretch"):
        job_progress.start("map", dataset, job)


def _map(dataset: Dataset, found: FeatureMap) -> None:
    axes = st.segmented_control(
        "Axes",
        list(_AXES),
        format_func=_AXES.__getitem__,
        default="near",
        required=True,
        key=f"axes_{dataset.id}",
        label_visibility="collapsed",
    )
    st.caption(_MEANING[axes].format(share=sum(found.explained)))
    points = feature_map.shown(found, cached.records(dataset.id))
    if found.n_pictures > len(found.points):
        st.caption(f"A random sample of {len(found.points):,} of {found.n_pictures:,} pictures.")
    number = None
    task = tasks.of(dataset.task)
    if not task.has_classes:
        number = 0
        if len(dataset.classes) > 1:
            number = st.selectbox(
                "Colour", range(len(dataset.classes)), format_func=dataset.classes.__getitem__, key=f"hue_{dataset.id}"
            )
    event: Any = st.plotly_chart(
        charts.picture_map(points, axes, number=number),
        key=f"map_{dataset.id}_{axes}_{number}",
        config=charts.QUIET,
        on_select="rerun",
        selection_mode="points",
        alt="Scatter chart: a dot for each picture, coloured by its class.",
    )
    chosen = event.selection.points
    if not chosen:
        st.caption("Click on a dot to see its picture, and those that look most like it.")
        return
    _neighbours(dataset, found, int(chosen[0]["customdata"][0]))


def _neighbours(dataset: Dataset, found: FeatureMap, row: int) -> None:
    """One picture and those that are most like it to the model."""
    table = cached.records(dataset.id)
    point = found.points[found.points["row"] == row].iloc[0]
    near = [
        (other, like)
        for other, like in zip(point["neighbours"], point["likeness"], strict=True)
        if table["split"][other]
    ]
    own = str(table["label"][row])
    st.markdown(f"**{names.markdown(own)}** · {names.markdown(str(table['path'][row]))}")
    task = tasks.of(dataset.task)
    if task.has_classes and near:
        same = sum(table["label"][other] == own for other, _ in near)
        st.caption(f"{same} of the {len(near)} pictures that look most like it have the same {task.a_target}.")
    rows = [row, *(other for other, _ in near)]
    labels = [str(table["label"][other]) for other in rows]
    captions = ["this one", *(f"{label} ({like:.0%})" for label, (_, like) in zip(labels[1:], near, strict=True))]
    alts = [f"{label}: {table['path'][other]}" for label, other in zip(labels, rows, strict=True)]
    image_grid.grid(dataset, rows, captions, alts)
