"""Glossary: every word of the trade in a few plain sentences, with the settings that it explains."""

import streamlit as st

from ftcore import names
from ftcore.teaching import glossary
from pages.components import glossary_links, shell


@shell.page
def show() -> None:
    """A search, and the entries that it finds."""
    st.title("Glossary")
    st.markdown("What the words on these pages mean, for people who have never trained a model.")
    query = st.text_input("Search", placeholder="for example: rate, rare classes, blur", key="glossary_search")
    found = glossary.search(query)
    if not found:
        st.info("No entry holds these words. Try a single one, or a shorter one.", icon=":material/search_off:")
    for term in found:
        _entry(term, searching=bool(query.strip()))


def _entry(term: glossary.Term, *, searching: bool) -> None:
    """One term; related ones are further down the same page, unless a search hides them."""
    st.subheader(term.title, anchor=term.name)
    st.markdown(term.text)
    if term.settings:
        st.markdown("\n".join(_setting(key) for key in term.settings))
    if term.related:
        see = [
            glossary_links.link(name) if searching else f"[{names.markdown(glossary.find(name).title)}](#{name})"
            for name in term.related
        ]
        st.caption("See also: " + " · ".join(see))


def _setting(key: str) -> str:
    """A setting with default, range and choices, as a Markdown list."""
    about = glossary.explained(key)
    facts = f"default {about.default}" + (f", {about.range}" if about.range and not about.choices else "")
    lines = [f"- Setting **{names.markdown(about.label)}** ({names.markdown(facts)}): {names.markdown(about.help)}"]
    lines += [f"    - *{names.markdown(label)}*: {names.markdown(help)}" for label, help in about.choices]
    return "\n".join(lines)


show()
