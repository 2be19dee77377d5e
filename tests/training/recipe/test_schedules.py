import pytest
import torch
from torch.optim.lr_scheduler import (
    CosineAnnealingLR,
    LambdaLR,
    LinearLR,
    OneCycleLR,
    ReduceLROnPlateau,
    SequentialLR,
    StepLR,
)

from ftcore.errors import SettingsError
from ftcore.freezing.phases import spans
from ftcore.settings import FREEZE_PRESETS, SCHEDULES, RunSettings, TrainSettings, fields, with_values
from ftcore.training.recipe.schedules import Plateau, factor, over_the_run


def rates(make, n_steps):
    """What a scheduler of torch makes of a rate of 1."""
    optimiser = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    scheduler, found = make(optimiser), []
    for _ in range(n_steps):
        found.append(optimiser.param_groups[0]["lr"])
        optimiser.step()
        scheduler.step()
    return found


def ours(schedule, n_steps, warmup=0.0, **more):
    settings = TrainSettings(schedule=schedule, warmup=warmup, **more)
    return [factor(settings, step, n_steps) for step in range(n_steps)]


@pytest.mark.parametrize("n", [1, 2, 10, 97])
def test_cosine_is_torchs(n):
    assert ours("cosine", n) == pytest.approx(rates(lambda o: CosineAnnealingLR(o, T_max=n), n), abs=1e-9)


@pytest.mark.parametrize("n", [1, 2, 10, 97])
def test_linear_is_torchs(n):
    expected = rates(lambda o: LinearLR(o, start_factor=1.0, end_factor=0.0, total_iters=n), n)
    assert ours("linear", n) == pytest.approx(expected, abs=1e-9)


def test_constant_stays():
    assert ours("constant", 5) == [1.0] * 5


