"""Run one command of the table, and turn what a user can cause into one sentence and an exit code."""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from typing import Any

from ftcore import hardware, workspace
from ftcore.cli.cache import add as add_cache
from ftcore.cli.datasets import add as add_datasets
from ftcore.cli.jobs import add as add_jobs
from ftcore.cli.models import add as add_models
from ftcore.cli.runs import add as add_runs
from ftcore.cli.settings import add as add_settings
from ftcore.cli.training import add as add_training
from ftcore.errors import FinetuneError

COMMANDS = (add_datasets, add_training, add_models, add_runs, add_jobs, add_cache, add_settings)
"""What adds the commands of each room, in the order in which the help lists them."""

DESCRIPTION = "Fine-tune image models: progress on stderr, and as the last line of stdout one JSON object."


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    parsed = _parser().parse_args(arguments)
    if asked := getattr(parsed, "workspace", None):
        try:
            workspace.use(asked)
        except (FinetuneError, OSError) as error:
            return _complain(f"The workspace {asked!r} cannot be used: {error}")
    try:
        answer = parsed.command(parsed)
    except FinetuneError as error:
        return _complain(str(error))
    except (MemoryError, RuntimeError) as error:
        if not hardware.is_about_memory(error):
            raise
        return _complain("The memory was not enough. Start again with a smaller batch or image size.")
    except KeyboardInterrupt:
        return _complain("Stopped.")
    if answer is None:
        return 0
    print(json.dumps(answer, ensure_ascii=False, allow_nan=False))
    return 1 if isinstance(answer, dict) and answer.get("state") in ("failed", "interrupted") else 0


def _complain(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return 2


def _parser() -> argparse.ArgumentParser:
    shared = argparse.ArgumentParser(add_help=False)
    help = "where data sets and runs live (default: workspace/); before or after the command"
    shared.add_argument("--workspace", metavar="DIR", default=argparse.SUPPRESS, help=help)
    description = DESCRIPTION
    parser = argparse.ArgumentParser(prog="python -m ftcore", description=description, parents=[shared])
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: Callable[[argparse.Namespace], Any], help: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=help, description=help, parents=[shared])
        added.set_defaults(command=run)
        return added

    for add in COMMANDS:
        add(command)
    return parser
