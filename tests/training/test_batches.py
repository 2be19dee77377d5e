import numpy as np
import pytest
import torch

from ftcore.datasets.images.pixel_store import PixelStore
from ftcore.preprocessing import Preprocessing
from ftcore.settings import AugmentSettings
from ftcore.training import batches as module
from ftcore.training.batches import Batches

RECIPE = Preprocessing(size=16, mean=(0.1, 0.2, 0.3), std=(0.4, 0.5, 0.6))


@pytest.fixture
def make(tiny_dataset):
    """Batches of some rows of the tiny data set."""
    targets = tiny_dataset.records()["target"].to_numpy()

    def batches(n=20, batch_size=8, **options):
        rows = np.arange(60)[::-1][:n]
        return Batches(PixelStore(tiny_dataset), rows, targets[rows], RECIPE, batch_size=batch_size, **options)

    return batches


@pytest.mark.parametrize(
    "n, batch_size, sizes", [(20, 8, [7, 7, 6]), (17, 8, [6, 6, 5]), (16, 8, [8, 8]), (9, 8, [5, 4]), (1, 8, [1])]
)
def test_batches_are_of_equal_size_give_or_take_one(make, n, batch_size, sizes):
    batches = make(n, batch_size, shuffle=True)
    found = [len(targets) for _, targets in batches.epoch(0)]
    assert found == sizes
    assert len(batches) == len(sizes)


def test_an_epoch_shows_every_picture_once_with_its_class(make, tiny_dataset):
    batches = make(20, 8, shuffle=True)
    images = torch.cat([images for images, _ in batches.epoch(3)])
    targets = torch.cat([targets for _, targets in batches.epoch(3)])
    order = batches.order(3)
    assert sorted(order) == list(range(20))
    store, truth = PixelStore(tiny_dataset), tiny_dataset.records()["target"].to_numpy()
    expected = RECIPE.batch([store.picture(int(row)) for row in batches.rows[order]])
    assert images.shape == (20, 3, 16, 16) and images.dtype == torch.float32
    assert np.array_equal(images.permute(0, 2, 3, 1).numpy(), expected)
    assert np.array_equal(targets.numpy(), truth[batches.rows[order]])
    assert targets.dtype == torch.int64


def test_the_order_depends_on_seed_and_epoch_alone(make):
    first, again, other = (make(seed=seed, shuffle=True) for seed in (1, 1, 2))
    list(first.epoch(0))  # what was read before has no say
    np.random.seed(5)
    torch.manual_seed(5)
    assert np.array_equal(first.order(4), again.order(4))
    assert not np.array_equal(first.order(4), first.order(5))
    assert not np.array_equal(first.order(4), other.order(4))


def test_without_shuffling_the_order_is_that_of_the_rows(make):
    batches = make(20, 8)
    assert batches.order(0).tolist() == batches.order(7).tolist() == list(range(20))
    epoch, in_order = torch.cat([x for x, _ in batches.epoch()]), torch.cat([x for x, _ in batches.in_order(3)])
    assert torch.equal(epoch, in_order)


def test_pictures_that_do_not_fit_into_memory_are_the_same(make, monkeypatch):
    kept = make(shuffle=True)
    monkeypatch.setattr(module, "KEPT_BYTES", 0)
    unkept = make(shuffle=True)
    for epoch in (0, 1):
        for (a, _), (b, _) in zip(kept.epoch(epoch), unkept.epoch(epoch), strict=True):
            assert torch.equal(a, b)


def test_a_pass_may_be_left_in_the_middle(make):
    batches = make(shuffle=True)
    for images, _ in batches.epoch(0):
        assert len(images) == 7
        break
    assert sum(len(targets) for _, targets in batches.epoch(1)) == 20


def test_no_pictures_are_no_batches(make):
    assert list(make(0).epoch()) == []


def test_only_what_epochs_read_again_stays_in_memory(make):
    batches = make()
    list(batches.in_order())
    assert not batches._ready.any()
    list(batches.epoch())
    assert batches._ready.all()


def test_what_is_kept_of_views_is_named_after_what_acts_on_them(make):
    """Names of the first version go on: a setting that came later is part of them only where it acts."""

    def recipe(**values):
        return make(shuffle=True, views=AugmentSettings(**values)).views_json()["augment"]

    first = (
        "fresh", "strength", "flip", "rotate", "shift", "zoom", "colour", "blur", "noise", "cutout", "policy",
    )  # fmt: skip
    assert tuple(recipe()) == first and recipe() == recipe(rand_ops=5, views=9)
    assert recipe(policy="rand") != recipe(policy="rand", rand_ops=5)
