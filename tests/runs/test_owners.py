import pytest

from ftcore import names
from ftcore.errors import RunError
from ftcore.runs import owners, store


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


@pytest.fixture
def job(workspace):
    return store.create("estimate", "m", {})


def test_the_last_who_gives_a_job_up_is_told_so(job):
    me, you = owners.new(), owners.new()
    for owner in (me, you, you):
        owners.want(job, owner)
    assert (owners.give_up(job, me), owners.give_up(job, you)) == (False, True)


def test_giving_up_what_one_has_not_asked_for_changes_nothing(job):
    assert owners.give_up(job, owners.CLI) is False
    owners.want(job, owners.CLI)
    assert owners.give_up(job, owners.new()) is False
    assert owners.give_up(job, owners.CLI) is True


@pytest.mark.parametrize("owner", ["../x", "", "a.b"])
def test_an_owner_that_could_be_a_path_cannot_want_anything(job, owner):
    with pytest.raises(RunError, match="cannot own"):
        owners.want(job, owner)
