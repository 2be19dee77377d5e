import pytest

from ftcore.datasets import holdout_log
from ftcore.datasets.importing.importer import import_source
from ftcore.errors import DataError
from tests.datasets.made_pictures import two_classes, write_zip


@pytest.fixture
def dataset(tmp_path):
    return import_source(write_zip(tmp_path / "in.zip", two_classes()))


def test_nobody_has_looked_at_a_new_data_set(dataset):
    assert holdout_log.count(dataset.id) == 0


def test_each_run_counts_once_however_often_it_is_tested(dataset):
    for run in ("a", "b", "b", "c"):
        holdout_log.record(dataset.id, run)
    assert holdout_log.count(dataset.id) == 3


def test_each_time_that_a_score_is_shown_counts(dataset):
    holdout_log.record(dataset.id, "a")
    assert (holdout_log.count(dataset.id), holdout_log.n_runs(dataset.id)) == (1, 1)
    holdout_log.record(dataset.id, "a", shown=True)
    assert holdout_log.count(dataset.id) == 1, "to be tested and then seen is one look"
    holdout_log.record(dataset.id, "a", shown=True)
    holdout_log.record(dataset.id, "b")
    assert (holdout_log.count(dataset.id), holdout_log.n_runs(dataset.id)) == (3, 2)


def test_a_line_that_was_cut_off_does_not_disturb(dataset):
    holdout_log.record(dataset.id, "a")
    with (dataset.folder / holdout_log.NAME).open("a") as file:
        file.write('{"run": "b')
    assert holdout_log.count(dataset.id) == 1


def test_a_look_after_a_line_that_was_cut_off_counts(dataset):
    holdout_log.record(dataset.id, "a")
    with (dataset.folder / holdout_log.NAME).open("a") as file:
        file.write('{"run": "b')
    holdout_log.record(dataset.id, "c")
    assert holdout_log.n_runs(dataset.id) == 2


def test_a_data_set_that_is_not_there_is_a_sentence():
    with pytest.raises(DataError, match="There is no data set 'gone'"):
        holdout_log.record("gone", "a")
    with pytest.raises(DataError, match="not the id"):
        holdout_log.count("../x")
