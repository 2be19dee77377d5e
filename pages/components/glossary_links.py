"""Words that open their entry in the glossary, in another tab, so that nobody loses the place."""

from urllib.parse import urlencode

from ftcore import names
from ftcore.teaching import glossary
from pages.components import session


def link(name: str, text: str = "") -> str:
    """Markdown: a word that leads to its glossary entry.

    Args:
        name: Of the term; SettingsError if there is none.
        text: What is shown, plain; the term's title if empty.
    """
    term = glossary.find(name)
    opened = urlencode(session.address())
    return f"[{names.markdown(text or term.title)}](glossary{'?' if opened else ''}{opened}#{term.name})"


def links(terms: tuple[str, ...]) -> str:
    """Several of them in a row."""
    return " · ".join(link(name) for name in terms)
