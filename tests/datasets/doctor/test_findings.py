import json

from ftcore import cli
from ftcore.datasets.doctor import findings
from ftcore.datasets.doctor.findings import ISSUES, SEVERITIES, Finding, Report, in_order
from tests.datasets.made_pictures import encoded, scene, scenes


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
