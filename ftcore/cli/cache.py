"""What is kept of frozen layers."""

import argparse
import sys
from typing import Any

from ftcore.cli.command import Command
from ftcore.freezing import disk_cache


def add(command: Command) -> None:
    """Add the commands of this module."""
    added = command("cache", _cache, "Show, or empty, what is kept of frozen layers.")
    added.add_argument("--clear", action="store_true", help="delete all of it; runs compute it again when they need it")


def _cache(parsed: argparse.Namespace) -> dict[str, Any]:
    if parsed.clear:
        return {"freed_bytes": disk_cache.clear(), "bytes": disk_cache.total_bytes(), "entries": []}
    entries = disk_cache.contents()
    for row in entries:
        print(f"{row['key']}  {row['kind']:<12} {row['bytes'] / 1e6:>9,.1f} MB", file=sys.stderr)
    return {"bytes": disk_cache.total_bytes(), "entries": entries}
