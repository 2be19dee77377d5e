"""What the choice of frozen layers risks with these pictures, in one sentence."""

import streamlit as st

from ftcore import settings as s
from ftcore.datasets.records import Dataset
from ftcore.freezing.advice import Risk, learning_part, risk
from ftcore.freezing.phases import make_phases
from ftcore.models import catalogue
from pages.components import freezebar

_ICONS = {"good": ":material/check_circle:", "info": ":material/info:", "warning": ":material/warning:"}


def show(dataset: Dataset, settings: s.RunSettings) -> None:
    """The sentence, under the field that it is about."""
    found = of(dataset, settings)
    st.caption(f"{_ICONS[found.level]} {found.sentence}")


def of(dataset: Dataset, settings: s.RunSettings) -> Risk:
    """The risk of a run on this data set. How much learns is known once the network's groups are (freezebar.py)."""
    part, gradual = learning_part(settings.freeze)
    facts, row = dataset.facts(), catalogue.find(settings.model.name)
    known = freezebar.network_of(dataset, settings)
    phases = make_phases(settings.freeze.preset, known.groups, settings.train.epochs, settings.freeze) if known else ()
    return risk(
        part,
        n_train=facts.n_train,
        n_classes=1 if dataset.task == "number" else facts.n_classes,
        n_learning=known.most_learning(phases) if known else (row.parameters or 0) if row and part == "all" else 0,
        gradual=gradual,
        pretrained=settings.model.pretrained or bool(settings.model.start),
    )
