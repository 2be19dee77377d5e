"""One typed field says everything about a setting, and whoever needs it reads it there."""

from dataclasses import dataclass, replace

import pytest

from ftcore import settings as s
from ftcore.errors import SettingsError
from ftcore.runs import lr_trials
from ftcore.settings import RunSettings, conflicts, fields
from ftcore.settings.declaration import Field, OnlyWith, setting
from ftcore.training.cost import price

FIELDS = list(fields.every())


def called(field):
    return field.key


def another(field):
    """A value that the field allows and that is not its default."""
    if field.type is bool:
        return not field.default
    if field.choices is not None:
        return next(name for name in field.choices if name != field.default)
    if field.type is str:
        return "3:head" if field.key == "freeze.phases" else "another"
    return field.type(field.low if field.low != field.default else field.high)


def test_every_field_has_one_key_under_which_it_is_found():
    assert len({field.key for field in FIELDS}) == len(FIELDS)
    assert all(fields.of(field.key) is field for field in FIELDS)
    assert [field for section in s.SECTIONS for field in fields.in_section(section)] == FIELDS[1:]
    assert (FIELDS[0].key, FIELDS[0].section, FIELDS[0].name) == ("seed", "", "seed")
    assert (fields.of("train.lr").section, fields.of("train.lr").name) == ("train", "lr")


def test_every_field_of_a_section_is_a_setting():
    declared = {f"{section}.{name}" for section, kind in s.SECTIONS.items() for name in kind.__dataclass_fields__}
    assert declared == {field.key for field in FIELDS if field.section}


def test_what_an_earlier_version_called_a_field_finds_it():
    assert fields.of("train.optimiser") is fields.of("train.optimizer")
    known = {field.key for field in FIELDS}
    assert not any(set(field.formerly) & known for field in FIELDS), "a former name is never used again"


@pytest.mark.parametrize("key", ["speed", "train.speed", "", ".lr", "lr", "train."])
def test_an_unknown_key_is_named_with_the_known_ones(key):
    with pytest.raises(SettingsError, match=rf"^Unknown setting '{key}'\. Choose one of: seed, model\.name, "):
        fields.of(key)


@pytest.mark.parametrize("field", FIELDS, ids=called)
def test_a_logarithmic_scale_begins_above_zero(field):
    if field.scale == "log":
        begins = field.low or field.log_low
        assert begins and 0 < begins < field.high
        assert field.default == 0 or begins <= field.default
    else:
        assert field.log_low is None


def test_a_scale_that_nobody_knows_is_refused():
    with pytest.raises(ValueError, match="scale 'square', expected one of linear, log"):
        setting(1.0, "Side", "How long a side is.", low=0.0, high=1.0, scale="square")


@pytest.mark.parametrize("field", [field for field in FIELDS if field.only_with], ids=called)
def test_what_a_setting_needs_is_a_choice_of_its_own_section(field):
    needed = fields.of(f"{field.section}.{field.only_with.name}")
    assert set(field.only_with.values) < set(needed.choices)
    for name in needed.choices:
        settings = s.with_value(RunSettings(), needed.key, name)
        assert field.acts_in(s.section_of(settings, field)) == (name in field.only_with.values)


def test_a_setting_that_needs_nothing_always_acts():
    assert fields.of("train.lr").acts_in(RunSettings().train)


def test_a_field_reads_texts_and_takes_whole_numbers_for_fractions():
    share = Field(key="a.share", type=float, default=0.5, label="Share", help="How much of it.", low=0.0, high=1.0)
    assert (share.read("0.25"), share.widened(1), type(share.widened(1))) == (0.25, 1.0, float)
    with pytest.raises(SettingsError, match=r"Share is 'much', expected a number\. For example 0\.5\."):
        share.read("much")
    with pytest.raises(SettingsError, match="Share is 2, expected a number"):
        share.check(2)


@pytest.mark.parametrize("field", FIELDS, ids=called)
def test_the_price_depends_on_a_setting_if_its_field_says_so(field, workspace):
    base = RunSettings(dataset="digits-1")
    changed = s.with_value(base, field.key, another(field))
    assert (price.key(changed) != price.key(base)) == field.affects_cost


@pytest.mark.parametrize("field", FIELDS, ids=called)
def test_a_trial_of_learning_rates_depends_on_a_setting_if_its_field_says_so(field, workspace):
    base = RunSettings(dataset="digits-1")
    if field.only_with:
        base = s.with_value(base, f"{field.section}.{field.only_with.name}", field.only_with.values[0])
    lr_trials.create(base, "Digits")
    changed = s.with_value(base, field.key, another(field))
    assert (lr_trials.find(changed) is None) == field.affects_lr_finder


def test_a_trial_does_not_depend_on_what_does_not_act(workspace):
    base = RunSettings(dataset="digits-1")
    job = lr_trials.create(base, "Digits")
    assert lr_trials.find(s.with_values(base, ["train.focal_gamma=3"])) == job
    focal = s.with_values(base, ["train.loss=focal"])
    assert lr_trials.find(s.with_values(focal, ["train.focal_gamma=3"])) is None


def test_settings_at_their_defaults_differ_in_nothing_else():
    chosen = [fields.of("seed"), fields.of("train.lr"), fields.of("freeze.preset")]
    changed = s.with_values(RunSettings(dataset="a"), ["seed=3", "train.lr=1", "freeze.preset=none", "train.epochs=3"])
    assert s.at_defaults(changed, chosen) == s.with_values(RunSettings(dataset="a"), ["train.epochs=3"])


def test_a_field_that_somebody_adds_later_is_found(monkeypatch):
    @dataclass(frozen=True, kw_only=True)
    class Later:
        warp: float = setting(0.5, "Warp", "How far it warps.", low=0.0, high=1.0, only_with=OnlyWith("on", (True,)))

    monkeypatch.setitem(s.SECTIONS, "later", Later)
    assert fields.of("later.warp") == replace(fields.in_section("later")[0]) and fields.of("later.warp").high == 1.0


@pytest.mark.parametrize("package", [s, conflicts], ids=["settings", "conflicts"])
def test_the_public_face_is_complete_and_sorted(package):
    assert package.__all__ == sorted(package.__all__, key=lambda name: (not name.isupper(), name[0].islower(), name))
    assert all(hasattr(package, name) for name in package.__all__)
