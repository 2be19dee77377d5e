"""A few questions in plain words whose answers set the settings of a run, each with the reason.

The answers that nobody has given yet set exactly what the preset *quick* suggests. ``guided`` is a plain function from
answers to settings; ``after_answer`` changes only what another answer changes, so that changes by hand survive.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ftcore import settings as s
from ftcore import tasks
from ftcore.choices import Choice, Table
from ftcore.settings import AugmentSettings, DatasetFacts, FreezeSettings, RunSettings, fields


@dataclass(frozen=True)
class Question:
    """One of them.

    Args:
        name: Key of its answer.
        text: The question itself.
        help: What it is about, in a sentence.
        answers: What can be answered; the first is taken until somebody answers.
        of_classes: Whether it makes sense only where classes are learned.
        terms: Glossary entries that explain more.
    """

    name: str
    text: str
    help: str
    answers: Table
    of_classes: bool = False
    terms: tuple[str, ...] = ()


@dataclass(frozen=True)
class Effect:
    """What an answer sets, and why.

    Args:
        question: Name of the question.
        keys: Settings that it decides.
        why: One or two sentences.
    """

    question: str
    keys: tuple[str, ...]
    why: str


@dataclass(frozen=True)
class Guided:
    """Settings that follow from answers, with an effect for each question that was asked."""

    settings: RunSettings
    effects: tuple[Effect, ...]


QUESTIONS: dict[str, Question] = {
    question.name: question
    for question in (
        Question(
            "time",
            "How much time do you have?",
            "More time lets more of the network learn, for longer.",
            Table(
                "answer",
                Choice("little", "As little as possible", "A first answer: is it possible at all?"),
                Choice("some", "Some minutes", "A better model while you have a cup of tea."),
                Choice("much", "As long as it takes", "The best model that these settings can give."),
            ),
            terms=("epoch", "freezing", "preset"),
        ),
        Question(
            "likeness",
            "How much do your pictures look like ordinary photographs?",
            "The network learned to see from photographs; what is unlike them it has to learn anew.",
            Table(
                "answer",
                Choice("photographs", "They are ordinary photographs", "Animals, plants, goods, rooms, people, food."),
                Choice("unusual", "Photographs of something unusual", "From a microscope, a satellite, an X-ray."),
                Choice("drawn", "They are no photographs", "Drawings, writing, symbols, charts, silhouettes."),
            ),
            terms=("pretrained", "freezing", "layer-decay"),
        ),
        Question(
            "sureness",
            "Which would be worse: a model that is too sure, or one that is too careful?",
            "The model says how sure it is, in per cent. It can be taught to promise less.",
            Table(
                "answer",
                Choice("usual", "Neither, as usual", "What the amount of time suggests."),
                Choice("safer", "Too sure is worse", "Somebody will rely on the percentages."),
                Choice("surer", "Too careful is worse", "Only the answer counts, not how sure it is."),
            ),
            of_classes=True,
            terms=("label-smoothing", "calibration", "monitor"),
        ),
        Question(
            "rarity",
            "Are some classes rare, and just as important?",
            "Left alone, a model cares about a class as much as it has pictures.",
            Table(
                "answer",
                Choice("no", "No", "All are about as frequent, or the frequent ones matter more."),
                Choice("yes", "Yes, find the rare ones too", "Even if a frequent one is then called rare more often."),
            ),
            of_classes=True,
            terms=("class-weights", "recall"),
        ),
        Question(
            "sides",
            "Would a mirrored picture still have the same answer?",
            "If so, mirrored copies are free extra pictures; if not, they would teach nonsense.",
            Table(
                "answer",
                Choice("matter", "No, or I am not sure", "Writing, digits, left and right hands."),
                Choice("mirror", "Yes, left and right may be swapped", "A cat that looks the other way is a cat."),
                Choice("any", "Yes, and no side is up", "From above, from space, through a microscope."),
            ),
            terms=("mirroring", "augmentation"),
        ),
    )
}
_PRESETS = {"little": "quick", "some": "balanced", "much": "best"}
_DEEPER_LR = 0.003  # a head alone bears more; this is what presets suggest as soon as deeper layers learn
_VIEWS = 4


def questions(task: str = tasks.MULTICLASS.name) -> list[Question]:
    """Return those that make sense for a kind of data set."""
    asks_all = tasks.of(task).has_classes
    return [question for question in QUESTIONS.values() if asks_all or not question.of_classes]


def complete(given: Mapping[str, Any]) -> dict[str, str]:
    """An answer to every question: the given one where there is such an answer, else the first of the table."""
    return {
        name: given[name] if given.get(name) in list(question.answers) else next(iter(question.answers))
        for name, question in QUESTIONS.items()
    }


def guided(
    given: Mapping[str, Any],
    facts: DatasetFacts,
    *,
    base: RunSettings,
    native_size: int = 224,
    task: str = tasks.MULTICLASS.name,
) -> Guided:
    """Settings that follow from answers.

    Args:
        given: Question -> answer; missing ones count as not answered yet.
        facts: The data set in three numbers.
        base: Settings to keep where no answer has a say (data set, model, seed, engine, ...).
        native_size: The input size that the model was pretrained at, in pixels.
        task: Name of the task: which questions are asked.
    """
    answers = complete(given)
    settings = s.suggest(_PRESETS[answers["time"]], facts, native_size=native_size, base=base)
    settings, likeness = _after_likeness(settings, answers["likeness"])
    effects = [_time(settings, answers["time"]), likeness]
    asked = {question.name for question in questions(task)}
    for name, rule in (("sureness", _after_sureness), ("rarity", _after_rarity), ("sides", _after_sides)):
        if name in asked:
            settings, effect = rule(settings, answers[name], task)
            effects.append(effect)
    return Guided(settings, tuple(effects))


def after_answer(
    current: RunSettings,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    facts: DatasetFacts,
    *,
    native_size: int = 224,
    task: str = tasks.MULTICLASS.name,
) -> RunSettings:
    """Return ``current`` with what changes when answers change from ``before`` to ``after``; the rest stays."""
    old = guided(before, facts, base=current, native_size=native_size, task=task).settings
    new = guided(after, facts, base=current, native_size=native_size, task=task).settings
    changed = replace(current, preset=new.preset)
    for field in fields.every():
        if s.value_of(old, field.key) != s.value_of(new, field.key):
            changed = s.with_value(changed, field.key, s.value_of(new, field.key))
    return changed


def changed_by_hand(current: RunSettings, wanted: Guided) -> list[str]:
    """Keys that an answer decides and that have another value now."""
    decided = dict.fromkeys(key for effect in wanted.effects for key in effect.keys)
    return [key for key in decided if s.value_of(current, key) != s.value_of(wanted.settings, key)]


def _time(settings: RunSettings, answer: str) -> Effect:
    why = {
        "little": "A few epochs are enough to see whether the classes can be told apart.",
        "some": "The head learns first; then the part of the network next to it, with small steps.",
        "much": "The head learns first, then the part next to it, for longer and from more changed copies.",
    }[answer]
    if settings.freeze.preset == "half":
        why = (
            "Half of the network learns, for longer and from more changed copies; its weights are averaged over steps."
        )
    keys = ("train.epochs", "train.lr", "train.batch_size", "train.ema", "model.image_size")
    if settings.train.batch_size < 32:
        why += " The batches are small because there are few pictures."
    return Effect("time", keys, why)


def _after_likeness(settings: RunSettings, answer: str) -> tuple[RunSettings, Effect]:
    """Let more of the network change, the further the pictures are from the photographs that it knows."""
    preset, decay = settings.freeze.preset, FreezeSettings().layer_decay
    if answer == "unusual":
        preset, decay = {"head": "head_then_last"}.get(preset, preset), 0.9
    elif answer == "drawn":
        preset, decay = {"head": "head_then_last", "head_then_last": "gradual"}.get(preset, preset), 1.0
    deeper = preset != "head"
    why = {
        "photographs": "The network has seen millions of photographs, so most of what it knows can stay.",
        "unusual": "Edges and textures are the same everywhere, shapes are not: a little more of the network learns.",
        "drawn": "What the network knows of photographs fits only in part: more of it learns, all layers at one rate.",
    }[answer]
    if preset != settings.freeze.preset:
        why += " This takes longer than the head alone."
        settings = replace(settings, train=replace(settings.train, lr=min(settings.train.lr, _DEEPER_LR)))
    if deeper and not settings.augment.views:
        why += " Deeper layers learn by heart easily, so changed copies of the pictures are made as well."
        settings = replace(settings, augment=replace(settings.augment, views=_VIEWS))
    settings = replace(settings, freeze=replace(settings.freeze, preset=preset, layer_decay=decay))
    return settings, Effect("likeness", ("freeze.preset", "freeze.layer_decay", "augment.views"), why)


def _after_sureness(settings: RunSettings, answer: str, task: str) -> tuple[RunSettings, Effect]:
    train, best = replace(settings.train, monitor=tasks.of(task).main), tasks.of(task).main_in_words
    why = f"The {best} decides which epoch is kept."
    if answer == "safer":
        train = replace(train, label_smoothing=0.1, monitor="loss")
        why = (
            "The model is never told that a label is quite certain, and the epoch is kept in which its percentages "
            "fit best."
        )
    elif answer == "surer":
        train = replace(train, label_smoothing=0.0)
        why = f"The model is told that every label is certain, and the epoch with the highest {best} is kept."
    settings = replace(settings, train=train)
    return settings, Effect("sureness", ("train.label_smoothing", "train.monitor"), why)


def _after_rarity(settings: RunSettings, answer: str, task: str) -> tuple[RunSettings, Effect]:
    weights = "balanced" if answer == "yes" else "none"
    why = {
        "no": "Every picture counts the same.",
        "yes": tasks.of(task).weighting_note,
    }[answer]
    settings = replace(settings, train=replace(settings.train, class_weights=weights))
    return settings, Effect("rarity", ("train.class_weights",), why)


def _after_sides(settings: RunSettings, answer: str, task: str) -> tuple[RunSettings, Effect]:
    flip = {"matter": "none", "mirror": "horizontal", "any": "both"}[answer]
    turn = 180.0 if answer == "any" else AugmentSettings().rotate
    why = {
        "matter": "No copy is mirrored: a wrong answer taught is worse than a copy less.",
        "mirror": "Half of the copies are mirrored.",
        "any": "Copies are mirrored both ways and turned as far as they go.",
    }[answer]
    if not settings.augment.views:
        why += " It has an effect as soon as changed copies are made; now there are none."
    settings = replace(settings, augment=replace(settings.augment, flip=flip, rotate=turn))
    return settings, Effect("sides", ("augment.flip", "augment.rotate"), why)
