"""Writes catalogue.csv: what timm says of every pretrained model, and what one picture costs in it.

    nice -n 15 python -m ftcore.models.make_catalogue --top1 results-imagenet.csv

Run again after an update of timm; it takes some ten minutes on one core. Networks are built on torch's meta device,
which knows shapes and holds no numbers, so the largest needs no more memory than the smallest. ``--top1`` is timm's
table of its own ImageNet validation runs (results/results-imagenet.csv in huggingface/pytorch-image-models); without
it, the scores of the present file are kept. Models that cannot be measured keep empty numbers and are named at the end.
"""

import argparse
import csv
import functools
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import FlopCounterMode
from tqdm import tqdm

from ftcore import vision
from ftcore.models import catalogue

# What a part of a weights tag says about the pictures it was trained with. Parts that are no data are left out.
DATA = {
    "in1k": "ImageNet-1k",
    "in12k": "ImageNet-12k",
    "in21k": "ImageNet-21k",
    "inw21k": "ImageNet-21k",
    "in22k": "ImageNet-22k",
    "laion2b": "LAION-2B",
    "laiona": "LAION-Aesthetics",
    "laion400m": "LAION-400M",
    "openai": "OpenAI's 400 million captioned pictures",
    "webli": "WebLI",
    "datacomp1b": "DataComp-1B",
    "datacompxl": "DataComp-1B",
    "dfn2b": "DFN-2B",
    "dfndr2b": "DFNDR-2B",
    "dfn5b": "DFN-5B",
    "metaclip": "MetaCLIP",
    "metaclip2": "MetaCLIP 2",
    "jft": "JFT-300M",
    "lvd142m": "LVD-142M",
    "lvd1689m": "LVD-1689M",
    "sat493m": "SAT-493M satellite pictures",
    "sa1b": "SA-1B",
    "yfcc100m": "YFCC-100M",
    "yfcc15m": "YFCC-15M",
    "cc12m": "CC-12M",
    "ig1b": "Instagram, 1 billion",
    "swag": "Instagram, 3.6 billion",
    "seer": "Instagram, 1 billion",
    "merged2b": "Merged-2B",
    "m38m": "Merged-38M",
    "m30m": "Merged-30M",
    "bamboo": "Bamboo",
    "dino": "ImageNet-1k",
    "mae": "ImageNet-1k",
    "fcmae": "ImageNet-1k",
}
FAMILIES = {
    "beit": "BEiT",
    "byoanet": "BYOANet",
    "byobnet": "BYOBNet (RepVGG, MobileOne, GERNet)",
    "cait": "CaiT",
    "coat": "CoaT",
    "convit": "ConViT",
    "convmixer": "ConvMixer",
    "convnext": "ConvNeXt",
    "cpubone": "CPUBone",
    "crossvit": "CrossViT",
    "csatv2": "CSATv2",
    "cspnet": "CSPNet",
    "cspnext": "CSPNeXt",
    "davit": "DaViT",
    "deepseek_vit": "DeepSeek ViT",
    "deit": "DeiT",
    "densenet": "DenseNet",
    "dla": "DLA",
    "dpn": "DPN",
    "edgenext": "EdgeNeXt",
    "efficientformer": "EfficientFormer",
    "efficientformer_v2": "EfficientFormer V2",
    "efficientnet": "EfficientNet",
    "efficientvim": "EfficientViM",
    "efficientvit_mit": "EfficientViT (MIT)",
    "efficientvit_msra": "EfficientViT (MSRA)",
    "eva": "EVA",
    "fasternet": "FasterNet",
    "fastvit": "FastViT",
    "focalnet": "FocalNet",
    "gcvit": "GCViT",
    "gemma4_vit": "Gemma 4 ViT",
    "ghostnet": "GhostNet",
    "hardcorenas": "HardCoRe-NAS",
    "hgnet": "HGNet",
    "hieradet_sam2": "Hiera (SAM 2)",
    "hrnet": "HRNet",
    "iformer": "iFormer",
    "inception_next": "InceptionNeXt",
    "inception_resnet_v2": "Inception-ResNet V2",
    "lcnetv2": "LCNet V2",
    "levit": "LeViT",
    "lowformer": "LowFormer",
    "mambaout": "MambaOut",
    "maxxvit": "MaxViT and CoAtNet",
    "metaformer": "MetaFormer",
    "mlp_mixer": "MLP-Mixer",
    "mobilenetv3": "MobileNetV3",
    "mobilenetv5": "MobileNetV5",
    "mobilevit": "MobileViT",
    "mvitv2": "MViT V2",
    "naflexvit": "NaFlexViT",
    "nasnet": "NASNet",
    "nest": "NesT",
    "nextvit": "NextViT",
    "nfnet": "NFNet",
    "pit": "PiT",
    "pnasnet": "PNASNet",
    "pvt_v2": "PVT V2",
    "qwen3_vit": "Qwen3 ViT",
    "rdnet": "RDNet",
    "regnet": "RegNet",
    "repghost": "RepGhost",
    "repvit": "RepViT",
    "res2net": "Res2Net",
    "resnest": "ResNeSt",
    "resnet": "ResNet",
    "resnetv2": "ResNet V2",
    "rexnet": "ReXNet",
    "selecsls": "SelecSLS",
    "senet": "SENet",
    "shvit": "SHViT",
    "sknet": "SKNet",
    "starnet": "StarNet",
    "swiftformer": "SwiftFormer",
    "tiny_vit": "TinyViT",
    "tnt": "TNT",
    "tresnet": "TResNet",
    "vgg": "VGG",
    "vision_transformer": "Vision Transformer",
    "vision_transformer_hybrid": "Vision Transformer with a ResNet",
    "vision_transformer_relpos": "Vision Transformer, relative positions",
    "vision_transformer_sam": "Vision Transformer (SAM)",
    "vitamin": "ViTamin",
    "volo": "VOLO",
    "vovnet": "VoVNet",
    "xcit": "XCiT",
}


