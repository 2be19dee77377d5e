"""The guide: answers in plain words set settings, and nothing else."""

import itertools

import pytest

from ftcore import settings as s
from ftcore.settings import DatasetFacts, RunSettings, fields, guide
from ftcore.settings.guide import QUESTIONS

FACTS = DatasetFacts(n_train=700, n_classes=4, side=300)
BASE = RunSettings(dataset="cats-12345678", seed=7)


def set_by(**answers):
    return guide.guided(answers, FACTS, base=BASE).settings


def changed(here, there):
    return {field.key for field in fields.every() if s.value_of(here, field.key) != s.value_of(there, field.key)}


def test_there_are_questions_each_with_a_first_answer():
    assert len(guide.questions()) == 5
    assert guide.complete({}) == {name: next(iter(question.answers)) for name, question in QUESTIONS.items()}


def test_without_an_answer_it_sets_what_the_preset_quick_suggests():
    assert set_by() == s.suggest("quick", FACTS, base=BASE)


@pytest.mark.parametrize(("answer", "preset"), [("little", "quick"), ("some", "balanced"), ("much", "best")])
def test_more_time_takes_another_preset(answer, preset):
    assert set_by(time=answer) == s.suggest(preset, FACTS, base=BASE)


def test_what_is_not_asked_about_stays_as_it_is():
    base = s.with_values(BASE, ["engine.cache=off", "train.optimizer=sgd", "model.dropout=0.3"])
    found = guide.guided({"time": "much", "likeness": "drawn"}, FACTS, base=base).settings
    assert (found.engine, found.train.optimizer, found.model.dropout) == (base.engine, "sgd", 0.3)
    assert (found.dataset, found.seed) == (BASE.dataset, 7)


@pytest.mark.parametrize("time", list(QUESTIONS["time"].answers))
def test_the_less_like_photographs_the_more_of_the_network_learns(time):
    order = ["head", "head_then_last", "half", "gradual"]
    depths, decays = [], []
    for likeness in QUESTIONS["likeness"].answers:
        freeze = set_by(time=time, likeness=likeness).freeze
        depths.append(order.index(freeze.preset))
        decays.append(freeze.layer_decay)
    assert depths == sorted(depths) and decays == sorted(decays) and decays[0] < decays[-1]


def test_deeper_layers_get_views_and_no_higher_rate_than_the_presets_give_them():
    found = set_by(likeness="drawn")
    assert found.freeze.preset == "head_then_last"
    assert found.augment.views == s.suggest("balanced", FACTS).augment.views
    assert found.train.lr == s.suggest("balanced", FACTS).train.lr


def test_a_careful_model_is_told_that_labels_are_not_certain():
    safer, surer = set_by(sureness="safer"), set_by(sureness="surer", time="some")
    assert (safer.train.label_smoothing, safer.train.monitor) == (0.1, "loss")
    assert (surer.train.label_smoothing, surer.train.monitor) == (0.0, "accuracy")


def test_rare_classes_are_weighted():
    assert changed(set_by(rarity="yes"), set_by()) == {"train.class_weights"}


@pytest.mark.parametrize(
    ("answer", "flip", "turn"), [("matter", "none", 10.0), ("mirror", "horizontal", 10.0), ("any", "both", 180.0)]
)
def test_sides_decide_how_copies_are_mirrored_and_turned(answer, flip, turn):
    augment = set_by(sides=answer).augment
    assert (augment.flip, augment.rotate) == (flip, turn)


def test_the_reason_says_when_mirroring_has_no_effect_yet():
    (without,) = [e.why for e in guide.guided({}, FACTS, base=BASE).effects if e.question == "sides"]
    (with_copies,) = [e.why for e in guide.guided({"time": "some"}, FACTS, base=BASE).effects if e.question == "sides"]
    assert "now there are none" in without and "none" not in with_copies.split(":")[-1]


def test_several_labels_are_asked_the_same_and_monitored_by_a_score_of_theirs():
    assert guide.questions("multilabel") == guide.questions("multiclass")
    facts = DatasetFacts(n_train=700, n_classes=4, side=300, task="multilabel")
    usual = guide.guided({}, facts, base=BASE, task="multilabel")
    assert usual.settings.train.monitor == "mean_average_precision"
    assert "The average precision decides" in usual.effects[2].why
    asked = {"sureness": "safer", "rarity": "yes"}
    found = guide.guided(asked, facts, base=BASE, task="multilabel").settings
    assert changed(found, usual.settings) == {"train.label_smoothing", "train.monitor", "train.class_weights"}
    s.check_task(found, "multilabel", 4)


def test_numbers_are_not_asked_about_sureness_and_rare_classes():
    task, asked = "regression", [question.name for question in guide.questions("regression")]
    assert asked == ["time", "likeness", "sides"]
    given = {"rarity": "yes", "sureness": "safer"}
    found = guide.guided(given, FACTS, base=BASE, task=task)
    assert found.settings == set_by() and [effect.question for effect in found.effects] == asked


def test_every_mix_of_answers_gives_settings_with_a_reason_and_says_every_key_that_it_sets():
    tables = [list(question.answers) for question in QUESTIONS.values()]
    first = guide.guided({}, FACTS, base=BASE)
    for mix in itertools.product(*tables):
        found = guide.guided(dict(zip(QUESTIONS, mix, strict=True)), FACTS, base=BASE)
        said = {key for effect in found.effects for key in effect.keys}
        assert changed(found.settings, first.settings) <= said | {"train.patience"}
        assert all(effect.why.endswith(".") for effect in found.effects)


def test_another_answer_changes_only_what_hangs_on_it():
    by_hand = s.with_values(set_by(), ["train.epochs=3", "train.optimizer=sgd"])
    found = guide.after_answer(by_hand, {}, {"rarity": "yes"}, FACTS)
    assert changed(found, by_hand) == {"train.class_weights"}
    later = guide.after_answer(found, {"rarity": "yes"}, {"rarity": "yes", "time": "much"}, FACTS)
    assert later.train.epochs == set_by(time="much").train.epochs and later.train.optimizer == "sgd"
    assert later.preset == "best" and later.train.class_weights == "balanced"


def test_going_back_to_an_answer_gives_the_settings_from_before():
    start = set_by()
    there = guide.after_answer(start, {}, {"time": "much", "sides": "any"}, FACTS)
    assert guide.after_answer(there, {"time": "much", "sides": "any"}, {}, FACTS) == start


def test_what_was_changed_by_hand_is_named():
    by_hand = s.with_values(set_by(), ["train.epochs=3", "train.optimizer=sgd"])
    wanted = guide.guided({}, FACTS, base=by_hand)
    assert guide.changed_by_hand(by_hand, wanted) == ["train.epochs"]
    assert guide.changed_by_hand(wanted.settings, wanted) == []


@pytest.mark.parametrize("given", [{"time": "aeons"}, {"time": None}, {"time": ["much"]}, {"mood": "good"}])
def test_an_answer_that_does_not_exist_counts_as_none(given):
    assert guide.guided(given, FACTS, base=BASE).settings == set_by()
