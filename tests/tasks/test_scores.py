import pytest

from ftcore import tasks
from ftcore.errors import SettingsError
from ftcore.metrics.score import number, shared_unit
from ftcore.tasks import scores


@pytest.mark.parametrize(
    "name, value, unit, shown",
    [
        ("accuracy", 0.9444, "", "94.4%"),
        ("r2", 0.8734, "kg", "0.873"),
        ("r2", -12.5, "kg", "-12.5"),
        ("mae", 3.14159, "kg", "3.14 kg"),
        ("mae", 1234.5, "", "1,234"),
        ("rmse", 0.0, "m", "0 m"),
        ("rmse", 1e-9, "m", "1.00e-09 m"),
        ("median_error", 0.00123, "m", "0.00123 m"),
        ("loss", 0.5, "kg", "0.500"),
    ],
)
def test_scores_are_written_as_people_write_them(name, value, unit, shown):
    assert scores.text(name, value, unit) == shown


def test_a_number_whose_error_is_known_gets_two_digits_of_that():
    assert number(-0.0353, "cm", error=0.155) == "-0.04 cm"
    assert number(2023.42, error=1.2) == "2,023.4"
    assert number(123456.0, "g", error=5000.0) == "123,456 g"


@pytest.mark.parametrize(
    "monitor, task, shown",
    [
        ("loss", "multiclass", "accuracy"),
        ("f1", "multiclass", "f1"),
        ("loss", "multilabel", "mean_average_precision"),
        ("loss", "regression", "mae"),
        ("r2", "regression", "r2"),
        ("accuracy", "regression", "mae"),
    ],
)
def test_the_score_that_is_shown_is_the_one_that_chose_unless_it_is_the_loss(monitor, task, shown):
    assert tasks.of(task).headline(monitor) == shown


@pytest.mark.parametrize("monitor", ["loss", "mae", "rmse", "r2"])
def test_no_mean_over_several_units_stands_for_a_run(monitor):
    assert tasks.REGRESSION.headline(monitor, ("kg", "cm")) == "r2"
    assert tasks.REGRESSION.headline(monitor, ("kg", "kg")) == {"r2": "r2", "rmse": "rmse"}.get(monitor, "mae")


def test_titles_name_unit_and_direction():
    assert tasks.of("multiclass").scores["accuracy"].title() == "Accuracy"
    assert tasks.of("multiclass").scores["loss"].title() == "Loss (lower is better)"
    assert tasks.of("regression").scores["loss"].title("kg") == "Loss: squared error (kg², lower is better)"
    assert tasks.of("regression").scores["mae"].title("kg") == "Mean error (kg, lower is better)"
    assert tasks.of("regression").scores["r2"].title("kg") == "R²"


@pytest.mark.parametrize("units, shared", [((), ""), (("kg",), "kg"), (("kg", "kg"), "kg"), (("kg", "m"), "")])
def test_several_numbers_have_a_unit_only_if_they_share_it(units, shared):
    assert shared_unit(units) == shared


@pytest.mark.parametrize("task", tasks.every(), ids=lambda task: task.name)
def test_every_task_has_a_loss_and_the_scores_that_it_names(task):
    assert {"loss", task.main, task.race_score, task.fair_score} <= set(task.scores)
    assert task.headline("loss") == task.main


def test_a_score_is_found_by_its_name_whichever_task_has_it():
    assert scores.find("r2") is tasks.REGRESSION.scores["r2"]
    assert scores.find("f1") is tasks.MULTICLASS.scores["f1"]
    with pytest.raises(SettingsError, match="Unknown score 'luck'"):
        scores.find("luck")
