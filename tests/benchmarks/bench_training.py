"""How fast training is beside what people would use instead, all in one run; on a machine that is otherwise idle.

    PYTHONPATH=. python tests/benchmarks/bench_training.py results.json [--peers PYTHON] [--only jobs,trials,growth]

The peers (peers/) live in an environment of their own, which is made in a temporary folder unless ``--peers`` names
its Python. Pictures: the animals sample enlarged to 224 px, 750 for training and 250 for validation, as JPEG files;
the same files, split, weights, size, batch size, rate and two threads for everybody. The time that Python takes to
start and to import torch is in nobody's number (about 3 s each). A peer's time starts after its imports and its model;
ours starts after its imports and includes the model, the conversion of the frozen part, all validations and the
bundle. An epoch of a peer costs the same each time, so where ``--peer-epochs`` is below 10 its time is scaled up (told
in the table); the runs that accuracy is compared on are always whole.
"""

import argparse
import io
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from functools import partial
from pathlib import Path

import psutil
from PIL import Image

from ftcore.datasets.sources import samples
from ftcore.inputs import InputSpec
from ftcore.runs.process import WORKER_ENVIRONMENT

HERE = Path(__file__).parent
EPOCHS, BATCH, SIZE, RATE = 10, 32, 224, 0.002
LITE, VIT, CONVNEXT = "tf_efficientnet_lite0", "vit_tiny_patch16_224", "convnext_atto"
JOBS = {  # name: freezing, views, whether a second run on the warm cache is timed too
    "head only": ("head", 0, True),
    "head only, 4 views": ("head", 4, False),
    "last quarter": ("quarter", 0, False),
    "nothing frozen": ("none", 0, False),
}
TARGETS = {  # against the plain loop, against fastai
    "head only": (8, 20),
    "head only, warm": (100, 300),
    "head only, 4 views": (4, 12),
    "last quarter": (4, None),
    "nothing frozen": (1.3, 1.3),
}

MOST_OVER_FLOOR = 1.15


def write_pictures(folder: Path, n: int) -> None:
    """``n`` different silhouettes, as many of each animal, three quarters of them under train/ and the rest under val/.

    The sample has 9,716 different ones; beyond that, mirrored ones follow.
    """
    per_class: dict[str, list[bytes]] = {}
    seen = set()
    for mirror in (False, True):
        for entry in samples.open_sample("animals").entries:
            label = entry.name.split("/")[0]
            mine = per_class.setdefault(label, [])
            if len(mine) == n // 10:
                continue
            picture = Image.open(io.BytesIO(entry.read())).convert("RGB")
            if mirror:
                picture = picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
            if picture.tobytes() in seen:
                continue
            seen.add(picture.tobytes())
            buffer = io.BytesIO()
            picture.resize((SIZE, SIZE), Image.Resampling.BICUBIC).save(buffer, "JPEG", quality=92)
            mine.append(buffer.getvalue())
    for label, pictures in per_class.items():
        for index, data in enumerate(pictures):
            path = folder / ("val" if index % 4 == 3 else "train") / label / f"{index:05d}.jpg"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)


def last_line(command: list[str], **options: object) -> dict:
    """Run a command and read the JSON on the last line of what it printed."""
    done = subprocess.run(command, capture_output=True, text=True, **options)  # type: ignore[call-overload]
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}\n{done.stderr[-2000:]}")
    return json.loads(done.stdout.strip().splitlines()[-1])


