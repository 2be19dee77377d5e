import copy
import dataclasses

import pytest
import torch
from torch.nn import functional
from torch.optim.lr_scheduler import CosineAnnealingLR

from ftcore.evaluation.predict import predict_outputs
from ftcore.events import EpochDone, Failed, FeaturesCached, Note, Planned, StepDone, Stopped
from ftcore.models.depth_groups import head_parameters
from ftcore.training import loop
from ftcore.training.loop import finetune
from ftcore.training.recipe.layer_lr import BODY_SHARE
from ftcore.training.recipe.optimizers import build_optimizer


def copied(model):
    return {name: value.clone() for name, value in model.state_dict().items()}


def epochs(events):
    return [event for event in events if isinstance(event, EpochDone)]


def kinds(events):
    """Without how each phase got its inputs, which the engine's tests look at."""
    return [type(event).__name__ for event in events if not isinstance(event, FeaturesCached)]


@pytest.fixture
def every_step(monkeypatch):
    """Every step is reported."""
    monkeypatch.setattr(loop, "REPORT_EVERY", 0.0)


@pytest.fixture
def made_up(monkeypatch):
    """Validation answers with made-up (loss, accuracy) pairs."""

    def use(pairs):
        answers = iter(pairs)
        monkeypatch.setattr(
            loop, "validate", lambda context: dict(zip(("loss", "accuracy"), next(answers), strict=True))
        )

    return use


def test_a_run_says_its_plan_then_its_steps_then_each_epoch(make_context, every_step):
    events = list(finetune(make_context()))
    assert kinds(events) == ["Planned", *["StepDone", "StepDone", "StepDone", "EpochDone"] * 3]
    assert [event.step for event in events if isinstance(event, StepDone)] == list(range(1, 10))
    assert [(event.epoch, event.step) for event in epochs(events)] == [(0, 3), (1, 6), (2, 9)]
    plan = events[0]
    assert (plan.n_epochs, plan.n_steps, plan.n_train, plan.n_val) == (3, 9, 42, 9)
    assert plan.monitor == "accuracy"


def test_the_plan_counts_what_learns_in_each_phase(make_context):
    context = make_context("freeze.preset=head_then_last", "train.epochs=4")
    plan = next(finetune(context))
    assert isinstance(plan, Planned)
    sizes = {name: parameter.numel() for name, parameter in context.model.named_parameters()}
    assert plan.n_parameters == sum(sizes.values())
    assert plan.phases[0]["trainable"] == sum(sizes[name] for name in head_parameters(context.model))
    assert [(phase["first_epoch"], phase["n_epochs"]) for phase in plan.phases] == [(0, 1), (1, 3)]
    assert [phase["groups"][-1] for phase in plan.phases] == ["head", "head"]


def test_it_learns_to_tell_the_colours_apart(make_context):
    events = list(finetune(make_context("train.epochs=25", "freeze.layer_decay=1.0")))
    assert epochs(events)[-1].train["loss"] < 0.5 * epochs(events)[0].train["loss"]
    assert max(event.val["accuracy"] for event in epochs(events)) == 1.0


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_every_step_is_that_of_a_plain_loop(make_context, every_step, smoothing):
    values = ("freeze.layer_decay=1.0", "train.warmup=0.0", f"train.label_smoothing={smoothing}")
    context = make_context(*values)
    model, batches = copy.deepcopy(context.model).train(), make_context(*values).train
    head = set(head_parameters(model))
    groups = [
        {
            "params": [p for n, p in model.named_parameters() if (n in head) == is_head and (p.ndim > 1) == decays],
            "lr": 0.01 if is_head else 0.01 * BODY_SHARE,
            "weight_decay": 0.01 if decays else 0.0,
        }
        for is_head in (True, False)
        for decays in (True, False)
    ]
    optimiser = torch.optim.AdamW(groups)
    scheduler = CosineAnnealingLR(optimiser, T_max=9)
    losses, rates = [], []
    for epoch in range(3):
        for images, targets in batches.epoch(epoch):
            outputs = model(images)
            losses.append(functional.cross_entropy(outputs, targets).item())
            rates.append(scheduler.get_last_lr()[0])
            optimiser.zero_grad()
            functional.cross_entropy(outputs, targets, label_smoothing=smoothing).backward()
            optimiser.step()
            scheduler.step()
    events = list(finetune(context))
    steps = [event for event in events if isinstance(event, StepDone)]
    assert [event.loss for event in steps] == pytest.approx(losses, rel=1e-3)
    assert [event.lr for event in steps] == pytest.approx(rates)
    model.eval()
    outputs, targets = predict_outputs(model, context.validation.epoch())
    assert epochs(events)[-1].val["loss"] == pytest.approx(functional.cross_entropy(outputs, targets).item(), rel=1e-2)


