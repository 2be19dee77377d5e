"""Heads: how the last features become an answer. Pooling, hidden layers, and the classifier itself.

A head is part of the one model: hidden layers take the classifier's place, so that cut, checkpoints, moving average
and export see ordinary layers, and ``get_classifier`` returns them all.
"""

import dataclasses
import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from ftcore import vision
from ftcore.errors import ModelError
from ftcore.models.depth_groups import classifier_paths
from ftcore.settings import POOLS

DEFAULT_POOL = "default"


@dataclass(frozen=True, kw_only=True)
class Head:
    """What a head is made of; the default is timm's own: one linear layer on the model's own pooling.

    Args:
        pool: A name in ``settings.POOLS``: how a map of features becomes one row of numbers.
        layers: Hidden layers before the classifier.
        width: Numbers that each of them gives out.
        dropout: Share of these that is hidden in each training step.
    """

    pool: str = DEFAULT_POOL
    layers: int = 0
    width: int = 256
    dropout: float = 0.0

    @property
    def is_plain(self) -> bool:
        return self.pool == DEFAULT_POOL and not self.layers

    def to_json(self) -> dict[str, Any]:
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any] | None) -> "Head":
        """A head from ``to_json``; nothing is the plain one. Raises TypeError for what is none."""
        return cls(**(value or {}))

    def same_layers(self, other: "Head") -> bool:
        """Tell whether weights of one head mean the same in the other; dropout has none."""
        mine, others = [
            dataclasses.replace(head, dropout=0.0, width=head.width if head.layers else PLAIN.width)
            for head in (self, other)
        ]
        return mine == others


PLAIN = Head()
"""timm's own: one linear layer on the model's own pooling."""


def put_on(model: nn.Module, head: Head, n_outputs: int) -> None:
    """Give a timm model a new head with ``n_outputs`` outputs, random by torch's seed.

    Families with two classifiers (distilled ones) get hidden layers before each.

    Raises:
        AssertionError, RuntimeError and others: timm's, where the family does not take the pooling.
        ModelError: Its classifier is of a kind that hidden layers cannot stand before.
    """
    if head.pool == DEFAULT_POOL:
        model.reset_classifier(n_outputs)  # type: ignore[operator]
    else:
        model.reset_classifier(n_outputs, global_pool=head.pool)  # type: ignore[operator]
    if not head.layers:
        return
    for path in classifier_paths(model):
        model.set_submodule(path, hidden_layers(head, model.get_submodule(path), n_outputs).train(model.training))


def hidden_layers(head: Head, classifier: nn.Module, n_outputs: int) -> nn.Sequential:
    """Hidden layers with GELU and dropout, then a linear layer, in the place of ``classifier``.

    They map what it reads, [B, D], to [B, n_outputs]; [B, D, 1, 1] where it is a convolution, as in DLA.
    """
    is_map = isinstance(classifier, nn.Conv2d)
    sizes = [_n_features(classifier), *[head.width] * head.layers, n_outputs]
    layers: list[nn.Module] = []
    for n_in, n_out in itertools.pairwise(sizes):
        layers += [nn.Conv2d(n_in, n_out, 1) if is_map else nn.Linear(n_in, n_out)]
        layers += [nn.GELU(), nn.Dropout(head.dropout)]
    return nn.Sequential(*layers[:-2])


def _n_features(classifier: nn.Module) -> int:
    """Numbers per picture that a classifier reads: some have a norm, or hidden layers of their own."""
    if isinstance(classifier, nn.Conv2d):
        return classifier.in_channels
    for module in classifier.modules():
        if isinstance(module, nn.Linear):
            return module.in_features
    raise ModelError(
        f"A head of the kind {type(classifier).__name__} takes no hidden layers.", fix="Set the hidden layers to 0."
    )


def poolings(name: str, options: Mapping[str, Any], image_size: int) -> list[str]:
    """Return which of ``settings.POOLS`` a family takes, tried on a model without numbers; none at a size that does not
    suit.

    Args:
        name: timm's name.
        options: Further arguments of ``timm.create_model``.
        image_size: Side of the pictures, in pixels.
    """
    found = []
    for pool in POOLS:
        try:
            with torch.device("meta"), torch.no_grad():
                model = vision.create_model(name, **options).eval()
                put_on(model, Head(pool=pool), 2)
                shape = tuple(model.forward(torch.empty(1, 3, image_size, image_size)).shape)
        except Exception:  # each family says no in its own way
            continue
        if shape == (1, 2):
            found.append(pool)
    return found


def as_python(model: nn.Module, head: Head, n_outputs: int) -> list[str]:
    """The lines of Python that turn ``timm.create_model``'s head into this one, for a reader without this app.

    Args:
        model: With the head.
        head: Of ``model``.
        n_outputs: Of ``model``.
    """
    lines = [] if head.pool == DEFAULT_POOL else [f'model.reset_classifier({n_outputs}, "{head.pool}")']
    for path in classifier_paths(model) if head.layers else ():
        layers = ", ".join(f"torch.nn.{layer!r}" for layer in model.get_submodule(path).children())
        lines.append(f'model.set_submodule("{path}", torch.nn.Sequential({layers}))')
    return lines
