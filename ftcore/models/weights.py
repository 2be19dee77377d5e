"""Where pretrained weights come from: a Python package, the Hugging Face hub, or its local cache."""

import difflib
import functools
import importlib.util
import pickle
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ftcore import hardware, vision
from ftcore.errors import ModelError
from ftcore.models import catalogue


def pretrained_model(name: str, **options: Any) -> nn.Module:
    """A timm model with pretrained weights and its original head.

    Args:
        name: timm's name, with or without a weights tag.
        options: Further arguments of ``timm.create_model``.

    Raises:
        ModelError: No such architecture, or its weights are neither here nor to be downloaded.
    """
    require_architecture(name)
    path = packaged_file(name)
    if path is not None:
        overlay = {"state_dict": packaged_state(path, name)}
        return vision.create_model(name, pretrained=True, pretrained_cfg_overlay=overlay, **options)
    try:
        with vision.hub_without_network(not hardware.reachable(catalogue.HUB)):
            return vision.create_model(name, pretrained=True, **options)
    except (OSError, RuntimeError, ValueError, KeyError, vision.HubError) as error:
        raise ModelError(
            f"The pretrained weights of {name!r} are not on this machine and could not be downloaded "
            f"({type(error).__name__}).",
            fix="Connect to the internet once, or choose a model whose weights are on this machine, "
            "for example tf_efficientnet_lite0.",
        ) from error


def require_architecture(name: str) -> None:
    """Raise unless timm knows ``name`` and, where it has one, its tag."""
    if name.split(".")[0] not in vision.architectures():
        near = difflib.get_close_matches(name.split(".")[0], vision.architectures(), n=4)
        known = ", ".join(near or [row.name for row in catalogue.BACKBONES[:4]])
        raise ModelError(f"timm has no model called {name!r}.", fix=f"Choose for example one of: {known}.")
    architecture, _, tag = name.partition(".")
    tags = vision.tags(architecture)
    if tag and tag not in tags:
        known = ", ".join(f"{architecture}.{other}" for other in tags)
        raise ModelError(
            f"There are no weights with the tag {tag!r} for {architecture!r}.",
            fix=f"Choose one of: {known}." if known else f"Leave the tag away: {architecture}.",
        )


def packaged_file(name: str) -> Path | None:
    """The weight file of ``name`` inside an installed package, or None."""
    row = catalogue.find(name.removesuffix(".in1k"))
    spec = importlib.util.find_spec(row.package) if row and row.package else None
    if spec is None or spec.origin is None:
        return None
    return next(iter(Path(spec.origin).parent.glob("models/*.pth")), None)


def packaged_state(path: Path, name: str) -> dict[str, Tensor]:
    """The packaged tensors under timm's names: same tensors in the same order, only the names differ."""
    return dict(_read_packaged(path, path.stat().st_mtime_ns, name))  # its readers take entries out of it


@functools.lru_cache(maxsize=1)  # a search builds the same model a hundred times
def _read_packaged(path: Path, changed: int, name: str) -> dict[str, Tensor]:
    try:
        packaged = dict(torch.load(path, map_location="cpu", weights_only=True))
    except (OSError, RuntimeError, EOFError, TypeError, ValueError, KeyError, pickle.UnpicklingError) as error:
        raise ModelError(
            f"The weight file of {name!r} cannot be read.", fix=f"Install its package again: {_pip_name(name)}."
        ) from error
    with torch.device("meta"):
        own = vision.create_model(name).state_dict()
    if [tuple(value.shape) for value in packaged.values()] != [tuple(value.shape) for value in own.values()]:
        raise ModelError(f"The weight file of {name!r} holds another model.", fix=f"Install again: {_pip_name(name)}.")
    return dict(zip(own, packaged.values(), strict=True))


def _pip_name(name: str) -> str:
    row = catalogue.find(name)
    return f"pip install --force-reinstall {row.package.replace('_', '-')}" if row else name
