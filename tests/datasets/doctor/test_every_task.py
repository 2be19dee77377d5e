"""The doctor on data sets of several classes and of numbers: what is probably wrong, and what is not."""

import io
from contextlib import contextmanager

import numpy as np
import pytest
from PIL import Image

from ftcore import cli
from ftcore.datasets.doctor import carry_over, findings
from ftcore.datasets.doctor.examine import examine
from ftcore.datasets.doctor.target_issues import out_of_fold_predictions
from ftcore.datasets.images.pixel_store import PixelStore
from ftcore.datasets.importing.importer import import_source
from ftcore.datasets.versions import Edit, edit
from ftcore.errors import DataError
from ftcore.events import drain
from tests.datasets.made_pictures import encoded, png, write_zip

N = 150


@pytest.fixture(scope="module")
def pictures():
    return {f"{i:03}.png": png(i, (16, 16)) for i in range(N)}


@pytest.fixture
def listed(pictures, tmp_path):
    """``listed(header, rows)``: a data set whose table says in each row what one picture is."""

    def make(header, rows, task):
        text = "\n".join(
            [f"file,{header}", *(row if ".bmp" in row else f"{i:03}.png,{row}" for i, row in enumerate(map(str, rows)))]
        )
        return import_source(write_zip(tmp_path / "t.zip", {**pictures, "labels.csv": text.encode()}), task=task)

    return make


def found(dataset, features=None):
    report = drain(examine(dataset, PixelStore(dataset), features))
    return {finding.issue: finding for finding in report.findings}


def numbers_of(dataset, rows):
    return [int(path[:3]) for path in dataset.records()["path"][list(rows)]]


def in_table_order(dataset, values):
    """Features given picture by picture, in the order of the table."""
    return np.asarray(values)[[int(path[:3]) for path in dataset.records()["path"]]].astype("f4")


def named(dataset, rows):
    return set(dataset.records()["path"][list(rows)])


@contextmanager
def doubled(pictures, copies):
    """The same pixels in other files as well, while a data set is made."""
    more = {name: encoded(Image.open(io.BytesIO(pictures[f"{i:03}.png"])), "BMP") for i, name in copies.items()}
    pictures.update(more)
    yield
    for name in more:
        del pictures[name]


