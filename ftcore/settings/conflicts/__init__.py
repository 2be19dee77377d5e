"""Settings that fight each other or the data, said before the start: one small function per contradiction.

``contradictions(settings, facts)`` asks every rule. Each answer carries the values that end it, as the
``section.field=value`` texts that ``settings.with_values`` takes. Nothing here keeps a run from starting.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ftcore import tasks
from ftcore.settings import (
    FREEZE_PRESETS,
    MONITORS,
    OPTIMIZERS,
    POOLS,
    DatasetFacts,
    ModelSettings,
    RunSettings,
    custom_phases,
)

SEVERITIES = ("serious", "warning", "note")
"""Worst first: the run cannot do what was asked; the model will be worse; a setting that does nothing, or time lost."""

FEW_FOR_ALL = 200
"""Training pictures below which a network that is trained as a whole mostly forgets."""

USUAL_RATES = {
    "adamw": (1e-4, 2e-2, 3e-3),
    "adam": (1e-4, 2e-2, 3e-3),
    "rmsprop": (1e-5, 1e-2, 1e-3),
    "lion": (1e-5, 5e-3, 5e-4),
    "sgd": (1e-3, 0.5, 3e-2),
}
"""Per optimiser the lowest and highest usual rate of a new head, and one to go back to. Pretrained layers get a
fraction of it (optimizers.BODY_SHARE), so these are higher than what one reads of for whole networks."""

NUMBER_LOSSES = tasks.REGRESSION.losses

NO_BATCH_NORM = ("vit", "deit", "beit", "eva", "convnext", "swin", "mixer", "cait", "hiera", "mvitv2", "nf", "dm_nf")
"""How the names of families begin that normalise every picture by itself, or not at all."""


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What rules know of the data and the model, in numbers.

    Args:
        n_train: Training pictures.
        n_classes: Classes, or values to predict.
        side: Median short side of the pictures, in pixels.
        smallest: Training pictures of the smallest class; None where it is not known or there are no classes.
        largest: The same of the largest class.
        native_size: Input size that the model was pretrained at, in pixels; None where it is not known.
        fixed_size: Whether the model is built for that size.
        task: Of the data set.
        longest_phase: Epochs of the longest phase of the freezing plan; None where it is not known.
        last_phase: Epochs of its last phase, the only one that a run can end early in; None where it is not known.
        not_in_plan: Why the model has no such phases, or an empty text.
        start_is_gone: Why the weights of ``model.start`` cannot be had, or an empty text.
        weights_are_away: The same of the model's pretrained weights.
        units: Of the numbers to predict.
        takes_drop_path: Whether the network knows drop path; None where that is not known.
        is_spatial: Whether its layers hand on maps, in which one can tell where in the picture something is; or None.
        poolings: Names in ``settings.POOLS`` that it takes; empty where they are not known.
    """

    n_train: int
    n_classes: int
    side: int
    smallest: int | None = None
    largest: int | None = None
    native_size: int | None = None
    fixed_size: bool = False
    task: str = "multiclass"
    longest_phase: int | None = None
    last_phase: int | None = None
    not_in_plan: str = ""
    start_is_gone: str = ""
    weights_are_away: str = ""
    units: tuple[str, ...] = ()
    takes_drop_path: bool | None = None
    is_spatial: bool | None = None
    poolings: tuple[str, ...] = ()

    @property
    def imbalance(self) -> float:
        """How many times the largest class is as large as the smallest; 1 where that is not known."""
        return self.largest / max(1, self.smallest) if self.largest and self.smallest is not None else 1.0


@dataclass(frozen=True)
class Conflict:
    """Two things that do not go together.

    Args:
        severity: One of ``SEVERITIES``.
        sentence: What fights what and what comes of it, for somebody who has never trained a model.
        keys: The settings that it is about, as ``settings.with_value`` takes them.
        changes: ``section.field=value`` texts that end it.
    """

    severity: str
    sentence: str
    keys: tuple[str, ...]
    changes: tuple[str, ...]


Rule = Callable[[RunSettings, Facts], Conflict | None]