def test_training_numbers_are_means_over_pictures_not_over_batches(make_context, every_step):
    events = list(finetune(make_context("train.batch_size=16", "train.epochs=1")))
    steps = [event.loss for event in events if isinstance(event, StepDone)]
    sizes = [14, 14, 14]
    expected = sum(loss * size for loss, size in zip(steps, sizes, strict=True)) / 42
    assert epochs(events)[0].train["loss"] == pytest.approx(expected)


def test_the_same_settings_give_the_same_numbers(make_context):
    values = ("model.dropout=0.3", "train.ema=0.9")
    first, again, other = (epochs(finetune(make_context(*values, f"seed={seed}"))) for seed in (1, 1, 2))
    assert [(event.train, event.val) for event in first] == [(event.train, event.val) for event in again]
    assert [event.train for event in first] != [event.train for event in other]


def test_a_head_alone_leaves_every_other_bit_as_it_was(make_context):
    context = make_context("freeze.preset=head")
    before, head = copied(context.model), set(head_parameters(context.model))
    list(finetune(context))
    moved = {name for name, value in context.model.state_dict().items() if not torch.equal(value, before[name])}
    assert moved == head


def test_each_phase_moves_its_groups_and_starts_its_schedule_anew(make_context, every_step):
    context = make_context("freeze.preset=head_then_last", "train.epochs=4", "train.warmup=0.0")
    moved, rates, before = {}, {}, copied(context.model)
    for event in finetune(context):
        if isinstance(event, StepDone):
            rates.setdefault(event.epoch, event.lr)
        if isinstance(event, EpochDone):
            now = copied(context.model)
            moved[event.epoch] = {name for name in now if not torch.equal(now[name], before[name])}
            before = now
            assert event.phase == (0 if event.epoch == 0 else 1)
    head = set(head_parameters(context.model))
    assert moved[0] == head
    assert moved[1] > head
    assert rates[0] == rates[1] == 0.01


# the best epoch


def test_the_best_epoch_is_the_one_with_the_highest_accuracy(make_context, made_up):
    made_up([(1.0, 0.5), (3.0, 0.9), (0.5, 0.7)])
    context = make_context()
    assert [event.best for event in epochs(finetune(context))] == [True, True, False]
    assert context.state.best_epoch == 1


def test_equal_accuracy_is_decided_by_the_loss(make_context, made_up):
    made_up([(1.0, 0.9), (0.8, 0.9), (0.9, 0.9)])
    context = make_context()
    assert [event.best for event in epochs(finetune(context))] == [True, True, False]


def test_by_loss_the_best_epoch_is_the_one_with_the_lowest(make_context, made_up):
    made_up([(1.0, 0.5), (3.0, 0.9), (0.5, 0.7)])
    context = make_context("train.monitor=loss")
    assert [event.best for event in epochs(finetune(context))] == [True, False, True]
    assert context.state.best_epoch == 2


@pytest.mark.parametrize(
    "task, monitor, values, best",
    [
        ("multiclass", "balanced_accuracy", [0.5, 0.9, 0.7], [True, True, False]),
        ("multilabel", "mean_average_precision", [0.5, 0.4, 0.7], [True, False, True]),
        ("regression", "mae", [3.0, 1.0, 2.0], [True, True, False]),
        ("regression", "r2", [-3.0, -1.0, 0.5], [True, True, True]),
    ],
)
def test_any_score_can_choose_the_best_epoch_in_its_direction(make_context, monkeypatch, task, monitor, values, best):
    answers = iter(values)
    monkeypatch.setattr(loop, "validate", lambda context: {"loss": 1.0, monitor: next(answers)})
    context = dataclasses.replace(make_context(), monitor=monitor)
    assert [event.best for event in epochs(finetune(context))] == best


