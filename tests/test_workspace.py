import errno
import json
import os

import pytest

from ftcore import workspace as disk
from ftcore.errors import WorkspaceError


def left_over(folder):
    return sorted(path.name for path in folder.rglob("*") if ".part" in path.name or ".gone" in path.name)


def test_the_environment_names_the_folder_and_it_is_made(tmp_path, monkeypatch):
    monkeypatch.setenv("FTCORE_WORKSPACE", str(tmp_path / "a" / "b"))
    assert disk.root() == tmp_path / "a" / "b"
    assert disk.root().is_dir()


def test_without_a_name_it_lies_in_the_current_folder(tmp_path, monkeypatch):
    monkeypatch.delenv("FTCORE_WORKSPACE", raising=False)
    monkeypatch.chdir(tmp_path)
    assert disk.root() == tmp_path / "workspace"


def test_use_is_inherited_by_processes(tmp_path, monkeypatch):
    monkeypatch.setenv("FTCORE_WORKSPACE", "elsewhere")
    assert disk.use(tmp_path / "here") == tmp_path / "here"
    assert os.environ["FTCORE_WORKSPACE"] == str(tmp_path / "here")


def test_a_file_where_the_workspace_should_be_is_a_sentence(tmp_path, monkeypatch):
    (tmp_path / "taken").write_text("a file")
    for place in ("taken", "taken/below"):
        monkeypatch.setenv("FTCORE_WORKSPACE", str(tmp_path / place))
        with pytest.raises(WorkspaceError, match=r"is not a folder.*Choose another workspace folder"):
            disk.root()


def test_its_own_folders_are_made_on_demand(workspace):
    assert disk.folder("runs") == workspace / "runs"
    assert disk.folder("runs").is_dir()


def test_a_written_file_holds_what_was_written(workspace):
    disk.write_bytes(workspace / "a.bin", b"\x00\xff")
    disk.write_json(workspace / "a.json", {"Ä": [1, 2.5, None]})
    assert (workspace / "a.bin").read_bytes() == b"\x00\xff"
    assert json.loads((workspace / "a.json").read_text(encoding="utf-8")) == {"Ä": [1, 2.5, None]}
    assert left_over(workspace) == []


@pytest.mark.parametrize("error", [ValueError("bug"), KeyboardInterrupt(), OSError(errno.EIO, "broken disk")])
def test_a_write_that_fails_leaves_the_old_content(workspace, error):
    path = workspace / "settings.json"
    path.write_text("old")
    with pytest.raises(type(error)), disk.replacing(path) as temporary:
        temporary.write_text("half of the n")
        raise error
    assert path.read_text() == "old"
    assert left_over(workspace) == []


def test_a_reader_sees_the_old_content_until_the_new_is_whole(workspace):
    path = workspace / "settings.json"
    path.write_text("old")
    with disk.replacing(path) as temporary:
        temporary.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"


def test_a_number_that_is_not_json_leaves_the_old_content(workspace):
    path = workspace / "card.json"
    disk.write_json(path, {"loss": 1.0})
    with pytest.raises(ValueError, match="not JSON compliant"):
        disk.write_json(path, {"loss": float("nan")})
    assert json.loads(path.read_text()) == {"loss": 1.0}


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_a_sentence_and_costs_nothing_that_was_there(workspace, number):
    path = workspace / "settings.json"
    path.write_text("old")
    with pytest.raises(WorkspaceError, match=r"The disk is full.*Free some space"), disk.replacing(path) as temporary:
        temporary.write_text("half")
        raise OSError(number, "No space left on device")
    assert path.read_text() == "old"
    assert left_over(workspace) == []


def test_a_disk_that_fills_up_while_syncing_is_a_sentence_too(workspace, monkeypatch):
    path = workspace / "settings.json"
    path.write_text("old")

    def full(handle):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(WorkspaceError, match="The disk is full"):
        disk.write_bytes(path, b"new")
    assert path.read_text() == "old"
    assert left_over(workspace) == []


@pytest.mark.parametrize("number", [errno.EACCES, errno.EPERM, errno.EROFS])
def test_a_forbidden_disk_names_the_file(number):
    with pytest.raises(WorkspaceError, match=r"/data/x cannot be written to.*permissions"), disk.disk_errors():
        raise OSError(number, "no", "/data/x")


def test_other_trouble_with_files_is_not_hidden():
    with pytest.raises(FileNotFoundError), disk.disk_errors():
        raise FileNotFoundError(errno.ENOENT, "gone", "x")


def test_a_new_folder_appears_whole(workspace):
    target = workspace / "bundle"
    with disk.new_folder(target) as folder:
        (folder / "a").write_text("a")
        assert not target.exists()
    assert [path.name for path in target.iterdir()] == ["a"]
    assert left_over(workspace) == []


@pytest.mark.parametrize("error", [ValueError("bug"), OSError(errno.ENOSPC, "full"), KeyboardInterrupt()])
def test_a_new_folder_that_fails_leaves_nothing(workspace, error):
    wanted = WorkspaceError if isinstance(error, OSError) else type(error)
    with pytest.raises(wanted), disk.new_folder(workspace / "bundle") as folder:
        (folder / "a").write_text("a")
        raise error
    assert list(workspace.iterdir()) == []


def test_a_folder_that_is_there_is_not_overwritten(workspace):
    target = workspace / "dataset"
    target.mkdir()
    (target / "precious").write_text("old")
    with pytest.raises(OSError), disk.new_folder(target) as folder:
        (folder / "a").write_text("a")
    assert [path.name for path in target.iterdir()] == ["precious"]
    assert left_over(workspace) == []


def test_a_folder_of_the_workspace_can_be_removed(workspace):
    (workspace / "runs" / "one" / "deep").mkdir(parents=True)
    for cut_off in (".one.gone", ".two.gone"):  # deletes that were
        (workspace / "runs" / cut_off / "deep").mkdir(parents=True)
    disk.remove_folder(workspace / "runs" / "one")
    assert list((workspace / "runs").iterdir()) == []


@pytest.mark.parametrize("where", ["outside", "workspace", "workspace/../outside", "workspace/link"])
def test_nothing_outside_the_workspace_is_removed(workspace, tmp_path, where):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "precious").write_text("x")
    (workspace / "link").symlink_to(outside)
    with pytest.raises(WorkspaceError, match=r"lies outside the workspace"):
        disk.remove_folder(tmp_path / where)
    assert (outside / "precious").read_text() == "x"
    assert workspace.is_dir()


def test_space_is_asked_for_before_the_work_starts(workspace):
    disk.require_space(1, "The import")
    with pytest.raises(WorkspaceError, match=r"The import needs 1,000,000,000,000 MB of disk, [\d,]+ MB are free\."):
        disk.require_space(10**18, "The import")
