"""What the choice of frozen layers risks with these pictures, in one sentence."""

import streamlit as st

from ftcore import settings as s
from ftcore import tasks
from ftcore.datasets.records import Dataset
from ftcore.freezing.phases import make_phases, not_in
from ftcore.freezing.risks import Risk, learning_part, risk
from ftcore.models import catalogue
from pages.components.settings import freeze_bar

_ICONS = {"good": ":material/check_circle:", "info": ":material/info:", "warning": ":material/warning:"}


def show(dataset: Dataset, settings: s.RunSettings) -> None:
    """The sentence, under the field that it is about."""
    found = of(dataset, settings)
    if found is None:
        return  # what learns is not known; conflicts.py says why
    st.caption(f"{_ICONS[found.level]} {found.sentence}")


def of(dataset: Dataset, settings: s.RunSettings) -> Risk | None:
    """The risk of a run on this data set, None if the model has no such phases.

    How much learns is known once the network's groups are (freeze_bar.py).
    """
    freeze, facts, row = settings.freeze, dataset.facts(), catalogue.find(settings.model.name)
    known = freeze_bar.network_of(dataset, settings)
    if known and not_in(known.groups, freeze.preset, freeze):
        return None
    phases = make_phases(freeze.preset, known.groups, settings.train.epochs, freeze) if known else ()
    part, gradual = learning_part(freeze, phases, len(known.groups) if known else None)
    n_learning = (row.parameters or 0) if row and part == "all" else 0
    return risk(
        part,
        n_train=facts.n_train,
        n_classes=facts.n_classes if tasks.of(dataset.task).has_classes else 1,
        n_learning=known.most_learning(phases, freeze.lora_rank) if known else n_learning,
        gradual=gradual,
        pretrained=settings.model.pretrained or bool(settings.model.start),
    )
