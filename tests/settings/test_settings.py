import dataclasses
import json
import math
import re

import pytest
import torch
from torch import nn

from ftcore import settings as s
from ftcore.choices import Table
from ftcore.errors import SettingsError
from ftcore.models.groups import DepthGroup
from ftcore.settings import DatasetFacts, FreezeSettings, ModelSettings, RunSettings, TrainSettings, choices, fields

KINDS = {"": RunSettings, **s.SECTIONS}
FIELDS = list(fields.every())
NUMBERS = [field for field in FIELDS if field.type in (int, float)]
CHOICES = [field for field in FIELDS if field.choices is not None]
TABLES = [value for value in vars(choices).values() if isinstance(value, Table)]


def called(field):
    return field.key


def value_in(field, *value):
    """The value that a section has which is made with a value of one field, or with none."""
    return getattr(KINDS[field.section](**dict(zip([field.name], value, strict=False))), field.name)


@pytest.mark.parametrize("field", FIELDS, ids=called)
def test_every_setting_has_a_label_a_sentence_and_a_default_that_passes(field):
    assert field.label and field.label == field.label.strip(" .")
    assert field.help.endswith(".") and len(field.help) > 20
    assert value_in(field) == field.default and type(field.default) is field.type


@pytest.mark.parametrize("field", NUMBERS, ids=called)
def test_every_number_has_a_range_and_its_ends_belong_to_it(field):
    for end in (field.low, field.high):
        value = field.type(end)
        assert value_in(field, value) == value


@pytest.mark.parametrize("field", NUMBERS, ids=called)
def test_a_number_out_of_range_is_named_with_the_range(field):
    for value in (field.low - 1, field.high + 1):
        value = field.type(value)
        text = re.escape(f"{field.label} is {value}, expected {field.low:g} to {field.high:g}.")
        with pytest.raises(SettingsError, match=text):
            value_in(field, value)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("field", [field for field in NUMBERS if field.type is float], ids=called)
def test_a_number_that_is_none_is_refused(field, value):
    with pytest.raises(SettingsError, match=rf"is {value}, expected a number\. For example {field.default}"):
        value_in(field, value)


@pytest.mark.parametrize("value", [None, "7", [7], 7.5, True, {}])
def test_a_value_of_another_type_is_refused(value):
    with pytest.raises(SettingsError, match=r"^Epochs is .*, expected a whole number\. For example 8\.$"):
        TrainSettings(epochs=value)


@pytest.mark.parametrize("field", CHOICES, ids=called)
@pytest.mark.parametrize("value", ["none of these", None, 3, ["head"], {}])
def test_an_unknown_choice_is_named_with_the_known_ones(field, value):
    table = field.choices
    with pytest.raises(SettingsError, match=rf"Unknown {table.kind} .*Choose one of: {', '.join(table)}\."):
        value_in(field, value)


def test_an_unknown_preset_of_a_run_is_refused():
    with pytest.raises(SettingsError, match=r"Unknown preset 'turbo'\. Choose one of: quick, balanced, best\."):
        RunSettings(preset="turbo")


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.kind)
def test_every_choice_has_a_label_and_a_sentence(table):
    for row in table.rows.values():
        assert row.label and row.help.endswith(".")


def test_settings_cannot_be_changed_behind_the_check():
    with pytest.raises(dataclasses.FrozenInstanceError):
        RunSettings().train.epochs = 5000


# --set KEY=VALUE


def test_values_are_read_as_the_type_of_their_field():
    changed = s.with_values(
        RunSettings(),
        [
            "train.epochs=3",
            " train.lr = 1e-3 ",
            "model.pretrained=No",
            "freeze.preset=none",
            "seed=7",
            "model.name=a=b",
        ],
    )
    assert (changed.train.epochs, changed.train.lr, changed.seed) == (3, 0.001, 7)
    assert (changed.model.pretrained, changed.model.name) == (False, "a=b")
    assert changed.freeze.preset == "none"
    assert changed == dataclasses.replace(
        RunSettings(),
        seed=7,
        model=ModelSettings(name="a=b", pretrained=False),
        freeze=FreezeSettings(preset="none"),
        train=TrainSettings(epochs=3, lr=0.001),
    )