def contradictions(settings: RunSettings, facts: Facts | DatasetFacts) -> list[Conflict]:
    """Everything that does not go together, worst first and in the order of ``RULES``.

    Args:
        settings: Of the run that is about to start.
        facts: Rules that need more than ``DatasetFacts`` holds say nothing without it.
    """
    if not isinstance(facts, Facts):
        facts = with_counts(facts)
    found = [answer for rule in RULES if (answer := rule(settings, facts)) is not None]
    return sorted(found, key=lambda answer: SEVERITIES.index(answer.severity))


def with_counts(facts: DatasetFacts, counts: Sequence[int] = (), **known: Any) -> Facts:
    """``Facts`` of a data set.

    Args:
        facts: Of the data set.
        counts: Training pictures per class, where there are classes.
        known: Fields of ``Facts`` about the model and the plan, where they are known.
    """
    return Facts(
        n_train=facts.n_train,
        n_classes=facts.n_classes,
        side=facts.side,
        smallest=min(counts, default=None),
        largest=max(counts, default=None),
        task=facts.task,
        **known,
    )


def _value(settings: RunSettings, key: str) -> float:
    section, _, name = key.partition(".")
    return float(getattr(getattr(settings, section), name))


def n_steps(settings: RunSettings, facts: Facts) -> int:
    """Steps of the whole run."""
    return settings.train.epochs * max(1, math.ceil(facts.n_train / settings.train.batch_size))


# the network and what of it learns


def _frozen_untrained(settings: RunSettings, facts: Facts) -> Conflict | None:
    model = settings.model
    if model.pretrained or model.start or (settings.freeze.reaches_all and not settings.freeze.lora_rank):
        return None
    return Conflict(
        "serious",
        "The network starts without pretrained weights, and part of it is frozen: that part would stay random and "
        "never learn to see anything.",
        ("model.pretrained", "freeze.preset"),
        ("model.pretrained=true",),
    )


def _no_such_phases(settings: RunSettings, facts: Facts) -> Conflict | None:
    if not facts.not_in_plan or settings.freeze.preset != "custom":
        return None
    return Conflict(
        "serious",
        f"{facts.not_in_plan} The run would end at once.",
        ("freeze.phases", "freeze.preset"),
        ("freeze.preset=head_then_last",),
    )


def _start_is_gone(settings: RunSettings, facts: Facts) -> Conflict | None:
    if not settings.model.start or not facts.start_is_gone:
        return None
    return Conflict(
        "serious",
        f"The run is to start from weights of your own, and cannot: {facts.start_is_gone}",
        ("model.start",),
        ("model.start=",),
    )


def _weights_are_away(settings: RunSettings, facts: Facts) -> Conflict | None:
    model, here = settings.model, ModelSettings().name  # which comes with the installation
    if not facts.weights_are_away or not model.pretrained or model.start or model.name == here:
        return None
    return Conflict(
        "serious", f"The run could not begin: {facts.weights_are_away}", ("model.name",), (f"model.name={here}",)
    )


def _pooling_not_taken(settings: RunSettings, facts: Facts) -> Conflict | None:
    if not facts.poolings or settings.model.pool in facts.poolings:
        return None
    taken = ", ".join(POOLS[name].label.lower() for name in facts.poolings)
    return Conflict(
        "serious",
        f"This network does not take the pooling “{POOLS[settings.model.pool].label}”, and the run would end at once. "
        f"It takes: {taken}.",
        ("model.pool",),
        ("model.pool=default",),
    )


def _one_output_for_others_than_two(settings: RunSettings, facts: Facts) -> Conflict | None:
    if settings.model.binary != "sigmoid" or tasks.of(facts.task).fits_one_logit(facts.n_classes):
        return None
    return Conflict(
        "serious",
        "One output can only tell two classes apart, and these pictures ask for something else: the run cannot start.",
        ("model.binary",),
        ("model.binary=softmax",),
    )


