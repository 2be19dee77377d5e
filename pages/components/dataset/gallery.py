"""The pictures of a data set, filtered, page by page. Only the gallery runs again when a page is turned."""

from collections.abc import Sequence

import streamlit as st

from ftcore import tasks
from ftcore.datasets.doctor.findings import ISSUES
from ftcore.datasets.explore.query import EXCLUDED, ORDERS, Query
from ftcore.datasets.records import Dataset
from ftcore.datasets.versions import Edit
from pages.components import cached, charts, image_grid
from pages.components.dataset import edit

PER_PAGE = 30


def show(dataset: Dataset) -> None:
    """Filters and the pictures that fit."""
    st.fragment(_gallery)(dataset)


def _gallery(dataset: Dataset) -> None:
    query, issue = _filters(dataset)
    rows = cached.matching(dataset, query, issue)
    if not len(rows):
        st.caption("No picture fits. Take a filter away.")
        return
    is_out = query.split == EXCLUDED
    st.caption(
        f"{len(rows):,} pictures that were left out" if is_out else f"{len(rows):,} of {dataset.n_images:,} pictures"
    )
    # The key names the filters: another choice starts at its first page.
    part = image_grid.paging(len(rows), PER_PAGE, f"gallery_{dataset.id}_{hash((query, issue))}")
    if is_out:
        _left_out(dataset, rows[part].tolist())
        return
    shown = cached.records(dataset.id).loc[rows[part], ["label", "path", "split"]]
    paths = [path.rpartition("/")[2] for path in shown["path"]]
    captions = paths if query.text else shown["label"].tolist()
    labels = (charts.SPLIT_LABELS[split].lower() for split in shown["split"])
    alts = [
        f"{label}: {path}, {split}" for label, path, split in zip(shown["label"], shown["path"], labels, strict=True)
    ]
    image_grid.grid(dataset, shown.index.tolist(), captions, alts)


def _left_out(dataset: Dataset, rows: Sequence[int]) -> None:
    """Pictures that are not used, why, and the button that takes them in again."""
    table = cached.records(dataset.id)
    captions = [f"{table['label'][row]}: {table['path'][row]}, {table['excluded'][row]}" for row in rows]
    with st.form(f"out_{dataset.id}", border=False):
        ticked = image_grid.ticks(dataset, rows, captions, (), "out")
        if st.form_submit_button("Take the ticked ones in again", key="include", icon=":material/undo:"):
            edit.do(dataset, [Edit("include", tuple(ticked))])


def _filters(dataset: Dataset) -> tuple[Query, str | None]:
    """The query that the filters stand for, and the finding whose pictures are looked for."""
    target, number = None, 0
    has_classes = tasks.of(dataset.task).has_classes
    orders = list(ORDERS)[: 2 if has_classes else 4]
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        if has_classes:
            label = st.selectbox(
                "Class",
                ["", *dataset.classes],
                format_func=lambda name: name or "All classes",
                key=f"class_{dataset.id}",
                width=150,
            )
            target = dataset.classes.index(label) if label else None
        elif len(dataset.classes) > 1:
            number = st.selectbox(
                "Number",
                range(len(dataset.classes)),
                format_func=dataset.classes.__getitem__,
                key=f"number_{dataset.id}",
                width=150,
            )
        parts = {"": "All parts", **charts.SPLIT_LABELS}
        if (cached.records(dataset.id)["excluded"] != "").any():
            parts[EXCLUDED] = "Left out"
        split = st.selectbox(
            "Part",
            list(parts),
            format_func=parts.__getitem__,
            key=f"part_{dataset.id}",
            width=115,
        )
        issues = [issue for issue in ISSUES if issue in cached.evidence(dataset)]
        issue = st.selectbox(
            "Finding",
            ["", *issues],
            format_func=lambda key: ISSUES[key].title if key else "With or without",
            key=f"finding_{dataset.id}",
            width=165,
            disabled=not issues,
            help=None if issues else "The data doctor, above, finds pictures that mislead a model.",
        )
        text = st.text_input("File name contains", key=f"text_{dataset.id}", width=150)
        order = st.selectbox("Order", orders, format_func=ORDERS.__getitem__, key=f"order_{dataset.id}", width=150)
    return Query(target=target, split=split, text=text.strip(), order=order, number=number), issue or None
