"""Ways to look at the pictures of a data set: all of them, class by class, by size, and on a map."""

import streamlit as st

from ftcore import names, tasks
from ftcore.datasets.records import Dataset
from pages.components import cached, charts, image_grid
from pages.components.dataset import feature_map, gallery

PER_PAGE = 8  # groups
EXAMPLES = 5  # pictures of each: with the average, one row


def show(dataset: Dataset) -> None:
    """The chosen view; only that one is computed."""
    st.subheader("Pictures")
    groups = "Class by class" if tasks.of(dataset.task).has_classes else "By value"
    views = {"gallery": "Gallery", "groups": groups, "sizes": "Sizes", "map": "Map"}
    view = st.segmented_control(
        "View",
        list(views),
        format_func=views.__getitem__,
        default="gallery",
        required=True,
        key=f"view_{dataset.id}",
        label_visibility="collapsed",
    )
    if view == "groups":
        st.fragment(_groups)(dataset)
    elif view == "sizes":
        _sizes(dataset)
    elif view == "map":
        feature_map.show(dataset)
    else:
        gallery.show(dataset)


def _groups(dataset: Dataset) -> None:
    st.caption(
        "First the **average** of the pictures: what they have in common, in the same place. Fog is normal for photos "
        "taken freely. 100 % alike would be one picture over and over; a class that is far more alike than the others "
        "often comes from one burst, one camera or one background."
    )
    number = 0
    if not tasks.of(dataset.task).has_classes and len(dataset.classes) > 1:
        number = st.selectbox(
            "Number", range(len(dataset.classes)), format_func=dataset.classes.__getitem__, key=f"by_{dataset.id}"
        )
    groups = cached.groups(dataset.id, number)
    table = cached.records(dataset.id)
    part = image_grid.paging(len(groups), PER_PAGE, f"groups_{dataset.id}_{number}")
    for position, group in list(enumerate(groups))[part]:
        average = cached.average(dataset.id, number, position)
        alike = "" if average.n_used < 2 else f" · {max(0.0, average.alike):.0%} alike"
        st.markdown(f"**{names.markdown(group.name)}** · {len(group.rows):,} pictures{alike}")
        examples = [int(row) for row in group.rows[:: max(1, len(group.rows) // EXAMPLES)][:EXAMPLES]]
        with st.container(horizontal=True, gap="small"):
            st.image(average.png, width=image_grid.WIDTH, caption="average", alt=f"Average picture of {group.name}")
            for row in examples:
                path = str(table["path"][row])
                image_grid.one(dataset, row, path.rpartition("/")[2][-16:], alt=f"{group.name}: {path}")


def _sizes(dataset: Dataset) -> None:
    table = cached.sizes(dataset.id)
    if len(table) == 1:
        st.markdown(f"All pictures are {table['width'][0]:,} × {table['height'][0]:,} pixels.")
        return
    st.caption(
        "Each dot is a size in pixels, larger where more pictures have it. A model usually sees only the square in the "
        "middle: far from the line, much of a picture is lost."
    )
    st.plotly_chart(
        charts.sizes(table),
        key="sizes",
        config=charts.QUIET,
        alt="Scatter chart: width and height of the pictures, with how many have each size.",
    )
    left_out = dataset.n_images - int(table["count"].sum())
    if left_out:
        st.caption(f"A sample of the sizes; {left_out:,} pictures have one of the others.")
