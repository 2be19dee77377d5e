"""Glossary: every term with its anchor, found by a search, and reached from the words on other pages."""

import re

from ftcore.teaching import glossary
from ftcore.teaching.glossary import TERMS
from tests.pages.conftest import links, open_page, texts


def shown(at):
    return [header.proto.anchor for header in at.subheader]


def test_every_term_has_its_anchor_its_text_and_the_settings_that_it_explains(workspace):
    at = open_page("glossary")
    assert not at.exception
    assert shown(at) == [term.name for term in glossary.search("")]
    text = texts(at)
    assert all(term.text in text for term in TERMS.values())
    assert "Setting **Epochs** (default 8, 1 to 1,000)" in text and "*AdamW*" in text


def test_search_leaves_what_holds_every_word(workspace):
    at = open_page("glossary")
    at.text_input(key="glossary_search").set_value("rare classes").run()
    assert "class-weights" in shown(at) and len(shown(at)) < 10
    at.text_input(key="glossary_search").set_value("zebra").run()
    assert not shown(at) and "No entry holds these words" in at.info[0].value


def test_it_is_the_last_in_the_navigation(workspace):
    shown = list(links(open_page("start")))
    assert shown.index("Glossary") == shown.index("Runs") + 1


def test_every_link_into_the_glossary_leads_to_a_term(tiny_dataset):
    found = set()
    for page in ("dataset", "model", "settings", "train"):
        found |= set(re.findall(r"\]\(glossary[^)#]*#([a-z0-9-]+)\)", texts(open_page(page, dataset=tiny_dataset.id))))
    assert len(found) > 5 and found <= set(TERMS)
