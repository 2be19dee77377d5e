"""From a name and a number of outputs to a model with a fresh head, and the preprocessing that it expects."""

from pathlib import Path
from typing import Any

import torch
from torch import nn

from ftcore import vision
from ftcore.errors import ModelError
from ftcore.inputs import InputSpec
from ftcore.models import heads, weight_files, weights
from ftcore.models.heads import PLAIN, Head
from ftcore.preprocessing import Preprocessing
from ftcore.settings import POOLS


def build_model(
    name: str,
    *,
    n_outputs: int,
    image_size: int = 224,
    fit: str = "crop",
    dropout: float = 0.0,
    drop_path: float = 0.0,
    pretrained: bool = True,
    start: Path | None = None,
    keep_head: bool = False,
    head: Head = PLAIN,
    seed: int = 0,
) -> tuple[nn.Module, Preprocessing]:
    """A timm backbone with a new head of ``n_outputs`` logits.

    Args:
        name: timm's name.
        n_outputs: Classes; the model maps [B, 3, image_size, image_size] to [B, n_outputs].
        image_size: Side of the input in pixels; position embeddings of fixed-size models are resized.
        fit: How a picture that is not square becomes one (preprocessing.Preprocessing).
        dropout: Share of features hidden before the head while training.
        drop_path: Largest share of whole layers skipped while training (Huang et al. 2016, Deep networks with
            stochastic depth, https://arxiv.org/abs/1603.09382); a family that knows no such thing goes without
            (``has_drop_path``).
        pretrained: Load pretrained weights; the new head is random either way.
        start: A safetensors file whose weights are taken instead (weight_files).
        keep_head: Take the head of ``start`` as well; it must know the same classes and be made alike.
        head: Pooling and hidden layers.
        seed: Makes the new head, and an untrained backbone, repeatable.
    """
    weights.require_architecture(name)
    torch.manual_seed(seed)
    options = creation_options(name, image_size=image_size, dropout=dropout)
    if drop_path and takes_drop_path(name):
        options["drop_path_rate"] = drop_path
    try:
        from_timm = pretrained and start is None
        model = weights.pretrained_model(name, **options) if from_timm else vision.create_model(name, **options)
        torch.manual_seed(seed)
        heads.put_on(model, head, n_outputs)
        if start is not None:
            weight_files.load_into(model, start, keep_head=keep_head)
        if (name, image_size, head.pool) not in _suits:
            _try_out(model, InputSpec.square(image_size), n_outputs)
            _suits.add((name, image_size, head.pool))
    except (AssertionError, TypeError, RuntimeError, AttributeError, IndexError, ValueError) as error:
        raise _refusal(name, head.pool, image_size, n_outputs, error) from error
    return model, preprocessing_of(model, image_size=image_size, fit=fit)


def has_drop_path(model: nn.Module) -> bool:
    """Tell whether some layer is skipped at random while training."""
    return any(isinstance(module, vision.DropPath) and module.drop_prob for module in model.modules())


def takes_drop_path(name: str) -> bool:
    """Tell whether a family knows the option and has layers for it; asked on paper, where building costs no memory."""
    try:
        with torch.device("meta"):
            return has_drop_path(vision.create_model(name, drop_path_rate=0.1))
    except (TypeError, AssertionError):
        return False


def gives_maps(model: nn.Module, spec: InputSpec) -> bool | None:
    """Tell whether the last features of a model on paper are a map, [B, C, H, W] or [B, H, W, C], and no list of
    tokens.

    None where the model does not say it in the usual way.
    """
    try:
        with torch.device("meta"), torch.no_grad():
            features = model.eval().forward_features(spec.example())  # type: ignore[operator]
        return features.ndim == 4
    except Exception:  # each family says no in its own way
        return None


_suits: set[tuple[str, int, str]] = set()
"""What was tried out in this process, with size and pooling: a search builds the same one a hundred times."""


def _try_out(model: nn.Module, spec: InputSpec, n_outputs: int) -> None:
    """One picture through the model: some families notice only here that a size does not suit them."""
    model.eval()
    try:
        with torch.inference_mode():
            shape = tuple(model(spec.example()).shape)
    except Exception as error:  # each family says no in its own way
        raise _NotThrough(error) from error
    model.train()
    if shape != (1, n_outputs):
        raise _NotThrough(f"it answers with shape {shape} for one picture")


class _NotThrough(ValueError):
    """A picture does not pass through a model as it should."""


def _refusal(name: str, pool: str, image_size: int, n_outputs: int, error: Exception) -> ModelError:
    """Say why a model could not be built. The size is to blame where a picture of it does not pass, or where the model
    cannot be built for it on paper either."""
    reason = str(error).strip().split("\n")[0] or type(error).__name__
    if "memory" in reason.lower():
        return ModelError(
            f"{name!r} does not fit into the memory that is free ({reason}).",
            fix="Choose a smaller model or image size, or end other programs.",
        )
    taken = heads.poolings(name, creation_options(name, image_size=image_size, dropout=0.0), image_size)
    if taken and pool not in taken:
        return ModelError(
            f"{name!r} does not take the pooling {pool!r} ({POOLS[pool].label.lower()}).",
            fix=f"Choose one of: {', '.join(taken)}.",
        )
    if isinstance(error, _NotThrough) or not taken:
        return ModelError(
            f"{name!r} cannot be built for pictures of {image_size} pixels and {n_outputs} classes ({reason}).",
            fix="Choose the image size that the model was pretrained at, or another model.",
        )
    return ModelError(
        f"{name!r} could not be built, though the image size suits it ({reason}).", fix="Choose another model."
    )


def rebuild(name: str, *, n_outputs: int, image_size: int, head: Head = PLAIN) -> nn.Module:
    """The same architecture with random weights, for a state dict to be loaded into."""
    weights.require_architecture(name)
    options = creation_options(name, image_size=image_size, dropout=0.0)
    model = vision.create_model(name, num_classes=n_outputs, **options)
    if not head.is_plain:
        heads.put_on(model, head, n_outputs)
    return model


def creation_options(name: str, *, image_size: int, dropout: float) -> dict[str, Any]:
    """Arguments of ``timm.create_model`` that this size and dropout need."""
    options: dict[str, Any] = {"drop_rate": dropout} if dropout else {}
    if vision.is_fixed_size(name):
        options["img_size"] = image_size
    return options


def preprocessing_of(model: nn.Module, *, image_size: int, fit: str) -> Preprocessing:
    """Return what the pretrained weights expect, at the size asked for."""
    return _preprocessing(vision.resolve_model_data_config(model), image_size, fit)


def preprocessing_named(name: str, *, image_size: int, fit: str) -> Preprocessing:
    """The same for timm's name of a model, without building it."""
    weights.require_architecture(name)
    return _preprocessing(vision.data_config(name), image_size, fit)


def _preprocessing(config: dict[str, Any], image_size: int, fit: str) -> Preprocessing:
    return Preprocessing(
        size=image_size,
        fit=fit,
        mean=tuple(config["mean"]),
        std=tuple(config["std"]),
        interpolation=config["interpolation"],
    )
