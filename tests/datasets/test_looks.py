import pytest

from ftcore.datasets import looks
from ftcore.datasets.intake import import_source
from ftcore.errors import DataError
from tests.datasets.made_pictures import two_classes, write_zip


@pytest.fixture
def dataset(tmp_path):
    return import_source(write_zip(tmp_path / "in.zip", two_classes()))


def test_nobody_has_looked_at_a_new_data_set(dataset):
    assert looks.count(dataset.id) == 0


def test_each_run_counts_once_however_often_it_is_tested(dataset):
    for run in ("a", "b", "b", "c"):
        looks.record(dataset.id, run)
    assert looks.count(dataset.id) == 3


def test_each_time_that_a_score_is_shown_counts(dataset):
    looks.record(dataset.id, "a")
    assert (looks.count(dataset.id), looks.n_runs(dataset.id)) == (1, 1)
    looks.record(dataset.id, "a", shown=True)
    assert looks.count(dataset.id) == 1, "to be tested and then seen is one look"
    looks.record(dataset.id, "a", shown=True)
    looks.record(dataset.id, "b")
    assert (looks.count(dataset.id), looks.n_runs(dataset.id)) == (3, 2)


def test_a_line_that_was_cut_off_does_not_disturb(dataset):
    looks.record(dataset.id, "a")
    with (dataset.folder / looks.NAME).open("a") as file:
        file.write('{"run": "b')
    assert looks.count(dataset.id) == 1


def test_a_data_set_that_is_not_there_is_a_sentence():
    with pytest.raises(DataError, match="There is no data set 'gone'"):
        looks.record("gone", "a")
    with pytest.raises(DataError, match="not the id"):
        looks.count("../x")