class Ours:
    """This project's command line in a workspace of its own."""

    def __init__(self, workspace: Path) -> None:
        self.environment = {**WORKER_ENVIRONMENT, **os.environ, "FTCORE_WORKSPACE": str(workspace)}

    def __call__(self, *arguments: str) -> dict:
        return last_line([sys.executable, "-m", "ftcore", *arguments], env=self.environment)

    def take(self, folder: Path) -> str:
        return self("import", str(folder), "--split", "75/25/0")["dataset"]

    def train(self, dataset: str, model: str, freeze: str, views: int, epochs: int, seed: int, *more: str) -> dict:
        values = {
            "freeze.preset": freeze, "augment.views": views, "train.epochs": epochs, "train.batch_size": BATCH,
            "train.lr": RATE, "train.schedule": "constant", "train.warmup": 0.0, "train.threads": 2,
            "train.label_smoothing": 0.0, "model.image_size": SIZE, "model.pretrained": model == LITE,
        }  # fmt: skip
        sets = [f"--set={key}={value}" for key, value in values.items()]
        asked = ("--dataset", dataset, "--model", model, "--seed", str(seed))
        result = self("train", *asked, *sets, *[f"--set={value}" for value in more])
        history = self("show", result["run"])["history"]
        result["last_val_accuracy"] = history[-1]["val_accuracy"]
        result["memory_mb"] = max(row["memory_mb"] for row in history)
        return result

    def forget(self) -> None:
        self("cache", "--clear")


def peer(python: str, script: str, folder: Path, model: str, freeze: str, views: int, epochs: int, seed: int) -> dict:
    """A peer's seconds for the ten epochs, and its accuracy after those that it ran."""
    command = [python, str(HERE / "peers" / script), "--data", str(folder), "--model", model, "--freeze", freeze]
    command += ["--epochs", str(epochs), "--size", str(SIZE), "--lr", str(RATE), "--seed", str(seed)]
    environment = {**os.environ, "OMP_NUM_THREADS": "2"}
    result = last_line(command + (["--augment"] if views else []), env=environment)
    return {**result, "seconds": result["seconds"] * EPOCHS / epochs, "scaled": epochs != EPOCHS}


def floor(model: str, freeze: str, views: int, n_train: int, n_val: int, engine: str) -> dict[str, float]:
    """Seconds of one pass of the frozen part over every view, and of the suffix's steps, on tensors that lie ready.

    Steps are timed in float32 and in bfloat16; the faster of the two counts.
    """
    import torch

    from ftcore.events import drain
    from ftcore.freezing import runtimes
    from ftcore.freezing.cut import cut
    from ftcore.freezing.plan import FreezePlan, make_phases
    from ftcore.models.build import build_model
    from ftcore.models.depth_groups import depth_groups
    from ftcore.training.cpu_kernels import computing
    from ftcore.training.recipe.optimizers import build_optimizer

    torch.set_num_threads(2)
    network, _ = build_model(model, n_outputs=10, image_size=SIZE, pretrained=False)
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    groups = depth_groups(network)
    plan = FreezePlan(groups, make_phases(freeze, groups, EPOCHS))
    plan.apply(network, 0)
    images = torch.randn(64, 3, SIZE, SIZE).contiguous(memory_format=torch.channels_last)
    prefix_seconds, forward, inputs = 0.0, network, images[:BATCH]
    if freeze != "none":
        halves = cut(network, InputSpec.square(SIZE))
        run = drain(runtimes.choose(halves.prefix, images[:BATCH], 10**6, engine)).run
        prefix_seconds = timed(lambda: run(images), 5) / len(images) * (n_train * (views + 1) + n_val)
        forward, inputs = halves.suffix, tuple(value[:BATCH].clone() for value in run(images))
    optimiser = build_optimizer(
        "adamw", network, plan.trainable(0), lr=RATE, layer_decay=1.0, body_share=0.2, weight_decay=0.01
    )
    targets = torch.randint(0, 10, (BATCH,))

    def step(half: bool) -> None:
        with computing(forward, "cpu", half):
            outputs = forward(inputs)
        torch.nn.functional.cross_entropy(outputs.float(), targets).backward()
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)

    def look() -> None:
        with torch.inference_mode():
            forward(inputs)

    steps = min(timed(partial(step, half), 8) for half in (False, True)) * n_train / BATCH * EPOCHS
    network.eval()
    looks = timed(look, 5) * n_val / BATCH * EPOCHS
    return {"prefix": prefix_seconds, "steps": steps, "validation": looks}


def timed(work: object, times: int) -> float:
    """Median seconds of a call, after two that warm up."""
    seconds = []
    for _ in range(times + 2):
        started = time.perf_counter()
        work()  # type: ignore[operator]
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds[2:])


