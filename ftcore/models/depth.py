"""Depth groups: a model's parameters from the picture to the answer, by the model's own notion of depth."""

import math
import re
from dataclasses import dataclass

from torch import nn

from ftcore import vision


@dataclass(frozen=True)
class DepthGroup:
    """Parameters that are frozen or trained together.

    Args:
        name: What a person recognises: ``stem``, ``stage 3 block 2``, ``head``.
        stage: The coarser part it belongs to; groups of one stage share this number, the head has its own.
        parameters: Names of its parameters.
    """

    name: str
    stage: int
    parameters: tuple[str, ...]


def depth_groups(model: nn.Module) -> list[DepthGroup]:
    """All parameters by depth: first the stem, last the head (the classifier alone).

    timm models describe their own order in ``group_matcher``; for the few that do not, timm's automatic grouping is
    used, the same that its layer-wise rate decay falls back to.
    """
    head = head_parameters(model)
    fine, coarse = _depths(model, coarse=False), _depths(model, coarse=True)
    members: dict[int, list[str]] = {}
    for name, _ in model.named_parameters():
        if name not in head:
            members.setdefault(fine[name], []).append(name)
    groups: list[DepthGroup] = []
    for depth in sorted(members):
        names = tuple(members[depth])
        groups.append(DepthGroup(_name(names, first=not groups), max(coarse[name] for name in names), names))
    last = max((group.stage for group in groups), default=0) + 1
    return [*groups, DepthGroup("head", last, tuple(head))]


def head_parameters(model: nn.Module) -> list[str]:
    """Names of the classifier's parameters: what a new head brings with it."""
    classifiers = model.get_classifier()  # type: ignore[operator]
    wanted = set(classifiers if isinstance(classifiers, (tuple, list)) else [classifiers])
    inside = {id(p) for module in wanted if isinstance(module, nn.Module) for p in module.parameters()}
    return [name for name, parameter in model.named_parameters() if id(parameter) in inside]


def n_last_stage(groups: list[DepthGroup]) -> int:
    """How many groups from the end make up "the last stage": the head and the stage before it.

    At least an eighth of all groups, because transformers call every block a stage of its own.
    """
    body = groups[:-1]
    if not body:
        return 1
    in_stage = sum(group.stage == body[-1].stage for group in body)
    if in_stage == 1 and len(body) > 1 and "stage" not in body[-1].name and "block" not in body[-1].name:
        in_stage += sum(
            group.stage == body[-2].stage for group in body
        )  # a lone norm or 1x1 convolution before the head
    return 1 + min(len(body), max(in_stage, math.ceil(len(body) / 8)))


def _depths(model: nn.Module, *, coarse: bool) -> dict[str, int]:
    if not hasattr(model, "group_matcher"):
        return vision.auto_group_layers(model)
    try:
        matcher = model.group_matcher(coarse=coarse)  # type: ignore[operator]
    except AssertionError:  # RDNet knows no coarse groups
        matcher = model.group_matcher(coarse=False)  # type: ignore[operator]
    return vision.group_parameters(model, matcher, reverse=True)


_BLOCK = re.compile(r"(?:stages|layers|blocks|levels|features)\.(\d+)\.(?:blocks\.)?(\d+)\.")
_RESNET = re.compile(r"layer(\d+)\.(\d+)\.")
_PLAIN_BLOCK = re.compile(r"(?:blocks|layers)\.(\d+)\.")
_STAGE = re.compile(r"(?:stages|levels)\.(\d+)\.")


def _name(parameters: tuple[str, ...], *, first: bool) -> str:
    """``blocks.2.1.conv.weight`` -> ``stage 3 block 2``; the first group is the stem."""
    if first:
        return "stem"
    for pattern, words in ((_BLOCK, "stage {} block {}"), (_RESNET, "stage {} block {}"), (_PLAIN_BLOCK, "block {}"),
                           (_STAGE, "stage {}")):  # fmt: skip
        for name in parameters:
            if found := pattern.match(name):
                numbers = [int(number) for number in found.groups()]
                from_one = 0 if pattern is _RESNET else 1  # ResNets count their stages from one, their blocks from zero
                return words.format(numbers[0] + from_one, *(number + 1 for number in numbers[1:]))
    parts = parameters[0].split(".")[:-1][:3]
    name = " ".join(part.replace("_", " ") for part in parts if not part.startswith("head"))
    return name or "neck"
