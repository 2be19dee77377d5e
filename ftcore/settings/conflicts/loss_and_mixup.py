"""Rules about what is made small, and about mixed and changed pictures."""

from ftcore import tasks
from ftcore.settings import RunSettings, TrainSettings
from ftcore.settings.conflicts.facts import Conflict, Facts, Rule

NUMBER_LOSSES = tasks.REGRESSION.losses


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


def _share_of_nothing(settings: RunSettings, facts: Facts) -> Conflict | None:
    train, usual = settings.train, TrainSettings().mixup_switch_prob
    if train.mixup_switch_prob == usual or (train.mixup and train.cutmix):
        return None
    return Conflict(
        "note",
        f"The share of CutMix, {train.mixup_switch_prob:.0%}, does nothing unless both Mixup and CutMix are on.",
        ("train.mixup_switch_prob", "train.mixup", "train.cutmix"),
        (f"train.mixup_switch_prob={usual:g}",),
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
    _mixed_focal,
    _mixed_and_smoothed,
    _mixed_in_a_short_run,
    _share_of_nothing,
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
