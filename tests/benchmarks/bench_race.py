"""How long a race of EfficientNet-Lite0, 1 and 2 takes on 1,000 pictures: on an empty cache, and again.

    PYTHONPATH=. python tests/benchmarks/bench_race.py [results.json]

By the command line, from the start of its process to its end; the pictures are those of bench_training.py.
"""

import json
import os
import sys
import tempfile
import time
from pathlib import Path

from bench_training import Ours, write_pictures

MODELS = "tf_efficientnet_lite0,tf_efficientnet_lite1,tf_efficientnet_lite2"
TARGETS = {"cold": 90.0, "warm": 5.0}


def main() -> None:
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "pictures"
        write_pictures(folder, 1000)
        ours = Ours(Path(temporary) / "workspace")
        dataset = ours.take(folder)
        answer: dict[str, object] = {"targets": TARGETS}
        for name, target in TARGETS.items():
            load, started = os.getloadavg()[0], time.perf_counter()
            found = ours("race", "--dataset", dataset, "--models", MODELS)
            seconds = time.perf_counter() - started
            answer[name] = {"seconds": seconds, "within_target": seconds <= target, "load": load, **found}
            print(f"{name}: {seconds:.1f} s (target {target:.0f} s, load {load:.1f})", flush=True)
    if len(sys.argv) > 1:
        Path(sys.argv[1]).write_text(json.dumps(answer, indent=1))


if __name__ == "__main__":
    main()
