"""One contract for every task: what one says about targets, predictions, scores and settings, each says."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
import torch

from ftcore import settings as s
from ftcore import tasks
from ftcore.datasets.doctor import examine
from ftcore.errors import DataError, SettingsError
from ftcore.metrics.outcome import joined
from ftcore.tasks.outputs import Outputs

RANDOM = np.random.default_rng(0)


@dataclass(frozen=True)
class Picture:
    path: str
    label: str
    labels: tuple[str, ...] = ()
    numbers: tuple[float, ...] = ()


PICTURES = {
    "multiclass": [Picture(f"{i}.png", label) for i, label in enumerate(["10", "2", "a"] * 4)],
    "multilabel": [
        Picture(f"{i}.png", " | ".join(labels) or "(none)", labels=labels)
        for i, labels in enumerate([("10",), ("2", "a"), (), ("10", "a")] * 3)
    ],
    "regression": [Picture(f"{i}.png", f"{i} kg | {i * i}", numbers=(float(i), float(i * i))) for i in range(12)],
}
CALLED, UNITS = ("weight", "area"), ("kg", "")


@pytest.fixture(params=tasks.every(), ids=lambda task: task.name)
def task(request):
    return request.param


def coded(task):
    """A table as an import makes it, its classes, and its targets as an array."""
    table = pd.DataFrame([vars(picture) for picture in PICTURES[task.name]])
    classes, table["target"] = task.coded(table, CALLED)
    table["split"] = ["train"] * 8 + ["validation", "test"] * 2
    return table, classes, task.as_array(table["target"], len(classes))


def units(task):
    return () if task.has_classes else UNITS


def outputs_of(task, classes):
    numbers = {} if task.has_classes else {"units": UNITS, "mean": (0.0, 0.0), "std": (1.0, 1.0)}
    return Outputs(task.name, tuple(classes), **numbers)


def test_a_task_is_found_by_its_name_and_by_the_one_it_had(task):
    assert tasks.of(task.name) is task
    formerly = {new: old for old, new in tasks.FORMERLY.items()}[task.name]
    assert tasks.of(formerly) is task and tasks.current(formerly) == task.name
    with pytest.raises(SettingsError, match="Unknown task 'poems'"):
        tasks.of("poems")


def test_it_has_words_for_people(task):
    for name in ("label", "noun", "nouns", "a_target", "evenly", "conflict", "main_in_words", "answer_in_python"):
        assert getattr(task, name), name
    assert "{n}" in task.answer_in_words and "{classes}" in task.answer_in_words
    assert bool(task.weighting_note) == task.has_classes


def test_what_it_names_is_there(task):
    assert set(task.losses) <= set(s.LOSSES)
    assert set(task.label_checks) <= set(examine._LABEL_CHECKS)
    settings = s.suggest("quick", s.DatasetFacts(n_train=100, n_classes=2, side=64, task=task.name))
    s.check_task(settings, task.name, 2)
    assert settings.train.loss == task.losses[0] and settings.train.monitor == task.usual_monitor(2)


def test_targets_go_into_an_array_and_come_back_in_words(task):
    table, classes, array = coded(task)
    assert classes == (("2", "10", "a") if task.has_classes else CALLED), "2 before 10"
    assert len(array) == 12
    assert [task.in_words(target, classes, units(task)) for target in table["target"]] == [
        picture.label if not task.several else " | ".join(c for c in classes if c in picture.labels) or "(none)"
        for picture in PICTURES[task.name]
    ]


def test_every_picture_counts_for_what_it_has(task):
    _, classes, array = coded(task)
    has = task.membership(array, len(classes))
    assert has.shape == (12, len(classes)) and has.dtype == bool
    assert task.counts(array, len(classes)).tolist() == has.sum(axis=0).tolist()
    strata = task.strata(array)
    assert (strata is None) == task.several
    assert strata is None or (len(strata) == 12 and len(set(strata)) > 1)


def test_a_text_relabels_pictures_and_any_other_is_refused(task):
    table, classes, _ = coded(task)
    words = {"multiclass": "a", "multilabel": "a | 10", "regression": "7 kg | "}[task.name]
    task.relabel(table, [0, 3], words, classes, units(task))
    assert task.recoded(table, classes, [4] * len(classes)) == classes
    now = [task.in_words(table["target"][row], classes, units(task)) for row in (0, 3)]
    expected = {"multiclass": ["a", "a"], "multilabel": ["10 | a"] * 2, "regression": ["7 kg | 0", "7 kg | 9"]}
    assert now == expected[task.name] and table["label"][3].split(" | ")[0] == now[1].split(" | ")[0]
    with pytest.raises(DataError):
        task.relabel(table, [0], "zebra", classes, units(task))


@pytest.mark.parametrize("task", [task for task in tasks.every() if task.has_classes], ids=lambda task: task.name)
def test_no_edit_takes_the_last_training_picture_of_a_class(task):
    table, classes, _ = coded(task)
    has_it = ["2" in (picture.labels or (picture.label,)) for picture in PICTURES[task.name]]
    table.loc[has_it, "split"] = "test"
    with pytest.raises(DataError, match="Class '2' would have no training pictures left"):
        task.recoded(table, classes, [4] * len(classes))


def test_pictures_that_cannot_be_learned_from_are_refused_in_a_sentence(task):
    assert task.lack(PICTURES[task.name]) is None
    what, fix = task.lack(PICTURES[task.name][:1])
    assert what.endswith(".") and fix.endswith(".")


def test_small_classes_are_left_out_with_a_reason(task):
    odd = Picture("odd.png", "odd", labels=("odd",) if task.several else (), numbers=(1.0, 2.0))
    kept, left_out = task.without_small_classes([*PICTURES[task.name], odd])
    assert len(left_out) == task.has_classes and all("reason" in item for item in left_out)
    assert (odd in kept) == (not task.has_classes), "of several classes only the class goes"


def test_both_ways_to_an_outcome_agree(task):
    """From what the network gives, as in an epoch, and from probabilities or numbers, as in a report."""
    _, classes, array = coded(task)
    outputs = outputs_of(task, classes)
    given = torch.tensor(RANDOM.normal(0, 2, (12, outputs.n)), dtype=torch.float32)
    epoch = outputs.outcome(given, torch.tensor(array))
    report = task.outcome(array, outputs.predictions(given).numpy(), outputs.threshold)
    assert (epoch.predicted == report.predicted).all()
    assert epoch.losses == pytest.approx(report.losses, rel=1e-4)
    for name, score in task.scores.items():
        assert score.formula(epoch) == pytest.approx(score.formula(report), rel=1e-4), name
    rows = np.array([3, 3, 0])
    again = joined([report.take(rows[:1]), report.take(rows[1:])])
    assert (again.values == report.values[rows]).all() and (again.take(np.array([2])).values == report.values[:1]).all()
    for name, score in task.scores.items():
        assert score.formula(again) == pytest.approx(score.formula(report.take(rows))), name


def test_predictions_become_tables_mistakes_and_answers(task):
    _, classes, array = coded(task)
    outputs = outputs_of(task, classes)
    given = torch.tensor(RANDOM.normal(0, 2, (12, outputs.n)), dtype=torch.float32)
    outcome, rows = outputs.outcome(given, torch.tensor(array)), 100 + np.arange(12)
    tables = task.tables(outcome, rows, classes, units(task))
    assert tables and all(len(table) for table in tables.values())
    wrong = task.mistakes(outcome, rows, classes, units(task))
    assert {"row", "true", "predicted"} < set(wrong.columns) and set(wrong["row"]) <= set(rows)
    assert len(task.typical_error(outcome)) == (0 if task.has_classes else 2)
    values = dict(zip(classes, outcome.values[0].tolist(), strict=True))
    answer = task.answer(values, threshold=0.5, units=units(task), typical_error=task.typical_error(outcome))
    assert values in answer.values()


def test_a_linear_probe_learns_what_is_easy(task):
    _, classes, array = coded(task)
    x = np.tile(np.column_stack([task.membership(array, len(classes)), array.reshape(12, -1)]), (5, 1))
    target = np.concatenate([array] * 5)
    values = task.linear_probe(x.astype(np.float32), target, x[:12].astype(np.float32), len(classes))
    assert values.shape == (12, len(classes)) and values.dtype == np.float32
    score = task.scores[task.race_score].formula(task.outcome(array, values, 0.5))
    assert score > 0.95


def test_a_gap_is_said_only_where_there_is_one(task):
    good, bad = (0.95, 0.5) if task.scores[task.main].better == "higher" else (1.0, 3.0)
    assert task.gap(good, good, units(task)[:1]) == ""
    assert "New pictures will go like the second number" in task.gap(good, bad, units(task)[:1])
