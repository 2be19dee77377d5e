"""A Bundle: everything that somebody needs to use a trained model without this app.

``model.safetensors``  weights under timm's names
``bundle.json``        architecture, what its outputs mean, preprocessing, scores, settings, versions
``README.txt``         how to load the two with timm
"""

import json
import time
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import nn

from ftcore import __version__, vision, workspace
from ftcore.datasets.images.pixel_store import shrink, side_for
from ftcore.errors import ModelError
from ftcore.evaluation.predictor import opened, ready
from ftcore.models import adapters, heads
from ftcore.models.build import rebuild
from ftcore.models.heads import PLAIN, Head
from ftcore.preprocessing import Preprocessing
from ftcore.tasks.outputs import Outputs

FORMAT = 1

BATCH = 32
"""Pictures that a model is asked about at a time, so that many need no more memory than these."""

_README = """\
{name}
{line}
{says}

Load it in Python (pip install timm safetensors pillow numpy):

    import json, numpy as np, timm, torch
    from PIL import Image, ImageOps
    from safetensors.torch import load_file

    about = json.load(open("bundle.json", encoding="utf-8"))
    model = timm.create_model(about["architecture"], num_classes=about["n_outputs"], **about["options"])
{head}    model.eval().load_state_dict(load_file("model.safetensors"))

    recipe = about["preprocessing"]              # fit "crop": the middle square is cut out, then resized
    picture = ImageOps.exif_transpose(Image.open("picture.jpg")).convert("RGB")
    side, (w, h) = min(picture.size), picture.size
    box = ((w - side) / 2, (h - side) / 2, (w + side) / 2, (h + side) / 2) if recipe["fit"] == "crop" else None
    filter = Image.Resampling[recipe["interpolation"].upper()]
    pixels = np.asarray(picture.resize((recipe["size"],) * 2, filter, box=box), np.float32) / 255
    x = torch.from_numpy((pixels - np.float32(recipe["mean"])) / np.float32(recipe["std"])).permute(2, 0, 1)[None]
    y = model(x)[0]
    {answer}
    print(dict(zip(about["classes"], answer.tolist())))
"""
_BINARY_LOGIT = "answer = torch.stack([-y[0], y[0]]).sigmoid()"


def write(
    target: Path,
    model: nn.Module,
    *,
    name: str,
    architecture: str,
    options: dict[str, Any],
    outputs: Outputs,
    preprocessing: Preprocessing,
    about: dict[str, Any],
    head: Head = PLAIN,
) -> None:
    """Write a bundle folder and, beside it, the same as ``<folder>.zip``; whole or not at all.

    Args:
        target: The bundle folder; an old one is replaced.
        model: The trained model; low-rank adapters are merged into the weights that are written.
        name: What people call it.
        architecture: timm's name.
        options: Further arguments of ``timm.create_model`` that this input size needs.
        outputs: What the model's outputs mean.
        preprocessing: From picture to input.
        about: Scores, settings and data set, for the reader.
        head: What the model's head is made of.
    """
    card = {
        "format": FORMAT,
        "name": name,
        "architecture": architecture,
        "options": options,
        "head": head.to_json(),
        **outputs.to_json(),
        "preprocessing": preprocessing.to_json(),
        "created": time.time(),
        "versions": {"ftcore": __version__, "timm": vision.timm.__version__, "torch": torch.__version__},
        **about,
    }
    with workspace.new_folder(target) as folder:
        tensors = {key: value.detach().cpu().contiguous() for key, value in adapters.merged_state(model).items()}
        (folder / "model.safetensors").write_bytes(save(tensors))  # save_file() would hide that a disk is full
        workspace.write_json(folder / "bundle.json", card)
        lines = "".join(f"    {line}\n" for line in heads.as_python(model, head, outputs.n))
        text = _README.format(name=name, line="=" * len(name), says=_says(outputs), answer=_answer(outputs), head=lines)
        workspace.write_bytes(folder / "README.txt", text.encode())
        if target.exists():
            workspace.remove_folder(target)  # not before the new one is whole
    with (
        workspace.replacing(zip_path(target)) as temporary,
        zipfile.ZipFile(temporary, "w", zipfile.ZIP_STORED) as archive,
    ):
        for file in sorted(target.iterdir()):
            archive.write(file, file.name)


def _says(outputs: Outputs) -> str:
    units = outputs.units or ("",) * len(outputs.classes)
    named = [f"{name} ({unit})" if unit else name for name, unit in zip(outputs.classes, units, strict=True)]
    return outputs.meaning.answer_in_words.format(n=len(named), classes=", ".join(named))


def _answer(outputs: Outputs) -> str:
    return _BINARY_LOGIT if outputs.binary_logit else outputs.meaning.answer_in_python


def zip_path(folder: Path) -> Path:
    """The ZIP of a bundle folder."""
    return folder.with_suffix(".zip")


class Bundle:
    """A trained model, loaded from its folder: a predictor (evaluation.predictor)."""

    def __init__(self, folder: Path) -> None:
        try:
            self.about = json.loads((folder / "bundle.json").read_text(encoding="utf-8"))
            self.outputs = Outputs.from_json(self.about)
            self.preprocessing = Preprocessing.from_json(self.about["preprocessing"])
            size = self.preprocessing.size
            head = Head.from_json(self.about.get("head"))
            model = rebuild(self.about["architecture"], n_outputs=self.outputs.n, image_size=size, head=head)
            model.load_state_dict(load_file(folder / "model.safetensors"))
            model = model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
            self.model = ready(model, self.preprocessing.spec)
        except (OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError) as error:
            raise ModelError("The trained model of this run cannot be read.", fix="Train it again.") from error

    @property
    def classes(self) -> tuple[str, ...]:
        """Names in the order of the predictions; for numbers what each is called."""
        return self.outputs.classes

    @property
    def typical_error(self) -> tuple[float, ...]:
        """Return for numbers that were tested how far off they typically are: half of the test pictures were predicted
        closer than this, [T]; else empty."""
        return tuple(self.about.get("typical_error", ()))

    def predict(self, images: Sequence[Image.Image]) -> np.ndarray:
        """Return probabilities [B, C], or numbers in their units [B, T], for RGB images of any size.

        Safe to call from several threads: the model's mode and buffers are left as they are.
        """
        found = [self._predict(images[start : start + BATCH]) for start in range(0, len(images), BATCH)]
        return np.concatenate([np.zeros((0, len(self.classes)), np.float32), *found])

    def _predict(self, images: Sequence[Image.Image]) -> np.ndarray:
        side = side_for(self.preprocessing.size)
        batch = torch.from_numpy(self.preprocessing.batch([shrink(opened(image), side) for image in images]))
        with torch.inference_mode():
            return self.outputs.predictions(self.model(batch.permute(0, 3, 1, 2)).float()).numpy()
