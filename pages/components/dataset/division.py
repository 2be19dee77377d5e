"""How pictures are divided into training, validation and test: while they come in, and anew for an open data set."""

from typing import Any

import streamlit as st

from ftcore import tasks
from ftcore.datasets.records import Dataset
from ftcore.datasets.splits import METHODS, parse_shares
from pages.components import formatting, shell
from pages.components.dataset import import_job


def form(*, asks_task: bool) -> dict[str, Any]:
    """The division of pictures that come in, and what is learned where no table says it.

    Its expanders are always computed: what was chosen counts also after they were closed.
    """
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


def again(dataset: Dataset) -> None:
    """Divide the open data set anew: a job, because pictures may have to be compared with each other."""
    st.markdown("**Divide all pictures again.** That makes a new version; this one stays.")
    chosen = _how([method for method in METHODS if method != "auto"])
    if st.button("Divide again", key="divide_again"):
        with shell.errors():
            parse_shares(chosen["split"])
            import_job.submit({"divide": dataset.id, **chosen}, dataset.name)
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
            import_job.submit({"divide": dataset.id, "fold": fold, "n_folds": n_folds, "seed": seed}, dataset.name)


def pressed(division: dict[str, Any], *, disabled: bool) -> bool:
    """The button that imports; False as long as the pictures cannot be divided so: nothing is taken in before."""
    if st.button("Import", type="primary", disabled=disabled, key="import"):
        with shell.errors():
            parse_shares(division["split"])
            return True
    return False
