"""The glossary: every setting and every choice is explained, and no link leads nowhere."""

import re

import pytest

from ftcore import names
from ftcore.errors import SettingsError
from ftcore.settings import fields
from ftcore.teaching import glossary
from ftcore.teaching.glossary import TERMS

KEYS = [field.key for field in fields.every()]
TABLES = [(field.key, field.choices) for field in fields.every() if field.choices is not None]


@pytest.mark.parametrize("key", KEYS)
def test_every_setting_has_a_term(key):
    term = glossary.of_setting(key)
    assert term is not None, f"no term of the glossary names {key!r} among its settings"
    assert glossary.find(term.name) is term


@pytest.mark.parametrize("term", TERMS.values(), ids=list(TERMS))
def test_a_term_is_two_to_four_plain_sentences_with_an_anchor_and_terms_that_exist(term):
    assert names.is_id(term.name) and term.title
    n_sentences = len(re.findall(r"[.!?](?= [A-Z0-9*]|$)", term.text))
    assert 2 <= n_sentences <= 4, term.text
    assert len(term.text) < 420
    assert term.related and set(term.related) <= set(TERMS) - {term.name}


@pytest.mark.parametrize("term", TERMS.values(), ids=list(TERMS))
def test_a_term_names_settings_that_exist_and_that_no_other_term_names(term):
    assert set(term.settings) <= set(KEYS)
    assert all(glossary.of_setting(key) is term for key in term.settings)


@pytest.mark.parametrize(("key", "table"), TABLES, ids=[key for key, _ in TABLES])
def test_every_choice_of_a_form_is_explained_in_a_sentence(key, table):
    explained = glossary.explained(key)
    assert [label for label, _ in explained.choices] == [table[name].label for name in table]
    assert all(help.endswith(".") and len(help) > 8 for _, help in explained.choices)


def test_a_setting_is_explained_with_its_default_and_range():
    epochs = glossary.explained("train.epochs")
    assert (epochs.label, epochs.default, epochs.range) == ("Epochs", "8", "1 to 1,000")
    assert glossary.explained("train.lr").range == "1e-07 to 10"
    assert glossary.explained("augment.fresh").default == "no"
    assert glossary.explained("train.optimizer").default == "AdamW"
    assert glossary.explained("model.start").default == "none"


def test_search_wants_every_word_and_puts_titles_first():
    found = [term.name for term in glossary.search("learning rate")]
    assert found[:2] == ["learning-rate", "learning-rate-finder"] and "schedule" in found
    assert glossary.search("zebra crossing") == []
    assert len(glossary.search("  ")) == len(TERMS)
    titles = [term.title.casefold() for term in glossary.search("")]
    assert titles == sorted(titles)


def test_search_finds_a_term_by_the_label_of_a_setting():
    assert "computed-once" in [term.name for term in glossary.search("gigabytes")]


def test_an_unknown_term_is_an_error():
    with pytest.raises(SettingsError, match="no term 'flux'"):
        glossary.find("flux")
