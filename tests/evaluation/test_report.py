import dataclasses
import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    balanced_accuracy_score,
    confusion_matrix,
    f1_score,
    log_loss,
    mean_absolute_error,
    precision_recall_fscore_support,
    r2_score,
)

from ftcore import tasks
from ftcore.errors import NotComputable
from ftcore.evaluation import report
from ftcore.evaluation.predictions import Predictions

CLASSES = ("ant", "bee", "<cat>", "dög")


def predictions(target, probabilities):
    target, probabilities = np.asarray(target), np.asarray(probabilities, np.float32)
    return Predictions(CLASSES[: probabilities.shape[1]], target, probabilities, 100 + np.arange(len(target)))


def said(target, answers, n_classes=4, sure=0.7):
    """Predictions that answer as told, with a confidence each."""
    probabilities = np.full((len(answers), n_classes), (1 - sure) / (n_classes - 1))
    probabilities[np.arange(len(answers)), answers] = sure
    return predictions(target, probabilities)


def drawn(n, seed=0):
    random = np.random.default_rng(seed)
    return predictions(random.integers(0, 4, n), random.dirichlet(np.ones(4), n))


CASES = {
    "many": drawn(200),
    "few": drawn(5, seed=1),
    "one right": said([2], [2]),
    "one wrong": said([2], [1]),
    "a class never said": said([0, 1, 2, 2, 3], [0, 1, 1, 0, 3]),
    "a class not in the truth": said([0, 1, 1, 0], [0, 1, 3, 3]),
    "always the same answer": said([0, 1, 2, 3, 3], [3, 3, 3, 3, 3]),
    "all wrong": said([0, 1, 2, 3], [1, 2, 3, 0]),
    "two classes in use": said([0, 0, 1, 1], [0, 1, 1, 1]),
}


@pytest.fixture(params=CASES.values(), ids=CASES.keys())
def case(request):
    return request.param


def theirs(case, average, labels=None):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return precision_recall_fscore_support(
            case.target, case.values.argmax(1), average=average, labels=labels, zero_division=0
        )


def test_scores_equal_scikit_learns(case):
    found = report.scores(case)
    assert list(found) == list(tasks.MULTICLASS.scores)
    precision, recall, f1, _ = theirs(case, "macro")
    answers = case.values.argmax(1)
    assert found["accuracy"]["value"] == pytest.approx(accuracy_score(case.target, answers))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        balanced = balanced_accuracy_score(case.target, answers)
    assert found["balanced_accuracy"]["value"] == pytest.approx(balanced)
    assert found["precision"]["value"] == pytest.approx(precision)
    assert found["recall"]["value"] == pytest.approx(recall)
    assert found["f1"]["value"] == pytest.approx(f1)


def test_the_loss_equals_scikit_learns(case):
    probabilities = case.values.astype(float)
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    expected = log_loss(case.target, probabilities, labels=range(4))
    assert report.scores(case)["loss"] == {"value": pytest.approx(expected, rel=1e-5)}


def test_an_impossible_truth_has_a_large_but_finite_loss():
    assert report.scores(predictions([1], [[1.0, 0.0]]))["loss"]["value"] == pytest.approx(-np.log(1e-7))


def test_every_interval_holds_its_value(case):
    for name, score in report.scores(case).items():
        if name != "loss":
            assert 0.0 <= score["low"] <= score["value"] + 1e-9
            if name == "accuracy" or len(case.target) >= 200:
                assert score["value"] - 1e-9 <= score["high"] <= 1.0


def test_scores_are_the_same_every_time(case):
    assert report.scores(case) == report.scores(case)


def test_the_confusion_table_equals_scikit_learns(case):
    table = report.tables(case)["confusion"]
    expected = confusion_matrix(case.target, case.values.argmax(1), labels=range(4))
    square = table.pivot(index="true", columns="predicted", values="count").loc[list(CLASSES), list(CLASSES)]
    assert (square.to_numpy() == expected).all()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        shares = confusion_matrix(case.target, case.values.argmax(1), labels=range(4), normalize="true")
    found = table.pivot(index="true", columns="predicted", values="share").loc[list(CLASSES), list(CLASSES)]
    assert found.to_numpy() == pytest.approx(shares)


def test_the_class_table_equals_scikit_learns(case):
    table = report.tables(case)["classes"]
    precision, recall, f1, support = theirs(case, None, labels=range(4))
    assert tuple(table["label"]) == CLASSES
    assert table["pictures"].tolist() == support.tolist()
    assert table["precision"].to_numpy() == pytest.approx(precision)
    assert table["recall"].to_numpy() == pytest.approx(recall)
    assert table["f1"].to_numpy() == pytest.approx(f1)


def test_mistakes_are_the_wrong_answers_and_the_surest_comes_first(case):
    table = report.mistakes(case)
    answers = case.values.argmax(1)
    assert set(table["row"]) == set(case.row[answers != case.target])
    assert table["confidence"].is_monotonic_decreasing
    for row in table.itertuples():
        index = row.row - 100
        assert row.true == CLASSES[case.target[index]] != row.predicted == CLASSES[answers[index]]
        assert row.confidence == case.values[index].max()


def test_scores_of_nothing_are_an_error_not_zero():
    with pytest.raises(NotComputable, match="Scores need at least one picture"):
        report.scores(predictions([], np.zeros((0, 4))))


