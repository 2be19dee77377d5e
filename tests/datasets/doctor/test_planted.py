"""A data set with known trouble in it, made from the samples: the doctor finds what was planted."""

import io

import numpy as np
import pytest
from PIL import Image, ImageFilter

from ftcore.datasets.doctor import findings
from ftcore.datasets.importing.importer import import_source
from ftcore.datasets.sources import samples
from ftcore.events import drain
from ftcore.jobs.examine import examination
from tests.datasets.made_pictures import encoded, write_zip

SIDE = 32  # pixels of each digit


def cropped(picture, random):
    share = random.uniform(0.88, 0.96)
    width, height = round(picture.width * share), round(picture.height * share)
    left, top = random.integers(0, picture.width - width + 1), random.integers(0, picture.height - height + 1)
    return encoded(picture.crop((left, top, left + width, top + height)))


def resized(picture, random):
    side = round(picture.width * random.uniform(0.55, 0.8))
    return encoded(picture.resize((side, side), Image.Resampling.LANCZOS))


def packed(picture, random):
    return encoded(picture, "JPEG", quality=int(random.integers(30, 70)))


CHANGES = (cropped, resized, packed)


class Planted:
    """Files of a ZIP with train, val and test folders, and which of them are which trouble."""

    def __init__(self):
        random = np.random.default_rng(0)
        self.files, self.pictures, self.label = {}, {}, {}
        for number, entry in enumerate(samples.open_sample("digits").entries):
            label = entry.name.split("/")[0]
            split = ("train", "train", "train", "val", "test")[number % 5]
            picture = Image.open(io.BytesIO(entry.read())).convert("RGB").resize((SIDE, SIDE), Image.Resampling.BICUBIC)
            name = f"{split}/{label}/{number:04}.png"
            self.files[name], self.pictures[name] = encoded(picture), picture
        names = list(self.files)
        chosen = random.permutation(names)
        take = iter(chosen)
        self.exact = {next(take): None for _ in range(60)}
        self.near = {next(take): None for _ in range(40)}
        self.leaks = {next(take): None for _ in range(40)}
        blurred, black = [next(take) for _ in range(20)], [next(take) for _ in range(20)]
        self.flipped = {}
        for name in [next(take) for _ in range(len(names) // 20)]:
            split, label, file = name.split("/")
            wrong = f"{split}/{(int(label) + int(random.integers(1, 10))) % 10}/{file}"
            self.files[wrong] = self.files.pop(name)
            self.flipped[wrong] = label
        for name in self.exact:
            self.exact[name] = name.replace(".png", " copy.png")
            self.files[self.exact[name]] = self.files[name]
        for i, name in enumerate(self.near):
            self.near[name] = name.replace(".png", "-edited.png")
            self.files[self.near[name]] = CHANGES[i % 3](self.pictures[name], random)
        for i, name in enumerate(self.leaks):
            split, label, file = name.split("/")
            other = "test" if split == "train" else "train"
            self.leaks[name] = f"{other}/{label}/again-{file}"
            self.files[self.leaks[name]] = CHANGES[i % 3](self.pictures[name], random)
        self.blurred, self.black, self.corrupt = [], [], []
        for name in blurred:
            self.blurred.append(name)
            self.files[name] = encoded(self.pictures[name].filter(ImageFilter.GaussianBlur(3)))
        for name in black:
            self.black.append(name)
            values = random.integers(0, 12, (SIDE, SIDE, 3), dtype=np.uint8)
            self.files[name] = encoded(Image.fromarray(values))
        for number in range(20):
            name = f"train/{number % 10}/broken{number}.jpg"
            self.corrupt.append(name)
            whole = encoded(self.pictures[names[number]], "JPEG")
            self.files[name] = whole[: len(whole) // 3]


@pytest.fixture(scope="module")
def planted():
    return Planted()


@pytest.fixture(scope="module")
def found(planted, tmp_path_factory):
    """Names of the evidence by issue, and the findings themselves."""
    folder = tmp_path_factory.mktemp("planted")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FTCORE_WORKSPACE", str(folder / "workspace"))
        dataset = import_source(write_zip(folder / "digits.zip", planted.files))
        report = drain(examination(dataset))
        assert findings.load(dataset) == report and report.whole and not report.notes
        paths = dataset.records()["path"].tolist()
        return {f.issue: ({*(paths[row] for row in f.rows), *f.names}, f) for f in report.findings}


def share(wanted, found):
    wanted = set(wanted)
    return len(wanted & found) / len(wanted)


def test_every_exact_copy_is_found(planted, found):
    names, finding = found["exact_duplicate"]
    assert share(planted.exact.values(), names) == 1 and share(planted.exact, names) == 1
    assert finding.count == 60


def test_near_copies_are_found_and_little_else(planted, found):
    pairs = {frozenset(pair) for pair in (*planted.near.items(), *planted.leaks.items())}
    names, finding = found["near_duplicate"]
    assert share(planted.near.values(), names) >= 0.95
    assert len(finding.groups) <= 1.2 * len(pairs)


def test_copies_across_splits_are_found(planted, found):
    names, finding = found["leak"]
    assert share(planted.leaks.values(), names) >= 0.95 and share(planted.leaks, names) >= 0.95
    assert finding.severity == "serious"
    assert finding.count <= 1.2 * len(planted.leaks)


def test_wrong_labels_are_found_and_most_alarms_are_right(planted, found):
    names, _ = found["label_issue"]
    hits = len(set(planted.flipped) & names)
    assert hits >= 0.8 * len(planted.flipped)
    assert hits >= 0.5 * len(names)


def test_most_suggestions_are_the_class_that_it_was(planted, found):
    _, finding = found["label_issue"]
    assert len(finding.suggestions) == len(finding.rows)
    relabelled = {row: edit.value for edit in finding.remedy for row in edit.rows}
    assert [relabelled[row] for row in finding.rows] == list(finding.suggestions)


def test_damaged_files_are_listed(planted, found):
    assert found["unreadable"][0] == set(planted.corrupt)


def test_blurred_and_black_pictures_are_found(planted, found):
    assert share(planted.blurred, found["blurry"][0]) >= 0.9
    assert share(found["blurry"][0], set(planted.blurred)) >= 0.7  # few alarms are false
    assert share(planted.black, found["dark"][0]) == 1
