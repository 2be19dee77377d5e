"""Settings: three levels over the same settings, forms made from the settings' own fields, and a draft that stays."""

import json
from dataclasses import dataclass, replace

import pytest

from ftcore import names
from ftcore import settings as s
from ftcore.events import Failed, Finished, Progress
from ftcore.runs import drafts, log, lr_trials, queue, store
from ftcore.settings import fields, files, guide
from ftcore.settings.conflicts import find_conflicts
from ftcore.settings.declaration import setting
from ftcore.teaching import glossary
from pages.components import cached, forms
from pages.components.settings import conflicts
from tests.pages.conftest import OWNER, links, open_page, texts

QUICK = ("quick", "balanced", "best")


def widget(at, label):
    """The one input with a label."""
    kinds = (at.number_input, at.slider, at.selectbox, at.toggle, at.text_input)
    (found,) = [element for kind in kinds for element in kind if element.label == label]
    return found


def choose(at, begins, value):
    """Press one part of a segmented control, found by how its key begins."""
    (found,) = [group for group in at.get("button_group") if group.key.startswith(begins)]
    return found.set_value(value).run()


def answer(at, question, value):
    (found,) = [radio for radio in at.radio if radio.key.endswith(f"_{question}")]
    return found.set_value(value).run()


def draft_of(dataset):
    return drafts.load(dataset.id, OWNER, lambda: pytest.fail("there is no draft on disk"))


def fitted(dataset, preset="quick"):
    return s.suggest(preset, dataset.facts(), base=s.RunSettings(dataset=dataset.id))


def open_at(level, dataset, *values, part=None):
    """The page at a level, on a draft with some values changed; a part of it is opened."""
    settings = s.with_values(fitted(dataset), values)
    drafts.save(drafts.Draft(settings, "run-1", OWNER, level=level))
    at = open_page("settings", *([part] if part else []), dataset=dataset.id)
    assert not at.exception
    return at


# levels


def test_a_first_visit_asks_questions_and_sets_what_quick_suggests(tiny_dataset):
    at = open_page("settings", dataset=tiny_dataset.id)
    assert not at.exception
    assert [radio.label for radio in at.radio] == [f"**{question.text}**" for question in guide.questions()]
    assert not at.number_input
    assert draft_of(tiny_dataset).settings == fitted(tiny_dataset)


def test_the_level_is_remembered_and_changing_it_loses_nothing(tiny_dataset):
    at = open_at("standard", tiny_dataset)
    widget(at, "Epochs").set_value(3).run()
    choose(at, "level", "everything")
    widget(at, "Weight decay").set_value(0.05).run()
    choose(at, "level", "guided")
    choose(at, "level", "standard")
    assert not at.exception
    again = open_page("settings", dataset=tiny_dataset.id)
    assert widget(again, "Epochs").value == 3
    train = draft_of(tiny_dataset).settings.train
    assert (train.epochs, train.weight_decay, draft_of(tiny_dataset).level) == (3, 0.05, "standard")


def test_pressing_the_open_level_again_changes_nothing(tiny_dataset):
    at = open_at("standard", tiny_dataset)
    choose(at, "level", None)
    assert not at.exception and draft_of(tiny_dataset).level == "standard"
    assert widget(at, "Epochs").value == fitted(tiny_dataset).train.epochs


def test_standard_shows_every_everyday_field(tiny_dataset):
    at = open_at("standard", tiny_dataset, part="augmentation")
    for section in s.SECTIONS:
        for key in forms.keys_of(section, advanced=False):
            if key != "model.name":
                assert widget(at, fields.of(key).label)


# guided


def test_an_answer_sets_settings_and_says_which_and_why(tiny_dataset):
    at = open_page("settings", dataset=tiny_dataset.id)
    answer(at, "rarity", "yes")
    answer(at, "sides", "mirror")
    assert not at.exception
    draft = draft_of(tiny_dataset)
    assert (draft.settings.train.class_weights, draft.settings.augment.flip) == ("balanced", "horizontal")
    assert draft.answers["rarity"] == "yes"
    assert "Weight of classes: **Balanced**" in texts(at) and "each class counts the same" in texts(at)


