"""How the modules of commands add theirs."""

import argparse
from collections.abc import Callable
from typing import Any, Protocol


class Command(Protocol):
    """Adds a command and returns its parser, for its arguments.

    ``run`` gets the parsed arguments and returns what is printed as JSON.
    """

    def __call__(self, name: str, run: Callable[[argparse.Namespace], Any], help: str) -> argparse.ArgumentParser: ...