class TestSeveralClasses:
    """Sets of classes with some that are missing and some that are too many."""

    @pytest.fixture
    def planted(self, listed):
        random = np.random.default_rng(0)
        truth = random.random((N, 3)) < (0.5, 0.3, 0.4)
        told = truth.copy()
        wrong = {4: 0, 30: 1, 77: 2, 120: 0}
        for picture, label in wrong.items():
            told[picture, label] ^= True
        rows = ["|".join(name for name, on in zip(("cat", "dog", "red car"), row, strict=True) if on) for row in told]
        dataset = listed("tags", rows, "multilabel")
        values = np.hstack([4.0 * truth + random.normal(size=truth.shape), random.normal(size=(N, 20))])
        return dataset, in_table_order(dataset, values), truth, wrong

    def test_a_class_too_many_or_too_few_is_found_and_the_right_set_suggested(self, planted):
        dataset, features, truth, wrong = planted
        finding = found(dataset, features)["label_issue"]
        assert set(wrong) <= set(numbers_of(dataset, finding.rows)) and len(finding.rows) <= 7
        mended = edit(dataset, finding.remedy)
        order = [int(path[:3]) for path in mended.records()["path"]]
        has = mended.targets().astype(bool)
        assert all((has[order.index(picture)] == truth[picture]).all() for picture in wrong)
        assert mended.split_counts != dataset.split_counts

    def test_nothing_is_found_where_the_features_know_nothing(self, planted):
        dataset, features, _, _ = planted
        noise = np.random.default_rng(1).normal(size=features.shape).astype("f4")
        finding = found(dataset, noise).get("label_issue")
        assert finding is None or finding.count <= 0.1 * N

    def test_a_set_of_classes_is_given_by_hand(self, planted):
        dataset = planted[0]
        edited = edit(dataset, [Edit("relabel", (3,), "red car | cat"), Edit("relabel", (5,), "(none)")])
        table = edited.records()
        assert (table["label"][3], table["label"][5]) == ("cat | red car", "(none)")
        assert edited.targets()[[3, 5]].tolist() == [[1, 0, 1], [0, 0, 0]]
        with pytest.raises(DataError, match="There is no class 'cow'"):
            edit(dataset, [Edit("relabel", (3,), "cat | cow")])

    def test_the_same_picture_with_other_classes_is_a_conflict(self, listed, pictures):
        rows = ["cat|dog" if i % 2 else "dog" if i % 3 else "cat" for i in range(N)]
        with doubled(pictures, {3: "003.bmp", 4: "004.bmp"}):
            text = [*rows, *("003.bmp,dog", "004.bmp," + rows[4])]
            dataset = listed("tags", text, "multilabel")
        finding = found(dataset)["label_conflict"]
        assert named(dataset, finding.rows) == {"003.png", "003.bmp"} and "different classes" in finding.sentence
        assert named(dataset, found(dataset)["exact_duplicate"].rows) == {"004.png", "004.bmp"}
        edited = carry_over.mend(dataset, findings.Report((finding,)), [Edit("relabel", finding.rows, "dog")])
        assert findings.load(edited).findings == ()

    def test_small_and_unlike_classes_are_named(self, listed):
        rows = ["rare|common" if i < 6 else "common" if i % 2 else "" for i in range(N)]
        sizes = found(dataset := listed("tags", rows, "multilabel"))
        assert "'rare' (6)" in sizes["few_images"].sentence and sizes["few_images"].severity == "warning"
        assert set(numbers_of(dataset, sizes["few_images"].rows)) == set(range(6))
        assert "times as many" in sizes["imbalance"].sentence

    def test_a_class_keeps_its_last_training_picture(self, listed):
        rows = ["rare|common" if i < 6 else "common" if i % 2 else "" for i in range(N)]
        dataset = listed("tags", rows, "multilabel")
        table = dataset.records()
        train = [int(row) for row in table.index[table["label"].str.contains("rare") & (table["split"] == "train")]]
        sentence = "Class 'rare' would have no training pictures"
        for change in (Edit("exclude", tuple(train)), Edit("move", tuple(train), "test")):
            with pytest.raises(DataError, match=sentence):
                edit(dataset, [change])
        with pytest.raises(DataError, match=sentence):
            edit(dataset, [Edit("relabel", tuple(train), "common")])
        assert edit(dataset, [Edit("exclude", tuple(train[1:]))]).n_images == N - len(train) + 1


