"""Every rule fires where it should, is silent where it should, and its own changes end it."""

import pytest

from ftcore.settings import OPTIMIZERS, DatasetFacts, RunSettings, suggest, with_values
from ftcore.settings import conflicts as c
from ftcore.settings.conflicts import Facts, find_conflicts

FACTS = {"n_train": 1000, "n_classes": 3, "side": 256, "smallest": 300, "largest": 360, "native_size": 224}

# rule: the values and facts at which it fires, those at which it is silent, and words of its sentence
CASES = {
    "_start_is_gone": (
        (["model.start=mine"], {"start_is_gone": "There are no weights 'mine' in this workspace."}),
        (["model.start=mine"], {}),
        "and cannot: There are no weights 'mine'",
    ),
    "_weights_are_away": (
        (["model.name=resnet50"], {"weights_are_away": "They are not on this machine, and there is no network."}),
        (["model.name=resnet50", "model.start=mine"], {"weights_are_away": "They are not on this machine."}),
        "could not begin: They are not on this machine",
    ),
    "_one_output_for_others_than_two": (
        (["model.binary=sigmoid"], {}),
        (["model.binary=sigmoid"], {"n_classes": 2}),
        "can only tell two classes apart",
    ),
    "_pooling_not_taken": (
        (["model.pool=token"], {"poolings": ("default", "avg")}),
        (["model.pool=avg"], {"poolings": ("default", "avg")}),
        "does not take the pooling “Class token”",
    ),
    "_no_such_phases": (
        (["freeze.preset=custom"], {"not_in_plan": "This model has no 'stage 9'."}),
        (["freeze.preset=half"], {"not_in_plan": "This model has no 'stage 9'."}),
        "has no 'stage 9'. The run would end at once",
    ),
    "_no_drop_path": (
        (["model.drop_path=0.1", "freeze.preset=half"], {"takes_drop_path": False}),
        (["model.drop_path=0.1", "freeze.preset=half"], {"takes_drop_path": True}),
        "drop path does nothing",
    ),
    "_pieces_of_tokens": (
        (["train.cutmix=1", "freeze.preset=half"], {"is_spatial": False}),
        (["train.cutmix=1", "freeze.preset=none"], {"is_spatial": False}),
        "a list of tokens",
    ),
    "_mean_of_several_units": (
        (["train.monitor=mae", "train.loss=mse"], {"task": "regression", "units": ("kg", "cm")}),
        (["train.monitor=mae", "train.loss=mse"], {"task": "regression", "units": ("kg", "kg")}),
        "a mean over kg and cm",
    ),
    "_frozen_untrained": (
        (["model.pretrained=false"], {}),
        (["model.pretrained=false", "freeze.preset=none"], {}),
        "would stay random",
    ),
    "_adapters_without_layers": (
        (["freeze.lora_rank=8"], {}),
        (["freeze.lora_rank=8", "freeze.preset=last_stage"], {}),
        "there will be none",
    ),
    "_adapters_from_the_first_layer_on": (
        (["freeze.lora_rank=8", "freeze.preset=none"], {}),
        (["freeze.lora_rank=8", "freeze.preset=none", "engine.cache=off"], {}),
        "nothing can be computed only once",
    ),
    "_all_with_few_pictures": (
        (["freeze.preset=none"], {"n_train": 199}),
        (["freeze.preset=none"], {"n_train": 200}),
        "learns from only 199 pictures",
    ),
    "_fewer_epochs_than_phases": (
        (["freeze.preset=gradual", "train.epochs=3"], {}),
        (["freeze.preset=gradual", "train.epochs=4"], {}),
        "goes through 4 phases, and there are only 3 epochs",
    ),
    "_phases_of_another_length": (
        (["freeze.preset=custom", "freeze.phases=2:head, 10:all"], {}),
        (["freeze.preset=custom", "freeze.phases=2:head, rest:all"], {}),
        "Your phases have 12 epochs and the run has 8",
    ),
    "_nothing_computed_once": (
        (["freeze.batch_norm=everywhere"], {}),
        (["freeze.batch_norm=everywhere", "engine.cache=off"], {}),
        "every epoch takes nearly the full time",
    ),
    "_nothing_there_to_hold": (
        (["model.drop_path=0.1", "train.l2_sp=0.1"], {}),
        (["model.drop_path=0.1", "train.l2_sp=0.1", "freeze.preset=half"], {}),
        "nothing for drop path and the pull towards the pretrained weights to act on",
    ),
    "_pulled_towards_nothing": (
        (["train.l2_sp=0.1", "model.pretrained=false"], {}),
        (["train.l2_sp=0.1"], {}),
        "without pretrained weights that is chance",
    ),
    "_rate_never_falls": (
        (["train.schedule=plateau", "train.plateau_patience=6"], {}),
        (["train.schedule=plateau", "train.plateau_patience=5"], {}),
        "a run of 8 epochs is too short: it never falls",
    ),
    "_ends_before_the_rate_falls": (
        (["train.schedule=plateau", "train.plateau_patience=2", "train.patience=3"], {}),
        (["train.schedule=plateau", "train.plateau_patience=2", "train.patience=4"], {}),
        "ends after 3 epochs without progress, before a lower rate (after 3)",
    ),
    "_mixed_focal": (
        (["train.loss=focal", "train.mixup=0.2"], {}),
        (["train.mixup=0.2"], {}),
        "give each picture two",
    ),
    "_mixed_and_smoothed": (
        (["train.cutmix=1", "train.label_smoothing=0.1"], {}),
        (["train.cutmix=1"], {}),
        "keep the model from being too sure",
    ),
    "_mixed_in_a_short_run": (
        (["train.mixup=0.2", "train.epochs=4"], {}),
        (["train.mixup=0.2", "train.epochs=5"], {}),
        "in 4 epochs it mostly costs",
    ),
    "_pieces_without_places": (
        (["train.cutmix=1"], {}),
        (["train.cutmix=1", "freeze.preset=half"], {}),
        "Mixup takes its place",
    ),
    "_other_size_than_built_for": (
        (["model.image_size=160"], {"fixed_size": True}),
        (["model.image_size=160"], {"fixed_size": False}),
        "trained on pictures of 224 pixels",
    ),
    "_enlarged_for_nothing": (
        (["model.image_size=224"], {"side": 28}),
        (["model.image_size=96"], {"side": 28}),
        "about 28 pixels and are enlarged to 224",
    ),
    "_rate_out_of_the_usual": (
        (["train.lr=0.5"], {}),
        (["train.lr=0.5", "train.optimizer=sgd"], {}),
        "0.5 is high for AdamW: usual are 0.0001 to 0.02",
    ),
    "_batch_larger_than_the_split": (
        (["train.batch_size=64"], {"n_train": 63}),
        (["train.batch_size=64"], {"n_train": 64}),
        "A batch of 64 is larger than the 63 training pictures",
    ),
    "_batch_norm_of_a_few": (
        (["train.batch_size=2", "freeze.preset=last_stage"], {}),
        (["train.batch_size=2", "freeze.preset=last_stage", "model.name=vit_tiny_patch16_224"], {}),
        "a batch of 2 is too small",
    ),
    "_too_few_steps": (
        (["train.epochs=2"], {"n_train": 100}),
        (["train.epochs=13"], {"n_train": 100}),
        "move only 8 times",
    ),
    "_one_cycle_with_warm_up": (
        (["train.schedule=one_cycle"], {}),
        (["train.schedule=one_cycle", "train.warmup=0"], {}),
        "the warm-up of 5% does nothing",
    ),
    "_average_of_too_few_steps": (
        (["train.ema=0.999", "train.epochs=8"], {}),
        (["train.ema=0.99", "train.epochs=8"], {}),
        "looks back over about 1,000 steps. It begins with few and takes more as the run goes on, and a run of 256",
    ),
    "_patience_longer_than_the_run": (
        (["train.patience=7"], {}),
        (["train.patience=6"], {}),
        "cannot happen in a run of 8",
    ),
    "_pieces_of_numbers": (
        (["train.loss=mae", "train.cutmix=1", "freeze.preset=half"], {}),
        (["train.cutmix=1", "freeze.preset=half"], {}),
        "a quarter of another face",
    ),
    "_smoothed_numbers": (
        (["train.loss=mse", "train.label_smoothing=0.1"], {}),
        (["train.loss=mse"], {}),
        "compares numbers, which have none",
    ),
    "_smoothed_focal": (
        (["train.loss=focal", "train.label_smoothing=0.1"], {}),
        (["train.loss=cross_entropy", "train.label_smoothing=0.1"], {}),
        "each undoes part of the other",
    ),
    "_focal_and_weighted": (
        (["train.loss=focal", "train.class_weights=balanced"], {}),
        (["train.loss=focal"], {}),
        "both favour rare classes",
    ),
    "_weighted_without_need": (
        (["train.class_weights=balanced"], {}),
        (["train.class_weights=balanced"], {"smallest": 100}),
        "300 to 360 pictures",
    ),
    "_unweighted_in_need": (
        ([], {"smallest": 30}),
        (["train.class_weights=balanced"], {"smallest": 30}),
        "12 times as many pictures as the smallest",
    ),
    "_body_nearly_as_fast_as_the_head": (
        (["freeze.body_share=1", "freeze.preset=half"], {}),
        (["freeze.body_share=1", "freeze.preset=half", "train.lr=0.0003"], {}),
        "Pretrained layers learn at up to 0.003, 1 times the rate of the head",
    ),
    "_average_of_the_first_steps": (
        (["train.ema=0.999", "train.ema_warmup=false"], {}),
        (["train.ema=0.9", "train.ema_warmup=false"], {}),
        "After a run of 256 steps, 77% of a moving average of 0.999 are still the weights of its first step",
    ),
    "_share_of_nothing": (
        (["train.mixup_switch_prob=0.8", "train.cutmix=1"], {}),
        (["train.mixup_switch_prob=0.8", "train.cutmix=1", "train.mixup=0.2"], {}),
        "The share of CutMix, 80%, does nothing unless both",
    ),
    "_changed_without_effect": (
        (["train.momentum=0.8", "train.eps=1e-6", "augment.rand_ops=3"], {}),
        (["train.momentum=0.8", "train.optimizer=sgd", "train.lr=0.03"], {}),
        "“Momentum” does nothing unless “Optimiser” is SGD with momentum.",
    ),
    "_fresh_views_through_frozen_layers": (
        (["augment.fresh=true"], {}),
        (["augment.fresh=true", "freeze.preset=none"], {}),
        "through the frozen part again in each epoch",
    ),
}
RULES = {rule.__name__: rule for rule in c.RULES}


