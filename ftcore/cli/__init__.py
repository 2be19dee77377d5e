"""The command line: progress on stderr, and as the last line of stdout one JSON object.

    python -m ftcore import SOURCE            a ZIP, a folder, sample:digits, hf:owner/name, torchvision:CIFAR10
    python -m ftcore doctor DATASET           what is wrong with the pictures
    python -m ftcore dataset DATASET …        exclude, relabel or move pictures -> a new version of the dataset
    python -m ftcore datasets                 what there is
    python -m ftcore train --dataset D        a dataset -> a trained model
    python -m ftcore estimate --dataset D     what a training would cost: time, memory, disk
    python -m ftcore lr-find --dataset D      a learning rate to start with
    python -m ftcore race --dataset D …       which backbone suits the pictures
    python -m ftcore resume RUN               go on with an interrupted run
    python -m ftcore runs | show RUN          what there is
    python -m ftcore jobs | job KIND ID       every job of every kind: imports, estimates, races too
    python -m ftcore predict RUN IMAGE…       class probabilities, or numbers
    python -m ftcore cache [--clear]          what is kept of frozen layers
    python -m ftcore models --search "vit"    pretrained models to choose from
    python -m ftcore settings                 every setting with default, range and help

Every error that a user can cause is one sentence on stderr and a non-zero exit.
"""

import argparse
import contextlib
import dataclasses
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from pathlib import Path
from typing import Any

from tqdm import tqdm

from ftcore import hardware, tasks, workspace
from ftcore import settings as s
from ftcore.cli import jobs
from ftcore.datasets import records, versions
from ftcore.datasets.images import larger_pixels
from ftcore.datasets.importing import importer, resplit
from ftcore.datasets.splits import METHODS
from ftcore.errors import DataError, FinetuneError, RunError, SettingsError
from ftcore.events import Event, Note, Progress, Result, drain
from ftcore.freezing import disk_cache
from ftcore.models import catalogue
from ftcore.runs import claims, process, queue, store
from ftcore.runs.state import JobState
from ftcore.runs.tail import Tail
from ftcore.tasks import scores
from ftcore.training import run_state
from ftcore.training.cost import price
from ftcore.training.run_state import RunState

POLL = 0.2  # seconds between two looks at a run's log
_WHO = f"command line {os.getpid()}"


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
    description = (__doc__ or "").splitlines()[0]
    parser = argparse.ArgumentParser(prog="python -m ftcore", description=description, parents=[shared])
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: Callable[[argparse.Namespace], Any], help: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=help, description=help, parents=[shared])
        added.set_defaults(command=run)
        return added

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

    added = command("train", _train, "Fine-tune a model on a data set.")
    _add_training_options(added)
    added.add_argument("--name", metavar="N", help="what to call the run")
    added.add_argument("--detach", action="store_true", help="print the run's name and leave it working")

    added = command("estimate", _estimate, "Say what a training would cost before it begins; takes what train takes.")
    _add_training_options(added)
    added.add_argument("--again", action="store_true", help="measure again, even if it was measured before")

    added = command("lr-find", _find_rate, "Find a learning rate to start with; takes what train takes.")
    _add_training_options(added)

    added = command("race", _race, "Score backbones on a data set: a cross-validated head on the features of each.")
    added.add_argument("--dataset", required=True, metavar="ID_OR_SOURCE")
    added.add_argument("--models", required=True, metavar="A,B,C", help="two to eight of timm's names")
    added.add_argument("--image-size", type=int, metavar="PIXELS")
    added.add_argument("--seed", type=int, default=0)

    added = command("resume", _resume, "Go on with an interrupted run.")
    added.add_argument("run", metavar="RUN")

    added = command("runs", _runs, "List all runs.")
    added.add_argument("--json", action="store_true", help="JSON only, no table on stderr")

    added = command("show", _show, "Show a run: settings, history, scores.")
    added.add_argument("run", metavar="RUN")

    jobs.add(command)

    added = command("cache", _cache, "Show, or empty, what is kept of frozen layers.")
    added.add_argument("--clear", action="store_true", help="delete all of it; runs compute it again when they need it")

    added = command("predict", _predict, "Ask a trained model about pictures.")
    added.add_argument("run", metavar="RUN")
    added.add_argument("images", nargs="+", metavar="IMAGE")
    help = "for several classes: the probability from which on a picture has a class (default: the model's, 0.5)"
    added.add_argument("--threshold", type=float, metavar="P", help=help)

    added = command("models", _models, "List the pretrained models that a run can start from.")
    added.add_argument("--search", default="", metavar="TEXT", help="words in name, family or training data, any order")
    help = "at most so many parameters, in millions (6) or written out (6000000)"
    added.add_argument("--max-params", type=float, metavar="M", help=help)
    added.add_argument("--local", action="store_true", help="only those whose weights are on this machine")
    added.add_argument("--json", action="store_true", help="JSON only, no table on stderr")

    added = command("settings", _all_settings, "List every setting with default, range, choices and help.")
    added.add_argument("--preset", choices=list(s.PRESETS), help="with the values of this preset as defaults")
    help = "a data set that the preset's values are to fit (default: 1,000 ordinary photos of 10 classes)"
    added.add_argument("--dataset", metavar="ID", help=help)
    return parser


