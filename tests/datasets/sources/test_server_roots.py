import os

import pytest

from ftcore.datasets.sources import server_roots
from ftcore.errors import DataError


@pytest.fixture
def allowed(tmp_path, monkeypatch):
    """Two folders that may be read, and a secret beside them."""
    for name in ("a/cats", "b", "secret"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "b" / "set.zip").write_bytes(b"")
    (tmp_path / "b" / "notes.txt").write_bytes(b"")
    monkeypatch.setenv(
        server_roots.VARIABLE, os.pathsep.join([str(tmp_path / "a"), str(tmp_path / "b"), "", "/not/there"])
    )
    return tmp_path


def test_nothing_is_allowed_until_somebody_allows_it(monkeypatch, tmp_path):
    monkeypatch.delenv(server_roots.VARIABLE, raising=False)
    assert server_roots.roots() == () and server_roots.folders() == []
    with pytest.raises(DataError, match="No folder of this server may be imported from"):
        server_roots.inside(str(tmp_path))


def test_what_lies_in_a_root_is_found_by_either_path(allowed):
    assert (
        server_roots.inside(str(allowed / "a" / "cats"))
        == server_roots.inside("cats")
        == (allowed / "a" / "cats").resolve()
    )


def test_folders_and_zips_are_offered(allowed):
    assert server_roots.folders() == [str(allowed / part) for part in ("a", "a/cats", "b", "b/set.zip")]


@pytest.mark.parametrize("path", ["../secret", "/etc", "{}/secret", "{}/a/../secret", "{}", "~", "x\0y", "x" * 5000])
def test_what_lies_outside_is_refused(allowed, path):
    with pytest.raises(DataError, match="is not in a folder that may be imported from"):
        server_roots.inside(path.format(allowed))


def test_a_link_out_of_a_root_is_refused(allowed):
    (allowed / "a" / "way out").symlink_to(allowed / "secret")
    with pytest.raises(DataError, match="is not in a folder"):
        server_roots.inside("way out")
    assert str(allowed / "a" / "way out") not in server_roots.folders()
