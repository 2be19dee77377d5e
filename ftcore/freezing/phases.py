"""Phases of a run: how many depth groups learn in which epochs. Plain data, so that a page can draw it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ftcore.errors import SettingsError
from ftcore.models.groups import DepthGroup, n_last_stage
from ftcore.settings import FREEZE_PRESETS, FreezeSettings, custom_phases, part_named


@dataclass(frozen=True)
class Phase:
    """A stretch of epochs in which the same part of the network learns.

    Args:
        first_epoch: Index of its first epoch, from 0.
        n_epochs: How many epochs it lasts.
        n_groups: How many depth groups learn, counted from the head.
        label: What people call it.
    """

    first_epoch: int
    n_epochs: int
    n_groups: int
    label: str


PARTS = {"head": "Head only", "last_stage": "Last stage", "half": "Last half", "all": "Everything"}
"""What a phase of one's own may say of any model, and what people call it."""

Step = tuple[int, str]
"""How many depth groups learn, and what people call it."""


def make_phases(
    preset: str, groups: Sequence[DepthGroup], n_epochs: int, settings: FreezeSettings | None = None
) -> list[Phase]:
    """The phases of a freezing preset for a model and a number of epochs; they fill the epochs without a gap.

    With fewer epochs than phases, the first phases of a preset are left out: the last one is what was asked for. Phases
    of one's own, and phases of ``every`` epochs, come as they are: those that would begin after the end never do, and
    the last one that begins lasts to the end.

    Where the next phase waits for validation to stall (``unfreeze``), the first phase may last for all epochs, and the
    others have none until they begin (FreezePlan.advance).

    Args:
        preset: A name in ``settings.FREEZE_PRESETS``.
        groups: Of the model, the head last.
        n_epochs: Of the run.
        settings: ``gradual``, ``unfreeze``, ``every`` and ``phases`` are read; None are the defaults.
    """
    FREEZE_PRESETS[preset]
    settings = settings or FreezeSettings()
    if preset == "custom":
        lengths = [(length, _named(what, groups)) for length, what in custom_phases(settings.phases)]
        steps = [step for _, step in lengths]
        if settings.unfreeze == "by_epochs":
            return _in_a_row([(n_epochs if length is None else length, step) for length, step in lengths], n_epochs)
    else:
        steps = _steps(preset, groups, settings)
    if settings.unfreeze == "on_plateau":
        return [Phase(0 if i == 0 else n_epochs, 0 if i else n_epochs, *step) for i, step in enumerate(steps)]
    if settings.every and len(steps) > 1:
        return _in_a_row([(settings.every, step) for step in steps], n_epochs)
    return _shared(steps, n_epochs)


def not_in(groups: Sequence[DepthGroup], preset: str, settings: FreezeSettings | None = None) -> str:
    """Say why a model with these groups has no such phases, or an empty text."""
    try:
        make_phases(preset, groups, 1000, settings)
    except SettingsError as error:
        return str(error)
    return ""


def spans(preset: str, n_epochs: int, settings: FreezeSettings | None = None) -> list[Phase]:
    """The phases of a preset where the model is not known: epochs and labels are right, ``n_groups`` means nothing.

    Where the number of phases depends on the model (one more stage, one more group), they are those of a network of
    four stages with two blocks each.
    """
    settings = settings or FreezeSettings()
    if preset != "custom":
        return make_phases(preset, _STAND_IN, n_epochs, settings)
    own = custom_phases(settings.phases)
    words = ", ".join(f"{'rest' if length is None else length}:{index + 1}" for index, (length, _) in enumerate(own))
    numbered = [DepthGroup(f"group {index}", index, ()) for index in range(len(own) + 1)]
    phases = make_phases(preset, numbered, n_epochs, replace(settings, phases=words))
    return [replace(phase, label=PARTS.get(what, what)) for phase, (_, what) in zip(phases, own, strict=False)]


def stages(groups: Sequence[DepthGroup]) -> list[str]:
    """Names that a phase of one's own can begin with, from the picture to the answer: stages, or groups without them.

    For a form; ``PARTS`` are understood as well.
    """
    return list(dict.fromkeys(_stage_name(group) for group in groups))


_STAND_IN = (
    DepthGroup("stem", 0, ()),
    *(DepthGroup(f"stage {stage} block {block}", stage, ()) for stage in range(1, 5) for block in (1, 2)),
    DepthGroup("head", 5, ()),
)


