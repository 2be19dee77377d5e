"""Loose pictures, class by class: from files, or from the camera."""

from typing import Any

import streamlit as st

from ftcore import names
from ftcore.datasets.images.decode import EXTENSIONS
from ftcore.datasets.splits import FEWEST

PHOTOS = "camera_photos"  # of the session, by class number; like uploads they live until the import takes them
SEEN = "camera_seen"  # ids of all that were taken, also of those forgotten: the camera goes on showing its last one


def collect() -> dict[str, list[tuple[str, Any]]]:
    """Names and contents of the pictures of each class; empty until there are two classes with enough pictures."""
    n_classes = st.session_state.setdefault("n_classes", 2)
    classes: dict[str, list[tuple[str, Any]]] = {}
    for number in range(n_classes):
        with st.container(border=True):
            name, found = _one_class(number)
        if found:
            classes.setdefault(name, []).extend(found)
    if st.button("Add a class", icon=":material/add:", key="add_class"):
        st.session_state["n_classes"] = n_classes + 1
        st.rerun()
    enough = [name for name, found in classes.items() if len(found) >= FEWEST]
    if len(enough) < 2:
        st.caption(f"Two classes with at least {FEWEST} pictures each are needed; twenty of each are a good start.")
        return {}
    return classes


def _one_class(number: int) -> tuple[str, list[tuple[str, Any]]]:
    name = st.text_input("Name of the class", value=f"Class {number + 1}", key=f"class_name_{number}")
    files = st.file_uploader(
        "Pictures", type=[ending[1:] for ending in EXTENSIONS], accept_multiple_files=True, key=f"class_files_{number}"
    )
    found: list[tuple[str, Any]] = [(file.name, file) for file in files]
    if st.toggle("Use the camera", key=f"class_camera_{number}"):
        found += _camera(number)
    if found:
        st.caption(f"{len(found):,} pictures")
    return names.clean(name, fallback=f"Class {number + 1}"), found


def _camera(number: int) -> list[tuple[str, Any]]:
    """Every photo that was taken for a class, one after the other."""
    photos: list[tuple[str, bytes]] = st.session_state.setdefault(PHOTOS, {}).setdefault(number, [])
    taken = st.camera_input("Take pictures, one after the other", key=f"camera_{number}")
    seen: set[str] = st.session_state.setdefault(SEEN, set())
    if taken is not None and taken.file_id not in seen:
        seen.add(taken.file_id)
        photos.append((f"{taken.file_id}.jpg", taken.getvalue()))
    if photos and st.button("Forget the last one", icon=":material/undo:", key=f"forget_{number}"):
        photos.pop()
    return list(photos)


def forget() -> None:
    """Forget the photos of this session, once the import has them."""
    st.session_state.pop(PHOTOS, None)