class ActivationCounter(TorchDispatchMode):
    """Counts the numbers that convolutions and matrix products give out: what has to be written, and kept to learn.

    As in Dollár et al. 2021, Fast and Accurate Model Scaling, https://arxiv.org/abs/2103.06877, which counts
    convolutions; products of matrices are counted the same way, so that transformers can be compared.
    """

    _COUNTED = frozenset(
        (
            torch.ops.aten.convolution,
            torch.ops.aten.addmm,
            torch.ops.aten.mm,
            torch.ops.aten.bmm,
            torch.ops.aten.baddbmm,
        )
    )

    def __init__(self) -> None:
        super().__init__()
        self.total = 0

    def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        answer = function(*args, **(kwargs or {}))
        if function.overloadpacket in self._COUNTED:
            self.total += answer.numel()
        return answer


def measure(name: str, size: tuple[int, int, int], with_head: bool) -> dict[str, int]:
    """Parameters, multiply-adds and activations of one picture, and features before the head.

    Args:
        name: timm's name, with a tag.
        size: Channels, height and width of the picture, in pixels.
        with_head: Count ImageNet's head of 1,000 classes; else no head.
    """
    with torch.device("meta"), torch.no_grad():
        model = vision.create_model(name, num_classes=1000 if with_head else 0).eval().requires_grad_(False)
        picture = torch.zeros(1, *size)
        activations = ActivationCounter()
        with FlopCounterMode(display=False) as operations, activations:
            model(picture)
    return {
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "multiply_adds": operations.get_total_flops()
        // 2,  # the counter counts a multiplication and an addition as two
        "activations": activations.total,
        "features": model.num_features,
    }


def training_data(tag: str) -> str:
    """The data sets that a tag names, in the order of training: ``in22k_ft_in1k`` -> ImageNet-22k, then ImageNet-1k."""
    found: list[str] = []
    for part in tag.split("_"):
        data = DATA.get(part)
        if data and (not found or found[-1] != data):
            found.append(data)
    return ", then ".join(found)


def read_top1(path: Path) -> dict[tuple[str, int], float]:
    """Published accuracies by name and input size, as shares."""
    with path.open(newline="") as file:
        return {
            (row["model"], int(row["img_size"])): round(float(row["top1"]) / 100, 5) for row in csv.DictReader(file)
        }


def rows(names: list[str], top1: dict[tuple[str, int], float], failures: list[str]) -> Iterator[dict[str, Any]]:
    """One row per pretrained model; the numbers are measured once for all weights of an architecture and size."""
    once = functools.lru_cache(maxsize=None)(_measure_of)
    scores: dict[str, dict[int, float]] = {}
    for (model, side), score in top1.items():
        scores.setdefault(model, {})[side] = score
    for name in tqdm(names, mininterval=5):
        config = _config(name)
        architecture, _, tag = name.partition(".")
        height = config.input_size[1]
        numbers = once(architecture, config.input_size, config.num_classes > 0)
        if isinstance(numbers, str):
            failures.append(f"{name}: {numbers}")
            numbers = {}
        of_model = scores.get(name, {})
        side = height if height in of_model else max(of_model, key=lambda side: of_model[side], default=0)
        module = vision.timm.models.model_entrypoint(architecture).__module__.rsplit(".", 1)[1]
        yield {
            "name": name,
            "family": FAMILIES.get(module, module.replace("_", " ").title()),
            "default": int(_config(architecture).tag == tag),
            **{key: numbers.get(key, "") for key in ("parameters", "multiply_adds", "activations", "features")},
            "input_size": height,
            "fixed": int(config.fixed_input_size),
            "license": config.license or "unknown",
            "data": training_data(tag),
            "top1": of_model.get(side, ""),
            "top1_size": side or "",
            "hub": _hub(name, config),
        }


def _measure_of(architecture: str, size: tuple[int, int, int], with_head: bool) -> dict[str, int] | str:
    """``measure`` of the first weights that have this size, or the reason why it cannot be measured."""
    name = next(
        name
        for name in vision.timm.list_pretrained(f"{architecture}.*")
        if (config := _config(name)).input_size == size and (config.num_classes > 0) == with_head
    )
    try:
        return measure(name, size, with_head)
    except Exception as error:
        return f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"


def _config(name: str) -> Any:
    """Return what timm knows of a model's weights."""
    return vision.timm.get_pretrained_cfg(name)


def _hub(name: str, config: Any) -> str:
    """The repository on the hub; empty where it is ``timm/`` and the name, ``-`` where there is none."""
    hub = config.hf_hub_id or ("-" if not config.url else config.url)
    hub = hub + name if hub.endswith("/") else hub
    return "" if hub == f"timm/{name}" else hub


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--top1", type=Path, metavar="CSV", help="timm's results/results-imagenet.csv")
    parser.add_argument("--only", default="", metavar="PATTERN", help="with * as in a file name; to try it out")
    parser.add_argument("--out", type=Path, default=catalogue.FILE)
    parsed = parser.parse_args()
    torch.set_num_threads(1)
    top1 = read_top1(parsed.top1) if parsed.top1 else catalogue.top1_by_size()
    failures: list[str] = []
    names = sorted(vision.timm.list_pretrained(parsed.only), key=_natural)
    found = list(rows(names, top1, failures))
    with parsed.out.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(found[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(found)
    print(f"{len(found)} models, {len(failures)} without numbers", *failures, sep="\n", file=sys.stderr)
    return 0


def _natural(text: str) -> list[Any]:
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", text)]


if __name__ == "__main__":
    sys.exit(main())
