"""Data set and settings as commands take them: a preset or a file, then the values on top."""

import argparse
import dataclasses
import json
from pathlib import Path

from ftcore import settings as s
from ftcore.cli.terminal import bars
from ftcore.datasets import records
from ftcore.datasets.importing import importer
from ftcore.errors import DataError, SettingsError
from ftcore.models import catalogue


def add_training_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--dataset", required=True, metavar="ID_OR_SOURCE")
    parser.add_argument("--model", metavar="NAME", help="a timm model (default tf_efficientnet_lite0)")
    parser.add_argument("--preset", choices=list(s.PRESETS), help="a bundle of settings (default quick)")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", dest="values")
    parser.add_argument("--settings", metavar="FILE", help="settings as JSON, as `show` prints them")
    parser.add_argument("--seed", type=int)


def asked_settings(parsed: argparse.Namespace) -> s.RunSettings:
    """Return what was asked for: the preset that fits the data set, or a file, then ``--model``, ``--set`` and
    ``--seed``."""
    if parsed.settings:
        if parsed.preset:
            raise SettingsError("--settings and --preset were both given.", fix="Choose one of them.")
        try:
            value = json.loads(Path(parsed.settings).read_text())
        except (OSError, ValueError) as error:
            raise SettingsError(
                f"The settings file {parsed.settings!r} cannot be read ({error}).", fix="Use a JSON file."
            ) from None
        asked = s.from_json(value)
    dataset = asked_dataset(parsed.dataset)
    if not parsed.settings:
        name = parsed.model or s.ModelSettings().name
        base = s.RunSettings(model=s.ModelSettings(name=name))
        asked = s.suggest(parsed.preset or "quick", dataset.facts(), native_size=catalogue.native_size(name), base=base)
    asked = s.with_value(dataclasses.replace(asked, dataset=dataset.id), "model.name", parsed.model or asked.model.name)
    if parsed.seed is not None:
        asked = s.with_value(asked, "seed", parsed.seed)
    asked = s.with_values(asked, parsed.values)
    s.check_task(asked, dataset.task, len(dataset.classes))
    if catalogue.find(asked.model.name) is None:
        from ftcore.models import weights  # late: it brings torch

        weights.require_architecture(asked.model.name)
    return asked


def asked_dataset(text: str) -> records.Dataset:
    """A dataset by its id; anything else is a source to import, with the usual split."""
    try:
        return records.open_dataset(text)
    except DataError:
        if not text.startswith(importer.BY_NAME) and not Path(text).exists():
            raise
    with bars() as progress:
        return importer.import_source(text, on_progress=progress)
