"""The cache of activations: never a wrong hit, never half an array, never more than its share of the disk."""

import errno
import os
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from ftcore.errors import WorkspaceError
from ftcore.freezing import disk_cache, feature_cache


def prefix(seed=0):
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(4, 3), nn.ReLU())


def fill(key, n=10, dtype="float32", stop_after=None):
    rows = torch.arange(n * 3, dtype=torch.float32).reshape(n, 3)
    for done in feature_cache.fill(key, [(part,) for part in rows.split(4)], n, [(3,)], dtype):
        if stop_after is not None and done >= stop_after:
            raise KeyboardInterrupt
    return rows


WHAT = {"dataset": "abc", "rows": [1, 2], "names": ["add"], "preprocessing": {"size": 96}, "dtype": "float16"}


def test_the_same_work_has_the_same_key():
    assert disk_cache.key_of(prefix(), **WHAT) == disk_cache.key_of(prefix(), **WHAT)


def test_one_changed_weight_is_another_key():
    changed = prefix()
    with torch.no_grad():
        changed[0].weight[0, 0] += 1e-6
    assert disk_cache.key_of(changed, **WHAT) != disk_cache.key_of(prefix(), **WHAT)


def test_a_layer_with_another_option_is_another_key():
    torch.manual_seed(0)
    other = nn.Sequential(nn.Linear(4, 3), nn.GELU())
    assert disk_cache.key_of(other, **WHAT) != disk_cache.key_of(prefix(), **WHAT)


@pytest.mark.parametrize(
    "change",
    [{"dataset": "abd"}, {"rows": [2, 1]}, {"names": ["add_1"]}, {"preprocessing": {"size": 97}}, {"dtype": "float32"}],
)
def test_other_pictures_rows_cut_size_or_precision_are_another_key(change):
    assert disk_cache.key_of(prefix(), **{**WHAT, **change}) != disk_cache.key_of(prefix(), **WHAT)


def test_what_was_filled_is_found_again(workspace):
    rows = fill("a" * 32)
    (array,) = feature_cache.find("a" * 32)
    assert np.array_equal(array, rows.numpy())


def test_a_fill_that_was_cut_off_is_never_found(workspace):
    with pytest.raises(KeyboardInterrupt):
        fill("a" * 32, stop_after=4)
    assert feature_cache.find("a" * 32) is None


def test_a_file_that_is_gone_or_cut_short_is_a_miss(workspace):
    fill("a" * 32)
    file = workspace / "cache" / "frozen" / ("a" * 32) / "0.npy"
    file.write_bytes(file.read_bytes()[:-8])
    assert feature_cache.find("a" * 32) is None
    file.unlink()
    assert feature_cache.find("a" * 32) is None


def test_two_runs_that_fill_the_same_key_leave_one_whole_array(workspace):
    second = feature_cache.fill("a" * 32, [(torch.ones(2, 3),)], 2, [(3,)], "float32")
    assert next(second) == 2
    rows = fill("a" * 32)  # the other one is quicker
    list(second)
    (array,) = feature_cache.find("a" * 32)
    assert np.array_equal(array, rows.numpy())


def test_a_full_disk_while_filling_is_one_sentence_and_leaves_nothing(workspace, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full)
    with pytest.raises(WorkspaceError, match="disk is full"):
        fill("a" * 32)
    assert list((workspace / "cache" / "frozen").iterdir()) == []


def test_the_least_recently_used_goes_first(workspace, monkeypatch):
    for key, at in (("a" * 32, 100), ("b" * 32, 200)):
        fill(key)
        os.utime(workspace / "cache" / "frozen" / key, (at, at))
    monkeypatch.setattr(disk_cache, "LARGEST", disk_cache.total_bytes() + 60)
    fill("c" * 32)
    assert feature_cache.find("a" * 32) is None
    assert feature_cache.find("b" * 32) is not None
    assert feature_cache.find("c" * 32) is not None


def test_what_can_never_fit_is_refused_before_a_byte_is_written(workspace, monkeypatch):
    monkeypatch.setattr(disk_cache, "LARGEST", 10)
    with pytest.raises(WorkspaceError, match="the cache may hold"):
        fill("a" * 32)


def test_clearing_frees_everything(workspace):
    fill("a" * 32)
    assert disk_cache.clear() > 0
    assert disk_cache.total_bytes() == 0


