"""How steps are computed: measured on copies, decided once, kept over a resume, never at the cost of numbers."""

import pytest
import torch

from ftcore.events import Note
from ftcore.training import checkpoints, precision
from ftcore.training.events import EpochDone
from ftcore.training.loop import finetune


def losses(events):
    return [(event.train["loss"], event.val["loss"]) for event in events if isinstance(event, EpochDone)]


def notes(events):
    return [event.message for event in events if isinstance(event, Note)]


@pytest.fixture
def measured(monkeypatch):
    """Pretend that steps take so many seconds: in float32, in bfloat16, compiled."""

    def pretend(plain, half, compiled=1.0):
        def seconds(forward, inputs, targets, autocast, *, wrap=None):
            return compiled if wrap is not None else half if autocast else plain

        monkeypatch.setattr(precision, "_step_seconds", seconds)

    return pretend


def test_a_short_phase_is_not_worth_measuring(make_context, measured):
    measured(1e-4, 1e-6)
    context = make_context()
    assert not notes(finetune(context)) and context.phase.autocast is False


@pytest.mark.parametrize(("half", "expected"), [(5.0, True), (9.0, False), (20.0, False)])
def test_bfloat16_is_taken_where_it_is_clearly_faster(make_context, measured, half, expected):
    measured(10.0, half)
    context = make_context()
    said = notes(finetune(context))
    assert context.phase.autocast is expected
    assert any("bfloat16" in note for note in said) is expected


def test_measuring_leaves_weights_averages_and_random_numbers_alone(make_context, monkeypatch):
    monkeypatch.setattr(precision, "WORTH_MEASURING", 0.0)
    monkeypatch.setattr(precision, "LEAST_GAIN", 1e9)  # measured in earnest, float32 stays
    values = ("model.dropout=0.3", "freeze.preset=none")
    measured = losses(finetune(make_context(*values)))
    assert measured == losses(finetune(make_context(*values, "engine.autocast=off")))


def test_bfloat16_trains_to_nearly_the_same_losses(make_context):
    full = losses(finetune(make_context("engine.autocast=off")))
    half = losses(finetune(make_context("engine.autocast=on")))
    assert full != half
    for (train_a, _), (train_b, _) in zip(full, half, strict=True):
        assert train_a == pytest.approx(train_b, abs=0.1)


def test_a_resumed_run_keeps_the_precision_it_was_trained_with(make_context, measured, tmp_path):
    measured(10.0, 5.0)
    context = make_context()
    checkpoints.begin(tmp_path, context)
    for event in finetune(context):
        if isinstance(event, EpochDone):
            checkpoints.save(tmp_path, context)
            break
    measured(10.0, 20.0)  # another program is busy now
    resumed = make_context()
    checkpoints.restore(tmp_path, resumed)
    assert not notes(finetune(resumed))
    assert resumed.phase.autocast is True


def test_a_compiler_that_makes_nothing_faster_is_left_out_and_said(make_context, measured):
    measured(10.0, 20.0, compiled=9.9)
    said = notes(finetune(make_context("engine.compile=on")))
    assert any("trains without it" in note for note in said)


def test_a_compiler_that_fails_is_left_out_and_said(make_context, monkeypatch):
    def broken(*_):
        raise RuntimeError("no C++ compiler")

    monkeypatch.setattr(torch, "compile", broken)
    context = make_context("engine.compile=on")
    events = list(finetune(context))
    assert any("torch.compile failed (RuntimeError)" in note for note in notes(events))
    assert len(losses(events)) == 3


def test_a_compiler_that_helps_is_used(make_context, measured, monkeypatch):
    used = []

    def compiled(module):
        return lambda inputs: used.append(1) or module(inputs)

    monkeypatch.setattr(torch, "compile", compiled)
    measured(10.0, 20.0, compiled=5.0)
    events = list(finetune(make_context("engine.compile=on")))
    assert used and any("2.00 times as fast" in note for note in notes(events))
