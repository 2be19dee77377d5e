"""A data set that was examined, and features of its pictures."""

import numpy as np
import pytest

from ftcore.datasets.importing.importer import import_source
from tests.datasets.doctor.examined import examined
from tests.datasets.made_pictures import write_zip


@pytest.fixture
def doctor(tmp_path):
    """``doctor(files)``: the data set and its findings by issue."""

    def look(files, features=None):
        dataset = import_source(write_zip(tmp_path / "set.zip", files))
        report = examined(dataset, features)
        return dataset, {finding.issue: finding for finding in report.findings}

    return look


@pytest.fixture
def features():
    """Of two classes, well apart, in the order of the table: all of a, then all of b."""

    def make(n, random=None):
        random = random or np.random.default_rng(0)
        centres = np.repeat(np.array([[4.0, 0], [0, 4]]), n, axis=0)
        return np.hstack([centres + random.normal(size=(2 * n, 2)), random.normal(size=(2 * n, 30))]).astype("f4")

    return make