def _adapters_without_layers(settings: RunSettings, facts: Facts) -> Conflict | None:
    if not settings.freeze.lora_rank or settings.freeze.preset != "head":
        return None
    return Conflict(
        "note",
        "Low-rank adapters stand in layers that would otherwise learn as a whole, and here the head learns alone: "
        "there will be none.",
        ("freeze.lora_rank", "freeze.preset"),
        ("freeze.preset=half",),
    )


def _adapters_from_the_first_layer_on(settings: RunSettings, facts: Facts) -> Conflict | None:
    if not settings.freeze.lora_rank or settings.freeze.preset != "none" or settings.engine.cache != "on":
        return None
    return Conflict(
        "note",
        "With low-rank adapters in the first layers nothing can be computed only once, and every epoch takes the full "
        "time.",
        ("freeze.lora_rank", "freeze.preset"),
        ("freeze.preset=half",),
    )


def _all_with_few_pictures(settings: RunSettings, facts: Facts) -> Conflict | None:
    if settings.freeze.preset != "none" or settings.freeze.lora_rank or facts.n_train >= FEW_FOR_ALL:
        return None
    return Conflict(
        "warning",
        f"Everything learns from only {facts.n_train} pictures: the network forgets more of what it knew than it "
        "learns anew. With so few, let the head and the last stage learn.",
        ("freeze.preset",),
        ("freeze.preset=head_then_last",),
    )


def _fewer_epochs_than_phases(settings: RunSettings, facts: Facts) -> Conflict | None:
    freeze, epochs, n = settings.freeze, settings.train.epochs, _n_phases(settings)
    needed = _epochs_needed(settings)
    if n == 1 or epochs >= needed:
        return None
    label = FREEZE_PRESETS[freeze.preset].label
    if freeze.preset == "custom" or freeze.every or freeze.unfreeze == "on_plateau":
        comes_of_it = f"before the last of them {needed - 1} epochs go by, and the run has {epochs}: it never begins"
    else:
        comes_of_it = f"and there are only {epochs} epochs: the first phases are left out"
    return Conflict(
        "warning",
        f"“{label}” goes through {'at least ' if freeze.gradual != 'parts' else ''}{n} phases, {comes_of_it}.",
        ("freeze.preset", "freeze.every", "freeze.phases", "train.epochs"),
        (f"train.epochs={min(1000, needed + 2 * n)}",),
    )


def _n_phases(settings: RunSettings) -> int:
    """Phases of the plan; the least that there can be where it depends on the model."""
    freeze = settings.freeze
    if freeze.preset == "custom":
        return len(custom_phases(freeze.phases))
    return {"head_then_last": 2, "gradual": 4 if freeze.gradual == "parts" else 3}.get(freeze.preset, 1)


def _epochs_needed(settings: RunSettings) -> int:
    """Epochs with which the last phase lasts at least one."""
    freeze, n = settings.freeze, _n_phases(settings)
    if freeze.unfreeze == "on_plateau":
        # the first epoch of all is the best so far; a later phase may bring nothing better from its first epoch on
        return 1 + freeze.stalled * (n - 1) + 1 if n > 1 else 1
    if freeze.preset == "custom":
        return sum(length or 0 for length, _ in custom_phases(freeze.phases)[:-1]) + 1
    return (n - 1) * freeze.every + 1 if freeze.every else n


def _phases_of_another_length(settings: RunSettings, facts: Facts) -> Conflict | None:
    freeze, epochs = settings.freeze, settings.train.epochs
    if freeze.preset != "custom" or freeze.unfreeze == "on_plateau":
        return None
    lengths = [length for length, _ in custom_phases(freeze.phases)]
    total = sum(length or 0 for length in lengths)
    if None in lengths or total == epochs or epochs < _epochs_needed(settings):
        return None
    return Conflict(
        "note",
        f"Your phases have {total} epochs and the run has {epochs}: the last phase is made to fit.",
        ("freeze.phases", "train.epochs"),
        (f"train.epochs={total}",),
    )