def made(values, facts):
    return with_values(RunSettings(), values), Facts(**{**FACTS, **facts})


def test_every_rule_has_its_case():
    assert set(CASES) == set(RULES) and len(RULES) == len(c.RULES)


@pytest.mark.parametrize("name", RULES)
def test_a_rule_fires_and_its_own_changes_end_it(name):
    settings, facts = made(*CASES[name][0])
    answer = RULES[name](settings, facts)
    assert CASES[name][2] in answer.sentence and answer.sentence.endswith(".")
    assert answer.severity in c.SEVERITIES and answer.keys and answer.changes
    assert {change.partition("=")[0] for change in answer.changes} & set(answer.keys)
    assert RULES[name](with_values(settings, answer.changes), facts) is None
    assert answer in find_conflicts(settings, facts)


@pytest.mark.parametrize("name", RULES)
def test_a_rule_is_silent_where_nothing_is_wrong(name):
    assert RULES[name](*made(*CASES[name][1])) is None


@pytest.mark.parametrize("n_train", [60, 500, 5000])
@pytest.mark.parametrize("side", [28, 100, 300])
@pytest.mark.parametrize("preset", ["quick", "balanced", "best"])
def test_what_the_app_suggests_contradicts_nothing(preset, side, n_train):
    facts = DatasetFacts(n_train=n_train, n_classes=3, side=side)
    assert find_conflicts(suggest(preset, facts), facts) == []


