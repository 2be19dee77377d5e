"""A trial of learning rates as a job: live progress, a result that stays, and a run that does not notice."""

from ftcore.events import Finished, Progress, Stopped
from ftcore.runs import log, lr_trials, process, store

HEAD = ("freeze.preset=head", "train.epochs=2", "train.ema=0.0", "model.dropout=0.0")


def trial(small, dataset, *values):
    return lr_trials.create(small(dataset, *HEAD, *values).settings, "Colours")


def test_a_trial_tells_how_far_it_is_and_keeps_what_it_found(tiny_dataset, small, work):
    job = trial(small, tiny_dataset.id)
    assert lr_trials.load(job) is None
    assert work(job).status == "finished"
    found = lr_trials.load(job)
    assert len(found.rates) == len(found.losses) and found.suggestion in found.rates
    told = [event for event in log.read(job.folder)[0] if isinstance(event, Progress) and event.stage == "rates"]
    assert told and all(0 < event.done <= event.total for event in told)


def test_the_run_that_follows_has_the_same_numbers_with_and_without_a_trial(tiny_dataset, small, work, numbers):
    without = small(tiny_dataset.id, *HEAD)
    work(without)
    assert work(trial(small, tiny_dataset.id)).status == "finished"
    after = small(tiny_dataset.id, *HEAD)
    work(after)
    assert numbers(after) == numbers(without)


def test_a_trial_is_found_again_for_settings_that_do_not_matter_to_it(tiny_dataset, small):
    job = trial(small, tiny_dataset.id)
    asked = small(tiny_dataset.id, *HEAD, "train.lr=0.5", "train.schedule=linear", "train.warmup=0.2").settings
    assert lr_trials.find(asked) == job
    assert lr_trials.find(small(tiny_dataset.id, *HEAD, "train.batch_size=4").settings) is None


def test_a_stopped_trial_ends_without_a_result(tiny_dataset, small, work, monkeypatch):
    job = trial(small, tiny_dataset.id)
    monkeypatch.setattr(process, "stop_requested", lambda folder: True)
    work(job)
    kinds = [type(event) for event in log.read(job.folder)[0]]
    assert kinds[-2:] == [Stopped, Finished] and lr_trials.load(job) is None


def test_a_data_set_that_is_gone_is_a_sentence(workspace, small, work):
    state = work(trial(small, "gone-12345678"))
    assert state.status == "failed" and "There is no data set 'gone-12345678'" in state.problem


def test_a_damaged_result_counts_as_none(tiny_dataset, small):
    job = trial(small, tiny_dataset.id)
    for text in ("", "[]", '{"rates": "x"}', '{"rates": [1], "losses": [1]}'):
        job.result.write_text(text)
        assert lr_trials.load(job) is None
    assert store.find(job.id, lr_trials.KIND) == job
