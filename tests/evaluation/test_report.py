import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    confusion_matrix,
    log_loss,
    precision_recall_fscore_support,
)

from ftcore import scores
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
            case.target, case.answers.argmax(1), average=average, labels=labels, zero_division=0
        )


def test_scores_equal_scikit_learns(case):
    found = report.scores(case)
    assert list(found) == scores.of_task("single")
    precision, recall, f1, _ = theirs(case, "macro")
    answers = case.answers.argmax(1)
    assert found["accuracy"]["value"] == pytest.approx(accuracy_score(case.target, answers))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        balanced = balanced_accuracy_score(case.target, answers)
    assert found["balanced_accuracy"]["value"] == pytest.approx(balanced)
    assert found["precision"]["value"] == pytest.approx(precision)
    assert found["recall"]["value"] == pytest.approx(recall)
    assert found["f1"]["value"] == pytest.approx(f1)


def test_the_loss_equals_scikit_learns(case):
    probabilities = case.answers.astype(float)
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
    table = report.confusion_table(case)
    expected = confusion_matrix(case.target, case.answers.argmax(1), labels=range(4))
    square = table.pivot(index="true", columns="predicted", values="count").loc[list(CLASSES), list(CLASSES)]
    assert (square.to_numpy() == expected).all()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        shares = confusion_matrix(case.target, case.answers.argmax(1), labels=range(4), normalize="true")
    found = table.pivot(index="true", columns="predicted", values="share").loc[list(CLASSES), list(CLASSES)]
    assert found.to_numpy() == pytest.approx(shares)


def test_the_class_table_equals_scikit_learns(case):
    table = report.class_table(case)
    precision, recall, f1, support = theirs(case, None, labels=range(4))
    assert tuple(table["label"]) == CLASSES
    assert table["pictures"].tolist() == support.tolist()
    assert table["precision"].to_numpy() == pytest.approx(precision)
    assert table["recall"].to_numpy() == pytest.approx(recall)
    assert table["f1"].to_numpy() == pytest.approx(f1)


def test_mistakes_are_the_wrong_answers_and_the_surest_comes_first(case):
    table = report.mistakes(case)
    answers = case.answers.argmax(1)
    assert set(table["picture"]) == set(case.picture[answers != case.target])
    assert table["confidence"].is_monotonic_decreasing
    for row in table.itertuples():
        index = row.picture - 100
        assert row.true == CLASSES[case.target[index]] != row.predicted == CLASSES[answers[index]]
        assert row.confidence == case.answers[index].max()


def test_scores_of_nothing_are_an_error_not_zero():
    with pytest.raises(NotComputable, match="Scores need at least one picture"):
        report.scores(predictions([], np.zeros((0, 4))))


def test_predictions_come_back_from_disk_as_they_were(case, tmp_path):
    path = tmp_path / "test.parquet"
    case.save(path)
    again = Predictions.load(path, case.classes)
    assert again.classes == case.classes
    for name in ("target", "answers", "picture"):
        before, after = getattr(case, name), getattr(again, name)
        assert (before == after).all() and after.shape == before.shape
    assert again.answers.dtype == np.float32
    assert [file.name for file in tmp_path.iterdir()] == ["test.parquet"]
    assert set(pd.read_parquet(path).columns) == {"picture", "target", "p0", "p1", "p2", "p3"}