def _steps(preset: str, groups: Sequence[DepthGroup], settings: FreezeSettings) -> list[Step]:
    n, stage = len(groups), n_last_stage(groups)
    half = max(stage, n // 2)
    head = (1, "Head only")
    if preset == "gradual" and settings.gradual != "parts":
        return [head, *_one_by_one(groups, settings.gradual)]
    return {
        "head": [head],
        "last_stage": [(stage, "Last stage")],
        "quarter": [(max(1, round(n / 4)), "Last quarter")],
        "half": [(max(1, round(n / 2)), "Last half")],
        "head_then_last": [head, (stage, "Last stage")],
        "gradual": [head, (stage, "Last stage"), (half, "Last half"), (n, "Everything")],
        "none": [(n, "Everything")],
    }[preset]


def _one_by_one(groups: Sequence[DepthGroup], kind: str) -> list[Step]:
    """One more stage, or one more group, at a time."""
    steps: list[Step] = []
    for index in range(len(groups) - 2, -1, -1):
        if index == 0:
            steps.append((len(groups), "Everything"))
        elif kind == "group":
            steps.append((len(groups) - index, f"From {groups[index].name} on"))
        elif groups[index - 1].stage != groups[index].stage:
            steps.append((len(groups) - index, f"From {_stage_name(groups[index])} on"))
    return steps


def _stage_name(group: DepthGroup) -> str:
    """``stage 3 block 1`` is the first group of ``stage 3``."""
    return group.name.partition(" block ")[0] if group.name.startswith("stage ") else group.name


def _named(what: str, groups: Sequence[DepthGroup]) -> Step:
    """Return what a phase of one's own calls a part of this model."""
    n = len(groups)
    sizes = {"head": 1, "last_stage": n_last_stage(groups), "half": max(1, round(n / 2)), "all": n}
    asked = part_named(what)
    if asked in PARTS:
        return sizes[asked], PARTS[asked]
    number = asked.removesuffix("%")
    if number.isascii() and number.isdigit() and len(number) < 5:
        if asked.endswith("%") and 1 <= int(number) <= 100:
            return max(1, round(n * int(number) / 100)), f"Last {number} %"
        if not asked.endswith("%") and 1 <= int(number) <= n:
            return int(number), "Head only" if int(number) == 1 else f"Last {number} layer groups"
    else:
        squeezed = asked.replace("_", "")
        for index, group in enumerate(groups):
            for name in (_stage_name(group), group.name):
                if squeezed == name.replace(" ", ""):
                    return n - index, f"From {name} on"
    raise SettingsError(
        f"Phases of your own: this model has no {what!r}.",
        fix=f"Write head, last_stage, half, all, 1 to {n}, a share like 25%, or one of: {', '.join(stages(groups))}.",
    )


def _in_a_row(lengths: Sequence[tuple[int, Step]], n_epochs: int) -> list[Phase]:
    """Phases of given lengths, as many as begin before the end; the last one that begins gets what is left."""
    phases: list[Phase] = []
    first = 0
    for index, (length, (n_groups, label)) in enumerate(lengths):
        left = n_epochs - first
        if not left:
            break
        last = index == len(lengths) - 1
        phases.append(Phase(first, left if last else min(length, left), n_groups, label))
        first += phases[-1].n_epochs
    return phases


def _shared(steps: Sequence[Step], n_epochs: int) -> list[Phase]:
    """The epochs, shared out among the phases; of many small steps every so many are taken, to fit the epochs."""
    if len(steps) > max(4, n_epochs):
        n = max(1, n_epochs)
        steps = [steps[round(i * (len(steps) - 1) / max(1, n - 1))] for i in range(n)] if n > 1 else steps[-1:]
    chosen = steps[-n_epochs:]
    phases: list[Phase] = []
    first = 0
    for index, (n_groups, label) in enumerate(chosen):
        left = n_epochs - first
        share = max(1, left // (len(chosen) - index))
        if index == len(chosen) - 1:
            share = left
        elif index == 0:
            share = max(1, min(share, n_epochs // 4))  # a head needs few epochs; the deeper phases get the rest
        phases.append(Phase(first, share, n_groups, label))
        first += share
    return phases