def _nothing_computed_once(settings: RunSettings, facts: Facts) -> Conflict | None:
    if settings.freeze.batch_norm != "everywhere" or settings.freeze.preset == "none" or settings.engine.cache != "on":
        return None
    return Conflict(
        "note",
        "If frozen layers adapt their averages too, what they give changes from step to step: they cannot be computed "
        "only once, and every epoch takes nearly the full time.",
        ("freeze.batch_norm", "engine.cache"),
        ("freeze.batch_norm=learning",),
    )


def _nothing_there_to_hold(settings: RunSettings, facts: Facts) -> Conflict | None:
    asked = [name for name in ("model.drop_path", "train.l2_sp") if _value(settings, name)]
    if not asked or settings.freeze.preset != "head":
        return None
    labels = {"model.drop_path": "drop path", "train.l2_sp": "the pull towards the pretrained weights"}
    return Conflict(
        "note",
        f"There is nothing for {' and '.join(labels[name] for name in asked)} to act on: the head learns alone.",
        (*asked, "freeze.preset"),
        tuple(f"{name}=0.0" for name in asked),
    )


def _no_drop_path(settings: RunSettings, facts: Facts) -> Conflict | None:
    if not settings.model.drop_path or facts.takes_drop_path is not False or settings.freeze.preset == "head":
        return None
    return Conflict(
        "note",
        "This network has no layers that could be skipped at random: drop path does nothing.",
        ("model.drop_path",),
        ("model.drop_path=0.0",),
    )


def _pulled_towards_nothing(settings: RunSettings, facts: Facts) -> Conflict | None:
    model = settings.model
    if not settings.train.l2_sp or model.pretrained or model.start:
        return None
    return Conflict(
        "warning",
        "The weights are pulled back to where they began, and without pretrained weights that is chance.",
        ("train.l2_sp", "model.pretrained"),
        ("train.l2_sp=0.0",),
    )


def _other_size_than_built_for(settings: RunSettings, facts: Facts) -> Conflict | None:
    size = settings.model.image_size
    if not facts.fixed_size or facts.native_size in (None, size):
        return None
    return Conflict(
        "note",
        f"This network was trained on pictures of {facts.native_size} pixels and is built for that size. At {size} "
        "pixels its sense of position is stretched to fit, which costs some of what it knows.",
        ("model.image_size",),
        (f"model.image_size={facts.native_size}",),
    )


def _enlarged_for_nothing(settings: RunSettings, facts: Facts) -> Conflict | None:
    size = settings.model.image_size
    if facts.fixed_size or size <= max(128, 4 * facts.side):
        return None
    better = max(96, 32 * round(2 * facts.side / 32))
    return Conflict(
        "note",
        f"The pictures have about {facts.side} pixels and are enlarged to {size}: that costs time and adds no detail.",
        ("model.image_size",),
        (f"model.image_size={better}",),
    )


# steps


def _rate_out_of_the_usual(settings: RunSettings, facts: Facts) -> Conflict | None:
    name, lr = settings.train.optimizer, settings.train.lr
    low, high, usual = USUAL_RATES[name]
    if low <= lr <= high:
        return None
    label = OPTIMIZERS[name].label
    comes_of_it = "the weights hardly move" if lr < low else "training easily explodes"
    return Conflict(
        "warning",
        f"A learning rate of {lr:g} is {'low' if lr < low else 'high'} for {label}: usual are {low:g} to {high:g}, and "
        f"beyond that {comes_of_it}.",
        ("train.lr", "train.optimizer"),
        (f"train.lr={usual:g}",),
    )


def _batch_larger_than_the_split(settings: RunSettings, facts: Facts) -> Conflict | None:
    batch = settings.train.batch_size
    if batch <= facts.n_train:
        return None
    smaller = max(2, 2 ** math.floor(math.log2(max(2, facts.n_train / 4))))
    return Conflict(
        "warning",
        f"A batch of {batch} is larger than the {facts.n_train} training pictures: an epoch is a single step, so the "
        "weights move seldom.",
        ("train.batch_size",),
        (f"train.batch_size={smaller}",),
    )


