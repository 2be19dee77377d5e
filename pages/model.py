"""Model: choose the pretrained network that learns the classes."""

from dataclasses import replace

import streamlit as st

from ftcore import hardware, names
from ftcore.datasets.records import Dataset
from ftcore.models import catalogue, suitability
from ftcore.runs import drafts
from pages.components import cached, cost, glossary_links, session, shell
from pages.components.model import catalogue_table, own_weights, race

OTHER, OWN = "another", "own"
KNOWN = [row.name for row in catalogue.BACKBONES]


@shell.page
def show() -> None:
    """The choice of a model, a race of several, and what the chosen one would take."""
    hardware.ask([catalogue.HUB])  # the answer is there when the catalogue wants it
    st.title("Model")
    dataset = session.dataset()
    if dataset is None:
        shell.needs("dataset", "A model is chosen for a data set, and none is open yet.", "Choose pictures first")
    st.markdown(
        "A **pretrained** network has learned from millions of pictures to see edges and shapes. Yours gets a new last "
        "layer, the **head**, that learns your classes. **Parameters** are the numbers inside that can learn: more of "
        "them see more, and take longer. The **licence** says what you may do with the pretrained weights."
    )
    st.caption(glossary_links.links(("pretrained", "head", "parameter", "licence")))
    draft = session.draft(dataset)
    chosen, start = _choose(dataset, draft)
    if row := catalogue.find(chosen) if chosen else None:
        _about(dataset, row, start)
    reason = "Choose a model first." if not chosen else "" if start else _cannot_load(chosen)
    if reason and chosen:
        st.warning(names.markdown(reason), icon=":material/cloud_off:")
    if winner := race.show(dataset):
        _take_winner(dataset, draft, winner)
    if chosen and not reason:
        wanted = _with_model(dataset, draft, chosen, start)
        cost.show(wanted.settings, title="With the present settings, this model would take", per_epoch=True)
    if shell.next_button("settings", "Next: settings", disabled=bool(reason), help=reason or None):
        drafts.confirm(_with_model(dataset, draft, chosen, start), "model")
        shell.go("settings")
    catalogue_table.prepare()


def _choose(dataset: Dataset, draft: drafts.Draft) -> tuple[str, str]:
    """Name of the chosen model, and id of the weights of one's own to start from; empty where nothing is chosen."""
    current, start = draft.settings.model.name, draft.settings.model.start
    options = [*KNOWN, OTHER, OWN]
    chosen = st.radio(
        "Pretrained network",
        options,
        index=options.index(OWN if start else current if current in KNOWN else OTHER),
        format_func=_title,
        captions=[_describe(name) for name in options],
        key=f"model_{dataset.id}",
    )
    if chosen == OWN:
        return own_weights.choose(start, key=f"own_{dataset.id}")
    if chosen == OTHER:
        chosen = catalogue_table.choose("" if current in KNOWN else current, key=f"catalogue_{dataset.id}")
    return chosen, ""


def _with_model(dataset: Dataset, draft: drafts.Draft, name: str, start: str) -> drafts.Draft:
    """The draft with a chosen model, and with what fits it where it is another one than before."""
    model = replace(draft.settings.model, name=name, start=start)
    settings = replace(draft.settings, model=model)
    if name != draft.settings.model.name:
        settings = session.refitted(dataset, draft, settings)
    return replace(draft, settings=settings)


def _take_winner(dataset: Dataset, draft: drafts.Draft, name: str) -> None:
    model = replace(draft.settings.model, name=name, start="")
    settings = session.refitted(dataset, draft, replace(draft.settings, model=model))
    drafts.save(replace(draft, settings=settings))
    st.session_state.pop(f"model_{dataset.id}", None)  # the radio shows what the draft says
    st.rerun()


def _title(name: str) -> str:
    row = catalogue.find(name)
    if name == OWN:
        return "My own weights"
    return row.title if row else f"Another of {len(catalogue.models()):,} models"


def _describe(name: str) -> str:
    """The facts of a row of the short list, in one line."""
    row = catalogue.find(name)
    if name == OWN:
        return "A file that you upload, or a run of this workspace: to train it further, or on other pictures."
    if row is None:
        return "The whole catalogue of timm, to search and filter."
    return f"{row.help} {_facts(row)}"


def _facts(row: catalogue.Backbone) -> str:
    size = "size unknown" if row.parameters is None else f"{row.parameters / 1e6:,.1f} million parameters"
    here = "on this machine" if catalogue.weights_here(row) else "to be downloaded"
    return f"{size}, {row.input_size} pixels, licence {row.license}, weights {here}."


def _about(dataset: Dataset, row: catalogue.Backbone, start: str) -> None:
    """The facts of a model that is not in the short list, and how any suits these pictures."""
    if row.name not in KNOWN and not start:
        st.markdown(f"Chosen: **{names.markdown(row.name)}**, {names.markdown(_facts(row))}")
        if row.commercial_use != "yes":
            what = "forbids commercial use" if row.commercial_use == "no" else "has terms of its own; read it first"
            st.caption(f"Its licence, {names.markdown(row.license)}, {what}.")
    domain = cached.guessed_domain(dataset.id).domain
    st.markdown(
        f":material/lightbulb: {suitability.suits(row, dataset.facts(), has_gpu=hardware.has_gpu(), domain=domain)}"
    )


def _cannot_load(name: str) -> str:
    """The reason why a model cannot start a run here, or an empty text."""
    if row := catalogue.find(name):
        return suitability.cannot_load(row)
    return cached.unknown_architecture(name) or f"timm has no pretrained weights for {name}."


show()
