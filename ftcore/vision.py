"""The one door to timm and torchvision: everything of theirs that ftcore uses is imported from here.

PyPI's Linux torchvision is built for CUDA. Beside a CPU build of torch its compiled operators cannot be loaded and
``import torchvision``, so also ``import timm``, fails because it looks two of them up. Nothing here calls them, so
declaring the two names is enough; it happens only where the compiled library cannot be loaded.
"""

import importlib.util
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch


def _declare_missing_operators() -> torch.library.Library | None:
    spec = importlib.util.find_spec("torchvision")
    if spec is None or spec.origin is None:
        return None
    try:
        torch.ops.load_library(str(Path(spec.origin).parent / "_C.so"))
    except OSError:
        library = torch.library.Library("torchvision", "FRAGMENT")
        for name in ("nms", "qnms"):
            library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        return library
    return None


_KEEP_ALIVE = _declare_missing_operators()  # the declaration lasts as long as this object

import timm  # noqa: E402
from huggingface_hub import constants as _hub  # noqa: E402
from huggingface_hub.errors import HfHubHTTPError as HubError  # noqa: E402, F401
from timm.data import resolve_model_data_config  # noqa: E402
from timm.layers import DropPath, PatchDropout, resample_abs_pos_embed  # noqa: E402, F401
from timm.models._features_fx import get_notrace_functions, get_notrace_modules  # noqa: E402, F401
from timm.models._manipulate import group_parameters  # noqa: E402, F401
from timm.optim import create_optimizer_v2  # noqa: E402, F401
from timm.optim._param_groups import auto_group_layers  # noqa: E402, F401
from timm.utils import ModelEmaV3  # noqa: E402, F401
from torchvision.transforms import InterpolationMode  # noqa: E402
from torchvision.transforms.v2 import functional as transforms  # noqa: E402, F401

create_model = timm.create_model
BILINEAR = InterpolationMode.BILINEAR


def architectures(pattern: str = "") -> list[str]:
    """Names of timm's architectures, all or those that match a pattern with ``*``."""
    return timm.list_models(pattern)


def tags(architecture: str) -> list[str]:
    """The tags of an architecture's pretrained weights: those that follow its name and a dot."""
    known = timm.models.get_arch_pretrained_cfgs(architecture)
    return [tag for name in known if (tag := name.partition(".")[2])]


def is_fixed_size(name: str) -> bool:
    """Return True for a model that is built for one input size and told another by ``img_size``."""
    config = timm.get_pretrained_cfg(name)
    return bool(config and config.fixed_input_size)


def family_fitted(model: torch.nn.Module, tensors: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Return what timm does to a family's pretrained files before it loads them: embeddings of positions are resized to
    the model's picture size, old names replaced. Unchanged where a family has no such step."""
    step = getattr(sys.modules[type(model).__module__], "checkpoint_filter_fn", None)
    return step(dict(tensors), model) if step else dict(tensors)


def data_config(name: str) -> dict[str, Any]:
    """Return what timm knows of the pictures that a model was pretrained on: mean, std, interpolation. Builds no
    model."""
    config = timm.get_pretrained_cfg(name)
    return resolve_model_data_config(None, pretrained_cfg=config.to_dict() if config else {})


def torchvision_set(name: str, folder: Path, **options: Any) -> Any:
    """One of torchvision's data sets in ``folder``, downloaded into it if need be."""
    from torchvision import datasets

    return getattr(datasets, name)(folder, download=True, **options)


@contextmanager
def hub_without_network(offline: bool) -> Iterator[None]:
    """Make the hub's library, while ``offline``, look into its local cache only, instead of retrying for a minute."""
    before = _hub.HF_HUB_OFFLINE
    _hub.HF_HUB_OFFLINE = before or offline
    try:
        yield
    finally:
        _hub.HF_HUB_OFFLINE = before
