import pytest

from ftcore import names
from ftcore.errors import RunError
from ftcore.runs import owners


def test_fresh_ids_are_different_and_known_again():
    ids = {owners.new() for _ in range(50)}
    assert len(ids) == 50
    assert all(owners.of_browser(id) == id and names.is_id(id) for id in ids)


@pytest.mark.parametrize(
    "sent",
    [None, "", "../x", "cli", "0" * 31, "0" * 33, "0" * 5000, "g" * 32, "A" * 32, "0" * 32 + "\n", "0" * 31 + "/", 7],
)
def test_what_cannot_be_an_id_of_a_browser_is_none(sent):
    assert owners.of_browser(sent) == ""


@pytest.mark.parametrize("owner", ["../x", "", "a.b"])
def test_an_owner_that_could_be_a_path_cannot_own_anything(owner):
    with pytest.raises(RunError, match="cannot own"):
        owners.require(owner)
