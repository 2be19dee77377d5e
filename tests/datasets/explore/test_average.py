import io
import math

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from ftcore.datasets.explore import average as appearance
from ftcore.datasets.explore.average import average, groups, mean_correlation, sizes
from ftcore.datasets.images.pixel_store import PixelStore
from ftcore.datasets.importing.importer import import_source
from ftcore.datasets.versions import Edit, edit
from tests.datasets.made_pictures import encoded, png, two_classes, write_zip


def test_the_average_is_the_mean_of_the_middle_squares(tmp_path):
    side = appearance.SIDE
    values = np.random.default_rng(0).integers(0, 256, (8, side, 2 * side, 3), dtype=np.uint8)
    files = {f"{'ab'[i % 2]}/{i}.png": encoded(Image.fromarray(v)) for i, v in enumerate(values)}
    dataset = import_source(write_zip(tmp_path / "wide.zip", files))
    rows = dataset.records().query("label == 'a'").index.to_numpy()
    found = average(PixelStore(dataset), rows)
    expected = values[::2, :, side // 2 : side // 2 + side].mean(axis=0)
    assert np.abs(np.asarray(Image.open(io.BytesIO(found.png))) - expected).max() <= 1
    assert found.n_used == 4


@pytest.mark.parametrize("n", [2, 3, 9])
def test_the_mean_correlation_is_that_of_all_pairs(n):
    grey = np.random.default_rng(n).normal(size=(n, 5, 4)) + np.arange(4)
    pairs = np.corrcoef(grey.reshape(n, -1))[np.triu_indices(n, 1)]
    assert mean_correlation(grey) == pytest.approx(pairs.mean())


def test_the_same_picture_is_wholly_alike_and_a_flat_one_like_nothing():
    one = np.random.default_rng(0).normal(size=(1, 6, 6))
    assert mean_correlation(np.repeat(one, 5, axis=0)) == pytest.approx(1)
    assert mean_correlation(np.zeros((3, 6, 6))) == 0
    assert mean_correlation(np.concatenate([one, one, np.ones((1, 6, 6))])) == pytest.approx(1 / 3)
    assert math.isnan(mean_correlation(one))


def test_of_many_pictures_some_are_averaged(tmp_path, monkeypatch):
    monkeypatch.setattr(appearance, "ENOUGH", 3)
    dataset = import_source(write_zip(tmp_path / "pets.zip", two_classes(8)))
    assert average(PixelStore(dataset), range(16)).n_used == 3
    assert average(PixelStore(dataset), [5]).n_used == 1


def test_groups_are_the_classes_without_what_is_excluded(tmp_path):
    dataset = import_source(write_zip(tmp_path / "pets.zip", two_classes(8)))
    found = groups(edit(dataset, [Edit("exclude", (2,))]), edit(dataset, [Edit("exclude", (2,))]).records())
    assert [(group.name, len(group.rows)) for group in found] == [("cat", 7), ("dog", 8)]
    assert 2 not in found[0].rows


def labelled(tmp_path, header, rows, task):
    files = {f"{i}.png": png(i) for i in range(len(rows))}
    table = "\n".join([header, *(f"{i}.png,{row}" for i, row in enumerate(rows))]).encode()
    return import_source(write_zip(tmp_path / "t.zip", {**files, "labels.csv": table}), task=task)


def test_a_picture_of_several_classes_is_in_each_group(tmp_path):
    dataset = labelled(tmp_path, "file,tags", ["a|b", "b", "a", "b"] * 5, "multilabel")
    assert [(group.name, len(group.rows)) for group in groups(dataset, dataset.records())] == [("a", 10), ("b", 15)]


def test_pictures_with_numbers_are_put_into_ranges_of_equal_count(tmp_path):
    dataset = labelled(tmp_path, "file,size,mass", [f"{i},{100 - i}" for i in range(24)], "regression")
    found = groups(dataset, dataset.records())
    assert [group.name for group in found][:2] == ["0 – 3", "4 – 7"] and {len(group.rows) for group in found} == {4}
    values = dataset.targets()[found[5].rows, 0]
    assert (values.min(), values.max()) == (20, 23)
    assert groups(dataset, dataset.records(), 1)[0].name == "77 – 80"


def test_sizes_are_counted_and_a_sample_is_drawn_of_too_many():
    table = pd.DataFrame({"width": [3, 3, 4, 5, 9], "height": [2, 2, 2, 2, 9], "split": ["train"] * 4 + [""]})
    found = sizes(table)
    assert found.to_numpy().tolist() == [[3, 2, 2], [4, 2, 1], [5, 2, 1]] and found.attrs["left_out"] == 0
    few = sizes(table, most=2)
    assert len(few) == 2 and few["count"].sum() + few.attrs["left_out"] == 4
    assert few.equals(sizes(table, most=2))
