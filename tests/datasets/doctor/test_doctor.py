"""The checks one by one, on pictures made for each."""

import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageFilter

from ftcore import cli
from ftcore.datasets import versions
from ftcore.datasets.doctor import findings
from ftcore.datasets.doctor.carry_over import carried, mend
from ftcore.datasets.doctor.examine import WITHOUT_FEATURES, examine
from ftcore.datasets.doctor.findings import ISSUES, SEVERITIES, Finding, Report, in_order
from ftcore.datasets.doctor.label_issues import out_of_fold_probabilities
from ftcore.datasets.images.pixel_store import PixelStore
from ftcore.datasets.importing.importer import import_source
from ftcore.datasets.similarity.alignment import likeness
from ftcore.datasets.versions import Edit, edit
from ftcore.events import drain
from tests.datasets.made_pictures import encoded, noise, png, two_classes, write_zip


def scene(seed, side=48):
    """A smooth picture unlike that of any other seed, as a photo is smooth."""
    return noise(seed, (6, 6)).resize((side, side), Image.Resampling.BICUBIC)


def scenes(n, first=0):
    return {f"{label}/{i}.png": encoded(scene(first + 1000 * k + i)) for k, label in enumerate("ab") for i in range(n)}


def examined(dataset, features=None):
    return drain(examine(dataset, PixelStore(dataset), features))


@pytest.fixture
def doctor(tmp_path):
    """``doctor(files)``: the data set and its findings by issue."""

    def look(files, features=None):
        dataset = import_source(write_zip(tmp_path / "set.zip", files))
        report = examined(dataset, features)
        return dataset, {finding.issue: finding for finding in report.findings}

    return look


def paths(dataset, rows):
    return set(dataset.records()["path"][list(rows)])


def test_different_pictures_are_no_copies(doctor):
    _, found = doctor(scenes(25))
    assert not {"exact_duplicate", "near_duplicate", "leak", "label_conflict"} & set(found)


@pytest.mark.parametrize(
    "change",
    [
        lambda p: encoded(p, "JPEG", quality=40),
        lambda p: encoded(p.resize((30, 30))),
        lambda p: encoded(p.crop((3, 1, 46, 44))),
        lambda p: encoded(p.crop((0, 0, 40, 40)).resize((48, 48)), "JPEG", quality=60),
    ],
    ids=["packed", "smaller", "cropped", "cropped, enlarged and packed"],
)
def test_a_changed_copy_is_found_and_kept_once(doctor, change):
    files = {f"train/{name}": data for name, data in scenes(25).items()}
    files |= {f"test/{name}": data for name, data in scenes(5, first=5000).items()}
    dataset, found = doctor({**files, "train/a/again.png": change(scene(7))})
    near = found["near_duplicate"]
    assert paths(dataset, near.rows) == {"train/a/7.png", "train/a/again.png"} and "leak" not in found
    mended = edit(dataset, near.remedy)
    assert mended.n_images == dataset.n_images - 1
    assert "near_duplicate" not in {finding.issue for finding in examined(mended).findings}


def test_a_copy_in_another_split_is_a_leak_until_the_group_is_in_one(doctor):
    files = {f"train/{name}": data for name, data in scenes(25).items()}
    files |= {f"test/{name}": data for name, data in scenes(5, first=5000).items()}
    dataset, found = doctor({**files, "test/a/again.jpg": encoded(scene(7), "JPEG", quality=80)})
    leak = found["leak"]
    assert leak.severity == "serious" and paths(dataset, leak.rows) == {"train/a/7.png", "test/a/again.jpg"}
    mended = edit(dataset, leak.remedy)
    assert mended.records()["split"][list(leak.rows)].nunique() == 1
    assert "leak" not in {finding.issue for finding in examined(mended).findings}