def test_every_key_can_be_set_to_its_own_default():
    pairs = [f"{field.key}={field.default}" for field in FIELDS]
    assert s.with_values(RunSettings(), pairs) == RunSettings()


@pytest.mark.parametrize(
    "pair, text",
    [
        ("train.epochs", r"'train.epochs' is not a setting\. Write KEY=VALUE"),
        ("", r"'' is not a setting"),
        ("train.epoch=3", r"Unknown setting 'train.epoch'\. Choose one of: seed, model.name"),
        ("epochs=3", r"Unknown setting 'epochs'"),
        ("dataset=x", r"Unknown setting 'dataset'"),
        ("model=x", r"Unknown setting 'model'"),
        ("=3", r"Unknown setting ''"),
        ("a.b.c=3", r"Unknown setting 'a.b.c'"),
        ("train.__class__=3", r"Unknown setting"),
        ("train.epochs=three", r"Epochs is 'three', expected a whole number\. For example 8\."),
        ("train.epochs=3.5", r"Epochs is '3.5', expected a whole number"),
        ("train.epochs=", r"Epochs is '', expected a whole number"),
        ("train.lr=fast", r"Learning rate is 'fast', expected a number\. For example 0.003\."),
        ("train.lr=nan", r"Learning rate is nan, expected a number"),
        ("train.lr=1e999", r"Learning rate is inf, expected a number"),
        ("train.lr=11", r"Learning rate is 11.0, expected 1e-07 to 10\."),
        ("model.pretrained=perhaps", r"Start from pretrained weights is 'perhaps', expected true or false"),
        ("train.optimizer=adamx", r"Unknown optimiser 'adamx'\. Choose one of: adamw, sgd"),
        (f"train.epochs={'9' * 5000}", r"Epochs is '9+', expected a whole number"),
    ],
)
def test_a_pair_that_cannot_be_applied_is_one_sentence(pair, text):
    with pytest.raises(SettingsError, match=text):
        s.with_values(RunSettings(), [pair])


def test_a_whole_number_will_do_where_a_fraction_is_expected():
    assert s.with_value(RunSettings(), "train.lr", 1).train.lr == 1.0
    assert s.from_json({"train": {"lr": 1}}).train.lr == 1.0


# JSON


def test_settings_come_back_from_json_as_they_were():
    given = s.with_values(RunSettings(dataset="x-1", preset="best"), ["train.lr=0.1", "seed=3", "model.fit=squash"])
    assert s.from_json(json.loads(json.dumps(s.to_json(given), allow_nan=False))) == given


def test_an_old_file_gets_the_defaults_of_what_it_lacks():
    assert s.from_json({}) == RunSettings()
    assert s.from_json({"train": {"epochs": 3}}) == RunSettings(train=TrainSettings(epochs=3))


@pytest.mark.parametrize(
    "value, text",
    [
        ([], "The settings are not a JSON object"),
        (None, "The settings are not a JSON object"),
        ({"train": 5}, "The settings' part 'train' is not a JSON object"),
        ({"train": {"epoch": 5}}, r"Unknown setting 'train\.epoch'\. Choose one of: seed"),
        ({"speed": 5}, "Unknown setting 'speed'"),
        ({"train": {"epochs": "5"}}, "Epochs is '5', expected a whole number"),
        ({"train": {"epochs": True}}, "Epochs is True, expected a whole number"),
        ({"train": {"lr": True}}, "Learning rate is True, expected a number"),
        ({"train": {"lr": None}}, "Learning rate is None, expected a number"),
        ({"train": {"lr": 10**400}}, "Learning rate is 1000*, expected"),
        ({"train": {"optimiser": ["sgd"]}}, r"Unknown optimiser \['sgd'\]"),
        ({"model": {"name": 5}}, "Model is 5, expected text"),
        ({"preset": {}}, "Unknown preset {}"),
        ({"seed": 1.5}, "Seed is 1.5, expected a whole number"),
    ],
)
def test_a_file_that_does_not_fit_is_one_sentence(value, text):
    with pytest.raises(SettingsError, match=text):
        s.from_json(value)