def test_answers_are_there_in_a_new_session(tiny_dataset):
    answer(open_page("settings", dataset=tiny_dataset.id), "time", "much")
    again = open_page("settings", dataset=tiny_dataset.id)
    assert next(radio for radio in again.radio if radio.key.endswith("_time")).value == "much"
    assert draft_of(tiny_dataset).settings == fitted(tiny_dataset, "best")


def test_what_was_changed_by_hand_is_said_and_kept_until_one_click_takes_it_back(tiny_dataset):
    at = open_at("guided", tiny_dataset, "train.epochs=3", "train.optimizer=sgd")
    assert "changed by you: 3" in texts(at)
    answer(at, "rarity", "yes")
    assert draft_of(tiny_dataset).settings.train.epochs == 3
    at.button(key="as_answered").click().run()
    train = draft_of(tiny_dataset).settings.train
    assert (train.epochs, train.optimizer) == (fitted(tiny_dataset).train.epochs, "sgd")
    assert "changed by you" not in texts(at)


def test_the_data_set_says_how_rare_a_class_is_and_names_are_escaped(markup_dataset):
    at = open_page("settings", dataset=markup_dataset.id)
    shown = texts(at)
    assert "training pictures" in shown and "**y**" not in shown


# everything


def test_every_setting_has_an_input_with_its_own_label_and_a_help(tiny_dataset):
    at = open_at("everything", tiny_dataset)
    for field in fields.every():
        if field.key in ("model.name", "model.start"):
            continue  # the model has a page of its own
        assert widget(at, field.label).help == field.help
    assert widget(at, "Seed").value == 0


def test_inputs_keep_to_the_range_of_their_field(tiny_dataset):
    at = open_at("everything", tiny_dataset)
    for field in fields.every():
        if field.low is not None:
            found = widget(at, field.label)
            assert (found.min, found.max) == (field.low, field.high)


def test_every_field_says_its_default_its_range_a_sentence_and_its_glossary_entry(tiny_dataset):
    at = open_at("everything", tiny_dataset)
    shown = texts(at)
    for key in (field.key for field in fields.every()):
        if key in ("model.name", "model.start"):
            continue
        assert names.markdown(f"Default {s.in_words(key, s.value_of(s.RunSettings(), key))}") in shown
        assert f"glossary?dataset={tiny_dataset.id}#{glossary.of_setting(key).name})" in shown
        if fields.of(key).choices is None:
            assert fields.of(key).help in shown
            assert names.markdown(s.range_in_words(key)) in shown


def test_a_field_says_what_fits_these_pictures_where_that_is_not_the_default(tiny_dataset):
    at = open_at("standard", tiny_dataset)
    epochs = fitted(tiny_dataset).train.epochs
    assert epochs != 8 and f"Default 8, for these pictures {epochs}" in texts(at)


def test_search_leaves_the_fields_that_hold_every_word(tiny_dataset):
    at = open_at("everything", tiny_dataset)
    at.text_input(key="settings_search").set_value("learning RATE").run()
    labels = {element.label for element in at.number_input}
    assert "Learning rate" in labels and "Views per picture" not in labels
    at.text_input(key="settings_search").set_value("zebra").run()
    assert not at.number_input and "No setting holds these words" in texts(at)


def test_a_field_that_somebody_adds_later_shows_up_by_itself(monkeypatch):
    @dataclass(frozen=True, kw_only=True)
    class Later:
        """What somebody thought of later. And more."""

        warp: float = setting(0.5, "Warp", "How far it warps.", low=0.0, high=1.0, advanced=True)

    monkeypatch.setitem(s.SECTIONS, "later_on", Later)
    assert forms.by_section("warp") == {"later_on": ("Later on", Later.__doc__, ["later_on.warp"])}


# all levels