def test_the_same_pixels_in_another_file_are_an_exact_copy(doctor):
    dataset, found = doctor({**scenes(22), "a/again.bmp": encoded(scene(3), "BMP")})
    assert paths(dataset, found["exact_duplicate"].rows) == {"a/3.png", "a/again.bmp"}
    assert found["exact_duplicate"].count == 1
    assert edit(dataset, found["exact_duplicate"].remedy).n_images == dataset.n_images - 1


def test_what_the_import_left_out_is_said_as_well(doctor):
    files = {f"train/{name}": data for name, data in scenes(22).items()}
    files |= {f"test/{name}": data for name, data in scenes(5, first=5000).items()}
    files |= {"train/a/copy.png": files["train/a/3.png"], "test/b/seen.png": files["train/b/4.png"]}
    files |= {"train/a/two.png": png(9), "train/b/two.png": png(9), "train/a/cut.jpg": b"\xff\xd8\xff\xe0 cut"}
    _, found = doctor(files)
    assert set(found["exact_duplicate"].names) == {
        "train/a/3.png",
        "train/a/copy.png",
        "test/b/seen.png",
        "train/b/4.png",
    }
    assert set(found["leak"].names) == {"test/b/seen.png", "train/b/4.png"}
    assert set(found["label_conflict"].names) == {"train/a/two.png", "train/b/two.png"}
    assert found["unreadable"].names == ("train/a/cut.jpg",)
    assert {found[issue].severity for issue in ("exact_duplicate", "leak", "label_conflict", "unreadable")} == {"note"}


def test_a_picture_under_two_classes_is_a_conflict(doctor):
    dataset, found = doctor({**scenes(22), "b/again.bmp": encoded(scene(3), "BMP")})
    conflict = found["label_conflict"]
    assert conflict.severity == "serious" and paths(dataset, conflict.rows) == {"a/3.png", "b/again.bmp"}
    assert edit(dataset, conflict.remedy).n_images == dataset.n_images - 2