def _add_training_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--dataset", required=True, metavar="ID_OR_SOURCE")
    parser.add_argument("--model", metavar="NAME", help="a timm model (default tf_efficientnet_lite0)")
    parser.add_argument("--preset", choices=list(s.PRESETS), help="a bundle of settings (default quick)")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", dest="values")
    parser.add_argument("--settings", metavar="FILE", help="settings as JSON, as `show` prints them")
    parser.add_argument("--seed", type=int)


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
    with _bars() as progress:
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

        report = _shown(examine.examination(dataset))
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
        with _bars() as progress:
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


def _train(parsed: argparse.Namespace) -> dict[str, Any]:
    asked = _settings(parsed)
    dataset = records.open_dataset(asked.dataset)
    job = store.create("train", parsed.name or f"{dataset.name} {asked.preset}", s.to_json(asked))
    if not parsed.detach:
        return _follow(job)
    queue.submit(job)
    return {"run": job.id}


def _estimate(parsed: argparse.Namespace) -> dict[str, Any]:
    asked = _settings(parsed)
    if parsed.again:
        price.forget(price.key(asked))
    if price.known(asked) is None:
        job = price.job(asked)
        if Tail(job).read().status == "stopped":  # by an earlier Ctrl-C, or by a training that began
            price.forget(job.id)
            job = price.job(asked)
        state = _watched(job)  # a worker of its own: a training's worker is started in the same way, and is as quick
        if state.problem:
            raise RunError(state.problem, fix="Then estimate again.")
    cost = price.known(asked)
    if cost is None:
        raise RunError("The measurement was stopped.", fix="Start it again.")
    for sentence in (*price.obstacles_here(cost), *cost.notes):
        print(sentence, file=sys.stderr)
    return {"dataset": asked.dataset, **price.in_json(cost), "fits": not price.obstacles_here(cost)}


def _find_rate(parsed: argparse.Namespace) -> dict[str, Any]:
    asked = _settings(parsed)
    dataset = records.open_dataset(asked.dataset)
    from ftcore.training import assemble, lr_finder  # late: they bring torch

    def work() -> Generator[Event, None, lr_finder.Rates]:
        yield from larger_pixels.enlarge(dataset, asked.model.image_size)
        return (yield from lr_finder.find_rate(assemble.assemble(asked, dataset)))

    found = _shown(work())
    return {"suggestion": found.suggestion, "rates": list(found.rates), "losses": list(found.losses)}


def _race(parsed: argparse.Namespace) -> dict[str, Any]:
    dataset = _dataset(parsed.dataset)
    from ftcore.search.race import race  # late: its scores take half a second to import

    names = [name.strip() for name in parsed.models.split(",") if name.strip()]
    leaderboard = _shown(race(dataset, names, image_size=parsed.image_size, seed=parsed.seed))
    for standing in leaderboard:
        score, low, high = (scores.text(standing.metric, v) for v in (standing.score, standing.low, standing.high))
        print(f"{standing.model:<40} {score:>6}  ({low} to {high})  {standing.seconds:6.1f} s", file=sys.stderr)
    return {"dataset": dataset.id, "models": [_stood(dataclasses.asdict(standing)) for standing in leaderboard]}


def _stood(row: dict[str, Any]) -> dict[str, Any]:
    """A row of a race: the score stands under the name of what was scored."""
    return {"model": row["model"], row["metric"]: row["score"], **{key: row[key] for key in row if key != "score"}}


def _shown(work: Generator[Event, None, Result]) -> Result:
    """Show the progress of some work in this process; notes go to stderr."""
    with _bars() as progress:

        def tell(event: Event) -> None:
            if isinstance(event, Progress):
                progress(event.label, event.done, event.total)
            elif isinstance(event, Note):
                print(event.message, file=sys.stderr)

        return drain(work, tell)