def _batch_norm_of_a_few(settings: RunSettings, facts: Facts) -> Conflict | None:
    batch = settings.train.batch_size
    # beside adapters, norms stay as they are
    learns = settings.freeze.preset != "head" and not settings.freeze.lora_rank
    adapts = {"learning": learns, "fixed": False, "everywhere": True}
    if batch >= 8 or not adapts[settings.freeze.batch_norm] or settings.model.name.startswith(NO_BATCH_NORM):
        return None
    return Conflict(
        "warning",
        f"Layers that learn measure the average of their batch (batch norm), and a batch of {batch} is too small for "
        "that: the averages are mostly chance.",
        ("train.batch_size", "freeze.batch_norm"),
        ("train.batch_size=16",) if facts.n_train >= 64 else ("freeze.batch_norm=fixed",),
    )


def _too_few_steps(settings: RunSettings, facts: Facts) -> Conflict | None:
    n, wanted = n_steps(settings, facts), 50
    if n >= wanted or settings.train.epochs >= 50:
        return None
    more = min(1000, math.ceil(settings.train.epochs * wanted / n))
    return Conflict(
        "note",
        f"The weights move only {n} times in the whole run, which is little even for a head alone.",
        ("train.epochs", "train.batch_size"),
        (f"train.epochs={more}",),
    )


def _one_cycle_with_warm_up(settings: RunSettings, facts: Facts) -> Conflict | None:
    if settings.train.schedule != "one_cycle" or not settings.train.warmup:
        return None
    return Conflict(
        "note",
        f"One cycle warms up by itself, so the warm-up of {settings.train.warmup:.0%} does nothing.",
        ("train.schedule", "train.warmup"),
        ("train.warmup=0.0",),
    )


def _average_of_too_few_steps(settings: RunSettings, facts: Facts) -> Conflict | None:
    ema, n = settings.train.ema, n_steps(settings, facts)
    if not ema or n * (1 - ema) >= 1:
        return None
    reached = 1 - (n + 1) ** (-2 / 3)  # timm's warm-up of the average (ModelEmaV3): it looks back ever further
    return Conflict(
        "note",
        f"A moving average of {ema:g} looks back over about {1 / (1 - ema):,.0f} steps. It begins with few and takes "
        f"more as the run goes on, and a run of {n:,} steps gets to about {1 / (1 - reached):,.0f}: more than "
        f"{_floored(reached):g} changes next to nothing.",
        ("train.ema", "train.epochs"),
        (f"train.ema={min(_floored(reached), _floored(1 - 1 / n)):g}",),
    )


def _floored(share: float) -> float:
    """With three digits, not rounded up."""
    return math.floor(share * 1000) / 1000


def _patience_longer_than_the_run(settings: RunSettings, facts: Facts) -> Conflict | None:
    patience, epochs = settings.train.patience, settings.train.epochs
    last = min(facts.last_phase or epochs, epochs)
    stale = last if last < epochs else epochs - 1  # the first epoch of all is the best so far
    if not patience or patience < stale:
        return None
    where = f"a run of {epochs}" if last == epochs else f"the {last} of the last phase, in which alone a run ends early"
    return Conflict(
        "note",
        f"Stopping early after {patience} epochs without progress cannot happen in {where}.",
        ("train.patience", "train.epochs"),
        (f"train.patience={last // 3}",),
    )


def _mean_of_several_units(settings: RunSettings, facts: Facts) -> Conflict | None:
    name = settings.train.monitor
    row = tasks.of(facts.task).scores.get(name)
    if row is None or row.is_fair_over(facts.units):
        return None
    units = " and ".join(dict.fromkeys(unit or "numbers without a unit" for unit in facts.units))
    return Conflict(
        "warning",
        f"The best epoch is chosen by “{MONITORS[name].label}”, a mean over {units}: whatever has the largest numbers "
        "decides alone. R² counts all of them alike.",
        ("train.monitor",),
        ("train.monitor=r2",),
    )


