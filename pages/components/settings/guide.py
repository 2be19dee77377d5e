"""The guided level of the Settings page: a few questions, what each answer sets, and why."""

from dataclasses import replace

import streamlit as st

from ftcore import names
from ftcore import settings as s
from ftcore.datasets.records import Dataset
from ftcore.models import catalogue
from ftcore.runs import drafts
from ftcore.settings import fields, guide
from ftcore.settings.guide import Effect, Guided, Question
from pages.components import glossary_links, session


def show(dataset: Dataset) -> None:
    """Questions on the left, on the right what their answers set."""
    draft = session.draft(dataset)
    settings = draft.settings
    wanted = guide.guided(draft.answers, base=settings, **_known(dataset, settings))
    effects = {effect.question: effect for effect in wanted.effects}
    changed = guide.changed_by_hand(settings, wanted)
    for question in guide.questions(dataset.task):
        with st.container(border=True):
            left, right = st.columns([3, 2], gap="large")
            with left:
                _ask(dataset, draft, question)
            with right:
                _sets(settings, wanted, effects[question.name], changed)
    if changed:
        st.button(
            "Set everything as answered",
            icon=":material/undo:",
            key="as_answered",
            on_click=_set_all,
            args=(dataset,),
            help="Puts the values that differ from your answers back to what the answers set.",
        )


def _known(dataset: Dataset, settings: s.RunSettings) -> dict[str, object]:
    """Facts about data set and model that the guide asks for."""
    return {
        "facts": dataset.facts(),
        "native_size": catalogue.native_size(settings.model.name),
        "task": dataset.task,
    }


def _ask(dataset: Dataset, draft: drafts.Draft, question: Question) -> None:
    key = f"guide_{draft.run}_{question.name}"
    st.session_state[key] = guide.complete(draft.answers)[question.name]  # the draft counts, whoever changed it
    names_ = list(question.answers)
    st.radio(
        f"**{question.text}**",
        names_,
        format_func=lambda name: question.answers[name].label,
        captions=[question.answers[name].help for name in names_],
        key=key,
        on_change=_answer,
        args=(dataset, question.name, key),
    )
    evidence = _evidence(dataset, question.name)
    st.caption(f"{evidence or question.help} {glossary_links.links(question.terms)}")


def _evidence(dataset: Dataset, question: str) -> str:
    """Evidence that the data set itself gives on a question."""
    if question != "rarity":
        return ""
    counts = [(row[0], name) for row, name in zip(dataset.split_counts, dataset.classes, strict=True)]
    (fewest, rare), (most, frequent) = min(counts), max(counts)
    if fewest == most:
        return f"Here every class has {most:,} training pictures."
    return names.markdown(f"Here {frequent} has {most:,} training pictures and {rare} has {fewest:,}.")


def _sets(settings: s.RunSettings, wanted: Guided, effect: Effect, changed: list[str]) -> None:
    st.markdown(effect.why)
    lines = []
    for key in effect.keys:
        label, value = fields.of(key).label, s.in_words(key, s.value_of(wanted.settings, key))
        line = f"{names.markdown(label)}: **{names.markdown(value)}**"
        if key in changed:
            now = names.markdown(s.in_words(key, s.value_of(settings, key)))
            line += f" :orange-badge[changed by you: {now}]"
        lines.append(f"- {line}")
    st.markdown("\n".join(lines))


def _answer(dataset: Dataset, question: str, key: str) -> None:
    draft = session.draft(dataset)
    answers = {**draft.answers, question: st.session_state[key]}
    settings = guide.after_answer(draft.settings, draft.answers, answers, **_known(dataset, draft.settings))
    drafts.save(replace(draft, settings=settings, answers=answers))


def _set_all(dataset: Dataset) -> None:
    draft = session.draft(dataset)
    wanted = guide.guided(draft.answers, base=draft.settings, **_known(dataset, draft.settings))
    session.change(dataset, wanted.settings)