def test_patience_counts_epochs_without_a_better_score_of_any_kind(make_context, monkeypatch):
    answers = iter([3.0, 2.0, 2.5, 2.5, 1.0, 1.0])
    monkeypatch.setattr(loop, "validate", lambda context: {"loss": 1.0, "rmse": next(answers)})
    context = dataclasses.replace(make_context("train.epochs=6", "train.patience=2"), monitor="rmse")
    assert len(epochs(finetune(context))) == 4


def test_an_equal_error_is_decided_by_the_loss_however_large_the_numbers_are(make_context, monkeypatch):
    answers = iter([{"loss": 5e12, "mae": 2e6}, {"loss": 4e12, "mae": 2e6}, {"loss": 1.0, "mae": 2e6 + 1}])
    monkeypatch.setattr(loop, "validate", lambda context: next(answers))
    context = dataclasses.replace(make_context(), monitor="mae")
    assert [event.best for event in epochs(finetune(context))] == [True, True, False]


@pytest.mark.parametrize("patience, n", [(0, 6), (1, 3), (2, 6), (3, 6)])
def test_patience_ends_a_run_that_brings_nothing_better(make_context, made_up, patience, n):
    made_up([(1.0, 0.5), (0.9, 0.6), (0.9, 0.6), (0.8, 0.7), (0.9, 0.6), (0.9, 0.6)])
    events = list(finetune(make_context("train.epochs=6", f"train.patience={patience}")))
    assert len(epochs(events)) == n
    assert isinstance(events[-1], EpochDone)


def test_the_moving_average_is_what_is_validated(make_context):
    context = make_context("train.ema=0.5")
    found = epochs(finetune(context))
    assert context.answering is context.ema.module
    name = head_parameters(context.model)[0]
    assert not torch.equal(context.model.state_dict()[name], context.answering.state_dict()[name])
    outputs, targets = predict_outputs(context.ema.module, context.validation.epoch())
    assert found[-1].val["loss"] == pytest.approx(functional.cross_entropy(outputs, targets).item(), rel=1e-5)


def test_a_moving_average_by_hand(make_context, every_step):
    """timm's warm-up: after step s the share of what was is the least of the setting and 1 - s^(-2/3)."""
    context = make_context("train.ema=0.3", "train.epochs=2", "freeze.preset=head")
    name = head_parameters(context.model)[0]
    average = None
    for event in finetune(context):
        if isinstance(event, StepDone):
            kept = min(0.3, 1 - event.step ** (-2 / 3))
            now = context.model.state_dict()[name].clone()
            average = now if average is None else kept * average + (1 - kept) * now
            assert torch.allclose(context.ema.module.state_dict()[name], average, atol=1e-6)
    assert not torch.allclose(average, now, atol=1e-6)


# when validation stalls


STALLING = [(1.0, 0.5), (0.9, 0.6), (0.9, 0.6), (0.9, 0.6), (0.8, 0.7), (0.9, 0.6), (0.9, 0.6), (0.9, 0.6)]


def test_the_rate_falls_when_validation_stalls_and_starts_anew_in_each_phase(make_context, made_up, every_step):
    made_up(STALLING)
    values = ("train.schedule=plateau", "train.plateau_factor=0.1", "train.plateau_patience=1", "train.warmup=0.0")
    events = list(finetune(make_context(*values, "train.epochs=8")))
    assert [event.lr for event in epochs(events)] == pytest.approx([0.01] * 4 + [0.001] * 3 + [0.0001])
    notes = [event.message for event in events if isinstance(event, Note)]
    assert notes == [
        "Validation has stalled: from epoch 5 on, the learning rate is 0.001.",
        "Validation has stalled: from epoch 8 on, the learning rate is 0.0001.",
    ]
    made_up(STALLING)
    phased = epochs(finetune(make_context(*values, "train.epochs=8", "freeze.preset=head_then_last")))
    assert [event.lr for event in phased][2:4] == pytest.approx([0.01, 0.01])


def test_more_is_unfrozen_when_validation_stalls(make_context, made_up):
    made_up(STALLING)
    context = make_context("freeze.preset=gradual", "freeze.unfreeze=on_plateau", "freeze.every=2", "train.epochs=8")
    events = list(finetune(context))
    assert [phase["n_epochs"] for phase in events[0].phases] == [8, 0, 0, 0]
    assert [event.phase for event in epochs(events)] == [0, 0, 0, 0, 1, 1, 1, 2]
    assert [event.message for event in events if isinstance(event, Note)] == [
        "Validation has stalled: from epoch 5 on, Last stage.",
        "Validation has stalled: from epoch 8 on, Last half.",
    ]
    assert [context.plan.phase_of(epoch) for epoch in range(8)] == [0, 0, 0, 0, 1, 1, 1, 2]


