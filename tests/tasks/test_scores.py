import pytest

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
    assert scores.number(-0.0353, "cm", error=0.155) == "-0.04 cm"
    assert scores.number(2023.42, error=1.2) == "2,023.4"
    assert scores.number(123456.0, "g", error=5000.0) == "123,456 g"


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
    assert scores.headline(monitor, task) == shown


@pytest.mark.parametrize("monitor", ["loss", "mae", "rmse", "r2"])
def test_no_mean_over_several_units_stands_for_a_run(monitor):
    assert scores.headline(monitor, "regression", ("kg", "cm")) == "r2"
    assert scores.headline(monitor, "regression", ("kg", "kg")) == {"r2": "r2", "rmse": "rmse"}.get(monitor, "mae")


def test_titles_name_unit_and_direction():
    assert scores.title("accuracy", "multiclass") == "Accuracy"
    assert scores.title("loss", "multiclass") == "Loss (lower is better)"
    assert scores.title("loss", "regression", "kg") == "Loss: squared error (kg², lower is better)"
    assert scores.title("mae", "regression", "kg") == "Mean error (kg, lower is better)"
    assert scores.title("r2", "regression", "kg") == "R²"


@pytest.mark.parametrize("units, shared", [((), ""), (("kg",), "kg"), (("kg", "kg"), "kg"), (("kg", "m"), "")])
def test_several_numbers_have_a_unit_only_if_they_share_it(units, shared):
    assert scores.shared_unit(units) == shared


def test_every_task_has_a_loss_and_a_main_score_of_its_own():
    for task, main in scores.MAIN.items():
        assert {"loss", main} <= set(scores.of_task(task))
