"""Names that people and archives bring, made safe to store and to show.

Class names reach Markdown, Plotly's HTML and CSV files; they are cleaned once, here, at intake.
"""

import hashlib
import re
import secrets
import unicodedata
from datetime import datetime

LONGEST = 64
_CUT = 6  # hexadecimal digits that keep two names apart which begin alike and are both too long
# A spreadsheet runs a cell that starts with one of these; but a number with its sign is only a number, and -1 is not 1.
_FORMULA = re.compile(r"[=+\-@ ]*?(?=[+-]?[0-9]+(?:[.,][0-9]+)?$)|[=+\-@ ]+")


def clean(text: str, *, fallback: str = "unnamed") -> str:
    """A name fit to be shown: NFC, one line, no control or bidi characters, no formula, at most 64 characters.

    A longer name is cut and ends in a few digits that depend on the whole of it. Markup is not removed: a class may
    well be called ``<b>``. Whoever shows it escapes it.
    """
    kept = "".join(
        " " if character.isspace() else character
        for character in text
        if character.isspace() or unicodedata.category(character)[0] != "C"
    )
    kept = unicodedata.normalize("NFC", kept)  # last: what was removed may have stood between a letter and its accent
    kept = re.sub(r" {2,}", " ", kept).strip()
    if formula := _FORMULA.match(kept):
        kept = kept[formula.end() :]
    if len(kept) > LONGEST:
        whole = hashlib.sha256(kept.encode()).hexdigest()[:_CUT]
        kept = f"{kept[: LONGEST - _CUT - 1].strip()}…{whole}"
    return kept or fallback


def slug(text: str) -> str:
    """The part of a name that is safe in a file name and a URL: a-z, 0-9 and hyphens, at most 40 characters."""
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", ascii_text).strip("-")[:40].strip("-") or "x"


def new_id(name: str) -> str:
    """A fresh identifier that sorts by time: ``20261121-143000-digits-3f9a``."""
    return f"{datetime.now():%Y%m%d-%H%M%S}-{slug(name)}-{secrets.token_hex(2)}"


def is_id(text: str) -> bool:
    """Return True for text that can only be the name of one folder: no separators, no dots."""
    return bool(re.fullmatch(r"[a-z0-9][a-z0-9-]{0,80}", text))


def markdown(text: str) -> str:
    """``text`` with everything escaped that Markdown, its HTML, its colour or math directives would act on."""
    return re.sub(r"([\\`*_{}\[\]()<>#+\-.!|~$:&])", r"\\\1", text)


def html(text: str) -> str:
    """``text`` escaped for the HTML subset that Plotly labels understand."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