def test_patience_begins_anew_when_more_is_unfrozen(make_context, made_up):
    made_up([(1.0, 0.5)] * 10)
    values = ("freeze.preset=head_then_last", "freeze.unfreeze=on_plateau", "freeze.every=2", "train.patience=3")
    found = epochs(finetune(make_context(*values, "train.epochs=10")))
    assert [event.phase for event in found] == [0, 0, 0, 1, 1, 1]


def test_patience_ends_a_run_only_where_nothing_more_is_to_be_unfrozen(make_context, made_up):
    made_up([(1.0, 0.5)] * 12)
    found = epochs(finetune(make_context("freeze.preset=head_then_last", "train.patience=2", "train.epochs=12")))
    assert [event.phase for event in found] == [0, 0, 0, 1, 1], "and there it counts from the first epoch on"


# stopping


def after(n):
    """Asks to stop at the n-th question."""
    asked = iter(range(1, 10_000))
    return lambda: next(asked) >= n


def test_a_stop_before_there_is_a_best_still_leaves_a_model(make_context):
    context = make_context()
    events = list(finetune(context, should_stop=after(2)))
    assert kinds(events) == ["Planned", "EpochDone", "Stopped"]
    (epoch,) = epochs(events)
    assert epoch.best and epoch.step == 2
    assert context.state.best_epoch == 0


def test_a_stop_in_the_middle_of_a_later_epoch_is_obeyed_at_once(make_context):
    context = make_context()
    events = list(finetune(context, should_stop=after(6)))
    assert kinds(events) == ["Planned", "EpochDone", "Stopped"]
    assert events[-1] == Stopped(epoch=1, at=events[-1].at)
    assert context.state.best_epoch == 0


def test_a_stop_between_two_epochs_is_obeyed(make_context):
    events = list(finetune(make_context(), should_stop=after(4)))
    assert kinds(events) == ["Planned", "EpochDone", "Stopped"]
    assert events[-1].epoch == 0


# exploding


def with_rate(context, lr):
    """TrainingContext whose optimiser has a rate that no setting allows."""
    start = context.start_phase

    def start_phase(phase):
        phase_state = start(phase)
        phase_state.optimizer = build_optimizer(
            "adamw", context.model, context.plan.trainable(phase), lr=lr, layer_decay=1.0, weight_decay=0.01
        )
        phase_state.scheduler = torch.optim.lr_scheduler.LambdaLR(phase_state.optimizer, lambda step: 1.0)
        return phase_state

    return dataclasses.replace(context, start_phase=start_phase)


def test_a_rate_far_too_high_ends_in_a_sentence_with_a_lower_one(make_context):
    events = list(finetune(with_rate(make_context(), 1e30)))
    assert isinstance(events[-1], Failed)
    assert events[-1].message in (
        f"The loss became {value} in epoch 1: the training has exploded." for value in ("nan", "inf")
    )
    assert events[-1].fix == "Lower the learning rate, for example to 1e+29, and start again."


@pytest.mark.parametrize("poison", [float("nan"), float("inf")])
@pytest.mark.parametrize("monitor", ["accuracy", "loss"])
def test_an_explosion_in_a_later_epoch_keeps_the_best(make_context, poison, monitor):
    context = make_context(f"train.monitor={monitor}")
    events = []
    for event in finetune(context):
        events.append(event)
        if isinstance(event, EpochDone):
            kept = context.state.best_epoch
            with torch.no_grad():
                context.model.get_parameter(head_parameters(context.model)[0]).fill_(poison)
    assert kinds(events) == ["Planned", "EpochDone", "Failed"]
    assert "in epoch 2: the training has exploded. The model of epoch 1 is kept." in events[-1].message
    assert events[-1].fix == "Lower the learning rate, for example to 0.001, and start again."
    assert context.state.best_epoch == kept == 0


def test_an_explosion_that_only_validation_sees_is_told_too(make_context, made_up):
    made_up([(1.0, 0.5), (float("nan"), 0.3)])
    events = list(finetune(make_context()))
    assert kinds(events) == ["Planned", "EpochDone", "Failed"]
    assert "The loss became nan in epoch 2" in events[-1].message
