"""How long the data doctor takes for 5,000 pictures whose features are cached: a clean import, examined twice.

    PYTHONPATH=. python tests/benchmarks/bench_doctor.py [results.json]

The pictures are made here: smooth scenes of 384 x 288 pixels in ten classes, as photos are, with copies among them.
"""

import io
import json
import os
import sys
import tempfile
import time
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image

N, CLASSES, TARGET = 5000, 10, 20.0


def picture(number: int) -> bytes:
    """A scene of its own, or every hundredth time a re-saved copy of the one before."""
    copy = number % 100 == 99
    random = np.random.default_rng(number - copy)
    colours = random.normal(20 * (number // 2 % CLASSES), 60, (9, 12, 3)).clip(0, 255).astype(np.uint8)
    scene = np.asarray(Image.fromarray(colours).resize((384, 288), Image.Resampling.BICUBIC), np.int16)
    grain = random.integers(-12, 13, scene.shape, dtype=np.int16)
    buffer = io.BytesIO()
    Image.fromarray((scene + grain).clip(0, 255).astype(np.uint8)).save(buffer, "JPEG", quality=60 if copy else 85)
    return buffer.getvalue()


def main() -> None:
    from ftcore.datasets.doctor.examine import examine
    from ftcore.datasets.images.pixel_store import PixelStore
    from ftcore.datasets.importing.importer import import_source
    from ftcore.events import Progress, drain
    from ftcore.training.embeddings.compute import picture_features

    with tempfile.TemporaryDirectory() as folder:
        os.environ["FTCORE_WORKSPACE"] = str(Path(folder) / "workspace")
        archive = Path(folder) / "scenes.zip"
        with zipfile.ZipFile(archive, "w") as file:
            for number in range(N):
                file.writestr(f"{number // 2 % CLASSES}/{number:04}.jpg", picture(number))
        dataset = import_source(archive)
        results: dict[str, float | int | bool] = {"pictures": dataset.n_images, "target_seconds": TARGET}
        started = time.perf_counter()
        drain(picture_features(dataset))
        results["features_cold_seconds"] = round(time.perf_counter() - started, 2)
        started = time.perf_counter()
        features = drain(picture_features(dataset))
        results["features_warm_seconds"] = round(time.perf_counter() - started, 2)
        stages: dict[str, float] = {}
        examining = time.perf_counter()

        def heard(event: Progress) -> None:  # when each stage was last heard of
            stages[event.label] = round(time.perf_counter() - examining, 2)

        report = drain(examine(dataset, PixelStore(dataset), features), heard)
        results["doctor_warm_seconds"] = round(time.perf_counter() - started, 2)
        results["within_target"] = results["doctor_warm_seconds"] <= TARGET
        answer = {**results, "until_stage_ended": stages, "found": {f.issue: f.count for f in report.findings}}
    print(json.dumps(answer))
    if len(sys.argv) > 1:
        Path(sys.argv[1]).write_text(json.dumps(answer, indent=1))


if __name__ == "__main__":
    main()
