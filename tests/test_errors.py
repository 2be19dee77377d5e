import ast
from pathlib import Path

import pytest

from ftcore import errors
from ftcore.choices import Choice, Table

KINDS = [errors.DataError, errors.SettingsError, errors.ModelError, errors.RunError, errors.WorkspaceError]


@pytest.mark.parametrize("kind", KINDS)
def test_what_happened_and_what_to_do_make_one_text(kind):
    error = kind("The disk is full.", fix="Free some space.")
    assert isinstance(error, errors.FinetuneError)
    assert (str(error), error.what, error.fix) == (
        "The disk is full. Free some space.",
        "The disk is full.",
        "Free some space.",
    )


def test_an_error_without_a_fix_ends_where_it_ends():
    assert str(errors.DataError("No pictures.")) == "No pictures."


def test_a_metric_without_pictures_is_a_programming_error_not_a_sentence_for_users():
    assert issubclass(errors.NotComputable, ValueError)
    assert not issubclass(errors.NotComputable, errors.FinetuneError)


def test_the_tree_at_the_top_names_every_error():
    own = [value.__name__ for value in vars(errors).values() if isinstance(value, type)]
    assert len(own) == 7
    assert [name for name in own if name not in errors.__doc__] == []


def raised():
    """Every ``raise SomeError(...)`` of ftcore as file:line and its call."""
    names = {kind.__name__ for kind in KINDS}
    for path in Path(errors.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
                function = node.exc.func
                if isinstance(function, ast.Name) and function.id in names:
                    yield f"{path.name}:{node.lineno}", node.exc


def test_every_error_says_what_to_do():
    reasons = "archive.py"  # its errors about one entry become a reason in the list of what was left out
    without = [where for where, call in raised() if "fix" not in {keyword.arg for keyword in call.keywords}]
    assert [where for where in without if not where.startswith(reasons)] == []


TABLE = Table("flavour", Choice("sweet", "Sweet", "Like honey."), Choice("sour", "Sour", "Like lemons."))


def test_a_table_keeps_its_order_and_finds_its_rows():
    assert list(TABLE) == ["sweet", "sour"]
    assert TABLE["sour"].help == "Like lemons."


@pytest.mark.parametrize("name", ["salty", "", "Sweet", None, 3, ["sweet"], {"sweet": 1}])
def test_an_unknown_name_is_an_error_that_lists_the_known_ones(name):
    with pytest.raises(errors.SettingsError, match=r"Unknown flavour .*Choose one of: sweet, sour\."):
        TABLE[name]