def _rate_never_falls(settings: RunSettings, facts: Facts) -> Conflict | None:
    train, longest = settings.train, min(facts.longest_phase or settings.train.epochs, settings.train.epochs)
    if train.schedule != "plateau" or longest >= train.plateau_patience + 3:  # one is the best, then the stale ones
        return None
    where = f"a run of {train.epochs}" if longest == train.epochs else f"phases of at most {longest}"
    return Conflict(
        "warning",
        f"The rate falls after more than {train.plateau_patience} epochs without progress, for which {where} epochs "
        f"{'is' if longest == train.epochs else 'are'} too short: it never falls.",
        ("train.schedule", "train.plateau_patience", "train.epochs"),
        ("train.schedule=cosine",),
    )


def _ends_before_the_rate_falls(settings: RunSettings, facts: Facts) -> Conflict | None:
    train = settings.train
    if train.schedule != "plateau" or not train.patience or train.patience > train.plateau_patience + 1:
        return None
    return Conflict(
        "warning",
        f"The run ends after {train.patience} epochs without progress, before a lower rate (after "
        f"{train.plateau_patience + 1}) could bring any.",
        ("train.patience", "train.plateau_patience"),
        (f"train.patience={2 * train.plateau_patience + 3}",),
    )


# what is made small


def _mixed_focal(settings: RunSettings, facts: Facts) -> Conflict | None:
    train = settings.train
    if train.loss != "focal" or not (train.mixup or train.cutmix):
        return None
    return Conflict(
        "warning",
        "The focal loss looks at how sure the model is of the one right answer, and Mixup and CutMix give each picture "
        "two: it would look hardest at what cannot be answered.",
        ("train.loss", "train.mixup", "train.cutmix"),
        ("train.loss=cross_entropy",),
    )


def _mixed_and_smoothed(settings: RunSettings, facts: Facts) -> Conflict | None:
    train = settings.train
    if not train.label_smoothing or not (train.mixup or train.cutmix):
        return None
    return Conflict(
        "note",
        "Mixup, CutMix and label smoothing all keep the model from being too sure; together they easily keep it from "
        "learning.",
        ("train.label_smoothing", "train.mixup", "train.cutmix"),
        ("train.label_smoothing=0.0",),
    )


def _mixed_in_a_short_run(settings: RunSettings, facts: Facts) -> Conflict | None:
    train = settings.train
    if train.epochs >= 5 or not (train.mixup or train.cutmix):
        return None
    return Conflict(
        "note",
        f"Mixup and CutMix make learning harder, which pays off late; in {train.epochs} epochs it mostly costs.",
        ("train.mixup", "train.cutmix", "train.epochs"),
        ("train.mixup=0.0", "train.cutmix=0.0"),
    )


def _pieces_without_places(settings: RunSettings, facts: Facts) -> Conflict | None:
    if not settings.train.cutmix or settings.freeze.preset != "head" or settings.engine.cache != "on":
        return None
    return Conflict(
        "note",
        "CutMix acts where the frozen part ends, and the head alone gets numbers that know no places: Mixup takes its "
        "place.",
        ("train.cutmix", "freeze.preset"),
        ("train.cutmix=0.0", "train.mixup=0.2"),
    )


def _pieces_of_tokens(settings: RunSettings, facts: Facts) -> Conflict | None:
    if not settings.train.cutmix or facts.is_spatial is not False or settings.engine.cache != "on":
        return None
    if settings.freeze.preset in ("head", "none"):
        return None
    return Conflict(
        "note",
        "CutMix acts where the frozen part ends, and this network hands on a list of tokens in which nothing has its "
        "place: as long as part of it is frozen, Mixup takes its place.",
        ("train.cutmix", "freeze.preset"),
        ("train.cutmix=0.0", "train.mixup=0.2"),
    )


def _pieces_of_numbers(settings: RunSettings, facts: Facts) -> Conflict | None:
    if settings.train.loss not in NUMBER_LOSSES or not settings.train.cutmix:
        return None
    return Conflict(
        "warning",
        "CutMix shares the answer by area, and a number is seldom spread over the picture: a quarter of another face "
        "adds no quarter of its age.",
        ("train.cutmix", "train.loss"),
        ("train.cutmix=0.0",),
    )


