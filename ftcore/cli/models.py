"""Pretrained models: the catalogue, and a race of several on the pictures."""

import argparse
import dataclasses
import sys
from typing import Any

from ftcore.cli.command import Command
from ftcore.cli.terminal import shown
from ftcore.cli.training_options import asked_dataset
from ftcore.errors import SettingsError
from ftcore.models import catalogue
from ftcore.tasks import scores


def add(command: Command) -> None:
    """Add the commands of this module."""
    added = command("models", _models, "List the pretrained models that a run can start from.")
    added.add_argument("--search", default="", metavar="TEXT", help="words in name, family or training data, any order")
    help = "at most so many parameters, in millions (6) or written out (6000000)"
    added.add_argument("--max-params", type=float, metavar="M", help=help)
    added.add_argument("--local", action="store_true", help="only those whose weights are on this machine")
    added.add_argument("--json", action="store_true", help="JSON only, no table on stderr")

    added = command("race", _race, "Score backbones on a data set: a cross-validated head on the features of each.")
    added.add_argument("--dataset", required=True, metavar="ID_OR_SOURCE")
    added.add_argument("--models", required=True, metavar="A,B,C", help="two to eight of timm's names")
    added.add_argument("--image-size", type=int, metavar="PIXELS")
    added.add_argument("--seed", type=int, default=0)


def _models(parsed: argparse.Namespace) -> dict[str, Any]:
    limit = parsed.max_params
    if limit is not None and not limit > 0:
        raise SettingsError(f"--max-params is {limit:g}, expected more than 0.", fix="For example --max-params 6.")
    if limit is not None and limit < 100_000:  # no model has so few; the largest has some thousand million
        limit *= 1e6
    rows = catalogue.to_json(catalogue.select(parsed.search, max_parameters=limit, local=parsed.local))
    if not parsed.json:
        for row in rows:
            millions = "" if row["parameters"] is None else f"{row['parameters'] / 1e6:.1f} M"
            billions = "" if row["multiply_adds"] is None else f"{row['multiply_adds'] / 1e9:.2f} G"
            print(
                f"{row['name']:<60} {millions:>9} {billions:>9} {row['input_size']:>5} px  {row['license']:<24} "
                f"{'on this machine' if row['local'] else ''}",
                file=sys.stderr,
            )
    return {"models": rows}


def _race(parsed: argparse.Namespace) -> dict[str, Any]:
    dataset = asked_dataset(parsed.dataset)
    from ftcore.search.race import race  # late: its scores take half a second to import

    names = [name.strip() for name in parsed.models.split(",") if name.strip()]
    leaderboard = shown(race(dataset, names, image_size=parsed.image_size, seed=parsed.seed))
    for standing in leaderboard:
        score, low, high = (scores.text(standing.metric, v) for v in (standing.score, standing.low, standing.high))
        print(f"{standing.model:<40} {score:>6}  ({low} to {high})  {standing.seconds:6.1f} s", file=sys.stderr)
    return {"dataset": dataset.id, "models": [_stood(dataclasses.asdict(standing)) for standing in leaderboard]}


def _stood(row: dict[str, Any]) -> dict[str, Any]:
    """A row of a race: the score stands under the name of what was scored."""
    return {"model": row["model"], row["metric"]: row["score"], **{key: row[key] for key in row if key != "score"}}
