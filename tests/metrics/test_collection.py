"""One contract for every score of every task: scikit-learn's value however it is batched, unit, direction, errors."""

import math
import warnings

import numpy as np
import pytest
import torch
from sklearn import metrics as sk

from ftcore import tasks
from ftcore.errors import NotComputable
from ftcore.metrics.collection import MetricCollection
from ftcore.metrics.score import INTERVALS
from ftcore.tasks.outputs import Outputs

RANDOM = np.random.default_rng(0)
ROWS = [(task, name) for task in tasks.NAMES for name in tasks.of(task).scores]


def single(n, n_classes=4, **fixed):
    scores = RANDOM.normal(0, 3, (n, n_classes))
    return scores.astype(np.float32), fixed.get("target", RANDOM.integers(0, n_classes, n))


def multi(n, n_classes=4, **fixed):
    scores = fixed.get("scores", RANDOM.normal(0, 2, (n, n_classes)).round(1))  # rounded: some are equal
    return scores.astype(np.float32), fixed.get("target", RANDOM.integers(0, 2, (n, n_classes)))


def number(n, n_numbers=2, **fixed):
    target = fixed.get("target", RANDOM.normal(1000, 5, (n, n_numbers))).astype(np.float32)
    return fixed.get("scores", target + RANDOM.normal(0, 2, target.shape)).astype(np.float32), target


CASES = {
    "multiclass": {
        "many": single(60),
        "one": single(1),
        "always one class": single(9, target=np.zeros(9, int)),
        "a class that is never true": single(9, target=RANDOM.integers(0, 3, 9)),
    },
    "multilabel": {
        "many": multi(60),
        "one": multi(1),
        "no picture has a class": multi(9, target=np.zeros((9, 4), int)),
        "all pictures have all": multi(9, target=np.ones((9, 4), int)),
        "one class is nowhere": multi(9, target=np.tile([0, 1, 1, 0], (9, 1))),
        "all scores equal": multi(9, scores=np.zeros((9, 4))),
        "nothing is said": multi(9, scores=np.full((9, 4), -9.0)),
    },
    "regression": {
        "many": number(60),
        "one number": number(60, 1),
        "one picture": number(1),
        "exactly right": number(9, scores=np.ones((9, 2)), target=np.ones((9, 2))),
        "constant truth": number(9, target=np.full((9, 2), 0.1)),
        "worse than the mean": number(9, scores=np.zeros((9, 2))),
    },
}
PAIRS = [(task, name, case) for task, name in ROWS for case in CASES[task]]


