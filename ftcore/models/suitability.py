"""One sentence on whether a backbone suits the pictures and the machine, and why a model cannot be had now."""

from ftcore import hardware
from ftcore.models import catalogue
from ftcore.models.catalogue import Backbone
from ftcore.settings import DatasetFacts

FEW = 500  # training pictures; below, a large network learns them by heart more easily than it learns from them
SMALL = 64  # pixels; below, enlarging a picture to the usual 224 adds cost and no detail
_YARDSTICK = "tf_efficientnet_lite0"


_UNLIKE = {
    "text": "digits or text",
    "microscope": "pictures from a microscope",
    "above": "pictures from above",
    "drawings": "drawings",
}
"""Domains of pictures (datasets/augmentation/image_domain.py) that hardly any network was pretrained with."""


def suits(row: Backbone, facts: DatasetFacts, *, has_gpu: bool, domain: str = "") -> str:
    """Return what to know before taking ``row``: the most important thing only, from its cost and the data set's size;
    then what their domain asks for.

    Args:
        row: The model.
        facts: Of the data set.
        has_gpu: Whether there is a graphics card.
        domain: Of the pictures, by its name in datasets/augmentation/image_domain.py; empty where nobody looked.
    """
    sentence = _affordable(row, facts, has_gpu=has_gpu)
    if domain not in _UNLIKE:
        return sentence
    return f"{sentence} It learned from photographs; for {_UNLIKE[domain]} more of it than the head has to learn."


def _affordable(row: Backbone, facts: DatasetFacts, *, has_gpu: bool) -> str:
    if row.parameters is None or row.multiply_adds is None:
        return "timm could not say what this model costs; try it with few epochs first."
    times = relative_cost(row)
    few = facts.n_train < FEW
    if not has_gpu and times >= 20:
        return (
            f"Very slow here: one picture costs {times:,.0f} times as much as in EfficientNet-Lite0, and this machine "
            "has no graphics card."
        )
    if not has_gpu and times >= 6:
        return (
            f"Wants patience without a graphics card: {times:,.0f} times the arithmetic of EfficientNet-Lite0. Keep "
            "most of it frozen, then every picture passes through it only once."
        )
    if row.fixed and facts.side < SMALL and row.input_size >= 3 * facts.side:
        return (
            f"Built for pictures of {row.input_size} pixels; yours have {facts.side}. A convolutional network such as "
            "EfficientNet-Lite0 takes smaller ones and is quicker."
        )
    if few and row.parameters >= 50e6:
        return (
            f"Large for {facts.n_train} training pictures: let only the head learn, or it will know them by heart and "
            "little else."
        )
    if few and times <= 2:
        return (
            f"Small and quick, right for {facts.n_train} training pictures{'' if has_gpu else ' and no graphics card'}."
        )
    if few:
        return (
            f"A good size if the body stays frozen: {facts.n_train} training pictures are few for so many parameters."
        )
    if times <= 2:
        return "Quick to train; a good first try, and a larger one can follow if its score is too low."
    return "Enough pictures and a machine for it: worth a try beside a smaller one."


def relative_cost(row: Backbone) -> float:
    """Arithmetic for one picture as a multiple of EfficientNet-Lite0's; 0 where it is unknown."""
    yardstick = catalogue.find(_YARDSTICK)
    if yardstick is None or not yardstick.multiply_adds:
        return 0.0
    return (row.multiply_adds or 0) / yardstick.multiply_adds


def cannot_load(row: Backbone, *, wait: float = 0.3) -> str:
    """Say why the weights cannot be loaded now, or an empty text. Waits at most ``wait`` seconds for the network."""
    if catalogue.weights_here(row):
        return ""
    if row.hub == "-":
        return f"The weights of {row.title} are not offered for download any more."
    if hardware.reachable(catalogue.HUB, wait=wait):
        return ""
    return f"The weights of {row.title} are not on this machine, and there is no network to download them."