def trials(dataset_id: str, n: int) -> dict[str, float]:
    """``n`` head-only trainings with different rates in one process, on whatever cache there is."""
    from ftcore import settings as s
    from ftcore.datasets.records import open_dataset
    from ftcore.training.assemble import assemble
    from ftcore.training.loop import finetune

    dataset = open_dataset(dataset_id)
    base = s.with_values(
        s.RunSettings(dataset=dataset.id),
        ["freeze.preset=head", "augment.views=0", f"train.epochs={EPOCHS}", f"model.image_size={SIZE}"],
    )
    list(finetune(assemble(base, dataset)))  # fills the cache
    started = time.perf_counter()
    for index in range(n):
        list(finetune(assemble(s.with_value(base, "train.lr", 1e-4 * 1.05**index), dataset)))
    return {"trials": n, "seconds": time.perf_counter() - started}


def compare_jobs(asked: argparse.Namespace, folder: Path, ours: Ours, dataset: str) -> list[dict]:
    rows = []
    for model in asked.models.split(","):
        for job, (freeze, views, warm) in JOBS.items():
            if asked.jobs and job not in asked.jobs.split(";"):
                continue
            whole = model == LITE and job == "head only"  # the job that accuracy is compared on
            epochs = EPOCHS if whole else asked.peer_epochs
            seeds = range(asked.seeds if whole else 1)
            plain = [peer(asked.peers, "plain_loop.py", folder, model, freeze, views, epochs, seed) for seed in seeds]
            fastai = None
            if model == LITE and freeze in ("head", "none"):
                fastai = peer(asked.peers, "fastai_loop.py", folder, model, freeze, views, asked.peer_epochs, 0)
            cold, hot = [], []
            for seed in range(asked.seeds if freeze != "none" else 1):
                ours.forget()
                cold.append(ours.train(dataset, model, freeze, views, EPOCHS, seed))
                if warm:
                    hot.append(ours.train(dataset, model, freeze, views, EPOCHS, seed, f"train.lr={RATE / 2}"))
            engine = cold[0]["engine"].get("prefix") or "eager"
            arguments = [model, freeze, str(views), "750", "250", engine]
            least = last_line([sys.executable, __file__, "--floor", *arguments], env=ours.environment)
            kinds = [(job, cold)] + ([(f"{job}, warm", hot)] if hot else [])
            for name, results in kinds:
                seconds = statistics.median(result["seconds"] for result in results)
                row = {
                    "model": model,
                    "job": name,
                    "seconds": seconds,
                    "plain": statistics.median(result["seconds"] for result in plain),
                    "fastai": fastai and fastai["seconds"],
                    "scaled": plain[0]["scaled"],
                    "engine": results[0]["engine"],
                    "floor": least["steps"] + least["validation"] + (least["prefix"] if name == job else 0),
                    "accuracy": statistics.mean(result["last_val_accuracy"] for result in results),
                    "plain_accuracy": statistics.mean(result["val_accuracy"] for result in plain) if whole else None,
                    "memory_mb": max(result["memory_mb"] for result in results),
                }
                row["missed"] = missed(row)
                rows.append(row)
                print(line(row), flush=True)
    return rows


def missed(row: dict) -> list[str]:
    """The targets of a job that were not reached, in words."""
    plain, fastai = TARGETS[row["job"]]
    found = [f"{plain} times plain"] if row["plain"] / row["seconds"] < plain else []
    if fastai and row["fastai"] and row["fastai"] / row["seconds"] < fastai:
        found.append(f"{fastai} times fastai")
    if not row["job"].endswith("warm") and row["seconds"] / row["floor"] > MOST_OVER_FLOOR:
        found.append(f"{MOST_OVER_FLOOR} times the floor")
    if row["plain_accuracy"] and row["accuracy"] < row["plain_accuracy"] - 0.01:
        found.append("accuracy within a point")
    return found


