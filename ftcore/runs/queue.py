"""studio.db: which job comes next and who has taken it. SQLite in WAL mode; one row per submission.

A job waits until its lane has room (kinds.py): one training at a time, for example, and imports beside it. Whoever ends
or looks calls ``start_waiting``; taking a job and starting it are one BEGIN IMMEDIATE transaction, so two callers never
start the same job.
"""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from ftcore import workspace
from ftcore.errors import RunError, WorkspaceError
from ftcore.runs import kinds, log, process, state, store

_SCHEMA = """
CREATE TABLE IF NOT EXISTS queue (
    id TEXT NOT NULL, kind TEXT NOT NULL, submitted REAL NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'taken')), PRIMARY KEY (kind, id))
"""


@contextmanager
def _database() -> Iterator[sqlite3.Connection]:
    path = workspace.root() / "studio.db"
    try:
        connection = sqlite3.connect(path, timeout=10, isolation_level=None)
    except sqlite3.OperationalError as error:
        raise _refusal(error) from error
    try:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute(_SCHEMA)
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")
    except sqlite3.OperationalError as error:
        raise _refusal(error) from error
    finally:
        connection.close()


def _refusal(error: sqlite3.OperationalError) -> WorkspaceError:
    return WorkspaceError(
        f"The queue of this workspace (studio.db) cannot be used: {error}.",
        fix="Make sure that the disk has space and that the folder can be written to, and try again.",
    )


def submit(job: store.Job) -> None:
    """Put a job at the end of the queue, and start it if there is room.

    A job that is already in stays where it is, and one that came to its end stays as it is. One whose worker has just
    died goes on: its supervisor, still tidying up, is waited for.
    """
    process.settle(job.folder)
    if log.replayed(job).status in state.FINAL:
        return
    with _database() as database:
        _drop_dead(database, [kinds.find(job.kind)])
        database.execute("INSERT OR IGNORE INTO queue VALUES (?, ?, ?, 'waiting')", (job.id, job.kind, time.time()))
    start_waiting()


def withdraw(job: store.Job) -> bool:
    """Take a job that has not started out of the queue; False when it is not waiting any more."""
    with _database() as database:
        found = database.execute(
            "DELETE FROM queue WHERE kind = ? AND id = ? AND state = 'waiting' RETURNING id", (job.kind, job.id)
        ).fetchall()
    return bool(found)


def stop(job: store.Job) -> None:
    """Take a job out of the queue; if it works already, ask its worker to leave after the current step."""
    if not withdraw(job):
        with suppress(FileNotFoundError):  # deleted meanwhile
            process.request_stop(job)


def release(job: store.Job) -> None:
    """Say that a job's worker has ended, and start what waited for its place.

    The note and the place go in one transaction: a resume comes before both, or after both.
    """
    with _database() as database:
        process.forget(job.folder)
        database.execute("DELETE FROM queue WHERE kind = ? AND id = ?", (job.kind, job.id))
    start_waiting()


def waiting(kind: str = "train") -> list[str]:
    """Ids of the jobs that wait, first in line first."""
    with _database() as database:
        rows = database.execute(
            "SELECT id FROM queue WHERE kind = ? AND state = 'waiting' ORDER BY submitted", (kind,)
        ).fetchall()
    return [row[0] for row in rows]


def entered(kind: str) -> list[str]:
    """Ids of the jobs that wait or are worked on, first in line first."""
    with _database() as database:
        rows = database.execute("SELECT id FROM queue WHERE kind = ? ORDER BY submitted", (kind,)).fetchall()
    return [row[0] for row in rows]


def start_waiting() -> None:
    """Start waiting jobs while there is room."""
    for lane in kinds.lanes().values():
        while _start_next(lane):
            pass


def delete(job: store.Job) -> None:
    """Delete a job with everything it made. One that is being worked on is refused."""
    process.settle(job.folder)
    with _database() as database:  # nobody starts it meanwhile
        if process.is_alive(job.folder):
            raise RunError(f"Run {job.name!r} is still working.", fix="Stop it first.")
        database.execute("DELETE FROM queue WHERE kind = ? AND id = ?", (job.kind, job.id))
        workspace.remove_folder(job.folder)


def _start_next(lane: list[kinds.JobKind]) -> bool:
    """Start the first in line, inside one transaction: whoever looks next already sees its process as alive."""
    names = [row.name for row in lane]
    of_lane = f"kind IN ({', '.join('?' * len(names))})"
    with _database() as database:
        _drop_dead(database, lane)
        (busy,) = database.execute(f"SELECT COUNT(*) FROM queue WHERE {of_lane} AND state = 'taken'", names).fetchone()
        row = database.execute(
            f"SELECT kind, id FROM queue WHERE {of_lane} AND state = 'waiting' ORDER BY submitted LIMIT 1", names
        ).fetchone()
        if row is None or busy >= lane[0].room:
            return False
        kind, id = row
        try:
            job = store.find(id, kind)
            if not process.is_alive(job.folder):  # else somebody started it and was killed before the COMMIT
                process.start(job)
        except RunError:  # its folder is gone
            database.execute("DELETE FROM queue WHERE kind = ? AND id = ?", (kind, id))
        else:
            database.execute("UPDATE queue SET state = 'taken' WHERE kind = ? AND id = ?", (kind, id))
        return True


def _drop_dead(database: sqlite3.Connection, lane: list[kinds.JobKind]) -> None:
    """Free the places of jobs whose worker and supervisor died without a word."""
    for row in lane:
        taken = database.execute("SELECT id FROM queue WHERE kind = ? AND state = 'taken'", (row.name,)).fetchall()
        for (id,) in taken:
            if not process.is_alive(store.folder_of(row.name) / id):
                database.execute("DELETE FROM queue WHERE kind = ? AND id = ?", (row.name, id))