@pytest.mark.parametrize("n", [3, 30, 99])
def test_steps_are_torchs(n):
    assert ours("step", n) == pytest.approx(rates(lambda o: StepLR(o, step_size=n // 3, gamma=0.1), n), abs=1e-9)


@pytest.mark.parametrize(("parts", "gamma"), [(2, 0.5), (6, 0.1), (10, 0.8)])
def test_parts_and_share_of_steps_are_torchs(parts, gamma):
    found = ours("step", 60, step_parts=parts, step_factor=gamma)
    assert found == pytest.approx(rates(lambda o: StepLR(o, step_size=60 // parts, gamma=gamma), 60), abs=1e-9)
    assert len(set(found)) == parts and found != ours("step", 60)


ONE_CYCLE = {"pct_start": 0.6, "div_factor": 4.0, "final_div_factor": 100.0}


@pytest.mark.parametrize("chosen", [[name] for name in ONE_CYCLE] + [list(ONE_CYCLE)], ids=" ".join)
@pytest.mark.parametrize("n", [10, 97])
def test_the_shape_of_one_cycle_is_torchs(n, chosen):
    shape = {name: ONE_CYCLE[name] for name in chosen}
    found = ours("one_cycle", n, **{f"one_cycle_{name}": value for name, value in shape.items()})
    assert found == pytest.approx(rates(lambda o: OneCycleLR(o, max_lr=1.0, total_steps=n, **shape), n), abs=1e-9)
    assert found != pytest.approx(ours("one_cycle", n), abs=1e-6), "it changes the rates"


@pytest.mark.parametrize("schedule", [name for name in SCHEDULES if name != "plateau"])
def test_what_acts_only_with_one_schedule_changes_it_and_no_other(schedule):
    for field in fields.in_section("train"):
        if field.only_with and field.only_with.name == "schedule" and field.only_with.values != ("plateau",):
            changed = ours(schedule, 60, **{field.name: field.type(field.low + 1 if field.type is int else field.high)})
            assert (changed != ours(schedule, 60)) == (schedule in field.only_with.values) or field.name == "step_parts"


@pytest.mark.parametrize("n", [10, 97, 400])
def test_one_cycle_is_torchs(n):
    assert ours("one_cycle", n) == pytest.approx(rates(lambda o: OneCycleLR(o, max_lr=1.0, total_steps=n), n), abs=1e-9)
    assert ours("one_cycle", n, 0.5) == ours("one_cycle", n), "it has a warm-up of its own"


@pytest.mark.parametrize("patience", [0, 1, 3])
@pytest.mark.parametrize("seed", range(4))
def test_a_plateau_is_torchs(patience, seed):
    scores = torch.randint(0, 6, (40,), generator=torch.Generator().manual_seed(seed)).tolist()
    optimiser = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    theirs = ReduceLROnPlateau(optimiser, mode="max", factor=0.3, patience=patience, threshold=0.0, eps=0.0)
    plateau = Plateau(0.3, patience)
    for score in scores:
        before = plateau.share
        assert plateau.see(float(score)) == (plateau.share < before)
        theirs.step(score)
        assert plateau.share == pytest.approx(optimiser.param_groups[0]["lr"])
    assert plateau.share < 1.0


@pytest.mark.parametrize("schedule", [name for name in SCHEDULES if name != "one_cycle"])
def test_a_warm_up_climbs_in_a_line_and_then_the_schedule_begins(schedule):
    n, n_warmup = 50, 10

    def make(optimiser):
        climb = LinearLR(optimiser, start_factor=1 / 11, end_factor=1.0, total_iters=10)
        after = {
            "cosine": lambda: CosineAnnealingLR(optimiser, T_max=40),
            "linear": lambda: LinearLR(optimiser, start_factor=1.0, end_factor=0.0, total_iters=40),
            "constant": lambda: LambdaLR(optimiser, lambda step: 1.0),
            "plateau": lambda: LambdaLR(optimiser, lambda step: 1.0),
            "step": lambda: LambdaLR(optimiser, lambda step: 0.1 ** (3 * step // 40)),
        }[schedule]()
        return SequentialLR(optimiser, [climb, after], milestones=[n_warmup])

    assert ours(schedule, n, 0.2) == pytest.approx(rates(make, n), abs=1e-9)


@pytest.mark.parametrize("schedule", list(SCHEDULES))
@pytest.mark.parametrize("n", [1, 2, 3, 100])
@pytest.mark.parametrize("warmup", [0.0, 0.05, 0.5])
def test_no_step_is_wasted_and_none_is_above_the_peak(schedule, n, warmup):
    found = ours(schedule, n, warmup)
    assert all(0.0 < share <= 1.0 for share in found)
    assert max(found) == 1.0 or (schedule == "one_cycle" and (n <= 3 or max(found) > 0.99))


def test_an_unknown_schedule_is_a_sentence():
    with pytest.raises(SettingsError, match=r"Unknown schedule 'sine'\. Choose one of: cosine, linear, constant, step"):
        ours("sine", 10)


@pytest.mark.parametrize("preset", list(FREEZE_PRESETS))
@pytest.mark.parametrize("n_epochs", [1, 3, 12])
def test_a_drawn_curve_has_the_rates_of_the_run_in_every_phase(preset, n_epochs):
    settings = with_values(
        RunSettings(), [f"freeze.preset={preset}", f"train.epochs={n_epochs}", "train.lr=0.1", "train.warmup=0.2"]
    )
    rows, per_epoch = over_the_run(settings, 5), 5
    phases = spans(preset, n_epochs)
    assert sorted({row["phase"] for row in rows}) == list(range(len(phases)))
    for row in rows:
        span = phases[row["phase"]]
        step = round((row["epoch"] - span.first_epoch) * per_epoch)
        assert 0 <= step < span.n_epochs * per_epoch and row["label"] == span.label
        assert row["rate"] == pytest.approx(0.1 * factor(settings.train, step, span.n_epochs * per_epoch))
    assert [row["epoch"] for row in rows] == sorted(row["epoch"] for row in rows)


def test_a_long_run_is_drawn_with_few_points_from_the_first_step_to_the_last():
    rows = over_the_run(with_values(RunSettings(), ["train.epochs=1000"]), 500)
    assert len(rows) <= 240
    assert (rows[0]["epoch"], rows[-1]["epoch"]) == (0.0, pytest.approx(1000 - 1 / 500))


def test_the_drawn_phases_are_those_of_the_run(make_context):
    context = make_context("freeze.preset=gradual", "train.epochs=6")
    told = [(phase.first_epoch, phase.n_epochs, phase.label) for phase in context.plan.phases]
    assert told == [(span.first_epoch, span.n_epochs, span.label) for span in spans("gradual", 6)]
