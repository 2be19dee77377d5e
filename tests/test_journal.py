import os
import subprocess
import sys
from pathlib import Path

import pytest

from ftcore.errors import WorkspaceError
from ftcore.journal import Journal


@pytest.fixture(params=[None, 40], ids=["one file", "rotating"])
def journal(tmp_path, request):
    """What a journal promises, it promises whether it rotates or not."""
    return Journal(tmp_path / "seen.jsonl", request.param)


def tear(journal, data=b"half of a li"):
    """A writer dies in the middle of a line."""
    with (journal.files() or [journal.path])[-1].open("ab") as file:
        file.write(data)


def test_a_journal_that_is_not_there_yet_is_empty(journal):
    assert journal.read() == ([], 0) and journal.files() == []


def test_lines_are_read_in_the_order_in_which_they_were_appended(journal):
    lines = [f"line {number}" for number in range(50)]
    for line in lines:
        journal.append(line)
    assert [line.decode() for line in journal.read()[0]] == lines


def test_reading_goes_on_at_every_position_that_was_told(journal):
    told = [0]
    for number in range(30):
        journal.append(f"line {number}")
        told.append(journal.read(told[-1])[1])
    for number, position in enumerate(told):
        assert [line.decode() for line in journal.read(position)[0]] == [f"line {n}" for n in range(number, 30)]


def test_a_torn_last_line_is_left_until_it_is_whole(journal):
    journal.append("first")
    before = journal.read()[1]
    tear(journal, b"sec")
    assert journal.read(before) == ([], before)
    tear(journal, b"ond\n")
    assert journal.read(before)[0] == [b"second"]


@pytest.mark.parametrize("size", [3, 60])
def test_a_writer_that_died_within_a_line_spoils_no_other(journal, size):
    journal.append("first")
    tear(journal, b"x" * size)
    _, position = journal.read()
    journal.append("second", "third")
    assert journal.read(position)[0] == [b"x" * size, b"second", b"third"]
    assert journal.read()[0] == [b"first", b"x" * size, b"second", b"third"]


def test_a_folder_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        Journal(tmp_path / "gone" / "seen.jsonl").append("a")


def test_a_full_file_goes_on_in_a_new_one(tmp_path):
    journal = Journal(tmp_path / "seen.jsonl", 10)
    for line in ("a" * 10, "b", "c" * 30, "d"):
        journal.append(line)
    assert [path.name for path in journal.files()] == ["seen.jsonl", "seen.1.jsonl", "seen.2.jsonl"]
    assert [path.read_text() for path in journal.files()] == ["a" * 10 + "\n", "b\n" + "c" * 30 + "\n", "d\n"]


def test_a_journal_that_does_not_rotate_is_one_file(tmp_path):
    journal = Journal(tmp_path / "seen.jsonl")
    for _ in range(100):
        journal.append("a" * 100)
    assert journal.files() == [journal.path]


def test_what_is_asked_to_last_is_synced_and_nothing_else(journal, monkeypatch):
    synced = []
    monkeypatch.setattr(os, "fsync", synced.append)
    journal.append("a")
    assert synced == []
    journal.append("b", sync=True)
    assert len(synced) == 1


def test_a_full_disk_is_a_sentence(tmp_path):
    (tmp_path / "seen.jsonl").symlink_to("/dev/full")
    with pytest.raises(WorkspaceError, match="The disk is full"):
        Journal(tmp_path / "seen.jsonl").append("a")


def test_a_disk_that_fills_up_within_a_line_leaves_no_half_of_it(journal, monkeypatch):
    journal.append("first")
    write = os.write
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", lambda handle, data: write(handle, data[:-3]))
        with pytest.raises(WorkspaceError, match="The disk is full"):
            journal.append("second", "third")
    assert [line.decode() for path in journal.files() for line in path.read_bytes().splitlines()] == ["first", "second"]


WRITER = """
import sys
from pathlib import Path
from ftcore.journal import Journal
journal = Journal(Path(sys.argv[1]), int(sys.argv[2]) or None)
for number in range(400):
    journal.append(f"{sys.argv[3]} {number} " + "x" * (number % 97))
"""


@pytest.mark.parametrize("max_bytes", [0, 3000])
def test_a_reader_beside_several_writers_sees_every_line_once_and_in_order(tmp_path, max_bytes):
    journal, seen, position = Journal(tmp_path / "seen.jsonl", max_bytes or None), [], 0
    script = [sys.executable, "-c", WRITER, str(journal.path), str(max_bytes)]
    writers = [subprocess.Popen([*script, name], cwd=Path(__file__).parents[1]) for name in "abc"]
    while any(writer.poll() is None for writer in writers):
        lines, position = journal.read(position)
        seen += lines
    seen += journal.read(position)[0]
    for name in "abc":
        own = [line.decode().split()[1] for line in seen if line.startswith(name.encode())]
        assert own == [str(number) for number in range(400)]
    assert len(seen) == 1200