class TestNumbers:
    """Weights and the like, with typing mistakes among them."""

    def test_numbers_far_out_and_below_zero_are_found_the_farthest_first(self, listed):
        weights = np.random.default_rng(0).normal(50, 8, N).round(1)
        weights[[3, 60, 61]] = (5200.0, -48.0, 0.5)
        dataset = listed("weight (kg)", weights, "regression")
        finding = found(dataset)["out_of_range"]
        assert set(numbers_of(dataset, finding.rows)) == {3, 60, 61}
        assert "'weight': 3 of 150 values" in finding.sentence and finding.severity == "warning"
        assert edit(dataset, finding.remedy).n_images == N - 3
        assert "out_of_range" not in found(edit(dataset, finding.remedy))

    @pytest.mark.parametrize(
        "draw",
        [
            lambda random: random.normal(0, 1, N),
            lambda random: random.lognormal(0, 1, N),
            lambda random: random.exponential(3, N),
            lambda random: random.uniform(-180, 180, N),
            lambda random: random.integers(0, 5, N),
            lambda random: np.where(random.random(N) < 0.8, 0, random.integers(1, 4, N)),
            lambda random: random.normal(3, 1.5, N),
        ],
        ids=["bell", "lognormal", "exponential", "even", "counts", "mostly zero", "some below zero"],
    )
    def test_numbers_as_nature_draws_them_are_no_trouble(self, listed, draw):
        for seed in range(2):
            dataset = listed("value", draw(np.random.default_rng(seed)), "regression")
            assert "out_of_range" not in found(dataset)

    def test_minus_999_is_no_temperature(self, listed):
        values = np.random.default_rng(0).normal(20, 5, N)
        values[7] = -999
        dataset = listed("reading", values, "regression")
        assert numbers_of(dataset, found(dataset)["out_of_range"].rows) == [7]

    def test_each_of_several_numbers_is_looked_at(self, listed):
        random = np.random.default_rng(0)
        first, second = random.normal(5, 1, N), random.normal(100, 10, N)
        first[9], second[11] = 50, 1000
        dataset = listed("length (mm),mass (g)", [f"{a},{b}" for a, b in zip(first, second, strict=True)], "regression")
        assert set(numbers_of(dataset, found(dataset)["out_of_range"].rows)) == {9, 11}

    def test_a_number_that_does_not_fit_its_picture_is_found(self, listed):
        random = np.random.default_rng(0)
        values = random.uniform(0, 100, N)
        told = values.copy()
        told[[8, 90]] = (values[8] + 55) % 100, (values[90] + 45) % 100
        dataset = listed("ripeness", told, "regression")
        features = np.hstack([values[:, None] / 25 + random.normal(0, 0.05, (N, 1)), random.normal(size=(N, 12))])
        finding = found(dataset, in_table_order(dataset, features))["label_issue"]
        assert set(numbers_of(dataset, finding.rows)) == {8, 90}
        assert "'ripeness' is" in finding.sentence and finding.suggestions == ()
        assert "label_issue" not in found(dataset, in_table_order(dataset, random.normal(size=(N, 13))))

    def test_what_is_expected_of_a_picture_comes_from_others(self):
        random = np.random.default_rng(0)
        x = random.normal(size=(100, 5))
        assert out_of_fold_predictions(x, random.normal(size=100)) is None
        predicted = out_of_fold_predictions(x, 3 * x[:, 0] + 7)
        assert np.abs(predicted - (3 * x[:, 0] + 7)).max() < 0.1
        assert out_of_fold_predictions(x, np.ones(100)) is None

    def test_the_same_picture_with_another_number_is_a_conflict(self, listed, pictures):
        weights = [str(value) for value in np.random.default_rng(0).normal(50, 8, N).round(1)]
        with doubled(pictures, {3: "003.bmp", 4: "004.bmp"}):
            dataset = listed("weight (kg)", [*weights, "003.bmp,55.5", "004.bmp," + weights[4]], "regression")
        finding = found(dataset)["label_conflict"]
        assert named(dataset, finding.rows) == {"003.png", "003.bmp"} and "different numbers" in finding.sentence
        assert named(dataset, found(dataset)["exact_duplicate"].rows) == {"004.png", "004.bmp"}

    def test_a_wrong_number_is_given_the_right_one(self, listed, capsys):
        rows = [f"{50 + i % 9},{i}" for i in range(N)]
        rows[3] = "5200,3"
        dataset = listed("weight (kg),size (mm)", rows, "regression")
        finding = found(dataset)["out_of_range"]
        (row,) = finding.rows
        edited = carry_over.mend(dataset, findings.Report((finding,)), [Edit("relabel", (row,), "52 kg | ")])
        assert edited.records()["label"][row] == "52 kg | 3 mm" and edited.targets()[row].tolist() == [52, 3]
        assert findings.load(edited).findings == ()
        assert cli.main(["dataset", dataset.id, "--relabel", "003.png=52|3"]) == 0
        assert f'"dataset": "{edited.id}"' in capsys.readouterr().out
        for words, sentence in (("52", "holds 1 numbers, expected 2: weight, size"), ("x | 3", "'x' is no number")):
            with pytest.raises(DataError, match=sentence):
                edit(dataset, [Edit("relabel", (row,), words)])

    def test_the_command_line_names_them(self, listed, capsys):
        weights = np.random.default_rng(0).normal(50, 8, N).round(1)
        weights[3] = 5200.0
        dataset = listed("weight (kg)", weights, "regression")
        findings.save(dataset, findings.Report(tuple(found(dataset).values())))
        assert cli.main(["doctor", dataset.id]) == 0
        assert '"issue": "out_of_range", "severity": "warning", "count": 1' in capsys.readouterr().out
