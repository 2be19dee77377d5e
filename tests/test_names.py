import html.parser
import re
import unicodedata

import pytest

from ftcore import names


@pytest.mark.parametrize("text", ["Katze", "猫", "قطة", "Ça va", "naïve <b>", "a/b\\c", "100%", "O'Neil & Söhne", "🐱"])
def test_an_honest_name_stays_as_it_is(text):
    assert names.clean(text) == unicodedata.normalize("NFC", text)


def test_two_spellings_of_one_letter_are_one_name():
    assert names.clean("Caf\u0065\u0301") == names.clean("Caf\u00e9") == "Café"


def test_an_accent_finds_its_letter_over_a_removed_character():
    assert names.clean("Cafe\u200b\u0301") == "Café"


@pytest.mark.parametrize(
    "text", ["ca\u202et", "\u2066cat\u2069", "c\u200bat", "\ufeffcat", "ca\x00t", "ca\x1bt", "c\ud800at", "ca\u200dt"]
)
def test_invisible_and_direction_characters_are_taken_out(text):
    assert names.clean(text) == "cat"


@pytest.mark.parametrize(
    "text", ["black\ncat", "black\r\n  cat", " black\tcat ", "black\u2028cat", "black\u00a0\u3000cat"]
)
def test_a_name_is_one_line_with_single_spaces(text):
    assert names.clean(text) == "black cat"


@pytest.mark.parametrize(
    "text", ["=cat", "+cat", "-cat", "@cat", " = cat", "= =cat", "=\t=cat", "\u200b=cat", "=\u202e+cat"]
)
def test_no_name_is_run_by_a_spreadsheet(text):
    assert names.clean(text) == "cat"


@pytest.mark.parametrize("text", ["", "  ", "\u202e", "===", "= = =", "\x00"])
def test_a_name_of_nothing_gets_one(text):
    assert names.clean(text) == "unnamed"
    assert names.clean(text, fallback="class 3") == "class 3"


@pytest.mark.parametrize("text", ["-1", "+1", "0", "-10", "-0.5", "+3,25"])
def test_a_number_keeps_its_sign(text):
    assert names.clean(text) == names.clean(f" {text}\n") == names.clean(f"={text}") == text


@pytest.mark.parametrize("text", ["-1+cmd|' /C calc'!A0", "+1-2", "-1e5", "-1.2.3", "-.5", "-x"])
def test_what_only_begins_like_a_number_is_no_number(text):
    assert names.clean(text) == text.lstrip("+-")


def test_a_name_ends_after_64_characters_without_a_dangling_space():
    assert names.clean("x" * 64) == "x" * 64
    assert re.fullmatch("x{57}…[0-9a-f]{6}", names.clean("x" * 1000))
    assert re.fullmatch("x{56}…[0-9a-f]{6}", names.clean("x" * 56 + " " + "tail" * 9))


def test_two_long_names_stay_two_names():
    assert names.clean("x" * 100 + "a") != names.clean("x" * 100 + "b")
    assert names.clean("x" * 100 + "a") == names.clean(" =" + "x" * 100 + "a ")


@pytest.mark.parametrize(
    "text",
    ["=cat", "Cafe\u0301 au\n lait", "x" * 63 + " =y", "\u202e= =x", "e\u200b\u0301", "<b>", "=-1", "-+-2.5", "x" * 99],
)
def test_cleaning_twice_changes_nothing(text):
    assert names.clean(names.clean(text)) == names.clean(text)


@pytest.mark.parametrize(
    "text, slug",
    [
        ("Black Cat", "black-cat"),
        ("Ärger/..", "arger"),
        ("猫", "x"),
        ("", "x"),
        ("../../etc", "etc"),
        ("a" * 80, "a" * 40),
    ],
)
def test_a_slug_is_safe_in_a_path_and_a_url(text, slug):
    assert names.slug(text) == slug


def test_a_slug_cut_off_at_a_hyphen_ends_in_a_letter():
    assert names.slug("a" * 39 + " b") == "a" * 39


def test_identifiers_are_fresh_and_safe():
    ids = {names.new_id("Black Cat / ..") for _ in range(50)}
    assert len(ids) > 45
    assert all(names.is_id(one) and re.fullmatch(r"\d{8}-\d{6}-black-cat-[0-9a-f]{4}", one) for one in ids)


@pytest.mark.parametrize("text", ["", ".", "..", "../x", "a/b", "a\\b", "a.b", "A", "-a", "a b", "a\n", "é", "a" * 82])
def test_nothing_that_could_leave_a_folder_is_an_identifier(text):
    assert not names.is_id(text)


ACTED_UPON = "\\`*_{}[]()<>#+-.!|~$:&"


@pytest.mark.parametrize(
    "text",
    [
        ":red[x]",
        ":red-background[x]",
        ":material/home:",
        ":smile:",
        "$math$",
        "$$x^2$$",
        "**bold** _em_ ~~gone~~ `code`",
        "<b>x</b> <script>alert(1)</script>",
        "[link](javascript:alert(1)) ![pic](http://x/y.png)",
        "# title",
        "- item",
        "1. item",
        "> quote",
        "a | b",
        "&lt; &amp;",
        r"\:red[x]",
        "-> <- ---",
    ],
)
def test_markdown_leaves_no_character_that_would_be_acted_upon(text):
    escaped = names.markdown(text)
    pairs = re.findall(r"\\(.)|(.)", escaped)
    assert "".join(a or b for a, b in pairs) == text  # what a reader sees
    assert not [bare for _, bare in pairs if bare and bare in ACTED_UPON]


def test_markdown_leaves_plain_words_alone():
    assert names.markdown("Schöne Katze 7, 猫") == "Schöne Katze 7, 猫"


@pytest.mark.parametrize("text", ["<b>x</b>", "<br>", "a & b", "&lt;", '<a href="javascript:x">y</a>', "1 < 2 > 0"])
def test_html_comes_back_as_the_text_it_was(text):
    class Reader(html.parser.HTMLParser):
        tags, seen = 0, ""

        def handle_starttag(self, tag, attrs):
            self.tags += 1

        def handle_data(self, data):
            self.seen += data

    reader = Reader()
    reader.feed(names.html(text))
    reader.close()
    assert (reader.seen, reader.tags) == (text, 0)
