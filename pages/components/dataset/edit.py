"""Edits of the open data set: what comes out is opened, with what is left of the findings and a way back."""

from collections.abc import Sequence

import streamlit as st

from ftcore.datasets import versions
from ftcore.datasets.doctor import carry_over, findings
from ftcore.datasets.records import Dataset
from ftcore.datasets.versions import Edit
from pages.components import shell


def do(dataset: Dataset, edits: Sequence[Edit]) -> None:
    """Do edits and open the version that comes out; say so where nothing changed, or why it cannot be."""
    with shell.errors():
        report = findings.load(dataset)
        edited = versions.edit(dataset, edits) if report is None else carry_over.mend(dataset, report, edits)
        if edited == dataset:
            st.info("Nothing changed: nothing was ticked, or nothing else was chosen for it.")
        else:
            shell.go("dataset", dataset=edited.id, run=None, before=dataset.id)