def theirs(task, name, scores, target):
    """The same score by scikit-learn."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of classes that do not occur
        return {"multiclass": _of_classes, "multilabel": _of_labels, "regression": _of_numbers}[task](
            name, scores, target
        )


def _of_classes(name, scores, target):
    said = scores.argmax(1)
    if name == "loss":
        chances = torch.tensor(scores).double().softmax(1).numpy()
        return sk.log_loss(target, chances, labels=range(scores.shape[1]))
    if name in ("accuracy", "balanced_accuracy"):
        return {"accuracy": sk.accuracy_score, "balanced_accuracy": sk.balanced_accuracy_score}[name](target, said)
    rates = sk.precision_recall_fscore_support(target, said, average="macro", zero_division=0)
    return rates[("precision", "recall", "f1").index(name)]


def _of_labels(name, scores, target):
    said, chances = (scores >= 0).astype(int), 1 / (1 + np.exp(-scores.astype(float)))
    if name == "loss":
        return sk.log_loss(target.ravel(), chances.ravel(), labels=[0, 1])
    if name == "exact_match":
        return sk.accuracy_score(target, said)
    if name == "f1_micro":
        return sk.f1_score(target, said, average="micro", zero_division=0)
    if name == "f1":
        present = np.flatnonzero((target + said).any(axis=0))
        return sk.f1_score(target, said, labels=present, average="macro", zero_division=0) if len(present) else 0.0
    there = np.flatnonzero(target.any(axis=0))
    return sk.average_precision_score(target[:, there], scores[:, there], average="macro") if len(there) else 0.0


def _of_numbers(name, scores, target):
    scores, target = scores.astype(float), target.astype(float)
    if name == "r2" and len(target) == 1:
        return 0.0  # scikit-learn: not defined
    function = {
        "loss": sk.mean_squared_error,
        "mae": sk.mean_absolute_error,
        "median_error": sk.median_absolute_error,
        "rmse": sk.root_mean_squared_error,
        "r2": sk.r2_score,
    }[name]
    return function(target, scores)


def collection(task, *names):
    """Scores of a task, all if none is named."""
    rows = tasks.of(task).scores
    return MetricCollection([rows[name] for name in names or rows], Outputs(task, ("a", "b")).outcome)


def of_type(task, target):
    return torch.tensor(target) if task == "multiclass" else torch.tensor(target, dtype=torch.float32)


@pytest.mark.parametrize("size", [1, 7, 100])
@pytest.mark.parametrize("task, name, case", PAIRS, ids=lambda part: part.replace(" ", "-"))
def test_it_is_scikit_learns_however_it_is_batched(task, name, case, size):
    scores, target = CASES[task][case]
    metric = collection(task, name)
    for part, truth in zip(torch.tensor(scores).split(size), of_type(task, target).split(size), strict=True):
        metric.update(part, truth)
    assert metric.compute()[name] == pytest.approx(theirs(task, name, scores, target), rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("task, name", ROWS)
def test_it_says_unit_direction_and_interval_and_improves_in_that_direction(task, name):
    metric, row = collection(task, name), tasks.of(task).scores[name]
    assert row.unit in ("fraction", "nats", "target", "target²", "") and row.better in ("higher", "lower")
    assert row.name == name and row.label and row.help.endswith(".") and row.interval in INTERVALS
    scores, target = CASES[task]["many"]
    target = of_type(task, target)
    perfect = {
        "multiclass": lambda: torch.nn.functional.one_hot(target, 4) * 20.0,
        "multilabel": lambda: target * 40 - 20,
        "regression": lambda: target,
    }[task]()
    values = []
    for given in (torch.tensor(scores), perfect):
        metric.reset()
        metric.update(given, target)
        values.append(metric.compute()[name])
    assert values[1] > values[0] if row.better == "higher" else values[1] < values[0]


@pytest.mark.parametrize("task, name", ROWS)
def test_nothing_seen_is_an_error_and_an_empty_batch_is_nothing(task, name):
    metric = collection(task, name)
    scores, target = CASES[task]["many"]
    metric.update(torch.tensor(scores)[:0], of_type(task, target)[:0])
    with pytest.raises(NotComputable, match="needs at least one picture"):
        metric.compute()
    metric.update(torch.tensor(scores), of_type(task, target))
    assert math.isfinite(metric.compute()[name])
    metric.reset()
    with pytest.raises(NotComputable):
        metric.compute()


@pytest.mark.parametrize("task", tasks.NAMES)
def test_what_does_not_fit_is_refused(task):
    scores, target = CASES[task]["many"]
    for wrong in (torch.tensor(scores)[:3], torch.tensor(scores)[:, 0]):
        metric = collection(task)
        metric.update(wrong, of_type(task, target))
        with pytest.raises(ValueError, match="received"):
            metric.compute()


@pytest.mark.parametrize("task", tasks.NAMES)
def test_a_collection_gives_every_score_of_its_task(task, monkeypatch):
    monkeypatch.setattr(MetricCollection, "MOST", 20)
    scores, target = CASES[task]["many"]
    board = collection(task)
    for part, truth in zip(torch.tensor(scores).split(7), of_type(task, target).split(7), strict=True):
        board.update(part, truth)
    found = board.compute()
    assert set(found) == set(tasks.of(task).scores) and tasks.of(task).main in found and board.seen == 60
    assert found == pytest.approx({name: theirs(task, name, scores, target) for name in found}, rel=1e-6)
    assert board.compute() == found, "to look at it changes nothing"


@pytest.mark.parametrize("task", tasks.NAMES)
def test_the_recent_loss_is_that_of_the_pictures_since_the_last_look(task, monkeypatch):
    monkeypatch.setattr(MetricCollection, "MOST", 16)
    scores, target = CASES[task]["many"]
    board, told = collection(task), []
    for part, truth in zip(torch.tensor(scores).split(7), of_type(task, target).split(7), strict=True):
        board.update(part, truth)
        if board.seen in (21, 28, 60):
            told.append(board.recent_loss())
        if board.seen == 28:
            board.compute()
    parts = [slice(0, 21), slice(21, 28), slice(28, 60)]
    assert told == pytest.approx([theirs(task, "loss", scores[part], target[part]) for part in parts], rel=1e-6)
    with pytest.raises(NotComputable, match="at least one picture"):
        board.recent_loss()


@pytest.mark.parametrize("task, name", ROWS)
def test_only_scores_that_say_so_read_values(task, name):
    row, (scores, target) = tasks.of(task).scores[name], CASES[task]["many"]
    outcome = Outputs(task, ("a", "b")).outcome(torch.tensor(scores), of_type(task, target), with_values=False)
    if row.reads_values:
        with pytest.raises(ValueError, match="reads values"):
            row.formula(outcome)
    else:
        assert math.isfinite(row.formula(outcome))


def test_an_epoch_of_many_classes_keeps_no_probabilities():
    metric = collection("multiclass")
    metric.update(torch.tensor(CASES["multiclass"]["many"][0]), of_type("multiclass", CASES["multiclass"]["many"][1]))
    metric.compute()
    assert [part.all_values for part in metric._counted] == [None]