def test_a_change_is_saved_at_once_and_is_there_in_a_new_session(tiny_dataset):
    at = open_at("standard", tiny_dataset)
    widget(at, "Epochs").set_value(3).run()
    widget(at, "Optimiser").set_value("sgd").run()
    assert not at.exception
    assert (draft_of(tiny_dataset).settings.train.epochs, draft_of(tiny_dataset).settings.train.optimizer) == (3, "sgd")
    again = open_page("settings", dataset=tiny_dataset.id)
    assert (widget(again, "Epochs").value, widget(again, "Optimiser").value) == (3, "sgd")


def test_a_change_in_another_tab_shows_and_is_not_overwritten(tiny_dataset):
    one, other = open_at("standard", tiny_dataset), open_page("settings", dataset=tiny_dataset.id)
    widget(other, "Epochs").set_value(7).run()
    one.run()
    assert widget(one, "Epochs").value == 7
    widget(one, "Batch size").set_value(10).run()
    train = draft_of(tiny_dataset).settings.train
    assert (train.epochs, train.batch_size) == (7, 10)


@pytest.mark.parametrize("preset", QUICK)
def test_a_preset_fills_in_its_values_and_says_which(tiny_dataset, preset):
    at = open_at("standard", tiny_dataset)
    if preset != "quick":
        choose(at, "preset", preset)
    assert not at.exception
    expected = fitted(tiny_dataset, preset)
    assert draft_of(tiny_dataset).settings == expected
    assert widget(at, "Epochs").value == expected.train.epochs
    assert widget(at, "What learns").value == expected.freeze.preset
    assert s.PRESETS[preset].help in texts(at)
    assert f"epochs {expected.train.epochs}" in texts(at)


def test_a_preset_takes_back_what_was_changed_by_hand(tiny_dataset):
    at = open_at("standard", tiny_dataset)
    widget(at, "Epochs").set_value(3).run()
    choose(at, "preset", "best")
    choose(at, "preset", "quick")
    assert widget(at, "Epochs").value == fitted(tiny_dataset).train.epochs
    assert draft_of(tiny_dataset).settings == fitted(tiny_dataset)


def test_going_on_confirms_the_step(tiny_dataset):
    at = open_page("settings", dataset=tiny_dataset.id)
    at.button(key="next_train").click().run()
    assert at.title[0].value == "Train"
    assert "settings" in draft_of(tiny_dataset).done


def test_another_model_is_kept_with_an_image_size_that_fits_it(tiny_dataset):
    at = open_page("model", dataset=tiny_dataset.id)
    at.radio[0].set_value("tf_efficientnet_lite1").run()
    at.button(key="next_settings").click().run()
    assert not at.exception
    assert draft_of(tiny_dataset).settings.model.name == "tf_efficientnet_lite1"


def test_another_model_keeps_what_was_answered(tiny_dataset):
    at = open_page("settings", dataset=tiny_dataset.id)
    answer(at, "likeness", "drawn")
    at = open_page("model", dataset=tiny_dataset.id)
    at.radio[0].set_value("tf_efficientnet_lite1").run()
    at.button(key="next_settings").click().run()
    assert not at.exception
    freeze = draft_of(tiny_dataset).settings.freeze
    assert (freeze.preset, freeze.layer_decay) == ("head_then_last", 1.0)
    assert "changed by you" not in texts(open_page("settings", dataset=tiny_dataset.id))


def test_without_a_choice_in_the_catalogue_one_cannot_go_on(tiny_dataset):
    at = open_page("model", dataset=tiny_dataset.id)
    at.radio[0].set_value("another").run()
    assert at.button(key="next_settings").disabled


def test_a_damaged_draft_is_replaced_by_fitting_values(tiny_dataset, workspace):
    open_page("settings", dataset=tiny_dataset.id)
    (workspace / "drafts" / OWNER / f"{tiny_dataset.id}.json").write_text('{"settings": ')
    at = open_page("settings", dataset=tiny_dataset.id)
    assert not at.exception and not at.error
    assert "1. Dataset" in links(at)


# conflicts


def found_by_engine(dataset):
    settings = draft_of(dataset).settings
    return find_conflicts(settings, conflicts.facts(dataset, settings))


