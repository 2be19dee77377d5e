import math

import numpy as np
import pytest
import torch
from sklearn.metrics import accuracy_score, log_loss

from ftcore import tasks
from ftcore.errors import NotComputable
from ftcore.metrics.collection import MetricCollection
from ftcore.tasks.outputs import Outputs

RANDOM = np.random.default_rng(0)
SCORES = torch.tensor(RANDOM.normal(0, 3, (50, 4)), dtype=torch.float32)
TARGET = torch.tensor(RANDOM.integers(0, 4, 50))


class One:
    """One score of one class per picture, on logits [B, C]: update / reset / compute."""

    def __init__(self, name):
        self._name = name
        outputs = Outputs("multiclass", tuple("abcd"))
        self._collection = MetricCollection([tasks.MULTICLASS.scores[name]], outputs.outcome)
        self.update, self.reset = self._collection.update, self._collection.reset

    def compute(self):
        return self._collection.compute()[self._name]


def batched(metric, size):
    for scores, target in zip(SCORES.split(size), TARGET.split(size), strict=True):
        metric.update(scores, target)
    return metric.compute()


@pytest.mark.parametrize("size", [1, 7, 49, 50])
def test_accuracy_equals_scikit_learn_however_it_is_batched(size):
    assert batched(One("accuracy"), size) == pytest.approx(accuracy_score(TARGET, SCORES.argmax(1)), abs=1e-12)


@pytest.mark.parametrize("size", [1, 7, 49, 50])
def test_loss_equals_torch_and_scikit_learn_however_it_is_batched(size):
    found = batched(One("loss"), size)
    assert found == pytest.approx(float(torch.nn.CrossEntropyLoss()(SCORES.double(), TARGET)), rel=1e-12)
    assert found == pytest.approx(log_loss(TARGET, SCORES.double().softmax(1), labels=range(4)), rel=1e-6)


def test_probabilities_will_do_for_accuracy():
    metric = One("accuracy")
    metric.update(SCORES.softmax(1), TARGET)
    assert metric.compute() == batched(One("accuracy"), 50)


@pytest.mark.parametrize("answer, accuracy", [(1, 1.0), (0, 0.0)])
def test_all_right_and_all_wrong(answer, accuracy):
    metric = One("accuracy")
    metric.update(torch.eye(2)[torch.full((9,), answer)], torch.ones(9, dtype=torch.long))
    assert metric.compute() == accuracy


def test_half_precision_scores_lose_nothing_in_the_sum():
    scores = torch.zeros(4096, 2, dtype=torch.float16)
    metric = One("loss")
    metric.update(scores, torch.zeros(4096, dtype=torch.long))
    assert metric.compute() == pytest.approx(math.log(2), rel=1e-9)


def test_hopelessly_wrong_scores_have_a_finite_loss():
    metric = One("loss")
    metric.update(torch.tensor([[1e30, -1e30]]), torch.tensor([1]))
    assert metric.compute() == pytest.approx(2e30, rel=1e-6)


def test_scores_that_are_no_numbers_are_not_smoothed_over():
    metric = One("loss")
    metric.update(torch.tensor([[float("nan"), 0.0], [1.0, 0.0]]), torch.tensor([0, 0]))
    assert math.isnan(metric.compute())


@pytest.mark.parametrize("metric, word", [(One("accuracy"), "Accuracy"), (One("loss"), "Loss")])
def test_a_score_of_nothing_is_an_error_not_zero(metric, word):
    with pytest.raises(NotComputable, match=f"{word} needs at least one picture"):
        metric.compute()
    metric.update(SCORES, TARGET)
    metric.reset()
    with pytest.raises(NotComputable, match="at least one picture"):
        metric.compute()


@pytest.mark.parametrize("metric", [One("accuracy"), One("loss")])
def test_an_empty_batch_changes_nothing(metric):
    metric.update(SCORES, TARGET)
    before = metric.compute()
    metric.update(torch.zeros(0, 4), torch.zeros(0, dtype=torch.long))
    assert metric.compute() == before


@pytest.mark.parametrize(
    "scores, target, text",
    [
        (torch.zeros(3), torch.zeros(3, dtype=torch.long), r"scores \[B, C\] and target \[B\], received \[3\], \[3\]"),
        (torch.zeros(3, 2), torch.zeros(4, dtype=torch.long), r"received \[3, 2\], \[4\]"),
        (torch.zeros(3, 2), torch.zeros(3, 1, dtype=torch.long), r"received \[3, 2\], \[3, 1\]"),
        (torch.zeros(3, 2), torch.tensor([0, 1, 2]), "class indices 0 to 1"),
        (torch.zeros(3, 2), torch.tensor([0, 1, -1]), "class indices 0 to 1"),
        (torch.zeros(3, 2), torch.tensor([0.0, 1.0, 1.0]), "class indices 0 to 1"),
    ],
)
@pytest.mark.parametrize("name", ["accuracy", "loss"])
def test_what_does_not_fit_is_refused(name, scores, target, text):
    metric = One(name)
    metric.update(scores, target)
    with pytest.raises(ValueError, match=text):
        metric.compute()
