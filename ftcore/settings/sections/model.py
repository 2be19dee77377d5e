"""Which pretrained network, and how it is shown the pictures."""

from dataclasses import dataclass

from ftcore.settings.choices import BINARY_OUTPUTS, FITS, POOLS
from ftcore.settings.declaration import check, setting


@dataclass(frozen=True, kw_only=True)
class ModelSettings:
    """Which pretrained network, and how it is shown the pictures."""

    name: str = setting("tf_efficientnet_lite0", "Model", "The pretrained network that learns your classes.")
    pretrained: bool = setting(
        True,
        "Start from pretrained weights",
        "Begin with what the network learned from millions of pictures; without it you need far more pictures.",
        advanced=True,
    )
    start: str = setting(
        "",
        "Start from own weights",
        "Begin with weights that you uploaded, or with those of an earlier run, by their id; empty for timm's.",
        advanced=True,
    )
    image_size: int = setting(
        224,
        "Image size",
        "Side of the square, in pixels, that pictures are resized to. Larger shows finer detail and takes longer.",
        low=32,
        high=1024,
        step=32,
    )
    fit: str = setting("crop", "Pictures that are not square", "How a long or tall picture fits.", choices=FITS)
    dropout: float = setting(
        0.0,
        "Dropout before the head",
        "Share of features hidden at random in each step, against learning by heart.",
        low=0.0,
        high=0.9,
        step=0.05,
        advanced=True,
    )
    pool: str = setting(
        "default",
        "Pooling",
        "How what was seen all over the picture is summed up for the head. Not every network takes every way.",
        choices=POOLS,
        advanced=True,
    )
    head_layers: int = setting(
        0,
        "Hidden layers in the head",
        "Layers between the network and the answer; 0 is usual, 1 can help when only the head learns.",
        low=0,
        high=2,
        step=1,
        advanced=True,
    )
    head_width: int = setting(
        256,
        "Width of hidden layers",
        "Numbers in each hidden layer of the head; without hidden layers it has no effect.",
        low=8,
        high=4096,
        step=64,
        advanced=True,
        scale="log",
    )
    head_dropout: float = setting(
        0.0,
        "Dropout between hidden layers",
        "Share of each hidden layer that is hidden at random in each step, against learning by heart.",
        low=0.0,
        high=0.9,
        step=0.05,
        advanced=True,
    )
    binary: str = setting(
        "softmax",
        "Outputs for two classes",
        "How the network answers where there are exactly two classes.",
        choices=BINARY_OUTPUTS,
        advanced=True,
    )
    drop_path: float = setting(
        0.0,
        "Drop path",
        "Share of whole layers skipped at random in each step, against learning by heart; not every network can.",
        low=0.0,
        high=0.9,
        step=0.05,
        advanced=True,
    )

    def __post_init__(self) -> None:
        check(self)
