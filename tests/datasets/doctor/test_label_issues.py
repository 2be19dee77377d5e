import numpy as np

from ftcore.datasets.doctor.label_issues import out_of_fold_probabilities
from ftcore.datasets.versions import edit
from tests.datasets.doctor.examined import examined
from tests.datasets.made_pictures import two_classes


def test_wrong_labels_are_found_and_the_right_one_is_suggested(doctor, features):
    dataset, _ = doctor(two_classes(60))
    values = features(60)
    wrong = (3, 17, 70)
    swapped = values.copy()
    for row in wrong:
        swapped[row, :2] = values[row, 1::-1]
    (found,) = [f for f in examined(dataset, swapped).findings if f.issue == "label_issue"]
    assert set(wrong) <= set(found.rows) and len(found.rows) <= 5
    mended = edit(dataset, found.remedy)
    assert [mended.records()["label"][row] for row in wrong] == ["dog", "dog", "cat"]


def test_a_picture_far_from_all_others_is_an_outlier(doctor, features):
    dataset, found = doctor(two_classes(60))
    assert "outlier" not in found
    values = features(60)
    values[11] = 0
    values[11, 20:] = 30.0
    (outlier,) = [f for f in examined(dataset, values).findings if f.issue == "outlier"]
    assert outlier.rows[0] == 11


def test_probabilities_come_from_models_that_never_saw_the_picture():
    random = np.random.default_rng(0)
    x, target = random.normal(size=(200, 5)), random.integers(0, 2, 200)
    probabilities = out_of_fold_probabilities(x, target)
    assert probabilities.shape == (200, 2) and np.allclose(probabilities.sum(axis=1), 1)
    assert abs((probabilities.argmax(axis=1) == target).mean() - 0.5) < 0.12  # nothing to learn, so nothing is learned
    assert out_of_fold_probabilities(x[:3], np.array([0, 0, 1])) is None