@pytest.mark.parametrize("page", ["settings", "train"])
def test_a_contradiction_is_said_before_the_start_and_one_click_ends_it(tiny_dataset, page):
    open_at("standard", tiny_dataset, "train.schedule=one_cycle", "train.warmup=0.05")
    at = open_page(page, dataset=tiny_dataset.id)
    (found,) = [c for c in found_by_engine(tiny_dataset) if "train.warmup" in c.keys]
    assert any(box.value == names.markdown(found.sentence) for box in (*at.info, *at.warning, *at.error))
    button = next(b for b in at.button if b.key.startswith("mend_") and b.key.endswith("_".join(found.keys)))
    button.click().run()
    assert not at.exception
    assert draft_of(tiny_dataset).settings.train.warmup == 0.0
    assert names.markdown(found.sentence) not in texts(at)


def test_a_mended_value_shows_in_its_field(tiny_dataset):
    at = open_at("standard", tiny_dataset, "train.lr=5")
    button = next(b for b in at.button if b.key.startswith("mend_") and "train.lr" in b.key)
    button.click().run()
    assert widget(at, "Learning rate").value == draft_of(tiny_dataset).settings.train.lr < 1


# as a file


def take(at, data):
    at.get("file_uploader")[0].set_value(("settings.json", data, "application/json")).run()
    assert not at.exception
    return at


def test_settings_of_a_file_are_shown_and_taken_on_a_click(tiny_dataset):
    at = open_at("standard", tiny_dataset, part="exchange")
    wanted = s.with_values(fitted(tiny_dataset), ["train.epochs=11", "train.lr=0.02"])
    take(at, files.to_bytes(wanted))
    assert draft_of(tiny_dataset).settings == fitted(tiny_dataset)
    at.button(key="settings_take").click().run()
    assert draft_of(tiny_dataset).settings == wanted
    assert widget(at, "Epochs").value == 11 and "2 settings were taken" in texts(at)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"train": {"speed": 1}}, "Unknown setting 'train.speed'"),
        ({"train": {"epochs": "many"}}, "Epochs is 'many', expected a whole number"),
        ({"train": {"loss": "mse"}}, "does not serve a data set"),
        ({"model": {"name": "no_such_model"}}, "timm knows no no_such_model."),
    ],
)
def test_a_bad_file_is_one_sentence_and_changes_nothing(tiny_dataset, monkeypatch, change, sentence):
    monkeypatch.setattr(cached, "unknown_architecture", lambda name: f"timm knows no {name}.")  # asking it takes torch
    at = open_at("standard", tiny_dataset, part="exchange")
    take(at, json.dumps({**s.to_json(fitted(tiny_dataset)), **change}).encode())
    (error,) = at.error
    assert names.markdown(sentence) in error.value
    assert draft_of(tiny_dataset).settings == fitted(tiny_dataset)


def test_a_file_of_another_data_set_is_said_and_can_be_taken_all_the_same(tiny_dataset):
    at = open_at("guided", tiny_dataset, part="exchange")
    take(at, files.to_bytes(replace(fitted(tiny_dataset, "best"), dataset="dogs-87654321")))
    assert "made for data set" in at.warning[0].value
    at.button(key="settings_take").click().run()
    assert draft_of(tiny_dataset).settings == fitted(tiny_dataset, "best")


# beside others


def compared(at):
    """Rows of the table: field -> (here, there)."""
    (table,) = [element.value for element in at.dataframe]
    here, there = table.columns[1:3]
    return {row["Field"]: (row[here], row[there]) for row in table.to_dict("records")}


def test_settings_are_compared_with_defaults_the_preset_and_earlier_runs(tiny_dataset, make_run):
    run = make_run(tiny_dataset)
    at = open_at("standard", tiny_dataset, "train.optimizer=sgd", part="exchange")
    at.toggle(key="settings_compare").set_value(True).run()
    against = at.selectbox(key="settings_against")
    assert compared(at)["train.optimizer"] == ("SGD with momentum", "AdamW")
    epochs = fitted(tiny_dataset).train.epochs
    assert compared(at)["train.epochs"] == (str(epochs), "8")
    against.set_value("suggested").run()
    assert compared(at) == {"train.optimizer": ("SGD with momentum", "AdamW")}
    at.selectbox(key="settings_against").set_value(run.id).run()
    assert compared(at) == {"train.optimizer": ("SGD with momentum", "AdamW")}