def test_predictions_come_back_from_disk_as_they_were(case, tmp_path):
    path = tmp_path / "test.parquet"
    case.save(path)
    again = Predictions.load(path, case.classes)
    assert again.classes == case.classes
    for name in ("target", "values", "row"):
        before, after = getattr(case, name), getattr(again, name)
        assert (before == after).all() and after.shape == before.shape
    assert again.values.dtype == np.float32
    assert [file.name for file in tmp_path.iterdir()] == ["test.parquet"]
    assert set(pd.read_parquet(path).columns) == {"row", "target", "p0", "p1", "p2", "p3"}


# several classes and numbers


def labelled(n, seed=0):
    random = np.random.default_rng(seed)
    target = random.integers(0, 2, (n, 4)).astype(np.float32)
    answers = np.clip(target * 0.4 + random.random((n, 4)) * 0.6, 0, 1).astype(np.float32)
    return Predictions(CLASSES, target, answers, 100 + np.arange(n), "multilabel")


def measured(n, seed=0):
    random = np.random.default_rng(seed)
    target = random.normal([10, 1000], [1, 200], (n, 2)).astype(np.float32)
    answers = (target + random.normal([0, 0], [0.1, 50], (n, 2))).astype(np.float32)
    return Predictions(("width", "weight"), target, answers, 100 + np.arange(n), "regression")


@pytest.mark.parametrize("n", [1, 40, 300])
@pytest.mark.parametrize("make", [labelled, measured])
def test_every_score_of_a_task_has_an_interval_that_holds_it(make, n):
    case = make(n)
    found = report.scores(case)
    assert list(found) == list(tasks.of(case.task).scores)
    for name, score in found.items():
        assert set(score) == ({"value"} if name == "loss" else {"value", "low", "high"})
        if n == 300 and name != "loss":
            assert score["low"] <= score["value"] <= score["high"]


def test_nothing_is_certain_because_a_few_pictures_were_all_right_or_all_wrong():
    target = np.tile(np.eye(4, dtype=np.float32), (5, 1))  # 20 pictures
    right = report.scores(Predictions(CLASSES, target, target, np.arange(20), "multilabel"))
    wrong = report.scores(Predictions(CLASSES, target, 1 - target, np.arange(20), "multilabel"))
    single = report.scores(said([0, 1, 2, 3] * 5, [0, 1, 2, 3] * 5))
    for score in (right["f1"], right["mean_average_precision"], right["f1_micro"], single["f1"], single["accuracy"]):
        assert (score["value"], score["high"]) == (1.0, pytest.approx(1.0))
        assert score["low"] == pytest.approx(0.8389, abs=1e-4)  # Wilson's of 20 of 20
    assert (wrong["f1"]["value"], wrong["f1"]["high"]) == (0.0, pytest.approx(0.1611, abs=1e-4))


def test_scores_of_labels_equal_scikit_learns():
    case = labelled(120)
    said = case.values >= 0.5
    found = {name: score["value"] for name, score in report.scores(case).items()}
    assert found == pytest.approx(
        {
            "exact_match": accuracy_score(case.target, said),
            "mean_average_precision": average_precision_score(case.target, case.values),
            "f1_micro": f1_score(case.target, said, average="micro"),
            "f1": f1_score(case.target, said, average="macro"),
            "loss": log_loss(case.target.ravel(), case.values.ravel().astype(float).clip(1e-7, 1 - 1e-7)),
        },
        rel=1e-5,
    )
    table = report.tables(case)["classes"]
    precision, recall, f1, support = precision_recall_fscore_support(case.target, said, average=None)
    assert table[["precision", "recall", "f1"]].to_numpy() == pytest.approx(np.stack([precision, recall, f1], axis=1))
    assert table["pictures"].tolist() == support.tolist()
    assert table["average_precision"].to_numpy() == pytest.approx(
        average_precision_score(case.target, case.values, average=None)
    )


def test_scores_of_numbers_equal_scikit_learns():
    case = measured(50)
    table = report.tables(case, ("cm", "kg"))["numbers"]
    assert table["unit"].tolist() == ["cm", "kg"]
    assert table["r2"].to_numpy() == pytest.approx(r2_score(case.target, case.values, multioutput="raw_values"))
    assert table["mae"].to_numpy() == pytest.approx(
        mean_absolute_error(case.target, case.values, multioutput="raw_values"), rel=1e-4
    )
    assert report.scores(case)["mae"]["value"] == pytest.approx(table["mae"].mean())


def test_a_higher_threshold_says_fewer_labels():
    case = labelled(50)
    assert dataclasses.replace(case, threshold=0.9).predicted.sum() < case.predicted.sum()


def test_mistakes_over_labels_are_those_with_any_label_wrong():
    case = labelled(50)
    table = report.mistakes(case)
    assert set(table["row"]) == set(case.row[((case.target > 0) != case.predicted).any(axis=1)])
    assert table["confidence"].is_monotonic_decreasing
    row = table.iloc[0]
    assert row["true"] == (", ".join(np.array(CLASSES)[case.target[row["row"] - 100] > 0]) or "nothing")


def test_the_largest_error_is_the_one_that_is_large_for_its_number():
    case = measured(50)
    case.values[7] = case.target[7] + [3.0, 1.0]  # three deviations of the width; a trifle of the weight
    row = report.mistakes(case, ("cm", "kg")).iloc[0]
    assert (row["row"], row["label"]) == (107, "width") and row["true"].endswith(" cm")


@pytest.mark.parametrize("make", [labelled, measured])
def test_labels_and_numbers_come_back_from_disk_as_they_were(make, tmp_path):
    case = make(9)
    case.save(tmp_path / "test.parquet")
    again = Predictions.load(tmp_path / "test.parquet", case.classes, case.task)
    assert (again.target == case.target).all() and again.target.dtype == np.float32
    assert (again.values == case.values).all() and (again.row == case.row).all()
