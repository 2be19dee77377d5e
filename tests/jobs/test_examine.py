from ftcore.datasets.doctor import findings
from ftcore.errors import ModelError
from ftcore.events import Progress
from ftcore.runs import log, store
from ftcore.training.embeddings import compute


def submitted(dataset):
    return store.create("examine", dataset.name, {"dataset": dataset.id}, id=dataset.id)


def test_an_examination_ends_with_findings_beside_the_data_set(tiny_dataset, work):
    job = submitted(tiny_dataset)
    assert work(job).status == "finished"
    report = findings.load(tiny_dataset)
    assert report.whole and not report.notes
    assert {finding.issue for finding in report.findings} <= set(findings.ISSUES)
    stages = {event.stage for event in log.read(job.folder)[0] if isinstance(event, Progress)}
    assert {"fill_all", "look", "copies", "check"} <= stages


def test_without_a_model_it_looks_for_what_it_can_and_says_so(tiny_dataset, work, monkeypatch):
    def refuse(*arguments, **options):
        raise ModelError("The weights cannot be had here.")

    monkeypatch.setattr(compute, "build_model", refuse)
    state = work(submitted(tiny_dataset))
    assert state.status == "finished" and "The weights cannot be had here." in state.notes[0]
    assert findings.load(tiny_dataset).whole


def test_a_data_set_that_is_gone_is_a_sentence(workspace, work):
    state = work(store.create("examine", "gone", {"dataset": "gone-12345678"}))
    assert state.status == "failed" and "There is no data set 'gone-12345678'" in state.problem