def test_a_run_whose_settings_cannot_be_read_is_one_sentence(tiny_dataset):
    store.create("train", "Later", {"dataset": tiny_dataset.id, "mood": "good"}, id="later")
    at = open_at("standard", tiny_dataset, part="exchange")
    at.toggle(key="settings_compare").set_value(True).run()
    at.selectbox(key="settings_against").set_value("later").run()
    assert not at.exception and "mood" in at.error[0].value


# finding a rate


def test_a_trial_of_rates_is_started_once_for_the_settings(tiny_dataset, started):
    at = open_at("standard", tiny_dataset, part="rates")
    at.button(key="find_rate").click().run()
    assert not at.exception
    job = lr_trials.find(draft_of(tiny_dataset).settings)
    assert started == [job.id] and job.kind == "rates"
    assert not [button for button in at.button if button.key == "find_rate"]
    again = open_page("settings", "rates", dataset=tiny_dataset.id)
    assert not [button for button in again.button if button.key == "find_rate"] and started == [job.id]


def finish(settings, suggestion=0.01234):
    job = lr_trials.create(settings, "Colours")
    log.append(job.folder, Progress(stage="rates", label="Trying learning rates", done=1, total=3))
    store.save_result(job, lr_trials.Found((1e-6, 1e-3, 1.0), (2.0, 1.0, 5.0), suggestion))
    log.append(job.folder, Finished(reason="All rates tried.", seconds=3.0))
    return job


def test_the_suggested_rate_is_drawn_and_taken_on_a_click(tiny_dataset):
    finish(fitted(tiny_dataset))
    at = open_at("standard", tiny_dataset, part="rates")
    assert "0.012" in texts(at)
    at.button(key="use_rate").click().run()
    assert not at.exception
    assert draft_of(tiny_dataset).settings.train.lr == 0.012 == widget(at, "Learning rate").value
    assert at.button(key="use_rate").disabled


def test_a_trial_for_other_settings_does_not_count(tiny_dataset):
    finish(fitted(tiny_dataset))
    at = open_at("standard", tiny_dataset, "train.optimizer=sgd", part="rates")
    assert at.button(key="find_rate")
    other_rate = open_at("standard", tiny_dataset, "train.lr=0.5", "train.schedule=linear", part="rates")
    assert other_rate.button(key="use_rate")


def test_a_trial_that_failed_says_why_and_can_be_made_again(tiny_dataset, started):
    job = lr_trials.create(fitted(tiny_dataset), "Colours")
    log.append(job.folder, Failed(message="No learning rate made the loss smaller.", fix="Check the labels."))
    at = open_at("standard", tiny_dataset, part="rates")
    assert "No learning rate made the loss smaller" in at.error[0].value
    at.button(key="find_rate").click().run()
    assert not at.exception and started == [job.id]
    assert not log.read(job.folder)[0]


def test_a_trial_can_be_stopped_before_it_starts(tiny_dataset, started):
    for other in range(2):
        queue.submit(store.create("rates", "Other", {}, id=f"other-{other}"))
    at = open_at("standard", tiny_dataset, part="rates")
    at.button(key="find_rate").click().run()
    at.button(key="stop_rates").click().run()
    assert not at.exception and queue.waiting("rates") == ["other-1"]


# drawn before the start


def test_the_schedule_is_drawn_over_all_epochs_and_phases(tiny_dataset):
    at = open_at("standard", tiny_dataset, "freeze.preset=gradual", "train.epochs=8", part="schedule")
    charts = [json.loads(chart.proto.spec) for chart in at.get("plotly_chart")]
    (chart,) = [chart for chart in charts if chart["layout"]["yaxis"]["title"]["text"] == "Learning rate"]
    assert len(chart["data"]) == 4 and chart["layout"]["xaxis"]["range"] == [0, 8]
    assert chart["layout"]["annotations"][0]["text"] == "Head only"
    assert "Each phase of the freezing plan" in texts(at)