def _settings(parsed: argparse.Namespace) -> s.RunSettings:
    """What was asked for: the preset that fits the data set, or a file, then ``--model``, ``--set`` and ``--seed``."""
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
    dataset = _dataset(parsed.dataset)
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


def _dataset(text: str) -> records.Dataset:
    """A dataset by its id; anything else is a source to import, with the usual split."""
    try:
        return records.open_dataset(text)
    except DataError:
        if not text.startswith(importer.BY_NAME) and not Path(text).exists():
            raise
    with _bars() as progress:
        return importer.import_source(text, on_progress=progress)


def _resume(parsed: argparse.Namespace) -> dict[str, Any]:
    job = store.find(parsed.run)
    state = run_state.of(job)
    if state.status in ("finished", "stopped"):
        return describe(job, state)
    return _follow(job)


def _follow(job: store.Job) -> dict[str, Any]:
    """Submit a run, watch it to its end and describe it."""
    _watched(job)
    state = run_state.of(job)
    if state.problem:
        print(state.problem, file=sys.stderr)
    return describe(job, state)


def _watched(job: store.Job) -> JobState:
    """Submit a job and watch it to its end. Ctrl-C asks it to stop and keep the best; a second one leaves it alone."""
    tail = Tail(job)
    with _ctrl_c() as presses:
        claims.hold(job, _WHO)
        queue.submit(job)
        if job.kind == "train":
            print(f"run {job.id}", file=sys.stderr)
        with _bars() as progress:
            while not (state := tail.read()).is_idle:
                claims.hold(job, _WHO)  # a page that wants the same and leaves does not stop it
                if presses and not process.stop_requested(job.folder):
                    queue.stop(job)
                    print("stopping; the best epoch so far is kept", file=sys.stderr)
                _show_progress(state, progress)
                time.sleep(POLL)
        while process.is_alive(job.folder):  # its last word is said; let it leave before we do
            time.sleep(POLL / 4)
    return tail.read()


@contextlib.contextmanager
def _ctrl_c() -> Iterator[list[int]]:
    """Collects the first Ctrl-C, wherever in the body it comes; a second one is a KeyboardInterrupt."""
    presses: list[int] = []

    def press(number: int, frame: object) -> None:
        if presses:
            raise KeyboardInterrupt
        presses.append(number)

    before = signal.signal(signal.SIGINT, press)
    try:
        yield presses
    finally:
        signal.signal(signal.SIGINT, before)


def _show_progress(state: JobState, progress: Callable[[str, int, int], None]) -> None:
    if state.stage is not None:
        progress(state.stage.label, state.stage.done, state.stage.total)
    elif isinstance(state, RunState) and state.plan is not None:
        last = ""
        if state.history:
            shown = state.worded(state.history[-1][f"val_{state.headline}"])
            last = f", validation {scores.find(state.headline).label.lower()} {shown}"
        progress(f"Training{last}", state.step, state.plan.n_steps)
    elif state.status == "waiting":
        progress("Waiting for another run", 0, 0)


def describe(job: store.Job, state: RunState) -> dict[str, Any]:
    """A run as ``train``, ``resume`` and ``runs`` print it."""
    best = next((row for row in state.history if row["epoch"] == state.best_epoch), None)
    answer: dict[str, Any] = {
        "run": job.id,
        "state": state.status,
        "epochs": len(state.history),
        "best_epoch": state.best_epoch + 1 if state.best_epoch is not None else None,
        "seconds": round(state.seconds or sum(row["seconds"] for row in state.history), 3),
        "val": {key[4:]: value for key, value in best.items() if key.startswith("val_")} if best else {},
        "test": state.scores or {},
        "task": state.plan.task if state.plan else None,
        "units": list(state.plan.units) if state.plan else [],
        "engine": _engine(state),
    }
    if state.problem:
        answer["problem"] = state.problem
    return answer


def _engine(state: RunState) -> dict[str, Any]:
    """What was computed once, and on what: of the last phase; seconds of all phases."""
    if not state.prepared:
        return {}
    last = state.prepared[-1]
    return {
        "prefix": last.prefix or None,
        "cut": last.cut or None,
        "crossing_bytes_per_image": last.crossing_bytes,
        "views": last.views,
        "fill_seconds": round(sum(prepared.seconds for prepared in state.prepared), 3),
        "suffix_seconds": round(sum(row["seconds"] for row in state.history), 3),
        "cache_hit": all(prepared.cache_hit for prepared in state.prepared),
    }