def _smoothed_numbers(settings: RunSettings, facts: Facts) -> Conflict | None:
    if settings.train.loss not in NUMBER_LOSSES or not settings.train.label_smoothing:
        return None
    return Conflict(
        "warning",
        "Label smoothing spreads an answer over classes; this loss compares numbers, which have none.",
        ("train.label_smoothing", "train.loss"),
        ("train.label_smoothing=0.0",),
    )


def _smoothed_focal(settings: RunSettings, facts: Facts) -> Conflict | None:
    if settings.train.loss != "focal" or not settings.train.label_smoothing:
        return None
    return Conflict(
        "note",
        "The focal loss looks away from pictures that the model is sure of, and label smoothing keeps it from being "
        "sure: each undoes part of the other.",
        ("train.loss", "train.label_smoothing"),
        ("train.label_smoothing=0.0",),
    )


def _focal_and_weighted(settings: RunSettings, facts: Facts) -> Conflict | None:
    if settings.train.loss != "focal" or settings.train.class_weights != "balanced":
        return None
    return Conflict(
        "note",
        "Focal loss and balanced classes both favour rare classes; together they easily overdo it.",
        ("train.loss", "train.class_weights"),
        ("train.loss=cross_entropy",),
    )


def _weighted_without_need(settings: RunSettings, facts: Facts) -> Conflict | None:
    if not tasks.of(facts.task).weighs_by_size or settings.train.class_weights != "balanced":
        return None  # with several labels a class is weighted against the pictures without it, and these are many
    if not facts.largest or facts.imbalance > 1.5:
        return None
    return Conflict(
        "note",
        f"The classes are of nearly the same size ({facts.smallest} to {facts.largest} pictures), so weighting them "
        "changes next to nothing.",
        ("train.class_weights",),
        ("train.class_weights=none",),
    )


def _unweighted_in_need(settings: RunSettings, facts: Facts) -> Conflict | None:
    train = settings.train
    if train.class_weights == "balanced" or train.loss != "cross_entropy" or facts.imbalance < 5:
        return None
    return Conflict(
        "warning",
        f"The largest class has {facts.imbalance:.0f} times as many pictures as the smallest, and every picture counts "
        "the same: betting on the large class pays, and the small ones are forgotten.",
        ("train.class_weights",),
        ("train.class_weights=balanced",),
    )


# views


def _fresh_views_through_frozen_layers(settings: RunSettings, facts: Facts) -> Conflict | None:
    heavy = settings.freeze.preset != "none" and settings.engine.cache == "on"
    if not settings.augment.fresh or not heavy:
        return None
    return Conflict(
        "warning",
        "Fresh views send every picture through the frozen part again in each epoch; with a fixed number of views it "
        "is computed only once, and training is many times faster.",
        ("augment.fresh", "freeze.preset"),
        ("augment.fresh=false", f"augment.views={settings.augment.views or 4}"),
    )


RULES: tuple[Rule, ...] = (
    _start_is_gone,
    _weights_are_away,
    _one_output_for_others_than_two,
    _pooling_not_taken,
    _no_such_phases,
    _frozen_untrained,
    _adapters_without_layers,
    _adapters_from_the_first_layer_on,
    _all_with_few_pictures,
    _fewer_epochs_than_phases,
    _phases_of_another_length,
    _nothing_computed_once,
    _nothing_there_to_hold,
    _no_drop_path,
    _pulled_towards_nothing,
    _other_size_than_built_for,
    _enlarged_for_nothing,
    _rate_out_of_the_usual,
    _batch_larger_than_the_split,
    _batch_norm_of_a_few,
    _too_few_steps,
    _one_cycle_with_warm_up,
    _average_of_too_few_steps,
    _patience_longer_than_the_run,
    _mean_of_several_units,
    _rate_never_falls,
    _ends_before_the_rate_falls,
    _mixed_focal,
    _mixed_and_smoothed,
    _mixed_in_a_short_run,
    _pieces_without_places,
    _pieces_of_tokens,
    _pieces_of_numbers,
    _smoothed_numbers,
    _smoothed_focal,
    _focal_and_weighted,
    _weighted_without_need,
    _unweighted_in_need,
    _fresh_views_through_frozen_layers,
)
