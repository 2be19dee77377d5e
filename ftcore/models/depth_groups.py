"""Depth groups: a model's parameters from the picture to the answer, by the model's own notion of depth."""

import re
from dataclasses import replace

from torch import nn

from ftcore import vision
from ftcore.models.groups import DepthGroup


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
    return [*_told_apart(groups), DepthGroup("head", last, tuple(head))]


def head_parameters(model: nn.Module) -> list[str]:
    """Names of the classifier's parameters: what a new head brings with it."""
    inside = {id(p) for path in classifier_paths(model) for p in model.get_submodule(path).parameters()}
    return [name for name, parameter in model.named_parameters() if id(parameter) in inside]


def classifier_paths(model: nn.Module) -> list[str]:
    """Return where the classifier stands in the model, for example ``head.fc``; two places in distilled families."""
    classifiers = model.get_classifier()  # type: ignore[operator]
    wanted = {id(module) for module in (classifiers if isinstance(classifiers, (tuple, list)) else [classifiers])}
    return [path for path, module in model.named_modules() if id(module) in wanted]


def _depths(model: nn.Module, *, coarse: bool) -> dict[str, int]:
    if not hasattr(model, "group_matcher"):
        return vision.auto_group_layers(model)
    try:
        matcher = model.group_matcher(coarse=coarse)  # type: ignore[operator]
    except AssertionError:  # RDNet knows no coarse groups
        matcher = model.group_matcher(coarse=False)  # type: ignore[operator]
    return vision.group_parameters(model, matcher, reverse=True)


# How families number their parts: a pattern over a parameter's name, what to call it, and the numbers it starts from.
_WORDS = (
    (
        r"(?:dense_)?(?:stages|layers|blocks|levels|transformers|network|body)\.(\d+)\.(?:blocks\.)?(\d+)\.",
        "block",
        (0, 0),
    ),
    (r"(?:body\.)?layer_?(\d+)\.(?:blocks\.)?(\d+)\.", "block", (1, 0)),  # ResNets count stages from one
    (r"features\.denseblock(\d+)\.denselayer(\d+)\.", "block", (1, 1)),
    (r"stage_?(\d+)\.(?:blocks\.)?(\d+)\.", "block", (1, 0)),
    (r"s(\d+)\.b(\d+)\.", "block", (1, 1)),
    (r"(?:stages|levels|layers\.|level)\.?(\d+)\.", "stage", (0,)),
    (r"(?:layer|stage)_?(\d+)\.", "stage", (1,)),
    (r"(?:blocks|layers|features|network)\.(\d+)\.", "single", (0,)),
)
_PATTERNS = tuple((re.compile(pattern), kind, first) for pattern, kind, first in _WORDS)


def _name(parameters: tuple[str, ...], *, first: bool) -> str:
    """``blocks.2.1.conv.weight`` -> ``stage 3 block 2``; the first group is the stem."""
    if first:
        return "stem"
    for pattern, kind, start in _PATTERNS:
        for name in parameters:
            if found := pattern.match(name):
                numbers = [int(number) + 1 - one for number, one in zip(found.groups(), start, strict=True)]
                return {"block": "stage {} block {}", "stage": "stage {}", "single": "block {}"}[kind].format(*numbers)
    parts = parameters[0].split(".")[:-1][:3]
    name = " ".join(part.replace("_", " ") for part in parts if not part.startswith("head"))
    return name or "neck"


def _told_apart(groups: list[DepthGroup]) -> list[DepthGroup]:
    """Groups of one name get a number: ``stage 2``, ``stage 2 part 2``."""
    seen: dict[str, int] = {}
    apart = []
    for group in groups:
        seen[group.name] = seen.get(group.name, 0) + 1
        n = seen[group.name]
        apart.append(replace(group, name=f"{group.name} part {n}") if n > 1 else group)
    return apart
