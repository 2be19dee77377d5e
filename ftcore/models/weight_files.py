"""Files with weights that others wrote: read without running code, compared with an architecture, loaded into a model.

A file is a flat table of tensors, as safetensors or as a ``.pth``. Its head is not needed: a run brings its own, unless
it knows the same classes. Positions that were learned at another picture size are resized.
"""

import io
import math
import pickle
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load, load_file, save
from torch import Tensor, nn

from ftcore import names, vision
from ftcore.errors import ModelError
from ftcore.models.depth_groups import classifier_paths
from ftcore.models.weights import require_architecture

_NESTED = ("state_dict", "model_state_dict", "state_dict_ema", "model")  # where training scripts put the tensors
_PREFIXES = ("module.", "model.", "_orig_mod.")  # what their wrappers write before every name


_MOST_SHARED = 8
"""How many times the bytes of a file its tensors may have when each stands alone: weights that are tied are written
once. More would be a file made to fill the memory."""


@dataclass(frozen=True)
class Difference:
    """A tensor that does not fit: its shape in the architecture and in the file; None where it is missing there."""

    name: str
    expected: tuple[int, ...] | None
    found: tuple[int, ...] | None

    def __str__(self) -> str:
        if self.found is None:
            return f"{self.name} is missing"
        if self.expected is None:
            return f"{self.name} is not part of the architecture"
        return f"{self.name} has shape {_shape(self.found)}, expected {_shape(self.expected)}"


def checked(data: bytes, file_name: str, architecture: str) -> bytes:
    """The tensors of a file as safetensors, once all besides the head's fit the architecture.

    Raises:
        ModelError: The file holds no tensors, would have to run code, or tensors do not fit; they are named.
    """
    require_architecture(architecture)
    tensors = _plain(read(data, file_name), len(data), file_name)
    with torch.device("meta"):
        model = vision.create_model(architecture)
    if wrong := differences(model, fitted(model, tensors)):
        raise _misfit(f"{names.clean(file_name)} does not hold the weights of {architecture}", wrong)
    return save(tensors)


def _plain(tensors: Mapping[str, Tensor], n_bytes: int, file_name: str) -> dict[str, Tensor]:
    """Tensors of a file of ``n_bytes``, each with memory of its own: a ``.pth`` may hold views of one another."""
    whole = all(value.layout == torch.strided and value.device.type == "cpu" for value in tensors.values())
    if not whole or any(value.is_quantized for value in tensors.values()):
        raise ModelError(
            f"{names.clean(file_name)} holds tensors in a form that no model of timm has (sparse, quantised or empty).",
            fix="Save the state_dict() of the model in full precision.",
        )
    if sum(value.numel() * value.element_size() for value in tensors.values()) > _MOST_SHARED * n_bytes:
        raise ModelError(
            f"{names.clean(file_name)} says of small contents that they are large ones.",
            fix="Save the model's state_dict() again.",
        )
    return {key: value.detach().clone(memory_format=torch.contiguous_format) for key, value in tensors.items()}


def read(data: bytes, file_name: str) -> dict[str, Tensor]:
    """The tensors of a file, without the names that wrappers put around them. Never runs code."""
    try:
        if file_name.lower().endswith(".safetensors"):
            content: Any = load(data)
        else:
            content = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
    except (
        *(SafetensorError, pickle.UnpicklingError, RuntimeError, EOFError, OSError),
        *(ValueError, TypeError, KeyError, AttributeError, IndexError),
    ) as error:
        raise ModelError(
            f"{names.clean(file_name)} cannot be read as weights ({type(error).__name__}).",
            fix="Bring a .safetensors file, or a .pth that holds tensors only (a state dict).",
        ) from error
    for key in _NESTED:
        if isinstance(content, Mapping) and isinstance(content.get(key), Mapping):
            content = content[key]
    items = content.items() if isinstance(content, Mapping) else ()
    tensors = {str(key): value for key, value in items if isinstance(value, Tensor)}
    if not tensors:
        raise ModelError(f"{names.clean(file_name)} holds no tensors.", fix="Save the model's state_dict().")
    for prefix in _PREFIXES:
        if all(key.startswith(prefix) for key in tensors):
            tensors = {key.removeprefix(prefix): value for key, value in tensors.items()}
    return tensors


