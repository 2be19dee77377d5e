"""What was promised about three different jobs, what they took, and the ratio; on a machine that is otherwise idle.

    PYTHONPATH=. python tests/benchmarks/bench_estimate.py [results.json] [--jobs "head only, 4 views"] [--epochs 10]

Each job is estimated on an empty cache and then run, by the command line, on the pictures of bench_training.py: 750 for
training and 250 for validation, of 224 px. The promise is right when the ratio of time lies within 25 % of one.
"""

import argparse
import json
import os
import tempfile
from pathlib import Path

from bench_training import LITE, Ours, write_pictures

JOBS = {  # name: freezing, views
    "head only, 4 views": ("head", 4),
    "last quarter": ("quarter", 0),
    "nothing frozen": ("none", 0),
}
TARGET = 0.25


def compare(ours: Ours, dataset: str, model: str, job: str, epochs: int) -> dict:
    freeze, views = JOBS[job]
    values = {"freeze.preset": freeze, "augment.views": views, "train.epochs": epochs, "train.batch_size": 32}
    asked = [f"--set={key}={value}" for key, value in {**values, "model.image_size": 224}.items()]
    ours.forget()
    load = os.getloadavg()[0]
    ours("estimate", "--dataset", dataset, "--model", model, "--again", *asked)
    run = ours("train", "--dataset", dataset, "--model", model, *asked)
    shown = ours("show", run["run"])
    promised, spent = shown["promised"], shown["spent"]
    ratio = spent["seconds"] / promised["seconds"]
    return {
        "job": job,
        "epochs": epochs,
        "promised": promised,
        "spent": spent,
        "ratio": ratio,
        "ratio_memory": spent["bytes_memory"] / promised["bytes_memory"],
        "ratio_disk": spent["bytes_disk"] / promised["bytes_disk"],
        "within_target": abs(ratio - 1) <= TARGET,
        "load": [load, os.getloadavg()[0]],
    }


def line(row: dict) -> str:
    promised, spent = row["promised"], row["spent"]
    likely = f"{promised['seconds_low']:.0f} to {promised['seconds_high']:.0f}"
    seconds = (
        f"promised {promised['seconds']:6.1f} s ({likely})  took {spent['seconds']:6.1f} s  ratio {row['ratio']:.2f}"
    )
    memory = f"memory {promised['bytes_memory'] / 1e9:.2f} and {spent['bytes_memory'] / 1e9:.2f} GB"
    disk = f"disk {promised['bytes_disk'] / 1e6:.0f} and {spent['bytes_disk'] / 1e6:.0f} MB"
    load = f"load {row['load'][0]:.1f} to {row['load'][1]:.1f}"
    return f"{row['job']:<20} {row['epochs']:>3} epochs  {seconds}  {memory}  {disk}  {load}"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("results", nargs="?", type=Path)
    parser.add_argument("--jobs", help="semicolon-separated names of jobs; all of them unless given")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--model", default=LITE)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "pictures"
        write_pictures(folder, 1000)
        ours = Ours(Path(temporary) / "workspace")
        dataset = ours.take(folder)
        rows = []
        for job in asked.jobs.split(";") if asked.jobs else JOBS:
            rows.append(compare(ours, dataset, asked.model, job, asked.epochs))
            print(line(rows[-1]), flush=True)
        if asked.results:
            asked.results.write_text(json.dumps({"target": TARGET, "jobs": rows}, indent=1))


if __name__ == "__main__":
    main()
