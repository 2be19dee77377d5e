"""Model: choose the pretrained network that learns the classes."""

import dataclasses

import streamlit as st

from pages.components import frame

frame.guard()

from ftcore import hardware, names  # noqa: E402
from ftcore.models import catalogue  # noqa: E402
from ftcore.runs import drafts  # noqa: E402
from pages.components import cached, session  # noqa: E402

OTHER = "another"


def describe(name: str) -> str:
    """The facts of a row, in one line."""
    row = catalogue.find(name)
    if row is None:
        return "Any of timm's architectures, by its name."
    here = "on this machine" if catalogue.weights_here(row) else "to be downloaded"
    return (
        f"{row.help} {row.parameters:g} million parameters, {row.input_size} pixels, "
        f"licence {row.license}, weights {here}."
    )


def title(name: str) -> str:
    row = catalogue.find(name)
    return row.title if row else "Another timm model"


def cannot_load(name: str) -> str:
    """Why a model could not be loaded here, or an empty text."""
    row = catalogue.find(name)
    if row is None and (reason := cached.unknown_architecture(name)):
        return reason
    if row is not None and catalogue.weights_here(row):
        return ""
    if hardware.reachable(catalogue.HUB):
        return ""
    if row is None:
        return f"The weights of {name} can only be loaded if they were downloaded before: there is no network now."
    return f"The weights of {row.title} are not on this machine, and there is no network to download them."


st.title("Model")
dataset = session.dataset()
if dataset is None:
    frame.needs("dataset", "A model is chosen for a data set, and none is open yet.", "Choose pictures first")
    raise AssertionError("needs() ends the page")
st.markdown(
    "A **pretrained** network has learned from millions of pictures to see edges and shapes. Yours gets a new "
    "last layer, the **head**, that learns your classes. **Parameters** are the numbers inside that can learn: more of "
    "them see more, and take longer."
)
draft = session.draft(dataset)
known = [row.name for row in catalogue.BACKBONES]
current = draft.settings.model.name
chosen = st.radio(
    "Pretrained network",
    [*known, OTHER],
    index=known.index(current) if current in known else len(known),
    format_func=title,
    captions=[describe(name) for name in [*known, OTHER]],
    key=f"model_{dataset.id}",
)
if chosen == OTHER:
    chosen = st.text_input(
        "timm's name of the model",
        "" if current in known else current,
        key="other_model",
        help="For example regnety_002 or edgenext_xx_small. A tag after a dot chooses the weights.",
    ).strip()
reason = cannot_load(chosen) if chosen else "Write the name of a model."
if reason and chosen:
    st.warning(names.markdown(reason), icon=":material/cloud_off:")
if frame.next_button("settings", "Next: settings", disabled=bool(reason), help=reason or None):
    base = dataclasses.replace(draft.settings, model=dataclasses.replace(draft.settings.model, name=chosen))
    if chosen != current:
        base = session.suggested(dataset, base.preset, base)
    drafts.confirm(dataclasses.replace(draft, settings=base), "model")
    frame.go("settings")