def line(row: dict) -> str:
    times = row["plain"] / row["seconds"]
    text = (
        f"{row['model']:<24} {row['job']:<22} ours {row['seconds']:7.1f} s   plain {row['plain']:7.1f} s {times:6.1f}x"
    )
    if row["fastai"]:
        text += f"   fastai {row['fastai']:7.1f} s {row['fastai'] / row['seconds']:6.1f}x"
    text += f"   floor {row['floor']:6.1f} s {row['seconds'] / row['floor']:5.2f}"
    beside = f" / {row['plain_accuracy']:.3f}" if row["plain_accuracy"] else ""
    text += f"   accuracy {row['accuracy']:.3f}{beside}   {row['engine'].get('prefix')}"
    text += "".join(f"   MISSED: {target}" for target in row["missed"])
    return text + ("   (peer: scaled)" if row["scaled"] else "")


class Peak:
    """The most resident memory that any worker had, in megabytes, looked at ten times a second."""

    def __init__(self) -> None:
        self.megabytes, self._over = 0.0, threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> "Peak":
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(0.1):
            for process in psutil.process_iter(["cmdline", "memory_info"]):
                if "ftcore.jobs" in (process.info["cmdline"] or []) and process.info["memory_info"]:
                    self.megabytes = max(self.megabytes, process.info["memory_info"].rss / 1e6)


def growth(ours: Ours, workspace: Path, sizes: list[int]) -> list[dict]:
    rows = []
    for n in sizes:
        folder = workspace / f"pictures-{n}"
        write_pictures(folder, n)
        dataset = ours.take(folder)
        ours.forget()
        with Peak() as peak:
            result = ours.train(dataset, LITE, "head", 0, EPOCHS, 0)
        row = {"pictures": n, "seconds": result["seconds"], "memory_mb": peak.megabytes, **result["engine"]}
        rows.append(row)
        per = 1000 * row["seconds"] / n
        print(f"{n:>6} pictures {row['seconds']:7.1f} s, {per:5.2f} ms each, {row['memory_mb']:,.0f} MB", flush=True)
    return rows


def peers_python(folder: Path) -> str:
    """Make the peers' environment and return its Python."""
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    python = str(folder / "bin" / "python")
    requirements = str(HERE / "peers" / "requirements.txt")
    subprocess.run([python, "-m", "pip", "install", "--quiet", "-r", requirements], check=True)
    return python


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("results", nargs="?", type=Path)
    parser.add_argument("--peers", help="Python of the peers' environment")
    parser.add_argument("--peer-epochs", type=int, default=EPOCHS)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--models", default=f"{LITE},{VIT},{CONVNEXT}")
    parser.add_argument("--jobs", help="semicolon-separated names of jobs; all of them unless given")
    parser.add_argument("--only", default="jobs,trials,growth")
    parser.add_argument("--sizes", default="1000,5000,10000")
    parser.add_argument("--floor", nargs=6, help=argparse.SUPPRESS)
    parser.add_argument("--trials", nargs=2, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.floor:
        model, freeze, views, n_train, n_val, engine = asked.floor
        print(json.dumps(floor(model, freeze, int(views), int(n_train), int(n_val), engine)))
        return
    if asked.trials:
        print(json.dumps(trials(asked.trials[0], int(asked.trials[1]))))
        return
    with tempfile.TemporaryDirectory() as temporary:
        workspace = Path(temporary)
        ours = Ours(workspace / "workspace")
        found: dict[str, object] = {"targets": TARGETS}
        only = asked.only.split(",")
        if "jobs" in only or "trials" in only:
            folder = workspace / "pictures"
            write_pictures(folder, 1000)
            dataset = ours.take(folder)
        if "trials" in only:
            found["trials"] = last_line([sys.executable, __file__, "--trials", dataset, "100"], env=ours.environment)
            print(f"100 head-only trials on a warm cache: {found['trials']['seconds']:.1f} s", flush=True)  # type: ignore[index]
        if "jobs" in only:
            asked.peers = asked.peers or peers_python(workspace / "peers")
            found["jobs"] = compare_jobs(asked, folder, ours, dataset)
        if "growth" in only:
            found["growth"] = growth(ours, workspace, [int(size) for size in asked.sizes.split(",")])
        if asked.results:
            asked.results.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
