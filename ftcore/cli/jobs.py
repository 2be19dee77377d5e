"""What works, waits or is over: ``jobs`` lists every job of every kind, ``job`` shows one."""

import argparse
import sys
from typing import Any

from ftcore.cli.command import Command
from ftcore.runs import kinds, queue, store
from ftcore.runs.tail import Tail


def add(command: Command) -> None:
    """Add the commands of this module."""
    added = command("jobs", _jobs, "List every job of every kind: trainings, imports, estimates and so on.")
    added.add_argument("--kind", metavar="K", help=f"of one kind only: {', '.join(kinds.KINDS)}")
    added.add_argument("--json", action="store_true", help="JSON only, no table on stderr")
    added = command("job", _job, "Show a job of any kind: what was asked for, and how far it is.")
    added.add_argument("kind", metavar="KIND", help=", ".join(kinds.KINDS))
    added.add_argument("id", metavar="ID")


def _jobs(parsed: argparse.Namespace) -> dict[str, Any]:
    queue.start_waiting()
    chosen = [kinds.find(parsed.kind).name] if parsed.kind else list(kinds.KINDS)
    jobs = [job for kind in chosen for job in store.list_jobs(kind)]
    jobs.sort(key=lambda job: job.created, reverse=True)
    rows = []
    for job in jobs:
        rows.append({"kind": job.kind, "id": job.id, "name": job.name, "created": job.created, **_told(job)})
        if not parsed.json:
            print(f"{job.kind:<10} {job.id:<48} {rows[-1]['state']:<12} {job.name}", file=sys.stderr)
    return {"jobs": rows}


def _job(parsed: argparse.Namespace) -> dict[str, Any]:
    job = store.find(parsed.id, parsed.kind)
    has_result = job.result is not None and job.result.exists()
    return {
        "kind": job.kind,
        "id": job.id,
        "name": job.name,
        "created": job.created,
        **_told(job),
        "request": job.request,
        "folder": str(job.folder),
        "result": str(job.result) if has_result else None,
    }


def _told(job: store.Job) -> dict[str, Any]:
    """Tell what is true now about a job, whatever its kind."""
    state = Tail(job).read()
    stage = state.stage
    return {
        "state": state.status,
        "stage": {"label": stage.label, "done": stage.done, "total": stage.total} if stage else None,
        "seconds": round(state.seconds, 3),
        "reason": state.reason,
        "problem": state.problem,
        "notes": list(state.notes),
    }