# suggest


@pytest.mark.parametrize(
    "side, native, size",
    [(8, 224, 96), (28, 240, 96), (63, 224, 96), (64, 224, 160), (159, 260, 160), (160, 224, 224), (288, 260, 260),
     (28, 64, 64), (100, 128, 128)],
)  # fmt: skip
def test_the_image_size_follows_the_pictures_and_the_model(side, native, size):
    facts = DatasetFacts(n_train=500, n_classes=3, side=side)
    assert s.suggest("quick", facts, native_size=native).model.image_size == size


@pytest.mark.parametrize("n_train, batch_size", [(3, 8), (63, 8), (64, 16), (255, 16), (256, 32), (10**6, 32)])
@pytest.mark.parametrize("preset", list(s.PRESETS))
def test_few_pictures_get_small_batches(preset, n_train, batch_size):
    facts = DatasetFacts(n_train=n_train, n_classes=3, side=224)
    assert s.suggest(preset, facts).train.batch_size == batch_size


@pytest.mark.parametrize("preset", list(s.PRESETS))
def test_more_pictures_never_get_more_epochs(preset):
    counts = (1, 10, 100, 1_000, 10_000, 1_000_000)
    epochs = [s.suggest(preset, DatasetFacts(n_train=n, n_classes=2, side=224)).train.epochs for n in counts]
    assert epochs[0] > epochs[-1]
    assert epochs[2:] == sorted(epochs[2:], reverse=True)


def test_a_preset_decides_what_learns():
    facts = DatasetFacts(n_train=1_000, n_classes=10, side=224)
    found = [s.suggest(preset, facts) for preset in ("quick", "balanced", "best")]
    assert [one.freeze.preset for one in found] == ["head", "head_then_last", "half"]
    assert [one.augment.views for one in found] == [0, 4, 8]
    assert [one.train.ema for one in found] == [0.0, 0.0, 0.99]
    assert [one.preset for one in found] == ["quick", "balanced", "best"]


@pytest.mark.parametrize(("n", "task"), [(499, "multiclass"), (3001, "multilabel"), (1000, "regression")])
def test_the_best_preset_stays_shallow_with_few_pictures_with_very_many_and_for_numbers(n, task):
    found = s.suggest("best", DatasetFacts(n_train=n, n_classes=2, side=32, task=task))
    assert (found.freeze.preset, found.train.ema, found.model.image_size) == ("head_then_last", 0.0, 96)


def test_going_back_from_the_best_preset_leaves_nothing_of_it_behind():
    facts = DatasetFacts(n_train=1_000, n_classes=10, side=32)
    assert s.suggest("quick", facts, base=s.suggest("best", facts)) == s.suggest("quick", facts)


def test_a_suggestion_keeps_what_the_preset_has_no_say_in():
    base = s.with_values(RunSettings(dataset="d"), ["seed=9", "model.name=resnet18", "train.optimizer=sgd"])
    found = s.suggest("best", DatasetFacts(n_train=10, n_classes=2, side=32), base=base)
    assert (found.dataset, found.seed, found.model.name, found.train.optimizer) == ("d", 9, "resnet18", "sgd")


def test_a_suggestion_stays_within_what_leaves_the_answers_true():
    facts = DatasetFacts(
        n_train=100, n_classes=1, side=224, task="regression", limits=(("flip", "none"), ("rotate", 0.0))
    )
    base = s.with_values(RunSettings(), ["augment.flip=both", "augment.shift=0.2"])
    augment = s.suggest("best", facts, base=base).augment
    assert (augment.flip, augment.rotate, augment.shift) == ("none", 0.0, 0.2)


def test_no_suggestion_for_an_unknown_preset():
    with pytest.raises(SettingsError, match="Unknown preset 'turbo'"):
        s.suggest("turbo", DatasetFacts(n_train=10, n_classes=2, side=32))


