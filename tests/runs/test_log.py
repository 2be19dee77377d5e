import subprocess
import sys
from pathlib import Path

import pytest

from ftcore.events import Failed, Note, Unreadable
from ftcore.runs import log
from ftcore.training.events import Resumed


def notes(*texts):
    return [Note(at=1.0, message=text) for text in texts]


def raw(folder, data):
    with (folder / log.NAME).open("ab") as file:
        file.write(data)


def test_what_was_appended_is_read_again(tmp_path):
    events = [Note(message="Ä \u2028 \n"), Resumed(epoch=3), Failed(message="a", fix="b")]
    log.append(tmp_path, *events)
    assert log.read(tmp_path)[0] == events


def test_a_log_that_is_not_there_yet_is_empty(tmp_path):
    assert log.read(tmp_path, 0) == ([], 0)


def test_reading_goes_on_where_it_ended(tmp_path):
    log.append(tmp_path, *notes("a", "b"))
    _, offset = log.read(tmp_path)
    log.append(tmp_path, *notes("c"))
    assert log.read(tmp_path, offset)[0] == notes("c")


def test_a_torn_last_line_is_left_for_the_next_call(tmp_path):
    log.append(tmp_path, *notes("a"))
    size = (tmp_path / log.NAME).stat().st_size
    raw(tmp_path, b'{"kind": "Note", "at": 1.0, "mess')
    assert log.read(tmp_path) == (notes("a"), size)


def test_a_torn_line_that_is_finished_later_is_read_once_whole(tmp_path):
    raw(tmp_path, b'{"kind": "Note", "at": 1.0, "mess')
    _, offset = log.read(tmp_path)
    raw(tmp_path, b'age": "a"}\n')
    assert log.read(tmp_path, offset)[0] == notes("a")


def test_a_writer_after_a_torn_line_starts_a_line_of_its_own(tmp_path):
    log.append(tmp_path, *notes("a"))
    raw(tmp_path, b'{"kind": "Note", "at": 1.0, "mess')
    _, offset = log.read(tmp_path)
    log.append(tmp_path, *notes("b"))
    assert log.read(tmp_path, offset)[0] == [Unreadable(), *notes("b")]


@pytest.mark.parametrize(
    "garbage",
    [
        b"{",
        b"null",
        b"5",
        b'"text"',
        b"[1]",
        b"\xff\xfe",
        b'{"kind": []}',
        b'{"kind": "Resumed"}',
        b'{"kind": "X"}',
    ],
)
def test_a_line_that_is_no_event_is_told_as_unreadable(tmp_path, garbage):
    log.append(tmp_path, *notes("a"))
    raw(tmp_path, garbage + b"\n")
    log.append(tmp_path, *notes("b"))
    assert log.read(tmp_path)[0] == [*notes("a"), Unreadable(), *notes("b")]


def test_an_empty_line_is_nothing(tmp_path):
    raw(tmp_path, b"\n")
    log.append(tmp_path, *notes("a"))
    assert log.read(tmp_path)[0] == notes("a")


def test_a_field_of_a_newer_version_is_left_out(tmp_path):
    raw(tmp_path, b'{"kind": "Note", "at": 1.0, "message": "a", "colour": "red"}\n')
    assert log.read(tmp_path)[0] == notes("a")


WRITER = """
import sys
from pathlib import Path
from ftcore.events import Note
from ftcore.runs import log
for number in range(int(sys.argv[2])):
    log.append(Path(sys.argv[1]), Note(message=f"{number} " + "x" * (number % 97)))
"""


def test_a_reader_beside_a_writer_sees_every_event_once_and_in_order(tmp_path):
    n, seen, offset = 5000, [], 0
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path), str(n)], cwd=Path(log.__file__).parents[2])
    while writer.poll() is None:
        events, offset = log.read(tmp_path, offset)
        seen += events
    seen += log.read(tmp_path, offset)[0]
    assert [int(event.message.split()[0]) for event in seen] == list(range(n))
