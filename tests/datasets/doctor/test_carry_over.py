from dataclasses import replace

from ftcore.datasets import versions
from ftcore.datasets.doctor import findings
from ftcore.datasets.doctor.carry_over import carried, mend
from ftcore.datasets.doctor.findings import Finding, Report, in_order
from ftcore.datasets.versions import Edit, edit
from tests.datasets.made_pictures import encoded, png, scene, scenes, two_classes


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
