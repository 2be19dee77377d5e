import pytest

from ftcore.evaluation.learning_curves import on_history


def rows(train_loss, val_loss, train_accuracy=0.9, val_accuracy=0.88):
    return [
        {"train_loss": a, "val_loss": b, "train_accuracy": train_accuracy, "val_accuracy": val_accuracy}
        for a, b in zip(train_loss, val_loss, strict=True)
    ]


def said(history, n_epochs):
    return [(advice.severity, advice.text) for advice in on_history(history, n_epochs)]


@pytest.mark.parametrize("n", [0, 1, 2])
def test_two_epochs_are_too_few_to_say_anything(n):
    assert said(rows([9, 1][:n], [1, 9][:n]), 2) == []


def test_overfitting_is_seen_when_only_the_training_loss_falls():
    found = said(rows([1.0, 0.6, 0.3, 0.1], [1.0, 0.8, 0.95, 1.2]), 8)
    assert [severity for severity, _ in found] == ["warning"]
    assert found[0][1].startswith("Overfitting: for 2 epochs the loss on validation pictures has been rising")
    assert "The best epoch is kept" in found[0][1]


@pytest.mark.parametrize(
    "train, val",
    [
        ([1.0, 0.6, 0.3, 0.2], [1.0, 0.8, 0.7, 0.9]),  # one bad epoch is no trend
        ([1.0, 0.6, 0.3, 0.2], [1.0, 0.8, 0.82, 0.84]),  # a rise within the noise
        ([1.0, 0.6, 0.7, 0.8], [1.0, 0.8, 0.9, 1.2]),  # both rise
    ],
)
def test_overfitting_is_not_cried_over_little(train, val):
    assert not [text for _, text in said(rows(train, val), 8) if text.startswith("Overfitting")]


def test_a_gap_between_the_accuracies_is_told_in_both_numbers():
    found = said(rows([1.0, 0.5, 0.4], [1.0, 0.6, 0.59], 0.98, 0.71), 8)
    assert len(found) == 1
    assert "98% of the training pictures but only 71% of the validation pictures" in found[0][1]


def test_a_small_gap_is_normal():
    assert said(rows([1.0, 0.5, 0.4], [1.0, 0.6, 0.59], 0.98, 0.84), 8) == []


def test_a_run_that_ends_while_it_still_learns_is_told_to_go_on():
    found = said(rows([1.0, 0.8, 0.6], [1.0, 0.8, 0.6]), 3)
    assert [severity for severity, _ in found] == ["info"]
    assert found[0][1].startswith("Not finished learning")


def test_nobody_is_told_to_go_on_in_the_middle():
    assert said(rows([1.0, 0.8, 0.6], [1.0, 0.8, 0.6]), 4) == []


def test_a_rising_training_loss_is_a_rate_too_high():
    found = said(rows([1.0, 1.4, 1.6], [1.0, 1.4, 1.6]), 8)
    assert [severity for severity, _ in found] == ["warning"]
    assert "the learning rate is too high" in found[0][1]


def test_a_run_without_trouble_ends_with_a_good_word():
    assert said(rows([1.0, 0.5, 0.49], [1.0, 0.52, 0.51]), 3) == [
        ("good", "Training and validation agree: no sign of overfitting.")
    ]
    assert said(rows([1.0, 0.5, 0.49], [1.0, 0.52, 0.51]), 4) == []


def numbers(train, validation):
    losses = {"train_loss": 1.0, "val_loss": 1.0}
    return [{**losses, "train_mae": a, "val_mae": b} for a, b in zip(train, validation, strict=True)]


def test_a_gap_between_errors_is_told_in_the_unit_of_the_numbers():
    history = numbers([3, 2, 1], [3, 2.5, 2.2])
    (found,) = on_history(history, 8, task="regression", units=["kg"])
    assert found.severity == "warning" and "off by 1.00 kg on average, on validation pictures by 2.20 kg" in found.text
    assert on_history(history, 8, task="regression", units=["kg", "cm"]) == [], "a mean of both says nothing"
    assert on_history(numbers([3, 2, 1], [3, 2, 1.4]), 8, task="regression", units=["kg"]) == []


def test_a_gap_over_several_classes_is_told_as_average_precision():
    losses = {"train_loss": 1.0, "val_loss": 1.0}
    history = [{**losses, "train_mean_average_precision": 0.99, "val_mean_average_precision": 0.7}] * 3
    (found,) = on_history(history, 8, task="multilabel")
    assert "average precision is 99% on training pictures but only 70% on validation pictures" in found.text