def differences(model: nn.Module, tensors: Mapping[str, Tensor]) -> list[Difference]:
    """Tensors besides the head's that ``tensors`` lacks, has in another shape, or has too many for ``model``."""
    expected = {key: tuple(value.shape) for key, value in model.state_dict().items()}
    head = _in_head(model)
    wrong = [
        Difference(key, shape, tuple(tensors[key].shape) if key in tensors else None)
        for key, shape in expected.items()
        if not head(key)
        and not key.endswith("num_batches_tracked")  # a counter that old files lack and nothing here reads
        and (key not in tensors or tuple(tensors[key].shape) != shape)
    ]
    return wrong + [
        Difference(key, None, tuple(value.shape))
        for key, value in tensors.items()
        if key not in expected and not head(key)
    ]


def fitted(model: nn.Module, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Tensors of a file, with the positions that were learned at another picture size resized to the model's own.

    Transformers that learn one vector per place need that (Dosovitskiy et al. 2021, section 3.2,
    https://arxiv.org/abs/2010.11929); timm's families do it themselves for their pretrained files. Tensors that fit
    anyway come back as they are, those that cannot be made to fit too.
    """
    wrong = differences(model, tensors)
    if not wrong:
        return dict(tensors)
    try:
        found = vision.family_fitted(model, tensors)
    except Exception:  # a file of another architecture: its misfits are named afterwards
        found = dict(tensors)
    if len(differences(model, found)) >= len(wrong):
        found = dict(tensors)
    for difference in differences(model, found):
        if difference.name.endswith("pos_embed") and difference.expected and difference.found:
            found[difference.name] = _other_grid(model, found[difference.name], difference.expected)
    return found


def _other_grid(model: nn.Module, positions: Tensor, expected: tuple[int, ...]) -> Tensor:
    """Positions [1, P + n * n, D] for another n, or as they are where the shapes do not say it that way."""
    if positions.ndim != 3 or len(expected) != 3 or positions.shape[2] != expected[2]:
        return positions
    for n_first in (int(getattr(model, "num_prefix_tokens", 0)), 0):  # tokens beside the grid, if they have positions
        old, new = math.isqrt(max(0, positions.shape[1] - n_first)), math.isqrt(max(0, expected[1] - n_first))
        if old and new and old**2 + n_first == positions.shape[1] and new**2 + n_first == expected[1]:
            return vision.resample_abs_pos_embed(positions, [new, new], [old, old], num_prefix_tokens=n_first)
    return positions


def load_into(model: nn.Module, file: Path, *, keep_head: bool) -> None:
    """Give ``model`` the weights of a safetensors file.

    Args:
        model: With its final head.
        file: Tensors under timm's names: own weights, or those of a run's bundle.
        keep_head: Take the file's head too; it must know the same classes in the same order.
    """
    try:
        tensors = load_file(file)
    except (OSError, SafetensorError, ValueError) as error:
        raise ModelError(
            f"The weights that the run is to start from cannot be read ({type(error).__name__}).",
            fix="Choose another start, or upload them again.",
        ) from error
    tensors = fitted(model, tensors)
    if wrong := differences(model, tensors):
        raise _misfit("The weights that the run is to start from do not fit the model", wrong)
    head, known = _in_head(model), set(model.state_dict())
    wanted = {key: value for key, value in tensors.items() if key in known and (keep_head or not head(key))}
    try:
        model.load_state_dict(wanted, strict=False)
    except RuntimeError as error:
        raise ModelError(
            "The head of the weights that the run is to start from knows another number of classes.",
            fix="Choose another start.",
        ) from error


def _in_head(model: nn.Module) -> Callable[[str], bool]:
    """Tell whether a name belongs to the classifier, or to one of other layers in its place."""
    places = tuple(f"{path}." for path in classifier_paths(model))
    return lambda key: key.startswith(places)


def _misfit(what: str, wrong: list[Difference]) -> ModelError:
    more = f", and {len(wrong) - 8} more" if len(wrong) > 8 else ""
    return ModelError(
        f"{what}: {'; '.join(map(str, wrong[:8]))}{more}.",
        fix="Choose the architecture and the image size that they were trained with.",
    )


def _shape(shape: tuple[int, ...]) -> str:
    return "×".join(map(str, shape)) or "of one number"