@pytest.mark.parametrize(("momentum", "is_usual"), [(0.9, True), (0.0, True), (0.99, False)])
def test_the_usual_rate_of_sgd_depends_on_its_momentum(momentum, is_usual):
    values = ["train.optimizer=sgd", f"train.momentum={momentum}", "train.lr=0.1"]
    found = [answer for answer in find_conflicts(*made(values, {})) if answer.severity == "warning"]
    assert (found == []) == is_usual
    for answer in found:
        assert "0.1 is high for SGD" in answer.sentence and answer.changes == ("train.lr=0.003",)


def test_the_worst_comes_first():
    settings = with_values(
        RunSettings(), ["train.schedule=one_cycle", "train.lr=5", "model.pretrained=false", "train.patience=9"]
    )
    found = find_conflicts(settings, DatasetFacts(n_train=1000, n_classes=3, side=256))
    assert [answer.severity for answer in found] == ["serious", "warning", "note", "note"]


@pytest.mark.parametrize(
    "values, words",
    [
        (["freeze.preset=gradual", "freeze.every=3", "train.epochs=9"], "before the last of them 9 epochs go by"),
        (["freeze.preset=custom", "freeze.phases=4:head, 4:half, rest:all"], "goes through 3 phases, before the last"),
        (["freeze.preset=head_then_last", "freeze.unfreeze=on_plateau", "train.epochs=3"], "3 epochs go by"),
        (
            ["freeze.preset=gradual", "freeze.gradual=group", "train.epochs=2"],
            "at least 3 phases, and there are only 2",
        ),
    ],
)
def test_phases_that_do_not_fit_are_told_whatever_makes_them(values, words):
    settings, facts = made(values, {})
    answer = RULES["_fewer_epochs_than_phases"](settings, facts)
    assert words in answer.sentence
    assert RULES["_fewer_epochs_than_phases"](with_values(settings, answer.changes), facts) is None