def test_what_a_killed_worker_left_counts_and_goes_and_what_is_being_written_stays(workspace):
    folder = disk_cache.root()
    left, living = (folder / f".{'a' * 32}.{pid}-x1_y.part" for pid in (2**22 + 1, os.getpid()))
    for path in (left, living, folder / f".{'b' * 32}.gone"):
        path.mkdir()
        (path / "0.npy").write_bytes(b"x" * 1000)
    assert disk_cache.total_bytes() == 3000
    disk_cache.make_room(1)
    assert [path.name for path in folder.iterdir()] == [living.name]
    assert disk_cache.clear() == 0 and disk_cache.total_bytes() == 1000


def test_a_quarter_of_the_free_disk_is_never_exceeded(workspace, monkeypatch):
    monkeypatch.setattr(disk_cache.shutil, "disk_usage", lambda path: SimpleNamespace(free=4000))
    assert disk_cache.most_bytes() == disk_cache.most_bytes(20e9) == 1000
    assert disk_cache.most_bytes(300) == 300
    with pytest.raises(WorkspaceError, match="the cache may hold"):
        disk_cache.make_room(1001)


def test_a_folder_that_another_process_removes_meanwhile_is_no_error(workspace, monkeypatch):
    fill("a" * 32)
    there = disk_cache._folders()
    monkeypatch.setattr(disk_cache, "_folders", lambda: [*there, disk_cache.root() / "gone"])
    monkeypatch.setattr(disk_cache, "LARGEST", disk_cache.total_bytes())
    disk_cache.make_room(100)
    assert feature_cache.find("a" * 32) is None
    assert disk_cache.contents() == [] and disk_cache.clear() == 0


def test_keys_in_use_are_not_dropped_to_make_room(workspace, monkeypatch):
    for key, at in (("a" * 32, 100), ("b" * 32, 200)):
        fill(key)
        os.utime(workspace / "cache" / "frozen" / key, (at, at))
    monkeypatch.setattr(disk_cache, "LARGEST", disk_cache.total_bytes() + 60)
    disk_cache.make_room(100, keep=["a" * 32])
    assert feature_cache.find("a" * 32) is not None
    assert feature_cache.find("b" * 32) is None


def test_half_precision_keeps_what_is_too_large_for_it_finite(workspace):
    list(feature_cache.fill("a" * 32, [(torch.tensor([[1e6, -1e6, 0.5]]),)], 1, [(3,)], "float16"))
    (array,) = feature_cache.find("a" * 32)
    assert array[0].tolist() == [65504.0, -65504.0, 0.5]


def test_the_contents_are_listed_with_the_last_used_first(workspace):
    for key, at in (("a" * 32, 100), ("b" * 32, 200)):
        fill(key)
        os.utime(workspace / "cache" / "frozen" / key, (at, at))
    rows = disk_cache.contents()
    assert [row["key"] for row in rows] == ["b" * 32, "a" * 32]
    assert all(row["kind"] == "activations" for row in rows)
    assert sum(row["bytes"] for row in rows) == disk_cache.total_bytes()


def test_batches_follow_the_positions_and_views_they_are_given(workspace):
    plain = fill("a" * 32).numpy()
    list(feature_cache.fill("b" * 32, [(torch.from_numpy(plain) + 100,)], 10, [(3,)], "float32"))
    arrays = [feature_cache.find("a" * 32), feature_cache.find("b" * 32)]
    parts = [(np.array([3, 1, 7]), np.array([0, 1, 0])), (np.array([0, 9]), np.array([1, 1]))]
    batches = feature_cache.FeatureBatches(arrays, torch.arange(10), lambda epoch: parts, "cpu")
    for (inputs, answers), (positions, views) in zip(batches.epoch(), parts, strict=True):
        assert np.array_equal(inputs[0].numpy(), plain[positions] + 100 * views[:, None])
        assert answers.tolist() == positions.tolist()


def test_a_large_cache_lets_its_pages_go_while_it_is_written_and_read(monkeypatch):
    monkeypatch.setattr(feature_cache, "TOUCHED_BYTES", 4 * 3 * 4)
    released = []
    monkeypatch.setattr(feature_cache.hardware, "release", released.append)
    rows = fill("k")
    assert len(released) == 1  # ten rows, four at a time: once, after eight
    batches = feature_cache.FeatureBatches(
        [feature_cache.find("k")], torch.zeros(10), lambda epoch: [(np.arange(10), np.zeros(10, int))] * 2, "cpu"
    )
    for (got,), _ in batches.epoch():
        assert torch.equal(got, rows)
    assert len(released) == 3
