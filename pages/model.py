"""Model: choose the pretrained network that learns the classes."""

import dataclasses

import streamlit as st

from ftcore import hardware, names
from ftcore.models import catalogue, suitability
from ftcore.runs import drafts
from pages.components import cached, cost, glossary_links, session, shell
from pages.components.model import catalogue_table, own_weights, race

shell.guard()


OTHER, OWN = "another", "own"


def describe(name: str) -> str:
    """The facts of a row of the short list, in one line."""
    row = catalogue.find(name)
    if name == OWN:
        return "A file that you upload, or a run of this workspace: to train it further, or on other pictures."
    if row is None:
        return "The whole catalogue of timm, to search and filter."
    return f"{row.help} {facts_of(row)}"


def facts_of(row: catalogue.Backbone) -> str:
    size = "size unknown" if row.parameters is None else f"{row.parameters / 1e6:,.1f} million parameters"
    here = "on this machine" if catalogue.weights_here(row) else "to be downloaded"
    return f"{size}, {row.input_size} pixels, licence {row.license}, weights {here}."


def title(name: str) -> str:
    row = catalogue.find(name)
    if name == OWN:
        return "My own weights"
    return row.title if row else f"Another of {len(catalogue.models()):,} models"


def cannot_load(name: str) -> str:
    """Why a model cannot start a run here, or an empty text."""
    if row := catalogue.find(name):
        return suitability.cannot_load(row)
    return cached.unknown_architecture(name) or f"timm has no pretrained weights for {name}."


hardware.ask([catalogue.HUB])  # the answer is there when the catalogue wants it
st.title("Model")
dataset = session.dataset()
if dataset is None:
    shell.needs("dataset", "A model is chosen for a data set, and none is open yet.", "Choose pictures first")
    raise AssertionError("needs() ends the page")
st.markdown(
    "A **pretrained** network has learned from millions of pictures to see edges and shapes. Yours gets a new "
    "last layer, the **head**, that learns your classes. **Parameters** are the numbers inside that can learn: more of "
    "them see more, and take longer. The **licence** says what you may do with the pretrained weights."
)
st.caption(glossary_links.links(("pretrained", "head", "parameter", "licence")))
draft = session.draft(dataset)
known = [row.name for row in catalogue.BACKBONES]
current, start = draft.settings.model.name, draft.settings.model.start
options = [*known, OTHER, OWN]
chosen = st.radio(
    "Pretrained network",
    options,
    index=options.index(OWN if start else current if current in known else OTHER),
    format_func=title,
    captions=[describe(name) for name in options],
    key=f"model_{dataset.id}",
)
if chosen == OWN:
    chosen, start = own_weights.choose(start, key=f"own_{dataset.id}")
else:
    start = ""
if chosen == OTHER:
    chosen = catalogue_table.choose("" if current in known else current, key=f"catalogue_{dataset.id}")
row = catalogue.find(chosen) if chosen else None
if row is not None:
    if chosen not in known and not start:
        st.markdown(f"Chosen: **{names.markdown(chosen)}**, {names.markdown(facts_of(row))}")
        if row.commercial_use != "yes":
            forbidden = (
                "forbids commercial use" if row.commercial_use == "no" else "has terms of its own; read it first"
            )
            st.caption(f"Its licence, {names.markdown(row.license)}, {forbidden}.")
    domain = cached.guessed_domain(dataset.id).domain
    st.markdown(
        f":material/lightbulb: {suitability.suits(row, dataset.facts(), has_gpu=hardware.has_gpu(), domain=domain)}"
    )
reason = "Choose a model first." if not chosen else "" if start else cannot_load(chosen)
if reason and chosen:
    st.warning(names.markdown(reason), icon=":material/cloud_off:")
if winner := race.show(dataset):
    base = dataclasses.replace(draft.settings, model=dataclasses.replace(draft.settings.model, name=winner, start=""))
    drafts.save(dataclasses.replace(draft, settings=session.refitted(dataset, draft, base)))
    st.session_state.pop(f"model_{dataset.id}", None)  # the radio shows what the draft says
    st.rerun()
if chosen and not reason:
    sketch = dataclasses.replace(draft.settings.model, name=chosen, start=start)
    wanted = dataclasses.replace(draft.settings, model=sketch)
    wanted = wanted if chosen == current else session.refitted(dataset, draft, wanted)
    cost.show(wanted, title="With the present settings, this model would take", per_epoch=True)
if shell.next_button("settings", "Next: settings", disabled=bool(reason), help=reason or None):
    base = dataclasses.replace(
        draft.settings, model=dataclasses.replace(draft.settings.model, name=chosen, start=start)
    )
    if chosen != current:
        base = session.refitted(dataset, draft, base)
    drafts.confirm(dataclasses.replace(draft, settings=base), "model")
    shell.go("settings")
catalogue_table.prepare()
