import errno
import os

import pytest
import torch

from ftcore.errors import RunError, WorkspaceError
from ftcore.models.depth_groups import head_parameters
from ftcore.training import checkpoints
from ftcore.training.events import EpochDone
from ftcore.training.loop import finetune

ROUGH = ("model.dropout=0.3", "train.label_smoothing=0.1")
EMA = ("train.ema=0.8",)
GRADUAL = ("freeze.preset=gradual", "train.epochs=8")  # phases of two epochs
ADAPTERS = ("freeze.lora_rank=2", "model.head_layers=1", "model.head_dropout=0.2", "engine.cache=on")
CASES = {
    "plain": ((), 1),
    "dropout": (ROUGH, 2),
    "moving average": ((*ROUGH, *EMA), 1),
    "sgd": ((*ROUGH, "train.optimizer=sgd"), 2),
    "at a phase boundary": ((*ROUGH, *EMA, *GRADUAL), 2),
    "at the last boundary": ((*ROUGH, *GRADUAL), 6),
    "inside a phase": ((*ROUGH, *EMA, *GRADUAL), 3),
    "inside the last phase": ((*ROUGH, *EMA, *GRADUAL), 7),
    "adapters and a hidden layer": ((*ROUGH, *EMA, *GRADUAL, *ADAPTERS), 5),
    "cached features": ((*ROUGH, *GRADUAL, "engine.cache=on", "engine.precision=float32"), 3),
    "mixed, pulled and lowered": (
        ("train.mixup=0.4", "train.cutmix=1.0", "train.l1=1e-5", "train.l2_sp=0.1", "train.schedule=plateau",
         "train.plateau_patience=0", "train.epochs=5"), 3,
    ),
    "unfrozen when it stalls": (
        (*ROUGH, *GRADUAL, "freeze.unfreeze=on_plateau", "freeze.every=1", "train.lr=1e-7"), 3,
    ),
    "batch norm everywhere": (("freeze.preset=head", "freeze.batch_norm=everywhere"), 1),
    "cached features and moving average": ((*ROUGH, *EMA, *GRADUAL, "engine.cache=on"), 2),
}  # fmt: skip


def drive(context, folder, until=None):
    """Train with checkpoints, as a worker does; leave after ``until`` epochs as if killed."""
    found = []
    for event in finetune(context):
        if isinstance(event, EpochDone):
            checkpoints.save(folder, context)
            found.append(event)
            if len(found) == until:
                break
    return found


def begun(context, folder):
    checkpoints.begin(folder, context)
    checkpoints.restore(folder, context)
    return context


@pytest.mark.parametrize("values, cut_after", CASES.values(), ids=CASES)
def test_a_resumed_run_ends_with_the_numbers_of_an_uninterrupted_one(make_context, tmp_path, values, cut_after):
    whole = begun(make_context(*values), tmp_path / "whole")
    expected = drive(whole, tmp_path / "whole")
    first = drive(begun(make_context(*values), tmp_path / "torn"), tmp_path / "torn", until=cut_after)
    torch.rand(17)  # the other process drew its own numbers
    resumed = begun(make_context(*values), tmp_path / "torn")
    assert resumed.state.epoch == cut_after
    second = drive(resumed, tmp_path / "torn")
    assert len(first) == cut_after and len(first) + len(second) == len(expected)
    for ours, theirs in zip([*first, *second], expected, strict=True):
        assert (ours.epoch, ours.step, ours.phase, ours.best) == (theirs.epoch, theirs.step, theirs.phase, theirs.best)
        assert ours.train == pytest.approx(theirs.train, rel=1e-6)
        assert ours.val == pytest.approx(theirs.val, rel=1e-6)
        assert ours.lr == theirs.lr
    for name, value in whole.answering.state_dict().items():
        assert torch.allclose(resumed.answering.state_dict()[name].float(), value.float(), atol=1e-6), name
    assert resumed.state.best_epoch == whole.state.best_epoch
    checkpoints.load_best(tmp_path / "whole", whole.model)
    checkpoints.load_best(tmp_path / "torn", resumed.model)
    for name, value in whole.model.state_dict().items():
        assert torch.allclose(resumed.model.state_dict()[name].float(), value.float(), atol=1e-6), name


def test_a_finished_run_has_nothing_left_to_do(make_context, tmp_path):
    drive(begun(make_context(), tmp_path), tmp_path)
    assert drive(begun(make_context(), tmp_path), tmp_path) == []


def test_a_resumed_run_needs_no_pretrained_weights(make_context, tmp_path):
    first = make_context("seed=1")
    assert not checkpoints.has_begun(tmp_path)
    checkpoints.begin(tmp_path, first)
    assert checkpoints.has_begun(tmp_path)
    other = make_context("seed=2", "train.ema=0.9")
    name = head_parameters(other.model)[0]
    assert not torch.equal(other.model.state_dict()[name], first.model.state_dict()[name])
    checkpoints.begin(tmp_path, other)
    for model in (other.model, other.ema.module):
        assert all(torch.equal(model.state_dict()[key], value) for key, value in first.model.state_dict().items())


def test_before_the_first_epoch_there_is_nothing_to_restore(make_context, tmp_path):
    context = make_context()
    checkpoints.begin(tmp_path, context)
    assert not checkpoints.restore(tmp_path, context)
    assert not checkpoints.has_best(tmp_path)