# every name of a table is known to whoever acts on it


@pytest.mark.parametrize("name", list(s.OPTIMIZERS))
def test_every_optimiser_can_be_built(name):
    from ftcore.training.recipe.optimizers import build_optimizer

    model = nn.Linear(2, 2)
    before = model.weight.detach().clone()
    head = DepthGroup("head", 1, ("weight", "bias"))
    optimiser = build_optimizer(name, model, [head], lr=0.1, layer_decay=0.8, body_share=0.2, weight_decay=0.0)
    model(torch.ones(1, 2)).sum().backward()
    optimiser.step()
    assert not torch.equal(before, model.weight)


@pytest.mark.parametrize("name", list(s.FREEZE_PRESETS))
def test_every_freezing_preset_has_phases(name):
    from ftcore.freezing.plan import make_phases

    groups = [DepthGroup(f"stage {i}", i, (f"p{i}",)) for i in range(9)]
    assert sum(phase.n_epochs for phase in make_phases(name, groups, 8)) == 8


@pytest.mark.parametrize("name", list(s.SCHEDULES))
def test_every_schedule_starts_at_its_peak_unless_it_climbs_by_itself(name):
    from ftcore.training.recipe.schedules import factor

    settings = TrainSettings(schedule=name, warmup=0.0)
    assert factor(settings, 0, 10) == pytest.approx(1 / 25 if name == "one_cycle" else 1.0)


@pytest.mark.parametrize("name", list(s.FITS))
def test_every_fit_is_known_to_preprocessing(name):
    from ftcore.preprocessing import Preprocessing

    assert Preprocessing(size=8, fit=name).fit == name


# tasks


@pytest.mark.parametrize("preset", list(s.PRESETS))
@pytest.mark.parametrize(
    "task, n_classes, loss, monitor",
    [
        ("multiclass", 3, "cross_entropy", "accuracy"),
        ("multilabel", 3, "bce", "mean_average_precision"),
        ("regression", 1, "mse", "mae"),
        ("regression", 2, "mse", "r2"),
    ],
)
def test_what_is_suggested_serves_the_task(preset, task, n_classes, loss, monitor):
    found = s.suggest(preset, DatasetFacts(n_train=100, n_classes=n_classes, side=64, task=task))
    assert (found.train.loss, found.train.monitor) == (loss, monitor)
    s.check_task(found, task, n_classes)


def test_a_loss_and_a_monitor_that_serve_the_task_stay():
    base = s.with_values(s.RunSettings(), ["train.loss=huber", "train.monitor=rmse"])
    found = s.suggest("quick", DatasetFacts(n_train=100, n_classes=1, side=64, task="regression"), base=base)
    assert (found.train.loss, found.train.monitor) == ("huber", "rmse")


def test_a_form_is_told_which_choices_serve_a_task():
    assert s.serving("train.loss", "regression") == ["mse", "mae", "huber"]
    assert s.serving("train.monitor", "multilabel")[-1] == "loss" and "accuracy" not in s.serving(
        "train.monitor", "multilabel"
    )
    assert s.serving("train.optimizer", "regression") == list(s.OPTIMIZERS)


@pytest.mark.parametrize(
    "task, n_classes, value, fix",
    [
        ("regression", 1, "train.loss=focal", "mse, mae, huber"),
        ("multilabel", 3, "train.monitor=mae", "exact_match"),
        ("regression", 1, "train.label_smoothing=0.1", "train.label_smoothing to 0"),
        ("multilabel", 2, "model.binary=sigmoid", "model.binary to softmax"),
        ("multiclass", 3, "model.binary=sigmoid", "model.binary to softmax"),
    ],
)
def test_what_cannot_serve_a_task_is_named_with_what_can(task, n_classes, value, fix):
    fitting = s.suggest("quick", DatasetFacts(n_train=100, n_classes=n_classes, side=64, task=task))
    with pytest.raises(SettingsError) as raised:
        s.check_task(s.with_values(fitting, [value]), task, n_classes)
    assert fix in raised.value.fix
