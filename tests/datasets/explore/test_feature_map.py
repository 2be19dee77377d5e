import itertools

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.manifold import trustworthiness
from sklearn.neighbors import NearestNeighbors

from ftcore.datasets.explore import feature_map
from ftcore.datasets.explore.feature_map import FEWEST, load, place, sample, save, shown
from ftcore.datasets.versions import Edit, edit
from ftcore.errors import DataError
from ftcore.events import drain


def drawn(rows, features, **options):
    events = []
    return drain(place(rows, features, n_pictures=len(rows), model="any", **options), events.append), events


@pytest.fixture(scope="module")
def digits():
    """Pictures of four digits as features, rows that are not 0 to N - 1, and their map."""
    x, y = load_digits(n_class=4, return_X_y=True)
    x, y = x[:240].astype(np.float32), y[:240]
    rows = np.arange(len(x)) * 3 + 7
    return x, y, rows, *drawn(rows, x)


def test_neighbourhoods_on_the_map_are_those_of_the_features(digits):
    x, y, _, found, _ = digits
    places = found.points[["x", "y"]].to_numpy()
    unit = x / np.linalg.norm(x, axis=1, keepdims=True)
    assert trustworthiness(unit, places, n_neighbors=8) > 0.97
    nearest = NearestNeighbors(n_neighbors=6).fit(places).kneighbors(return_distance=False)
    assert (y[nearest] == y[:, None]).mean() > 0.95


def test_main_directions_are_those_of_scikit_learn(digits):
    x, _, _, found, _ = digits
    exact = PCA(2, svd_solver="full").fit(x / np.linalg.norm(x, axis=1, keepdims=True))
    expected = exact.transform(x / np.linalg.norm(x, axis=1, keepdims=True))
    places = found.points[["main_x", "main_y"]].to_numpy()
    assert np.abs(np.abs(places) - np.abs(expected)).max() < 1e-3
    assert found.explained == pytest.approx(tuple(exact.explained_variance_ratio_), abs=1e-4)


def test_neighbours_are_the_nearest_by_cosine_and_never_the_picture_itself(digits):
    x, _, rows, found, _ = digits
    distances, nearest = NearestNeighbors(n_neighbors=8, metric="cosine").fit(x).kneighbors()
    likeness = np.array(found.points["likeness"].tolist())
    assert np.abs(likeness - (1 - distances)).max() < 1e-3
    mine = np.array(found.points["neighbours"].tolist())
    assert (mine == rows[nearest]).mean() > 0.99  # where two are as near, either may come first
    assert not (mine == rows[:, None]).any()


def test_progress_grows_to_its_end_with_seconds_that_tell_what_is_left(digits):
    told = digits[4]
    assert [event.done for event in told] == list(range(len(told))) and told[-1].total == told[-1].done
    assert all(a.seconds <= b.seconds for a, b in itertools.pairwise(told))


def test_the_same_seed_draws_the_same_map():
    x = np.random.default_rng(0).normal(size=(30, 16)).astype(np.float32)
    first, second = (drawn(np.arange(30), x, seed=3)[0].points for _ in range(2))
    pd.testing.assert_frame_equal(first, second)


@pytest.mark.parametrize(
    "features", [np.ones((6, 4)), np.zeros((6, 4)), np.arange(6.0)[:, None] + 1, np.repeat(np.eye(3), 20, 0)]
)
def test_pictures_that_hardly_differ_have_finite_places(features):
    found, _ = drawn(np.arange(len(features)), features.astype(np.float32))
    assert np.isfinite(found.points[["x", "y", "main_x", "main_y"]].to_numpy()).all()
    assert np.isfinite(found.explained).all()


def test_too_few_pictures_are_a_sentence():
    with pytest.raises(DataError, match=f"needs at least {FEWEST} pictures, there are 4"):
        drawn(np.arange(4), np.eye(4))


def test_a_sample_is_drawn_of_used_pictures_and_always_the_same():
    table = pd.DataFrame({"split": ["train", "", "test"] * 100})
    assert len(sample(table)) == 200
    few = sample(table, most=50)
    assert len(set(few)) == 50 and (table["split"][few] != "").all() and list(few) == sorted(few)
    assert list(few) == list(sample(table, most=50))


def test_a_map_is_kept_beside_the_data_set_and_versions_share_it(tiny_dataset):
    assert load(tiny_dataset) is None
    x = np.random.default_rng(0).normal(size=(60, 8)).astype(np.float32)
    found, _ = drawn(np.arange(60), x)
    save(tiny_dataset, found)
    again = load(tiny_dataset)
    assert (again.model, again.n_pictures, again.explained) == ("any", 60, found.explained)
    pd.testing.assert_frame_equal(again.points, found.points, atol=1e-4)
    version = edit(tiny_dataset, [Edit("exclude", (0, 5)), Edit("relabel", (2,), "red")])
    points = shown(load(version), version.records())
    assert len(points) == 58 and not {0, 5} & set(points["row"])
    assert points.set_index("row").loc[2, "label"] == "red"


def test_a_map_that_cannot_be_read_counts_as_none(tiny_dataset):
    for text in ("", "[]", '{"format": 1}', '{"format": 0, "points": {}}'):
        (tiny_dataset.folder / "map.json").write_text(text)
        assert load(tiny_dataset) is None
    assert feature_map.FORMAT == 1