def test_dark_bright_blurred_empty_and_odd_pictures_are_told_apart(doctor):
    files = {f"{k}/{i}.png": png(1000 * k + i, (48, 48)) for k in (1, 2) for i in range(30)}
    files["1/dark.png"] = encoded(noise(7).point(lambda value: value // 20))
    files["1/bright.png"] = encoded(noise(8).point(lambda value: 250 + value // 51))
    files["1/blurred.png"] = encoded(noise(9, (48, 48)).filter(ImageFilter.GaussianBlur(8)))
    files["2/empty.png"] = encoded(Image.new("RGB", (48, 48), (120, 130, 140)))
    files["2/long.png"] = png(10, (400, 40))
    dataset, found = doctor(files)
    assert paths(dataset, found["dark"].rows) == {"1/dark.png"}
    assert paths(dataset, found["bright"].rows) == {"1/bright.png"}
    assert paths(dataset, found["blurry"].rows) == {"1/blurred.png"}
    assert "2/empty.png" in paths(dataset, found["low_information"].rows)
    assert "2/long.png" in paths(dataset, found["odd_size"].rows)


def test_what_most_pictures_are_is_no_trouble(doctor):
    files = {f"{k}/{i}.png": encoded(noise(1000 * k + i).point(lambda v: v // 20)) for k in (1, 2) for i in range(25)}
    _, found = doctor(files)
    assert "dark" not in found


def test_small_and_unlike_classes_are_named(doctor):
    _, found = doctor(
        {**{f"many/{i}.png": png(i) for i in range(60)}, **{f"few/{i}.png": png(500 + i) for i in range(6)}}
    )
    assert "'few' (6)" in found["few_images"].sentence and found["few_images"].severity == "warning"
    assert "10 times" in found["imbalance"].sentence and found["imbalance"].remedy == ()


def framed(seed, colour):
    picture = noise(seed, (32, 32))
    frame = Image.new("RGB", (40, 40), colour)
    frame.paste(picture, (4, 4))
    return encoded(frame)


def test_a_class_with_its_own_background_is_a_shortcut(doctor):
    random = np.random.default_rng(0)
    any_colour = [tuple(int(v) for v in random.integers(0, (256, 60, 256))) for _ in range(80)]
    files = {f"a/{i}.png": framed(i, (20, 200, 20)) for i in range(40)}
    files |= {f"{'bc'[i % 2]}/{i}.png": framed(1000 + i, any_colour[i]) for i in range(80)}
    _, found = doctor(files)
    assert "'a' (100%)" in found["shortcut"].sentence and "'b'" not in found["shortcut"].sentence
    plain = {f"{'ab'[i % 2]}/{i}.png": framed(i, any_colour[i]) for i in range(80)}
    assert "shortcut" not in doctor(plain)[1]


@pytest.fixture
def features():
    """Of two classes, well apart, in the order of the table: all of a, then all of b."""

    def make(n, random=None):
        random = random or np.random.default_rng(0)
        centres = np.repeat(np.array([[4.0, 0], [0, 4]]), n, axis=0)
        return np.hstack([centres + random.normal(size=(2 * n, 2)), random.normal(size=(2 * n, 30))]).astype("f4")

    return make


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


def test_without_features_it_says_what_it_could_not_look_for(doctor):
    dataset, found = doctor(two_classes(22))
    assert not {"label_issue", "outlier"} & set(found)
    assert examined(dataset).notes == (WITHOUT_FEATURES,)


def test_chances_come_from_models_that_never_saw_the_picture():
    random = np.random.default_rng(0)
    x, target = random.normal(size=(200, 5)), random.integers(0, 2, 200)
    chances = out_of_fold_probabilities(x, target)
    assert chances.shape == (200, 2) and np.allclose(chances.sum(axis=1), 1)
    assert abs((chances.argmax(axis=1) == target).mean() - 0.5) < 0.12  # nothing to learn, so nothing is learned
    assert out_of_fold_probabilities(x[:3], np.array([0, 0, 1])) is None


def test_likeness_is_one_for_a_picture_and_its_crop_and_low_for_others():
    whole = [scene(i, 128) for i in range(8)]
    crops = [picture.crop((9, 4, 121, 116)) for picture in whole]
    grey = np.stack([np.asarray(p.convert("L").resize((32, 32), Image.Resampling.BICUBIC)) for p in whole + crops])
    own = likeness(grey, np.array([[i, i + 8] for i in range(8)]))
    other = likeness(grey, np.array([[i, (i + 1) % 8 + 8] for i in range(8)]))
    assert own.min() > 0.99 and other.max() < 0.95
    assert likeness(grey, np.array([[0, 8]])) == likeness(grey, np.array([[8, 0]]))


def test_an_examination_is_the_same_each_time(doctor, features):
    dataset, _ = doctor({**scenes(30), "a/again.jpg": encoded(scene(7), "JPEG", quality=60)})
    values = np.vstack([features(30), np.ones((1, 32), "f4")])
    assert examined(dataset, values) == examined(dataset, values)


def test_excluded_pictures_are_not_examined(doctor):
    dataset, found = doctor({**scenes(25), "a/again.jpg": encoded(scene(7), "JPEG", quality=80)})
    rows = found["near_duplicate"].rows
    edited = edit(dataset, [Edit("exclude", rows)])
    assert not set(rows) & {row for finding in examined(edited).findings for row in finding.rows}


def test_findings_survive_the_disk_and_an_older_format_is_not_read(doctor, workspace):
    dataset, found = doctor({**scenes(25), "a/again.jpg": encoded(scene(7), "JPEG", quality=80)})
    assert findings.load(dataset) is None
    report = Report(in_order(list(found.values())), notes=("a note",))
    findings.save(dataset, report)
    assert findings.load(dataset) == report
    path = dataset.folder / findings.FILE
    path.write_text(path.read_text().replace(f'"format": {findings.FORMAT}', '"format": 0'))
    assert findings.load(dataset) is None


def test_findings_of_the_first_version_are_read_by_their_former_key(doctor):
    dataset, found = doctor({**scenes(25), "a/again.jpg": encoded(scene(7), "JPEG", quality=80)})
    report = Report(in_order(list(found.values())))
    findings.save(dataset, report)
    path = dataset.folder / findings.FILE
    path.write_text(path.read_text().replace('"issue"', '"kind"'))
    assert findings.load(dataset) == report


def test_mending_carries_over_what_is_left(doctor):
    dataset, found = doctor({**scenes(25), "a/again.jpg": encoded(scene(7), "JPEG", quality=80), "a/x.png": png(1)})
    dark = Finding("dark", "warning", "Nearly black: 2 pictures.", 2, rows=(0, 5), remedy=(Edit("exclude", (0, 5)),))
    wrong = Finding("label_issue", "warning", "Wrong.", 2, rows=(1, 2), suggestions=("b", "b"))
    report = Report(in_order([found["near_duplicate"], dark, wrong]))
    edited = mend(dataset, report, [*found["near_duplicate"].remedy, Edit("exclude", (5,)), Edit("relabel", (1,), "b")])
    left = {finding.issue: finding for finding in findings.load(edited).findings}
    assert set(left) == {"dark", "label_issue"} and not findings.load(edited).whole
    assert (left["dark"].rows, left["dark"].remedy[0].rows, left["dark"].count) == ((0,), (0,), 1)
    assert (left["label_issue"].rows, left["label_issue"].suggestions) == ((2,), ("b",))
    assert versions.parent(edited) == dataset
    assert carried(report, dataset, dataset).findings == report.findings


def test_of_copies_one_stays_whatever_else_was_left_out(doctor):
    dataset, _ = doctor(two_classes(22))
    copies = Finding("exact_duplicate", "warning", "", 2, rows=(0, 1, 2), groups=((0, 1, 2),))
    report = Report((replace(copies, remedy=(Edit("exclude", (1, 2), "a copy"),)),))
    edited = mend(dataset, report, [Edit("exclude", (0,), "very dark")])
    (left,) = findings.load(edited).findings
    assert left.groups == ((1, 2),) and len(left.remedy[0].rows) == 1 and left.remedy[0].value == "a copy"
    used = edit(edited, left.remedy).records()["split"]
    assert sum(used[row] != "" for row in (0, 1, 2)) == 1


def test_a_leak_that_was_moved_by_hand_is_still_mended_with_one_click(doctor):
    dataset, _ = doctor(two_classes(22))
    split = dataset.records()["split"]
    group = (split.index[split == "train"][0], *split.index[split == "test"][:2])
    group = tuple(int(row) for row in group)
    leak = Finding("leak", "serious", "", 1, rows=group, groups=(group,), remedy=(Edit("move", group[:1], "test"),))
    edited = mend(dataset, Report((leak,)), [Edit("move", group[1:2], "validation")])
    (left,) = findings.load(edited).findings
    assert edit(edited, left.remedy).records()["split"][list(group)].nunique() == 1


def test_every_issue_has_its_words_and_an_order():
    assert tuple(ISSUES) and all(issue.title and issue.why.endswith(".") for issue in ISSUES.values())
    mixed = [Finding(issue, severity, "", 1) for severity in reversed(SEVERITIES) for issue in ISSUES]
    assert [finding.severity for finding in in_order(mixed)] == sorted(
        (finding.severity for finding in mixed), key=SEVERITIES.index
    )


def test_the_command_line_prints_findings_with_their_pictures(doctor, capsys):
    dataset, found = doctor({**scenes(25), "a/again.jpg": encoded(scene(7), "JPEG", quality=80)})
    findings.save(dataset, Report(in_order(list(found.values()))))
    assert cli.main(["doctor", dataset.id]) == 0
    answer = json.loads(capsys.readouterr().out.splitlines()[-1])
    (near,) = [one for one in answer["findings"] if one["issue"] == "near_duplicate"]
    assert (near["severity"], near["count"], set(near["images"])) == ("warning", 1, {"a/7.png", "a/again.jpg"})
    assert cli.main(["doctor", "nothing-12345678"]) == 2