@pytest.mark.parametrize("values", [(), EMA], ids=["weights", "moving average"])
def test_the_best_epoch_comes_back_as_it_answered(make_context, tmp_path, values):
    context = begun(make_context(*values, "train.monitor=loss"), tmp_path)
    kept = {}
    for event in finetune(context):
        if isinstance(event, EpochDone):
            checkpoints.save(tmp_path, context)
            if event.best:
                kept = {name: value.clone() for name, value in context.answering.state_dict().items()}
    fresh = make_context("seed=5")
    checkpoints.load_best(tmp_path, fresh.model)
    assert all(torch.equal(fresh.model.state_dict()[name], value) for name, value in kept.items())


def test_only_what_changes_is_written(make_context, tmp_path):
    context = begun(make_context("freeze.preset=head"), tmp_path)
    drive(context, tmp_path, until=1)
    value = torch.load(tmp_path / "last.pt", weights_only=True)
    assert set(value["weights"]) == set(head_parameters(context.model))


def test_there_is_one_best_model_and_nothing_half_written(make_context, tmp_path):
    folder = tmp_path / "checkpoints"
    drive(begun(make_context("train.monitor=loss", "train.epochs=6"), folder), folder)
    names = sorted(path.name for path in folder.iterdir())
    assert len(names) == 3
    assert names[0].startswith("best") and names[1:] == ["last.pt", "start.safetensors"]


def test_the_best_model_is_written_before_the_state_that_speaks_of_it(make_context, tmp_path, monkeypatch):
    written = []
    real = os.replace

    def watch(source, target):
        written.append(os.path.basename(target))
        real(source, target)

    monkeypatch.setattr(os, "replace", watch)
    drive(begun(make_context(), tmp_path), tmp_path, until=1)
    assert [name.split(".")[0].split("-")[0] for name in written] == ["start", "best", "last"]


def test_a_kill_between_best_and_last_costs_that_epoch_only(make_context, tmp_path, monkeypatch):
    context = begun(make_context("train.monitor=loss"), tmp_path)
    running = finetune(context)
    next(event for event in running if isinstance(event, EpochDone))
    checkpoints.save(tmp_path, context)
    kept = {name: value.clone() for name, value in context.model.state_dict().items()}
    next(event for event in running if isinstance(event, EpochDone))
    context.state.best_epoch = 1  # as if the second epoch were better
    real = os.replace

    def die_at_last(source, target):
        if os.path.basename(target) == "last.pt":
            raise KeyboardInterrupt
        real(source, target)

    monkeypatch.setattr(os, "replace", die_at_last)
    with pytest.raises(KeyboardInterrupt):
        checkpoints.save(tmp_path, context)
    monkeypatch.setattr(os, "replace", real)
    fresh = begun(make_context("train.monitor=loss"), tmp_path)
    assert fresh.state.epoch == 1
    checkpoints.load_best(tmp_path, fresh.model)
    assert all(torch.equal(fresh.model.state_dict()[name], value) for name, value in kept.items())


def test_a_full_disk_leaves_the_checkpoint_before(make_context, tmp_path, monkeypatch):
    context = begun(make_context(), tmp_path)
    running = finetune(context)
    next(event for event in running if isinstance(event, EpochDone))
    checkpoints.save(tmp_path, context)
    before = (tmp_path / "last.pt").read_bytes()
    next(event for event in running if isinstance(event, EpochDone))

    def full(handle):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(WorkspaceError, match="The disk is full"):
            checkpoints.save(tmp_path, context)
    assert (tmp_path / "last.pt").read_bytes() == before
    assert begun(make_context(), tmp_path).state.epoch == 1


@pytest.mark.parametrize("content", ["empty", "torn", "garbage", "pickle"])
@pytest.mark.parametrize("pattern", ["last.pt", "best*", "start*"])
def test_a_damaged_checkpoint_is_a_sentence(make_context, tmp_path, pattern, content):
    drive(begun(make_context(), tmp_path), tmp_path, until=1)
    path = next(tmp_path.glob(pattern))
    whole = path.read_bytes()
    path.write_bytes(
        {"empty": b"", "torn": whole[: len(whole) // 2], "garbage": b"no weights", "pickle": b"\x80\x02x"}[content]
    )
    with pytest.raises(RunError, match=r"(checkpoint|best epoch) of this run cannot be read\. Start the run again\."):
        checkpoints.load_best(tmp_path, begun(make_context(), tmp_path).model)


@pytest.mark.parametrize("value", [{"format": 99}, {}, [1], torch.zeros(2)], ids=["newer", "empty", "list", "tensor"])
def test_a_checkpoint_of_another_kind_is_a_sentence(make_context, tmp_path, value):
    context = begun(make_context(), tmp_path)
    torch.save(value, tmp_path / "last.pt")
    with pytest.raises(RunError, match=r"written by another version of this app\. Start the run again\."):
        checkpoints.restore(tmp_path, context)


def test_a_checkpoint_of_another_model_is_a_sentence(make_context, tmp_path):
    drive(begun(make_context("model.name=test_vit"), tmp_path), tmp_path, until=1)
    with pytest.raises(RunError, match=r"cannot be read|another model"):
        begun(make_context(), tmp_path)
    (tmp_path / "start.safetensors").unlink()
    with pytest.raises(RunError, match="The checkpoint belongs to another model"):
        begun(make_context(), tmp_path)


def test_a_best_epoch_that_is_missing_is_a_sentence(make_context, tmp_path):
    context = begun(make_context(), tmp_path)
    drive(context, tmp_path, until=1)
    next(tmp_path.glob("best*")).unlink()
    with pytest.raises(RunError, match=r"The best epoch of this run cannot be read"):
        checkpoints.load_best(tmp_path, context.model)