def test_what_begins_in_the_last_possible_epoch_begins():
    late = ["freeze.preset=gradual", "freeze.unfreeze=on_plateau", "freeze.every=3", "train.epochs=11"]
    settings, facts = made(late, {})  # best in epoch 1, stale in 2 to 4, 5 to 7 and 8 to 10
    assert RULES["_fewer_epochs_than_phases"](settings, facts) is None
    settings = with_values(settings, ["train.epochs=10"])
    assert "10 epochs go by" in RULES["_fewer_epochs_than_phases"](settings, facts).sentence


@pytest.mark.parametrize(
    "freeze, quiet",
    [
        (["freeze.preset=gradual"], True),
        (["freeze.preset=custom", "freeze.phases=1:head, rest:All"], True),
        (["freeze.preset=custom", "freeze.phases=1:head, rest:100%"], True),
        (["freeze.preset=custom", "freeze.phases=1:head, rest:half"], False),
        (["freeze.preset=gradual", "freeze.lora_rank=8"], False),
    ],
)
def test_what_learns_in_the_end_does_not_stay_random(freeze, quiet):
    settings, facts = made(["model.pretrained=false", *freeze], {})
    assert (RULES["_frozen_untrained"](settings, facts) is None) == quiet


def test_a_rate_falls_only_within_a_phase_that_is_long_enough():
    settings, facts = made(["train.schedule=plateau", "freeze.preset=gradual"], {"longest_phase": 4})
    assert "phases of at most 4 epochs are too short" in RULES["_rate_never_falls"](settings, facts).sentence
    settings, facts = made(["train.schedule=plateau", "freeze.preset=gradual"], {"longest_phase": 5})
    assert RULES["_rate_never_falls"](settings, facts) is None


@pytest.mark.parametrize("last_phase", [1, 2, 6])
def test_a_run_ends_early_only_within_its_last_phase(last_phase):
    settings, facts = made([f"train.patience={last_phase}", "freeze.preset=gradual"], {"last_phase": last_phase})
    answer = RULES["_patience_longer_than_the_run"](settings, facts)
    assert f"the {last_phase} of the last phase" in answer.sentence
    shorter = with_values(settings, [f"train.patience={last_phase - 1}"])
    assert RULES["_patience_longer_than_the_run"](shorter, facts) is None


@pytest.mark.parametrize("epochs", [1, 2, 3, 50])
def test_an_average_is_offered_that_ends_its_note_in_runs_of_any_length(epochs):
    settings, facts = made([f"train.epochs={epochs}", "train.ema=0.9999", "train.batch_size=1000"], {})
    answer = RULES["_average_of_too_few_steps"](settings, facts)
    assert RULES["_average_of_too_few_steps"](with_values(settings, answer.changes), facts) is None


def test_weights_of_several_labels_are_not_called_useless():
    settings, facts = made(["train.class_weights=balanced"], {"task": "multilabel"})
    assert RULES["_weighted_without_need"](settings, facts) is None


@pytest.mark.parametrize(
    "values, quiet", [(["freeze.batch_norm=fixed"], True), (["freeze.lora_rank=8"], True), ([], False)]
)
def test_batch_norm_that_does_not_adapt_needs_no_batch(values, quiet):
    settings, facts = made(["train.batch_size=2", "freeze.preset=half", *values], {"n_train": 60})
    answer = RULES["_batch_norm_of_a_few"](settings, facts)
    assert answer is None if quiet else answer.changes == ("freeze.batch_norm=fixed",)


def test_every_optimiser_has_its_usual_rates():
    assert set(c.USUAL_RATES) == set(OPTIMIZERS)
    assert all(low < usual < high for low, high, usual in c.USUAL_RATES.values())


def test_counts_and_what_is_known_of_the_model_become_facts():
    plain = DatasetFacts(n_train=30, n_classes=2, side=64)
    found = c.with_counts(plain, [10, 20], native_size=224, fixed_size=True)
    assert (found.smallest, found.largest, found.imbalance, found.native_size, found.fixed_size) == (
        10, 20, 2.0, 224, True,
    )  # fmt: skip
    assert c.with_counts(plain).imbalance == 1.0
    assert c.with_counts(plain, [0, 20]).imbalance == 20.0
