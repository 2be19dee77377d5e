"""Data sets: bring pictures in, list, examine, edit and divide them."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ftcore import tasks
from ftcore.cli.command import Command
from ftcore.cli.terminal import bars, shown
from ftcore.datasets import records, versions
from ftcore.datasets.importing import importer, resplit
from ftcore.datasets.splits import METHODS
from ftcore.errors import DataError, SettingsError


def add(command: Command) -> None:
    """Add the commands of this module."""
    added = command("import", _import, "Import pictures: a ZIP, a folder, sample:digits, or a public set by name.")
    help = "a path, sample:NAME, hf:OWNER/NAME[/CONFIGURATION] or torchvision:NAME"
    added.add_argument("source", metavar="SOURCE", nargs="?", help=help)
    help = "instead of a source: loose pictures of one class, cat=1.jpg or cat=1.jpg,2.jpg; again for the other classes"
    added.add_argument(
        "--class", metavar="NAME=FILE", dest="classes", nargs="+", action="append", default=[], help=help
    )
    added.add_argument("--name", metavar="N")
    _add_import_options(added)

    added = command("doctor", _doctor, "Say what is wrong with the pictures of a data set.")
    added.add_argument("dataset", metavar="DATASET")
    added.add_argument("--again", action="store_true", help="look again, even if it was examined before")

    added = command("dataset", _edit, "Make a new version of a data set; without an edit, describe it.")
    added.add_argument("dataset", metavar="DATASET")
    many: dict[str, Any] = {"nargs": "+", "action": "extend", "default": []}
    added.add_argument("--exclude", metavar="IMAGE", help="leave pictures out", **many)
    added.add_argument("--reason", metavar="TEXT", default="", help="why they are left out")
    added.add_argument("--include", metavar="IMAGE", help="take them in again", **many)
    added.add_argument(
        "--relabel", metavar="IMAGE=CLASS", help="give them another class, other classes (a|b) or numbers (3.5)", **many
    )
    added.add_argument("--move", metavar="IMAGE=SPLIT", help="to train, validation or test", **many)
    help = f"divide all pictures again: {', '.join(METHODS)}"
    added.add_argument("--split-by", metavar="HOW", help=help)
    added.add_argument("--split", metavar="TRAIN/VAL/TEST", help="with --split-by (default 70/15/15)")
    added.add_argument("--seed", type=int, help="with --split-by or --fold (default 0)")
    help = "fold I of K becomes validation, the others training; the test stays; the same seed gives the same folds"
    added.add_argument("--fold", metavar="I/K", help=help)

    added = command("datasets", _datasets, "List all data sets.")
    added.add_argument("--json", action="store_true", help="JSON only, no table on stderr")


def _add_import_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--task", default="auto", metavar="|".join(importer.TASKS), help="what is learned (default auto)"
    )
    parser.add_argument("--labels", metavar="FILE", help="a CSV, TSV, Excel, JSON-lines or COCO file")
    parser.add_argument("--image-column", metavar="C", help="column of the table with the file name")
    help = "column to be learned; give it several times for several"
    parser.add_argument("--target-column", metavar="C", action="append", default=[], help=help)
    help = "column with train, validation or test; none if a column that is called so is not to be used"
    parser.add_argument("--split-column", metavar="C", help=help)
    help = "column that says which pictures belong together; none likewise"
    parser.add_argument("--group-column", metavar="C", help=help)
    parser.add_argument("--separator", metavar="S", help="between several classes in one cell")
    help = f"how pictures are divided (default auto): {', '.join(METHODS)}"
    parser.add_argument("--split-by", default="auto", metavar="HOW", help=help)
    parser.add_argument("--split", default="70/15/15", metavar="TRAIN/VAL/TEST")
    parser.add_argument("--seed", type=int, default=0)


def _import(parsed: argparse.Namespace) -> dict[str, Any]:
    if bool(parsed.source) == bool(parsed.classes):
        raise SettingsError(
            "Expected either a source or pictures of classes.",
            fix="For example pictures.zip, or --class cat=1.jpg,2.jpg.",
        )
    labels = importer.Labels(
        parsed.labels or "",
        parsed.image_column or "",
        tuple(parsed.target_column),
        parsed.split_column or "",
        parsed.group_column or "",
        parsed.separator or "",
    )
    if parsed.classes and labels != importer.Labels():
        raise SettingsError("Pictures of classes need no table of labels.", fix="Leave out what was said of it.")
    asked = {name: getattr(parsed, name) for name in ("task", "split", "seed", "split_by")}
    with bars() as progress:
        if parsed.classes:
            loose = _loose_pictures(parsed.classes)
            dataset = importer.import_classes(loose, name=parsed.name or importer.LOOSE, on_progress=progress, **asked)
        else:
            dataset = importer.import_source(
                parsed.source, name=parsed.name, labels=labels, on_progress=progress, **asked
            )
    for item in dataset.left_out[:20]:
        print(f"left out: {item['name']}: {item['reason']}", file=sys.stderr)
    if len(dataset.left_out) > 20:
        print(f"left out: {len(dataset.left_out) - 20} more, see the data set's page", file=sys.stderr)
    return importer.summary(dataset)


def _loose_pictures(values: Sequence[Sequence[str]]) -> dict[str, list[tuple[str, Path]]]:
    """Files by the name of their class, from ``NAME=FILE``, more after a comma or behind it."""
    found: dict[str, list[tuple[str, Path]]] = {}
    for first, *more in values:
        label, equals, file = first.partition("=")
        if not (label.strip() and equals and file):
            raise SettingsError(
                f"--class is {first!r}, expected NAME=FILE.",
                fix="For example --class cat=1.jpg,2.jpg --class dog=3.jpg.",
            )
        for text in (file, *more):
            parts = [text] if Path(text).expanduser().is_file() else text.split(",")
            for path in (Path(part).expanduser() for part in parts if part):
                if not path.is_file():
                    raise DataError(f"There is no file {str(path)!r} for class {label!r}.", fix="Check its path.")
                found.setdefault(label, []).append((path.name, path))
    return found


def _doctor(parsed: argparse.Namespace) -> dict[str, Any]:
    from ftcore.datasets.doctor import findings

    dataset = records.open_dataset(parsed.dataset)
    report = findings.load(dataset)
    if report is None or not report.whole or parsed.again:
        from ftcore.jobs import examine

        report = shown(examine.examination(dataset))
    for note in report.notes:
        print(note, file=sys.stderr)
    paths = dataset.records()["path"].tolist()
    return {
        "dataset": dataset.id,
        "findings": [
            {
                "issue": finding.issue,
                "severity": finding.severity,
                "count": finding.count,
                "images": [*(paths[row] for row in finding.rows), *finding.names],
                "sentence": finding.sentence,
            }
            for finding in report.findings
        ],
    }


def _edit(parsed: argparse.Namespace) -> dict[str, Any]:
    dataset = records.open_dataset(parsed.dataset)
    if parsed.fold and (parsed.split_by or parsed.split):
        raise SettingsError("--fold and --split-by were both given.", fix="Leave one of them out.")
    if not (parsed.split_by or parsed.fold) and (parsed.split is not None or parsed.seed is not None):
        raise SettingsError(
            "--split and --seed say how pictures are divided again, and neither --split-by nor --fold was given.",
            fix="Add --split-by random, for example.",
        )
    table = dataset.records()
    edits = [
        versions.Edit("exclude", versions.rows_called(table, parsed.exclude), parsed.reason),
        versions.Edit("include", versions.rows_called(table, parsed.include)),
        *versions.paired("relabel", table, parsed.relabel),
        *versions.paired("move", table, parsed.move),
    ]
    edited = versions.edit(dataset, [edit for edit in edits if edit.rows])
    if parsed.split_by:
        with bars() as progress:
            edited = resplit.divide_again(
                edited,
                split_by=parsed.split_by,
                split=parsed.split or "70/15/15",
                seed=parsed.seed or 0,
                on_progress=progress,
            )
    if parsed.fold:
        fold, n_folds = _fold(parsed.fold)
        edited = resplit.divide_into_folds(edited, fold=fold, n_folds=n_folds, seed=parsed.seed or 0)
    revisions = versions.history(edited)
    return {
        **importer.summary(edited),
        "excluded": len(versions.excluded(edited)),
        "parent": revisions[-1].parent if revisions else None,
        "history": [phrase for revision in revisions for phrase in revision.words],
    }


def _fold(text: str) -> tuple[int, int]:
    """``2/5`` as the number of a fold and how many there are."""
    fold, slash, n_folds = text.partition("/")
    if not (slash and fold.strip().isdecimal() and n_folds.strip().isdecimal()):
        raise SettingsError(f"--fold is {text!r}, expected two whole numbers.", fix="For example --fold 1/5.")
    return int(fold), int(n_folds)


def _datasets(parsed: argparse.Namespace) -> dict[str, Any]:
    rows = [{**importer.summary(dataset), "name": dataset.name} for dataset in records.list_datasets()]
    if not parsed.json:
        for row in rows:
            kinds = f"{len(row['classes']):>4} {tasks.of(row['task']).nouns}"
            print(f"{row['dataset']:<48} {row['images']:>8,} pictures {kinds}  {row['name']}", file=sys.stderr)
    return {"datasets": rows}
