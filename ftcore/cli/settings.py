"""Every setting with its default, range and help."""

import argparse
from typing import Any

from ftcore import settings as s
from ftcore.cli.command import Command
from ftcore.datasets import records
from ftcore.models import catalogue


def add(command: Command) -> None:
    """Add the commands of this module."""
    added = command("settings", _all_settings, "List every setting with default, range, choices and help.")
    added.add_argument("--preset", choices=list(s.PRESETS), help="with the values of this preset as defaults")
    help = "a data set that the preset's values are to fit (default: 1,000 ordinary photos of 10 classes)"
    added.add_argument("--dataset", metavar="ID", help=help)


def _all_settings(parsed: argparse.Namespace) -> dict[str, Any]:
    settings = s.RunSettings()
    if parsed.preset or parsed.dataset:
        facts = s.DatasetFacts(n_train=700, n_classes=10, side=224)
        if parsed.dataset:
            facts = records.open_dataset(parsed.dataset).facts()
        native_size = catalogue.native_size(settings.model.name)
        settings = s.suggest(parsed.preset or settings.preset, facts, native_size=native_size, base=settings)
    return {"preset": parsed.preset, "settings": s.described(settings)}
