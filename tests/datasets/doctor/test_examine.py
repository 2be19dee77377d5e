import numpy as np

from ftcore.datasets.doctor.examine import WITHOUT_FEATURES
from ftcore.datasets.versions import Edit, edit
from tests.datasets.doctor.examined import examined
from tests.datasets.made_pictures import encoded, scene, scenes, two_classes


def test_without_features_it_says_what_it_could_not_look_for(doctor):
    dataset, found = doctor(two_classes(22))
    assert not {"label_issue", "outlier"} & set(found)
    assert examined(dataset).notes == (WITHOUT_FEATURES,)


def test_an_examination_is_the_same_each_time(doctor, features):
    dataset, _ = doctor({**scenes(30), "a/again.jpg": encoded(scene(7), "JPEG", quality=60)})
    values = np.vstack([features(30), np.ones((1, 32), "f4")])
    assert examined(dataset, values) == examined(dataset, values)


def test_excluded_pictures_are_not_examined(doctor):
    dataset, found = doctor({**scenes(25), "a/again.jpg": encoded(scene(7), "JPEG", quality=80)})
    rows = found["near_duplicate"].rows
    edited = edit(dataset, [Edit("exclude", rows)])
    assert not set(rows) & {row for finding in examined(edited).findings for row in finding.rows}