def _cache(parsed: argparse.Namespace) -> dict[str, Any]:
    if parsed.clear:
        return {"freed_bytes": disk_cache.clear(), "bytes": disk_cache.total_bytes(), "entries": []}
    entries = disk_cache.contents()
    for row in entries:
        print(f"{row['key']}  {row['kind']:<12} {row['bytes'] / 1e6:>9,.1f} MB", file=sys.stderr)
    return {"bytes": disk_cache.total_bytes(), "entries": entries}


def _runs(parsed: argparse.Namespace) -> dict[str, Any]:
    queue.start_waiting()
    rows = []
    for job in store.list_jobs():
        state = run_state.of(job)
        row = {"name": job.name, **describe(job, state)}
        rows.append(row)
        if not parsed.json:
            print(f"{row['run']:<48} {row['state']:<12} {row['epochs']:>4} epochs  {state.tested}", file=sys.stderr)
    return {"runs": rows}


def _show(parsed: argparse.Namespace) -> dict[str, Any]:
    job = store.find(parsed.run)
    state = run_state.of(job)
    return {
        **describe(job, state),
        "name": job.name,
        "settings": job.request,
        "history": list(state.history),
        "notes": list(state.notes),
        "reason": state.reason,
        **_promised(job, state),
    }


def _promised(job: store.Job, state: RunState) -> dict[str, Any]:
    """What the run was estimated to cost, and what it did cost; None where it is not known."""
    promised, spent = state.promised, price.spent(job.folder, state)
    return {
        "promised": {name: value for name, value in dataclasses.asdict(promised).items() if name != "at"}
        if promised
        else None,
        "spent": dataclasses.asdict(spent) if spent else None,
    }


def _predict(parsed: argparse.Namespace) -> dict[str, Any]:
    job = store.find(parsed.run)
    folder = job.folder / "bundle"
    if not folder.exists():
        raise RunError(f"Run {job.id} has no trained model yet.", fix="Wait until it has finished, or resume it.")
    contents = []
    for image in parsed.images:
        try:
            contents.append(Path(image).read_bytes())
        except OSError as error:
            raise DataError(f"{image!r} cannot be read ({error.strerror}).", fix="Check the path.") from None
    from ftcore.evaluation.predictor import predict_one
    from ftcore.export.bundle import Bundle  # late: it brings torch

    bundle = Bundle(folder)
    limit = bundle.outputs.threshold if parsed.threshold is None else parsed.threshold
    if not 0 <= limit <= 1:
        raise SettingsError(f"--threshold is {limit:g}, expected 0 to 1.", fix="For example --threshold 0.5.")
    answers = []
    for image, data in zip(parsed.images, contents, strict=True):
        try:
            answer = predict_one(bundle, data)
        except DataError as error:
            raise DataError(f"{image}: {error.what}", fix=error.fix) from None
        named = {name: float(value) for name, value in zip(bundle.classes, answer.values, strict=True)}
        meaning, units = bundle.outputs.meaning, bundle.outputs.units
        found = meaning.answer(named, threshold=limit, units=units, typical_error=bundle.typical_error)
        answers.append({"image": image, **found, "seconds": round(answer.seconds, 4)})
    return {"run": job.id, "task": bundle.outputs.task, "predictions": answers}


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


def _all_settings(parsed: argparse.Namespace) -> dict[str, Any]:
    settings = s.RunSettings()
    if parsed.preset or parsed.dataset:
        facts = s.DatasetFacts(n_train=700, n_classes=10, side=224)
        if parsed.dataset:
            facts = records.open_dataset(parsed.dataset).facts()
        native_size = catalogue.native_size(settings.model.name)
        settings = s.suggest(parsed.preset or settings.preset, facts, native_size=native_size, base=settings)
    return {"preset": parsed.preset, "settings": s.described(settings)}


@contextlib.contextmanager
def _bars() -> Iterator[Callable[[str, int, int], None]]:
    """A tqdm bar on stderr per label; counts may go back, as a resumed run's do."""
    bar: tqdm | None = None
    label_now = ""

    def progress(label: str, done: int, total: int) -> None:
        nonlocal bar, label_now
        stage = label.split(",")[0]
        if bar is None or stage != label_now or bar.total != (total or None):
            if bar is not None:
                bar.close()
            bar = tqdm(total=total or None, desc=label, file=sys.stderr, leave=False, unit="", dynamic_ncols=True)
            label_now = stage
        bar.set_description(label, refresh=False)
        bar.n = done
        bar.refresh()

    try:
        yield progress
    finally:
        if bar is not None:
            bar.close()
