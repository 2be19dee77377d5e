"""Train: one run per start, whatever is clicked; and a run in every condition shows what can be done about it."""

from ftcore.datasets import versions
from ftcore.runs import store
from tests.pages.conftest import open_page, parameter, texts


def keys(at):
    return {button.key for button in at.main.button}


def test_start_makes_one_run_and_opens_it(tiny_dataset, started):
    at = open_page("train", dataset=tiny_dataset.id)
    at.button(key="start").click().run()
    assert not at.exception
    assert started == [parameter(at, "run")]
    assert [job.id for job in store.list_jobs()] == started
    assert "stop" in keys(at)


def test_start_in_two_tabs_makes_one_run(tiny_dataset, started):
    first, second = open_page("train", dataset=tiny_dataset.id), open_page("train", dataset=tiny_dataset.id)
    first.button(key="start").click().run()
    second.button(key="start").click().run()
    assert not second.exception
    assert len(started) == len(store.list_jobs()) == 1
    assert parameter(second, "run") == parameter(first, "run")


def test_a_finished_run_shows_its_score_with_an_interval_and_the_download(tiny_dataset, make_run):
    at = open_page("train", dataset=tiny_dataset.id, run=make_run(tiny_dataset).id)
    assert not at.exception
    assert [metric.value for metric in at.metric if metric.label == "Accuracy"] == ["88.9%"]
    assert "56.5% – 98.0%" in texts(at)  # Wilson's interval of 8 of 9
    assert at.get("download_button")[0].proto.label == "Download the trained model"
    assert not at.error, [error.value for error in at.error]
    assert "next_try_it" in keys(at) and "stop" not in keys(at)


def test_each_visit_to_the_test_score_is_counted_and_said(tiny_dataset, make_run):
    run, other = make_run(tiny_dataset), make_run(tiny_dataset, name="Again")
    for job in (run, other):
        versions.log_holdout_access(tiny_dataset, job.id)  # as the worker does
    at = open_page("train", dataset=tiny_dataset.id, run=run.id)
    assert "looked at 2 times, of 2 runs" in texts(at), "the first visit is the look that the test itself was"
    assert "looked at 2 times" in texts(at.run()), "the same visit, drawn again"
    assert "looked at 3 times" in texts(open_page("train", dataset=tiny_dataset.id, run=run.id))
    edited = versions.edit(tiny_dataset, [versions.Edit("exclude", (0,))])
    assert "The test score was looked at **3 times**" in texts(open_page("dataset", "splits", dataset=edited.id))


def test_a_finished_run_leads_to_try(tiny_dataset, make_run):
    at = open_page("train", dataset=tiny_dataset.id, run=make_run(tiny_dataset).id)
    assert next(button for button in at.main.button if button.key == "next_try_it").proto.type == "primary"


def test_a_failed_run_says_why_and_can_be_resumed(tiny_dataset, make_run, started):
    job = make_run(tiny_dataset, "failed")
    at = open_page("train", dataset=tiny_dataset.id, run=job.id)
    assert "Take a smaller learning rate" in at.error[0].value
    at.button(key="resume").click().run()
    assert not at.exception
    assert started == [job.id]


def test_an_interrupted_run_says_so_and_one_click_resumes_it(tiny_dataset, make_run, started):
    job = make_run(tiny_dataset, "interrupted")
    at = open_page("train", dataset=tiny_dataset.id, run=job.id)
    assert "SIGKILL" in at.warning[0].value
    assert "Interrupted" in texts(at)
    at.button(key="resume").click().run()
    assert not at.exception
    assert started == [job.id]
    assert "resume" not in keys(at)


def test_a_log_that_just_ends_is_an_interrupted_run(tiny_dataset, make_run):
    job = make_run(tiny_dataset, "silent")
    at = open_page("train", dataset=tiny_dataset.id, run=job.id)
    assert not at.exception
    assert "Interrupted" in texts(at)
    assert "resume" in keys(at)


def test_train_again_opens_the_settings_of_that_run_and_makes_a_second_one(tiny_dataset, make_run, started):
    first = make_run(tiny_dataset)
    at = open_page("train", dataset=tiny_dataset.id, run=first.id)
    at.button(key="again").click().run()
    assert at.title[0].value == "Settings"
    at.button(key="next_train").click().run()
    at.button(key="start").click().run()
    assert not at.exception
    assert len(started) == 1 and started[0] != first.id
    assert store.find(started[0]).settings == first.settings


def test_a_run_whose_dataset_is_gone_still_shows_its_curves(tiny_dataset, make_run, workspace):
    job = make_run(tiny_dataset)
    (workspace / "datasets" / tiny_dataset.id / "dataset.json").unlink()
    at = open_page("train", run=job.id)
    assert not at.exception
    assert "88.9%" in [metric.value for metric in at.metric]


def test_a_run_that_was_killed_before_its_model_was_written_offers_to_go_on(tiny_dataset, make_run):
    job = make_run(tiny_dataset, "tested")
    at = open_page("train", dataset=tiny_dataset.id, run=job.id)
    assert not at.exception
    assert "ended before its model was written" in texts(at)
    assert "resume" in keys(at) and "next_try_it" not in keys(at)
    assert "no trained model yet" in texts(open_page("try_it", dataset=tiny_dataset.id, run=job.id))
