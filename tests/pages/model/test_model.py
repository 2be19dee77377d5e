from dataclasses import replace

import pytest
from safetensors.torch import save

from ftcore import hardware, vision
from ftcore import settings as s
from ftcore.models import catalogue, own_weights
from ftcore.runs import drafts, queue, store
from pages.components.model import catalogue_table, preload
from tests.pages.conftest import OWNER, open_page, texts


@pytest.fixture(autouse=True)
def nothing_downloaded(monkeypatch, tmp_path):
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))


@pytest.fixture
def network(monkeypatch):
    """Says whether there is a network; there is none until a test wants one."""
    answer = {"online": False}
    monkeypatch.setattr(hardware, "reachable", lambda *_a, **_k: answer["online"])
    return answer


@pytest.fixture
def page(tiny_dataset, network):
    """The Model page with the catalogue open."""
    at = open_page("model", dataset=tiny_dataset.id)
    return at.radio[0].set_value("another").run()


def widget(kind, label):
    return next(element for element in kind if element.label == label)


def names(at):
    return list(at.dataframe[0].value["Name"])


def test_the_short_list_comes_first_and_the_catalogue_only_on_request(tiny_dataset, network):
    at = open_page("model", dataset=tiny_dataset.id)
    assert at.radio[0].options[0] == "EfficientNet-Lite0"
    assert at.radio[0].options[-2] == f"Another of {len(catalogue.models()):,} models"
    assert not at.dataframe


def test_the_catalogue_shows_every_model(page):
    assert names(page) == [row.name for row in catalogue.models()]
    assert f"{len(catalogue.models()):,} of {len(catalogue.models()):,} models" in texts(page)


def test_words_are_explained_where_they_first_appear(page):
    for word in ("**Parameters** are", "**licence** says", "**Multiply-adds** is", "**Top-1** is", "**head**"):
        assert texts(page).count(word) == 1


@pytest.mark.parametrize(
    ("kind", "label", "value", "expected"),
    [
        ("text_input", "Search", "lite efficientnet", {"text": "lite efficientnet"}),
        ("selectbox", "Family", "ConvNeXt", {"family": "ConvNeXt"}),
        ("selectbox", "Trained with", "ImageNet-12k", {"data": "ImageNet-12k"}),
        ("selectbox", "Commercial use", "no", {"commercial_use": "no"}),
        ("selectbox", "Licence", "mit", {"license": "mit"}),
        ("selectbox", "Parameters at most", "6 million", {"max_parameters": 6e6}),
        ("selectbox", "Pretrained with pictures of at most", "192 pixels", {"max_size": 192}),
        ("selectbox", "Sort by", "Best top-1", {"sort": "top1", "descending": True}),
        ("toggle", "Only with weights on this machine", True, {"local": True}),
    ],
)
def test_each_filter_does_what_the_engine_does(page, kind, label, value, expected):
    widget(getattr(page, kind), label).set_value(value).run()
    assert not page.exception
    assert names(page) == [row.name for row in catalogue.select(**expected)]


def test_a_search_without_a_match_says_so(page):
    widget(page.text_input, "Search").set_value("zzz <b>").run()
    assert not page.dataframe
    assert "No model meets all of this" in page.warning[0].value


def test_without_a_network_the_page_says_what_can_be_used_now(page):
    assert "3 have their weights on this machine" in page.info[0].value
    assert set(page.dataframe[0].value["Weights"]) == {"on this machine", "needs a network"}


def test_with_a_network_the_rest_is_to_be_downloaded(page, network):
    network["online"] = True
    page.run()
    assert not page.info
    assert set(page.dataframe[0].value["Weights"]) == {"on this machine", "to be downloaded"}


def test_a_row_that_was_chosen_is_kept_with_a_fitting_size(page, network, tiny_dataset):
    network["online"] = True
    page.session_state[f"catalogue_{tiny_dataset.id}_choice"] = ("", "convnextv2_atto.fcmae")
    page.run()
    shown = texts(page)
    assert r"convnextv2\_atto\.fcmae" in shown and "forbids commercial use" in shown
    page.button(key="next_settings").click().run()
    draft = drafts.load(tiny_dataset.id, OWNER, lambda: pytest.fail("no draft"))
    assert draft.settings.model.name == "convnextv2_atto.fcmae"
    at = open_page("model", dataset=tiny_dataset.id)
    assert at.radio[0].value == "another"  # and it is still chosen in a new session
    assert r"convnextv2\_atto\.fcmae" in texts(at)


def test_a_click_on_a_row_chooses_its_name(monkeypatch):
    state = {"table": {"selection": {"rows": [1]}}}
    monkeypatch.setattr(catalogue_table.st, "session_state", state)
    catalogue_table._remember("k", "table", ["a", "b"], "")
    assert catalogue_table._chosen("k", "") == "b"
    state["table"]["selection"]["rows"] = []  # what was chosen stays when the row is clicked again
    catalogue_table._remember("k", "table", ["a", "b"], "")
    assert catalogue_table._chosen("k", "") == "b"
    assert catalogue_table._chosen("k", "c") == "c"  # the settings have another model since


def test_an_old_click_does_not_undo_a_model_that_came_with_a_settings_file(page, network, tiny_dataset):
    network["online"] = True
    page.session_state[f"catalogue_{tiny_dataset.id}_choice"] = ("", "convnextv2_atto.fcmae")
    draft = drafts.load(tiny_dataset.id, OWNER, lambda: pytest.fail("no draft"))
    drafts.save(replace(draft, settings=s.with_value(draft.settings, "model.name", "resnet50.a1_in1k")))
    page.run()
    page.button(key="next_settings").click().run()
    assert settings_of(tiny_dataset).model.name == "resnet50.a1_in1k"


def test_a_choice_that_cannot_be_loaded_says_why_and_stops_there(page, tiny_dataset):
    page.session_state[f"catalogue_{tiny_dataset.id}_choice"] = ("", "convnextv2_atto.fcmae")
    page.run()
    assert "there is no network to download them" in page.warning[0].value
    assert page.button(key="next_settings").disabled


def test_every_choice_comes_with_advice(tiny_dataset, network):
    at = open_page("model", dataset=tiny_dataset.id)
    for row in catalogue.BACKBONES:
        at.radio[0].set_value(row.name).run()
        assert any(text.value.startswith(":material/lightbulb:") for text in at.markdown)


@pytest.fixture
def own(tiny_dataset, network):
    """The Model page with one's own weights open."""
    at = open_page("model", dataset=tiny_dataset.id)
    return at.radio[0].set_value("own").run()


def settings_of(dataset):
    return drafts.load(dataset.id, OWNER, lambda: pytest.fail("no draft")).settings


def upload(at, data, name, architecture):
    at.file_uploader[0].set_value((name, data, "application/octet-stream"))
    widget(at.text_input, "Architecture").set_value(architecture)
    return widget(at.button, "Check and keep").click().run()


def test_without_weights_of_ones_own_one_cannot_go_on(own):
    assert "Nothing here yet" in "".join(info.value for info in own.info)
    assert own.button(key="next_settings").disabled


def test_weights_that_were_uploaded_start_the_run(own, tiny_dataset):
    state = vision.create_model("test_efficientnet", num_classes=9).state_dict()
    upload(own, save(state), "mine.safetensors", "test_efficientnet")
    assert not own.exception and not own.error
    assert "fits and is kept" in own.success[0].value
    own.button(key="next_settings").click().run()
    model = settings_of(tiny_dataset).model
    assert (model.name, own_weights.find(model.start).name) == ("test_efficientnet", "mine.safetensors")
    at = open_page("model", dataset=tiny_dataset.id)
    assert at.radio[0].value == "own" and not at.button(key="next_settings").disabled
    at.radio[0].set_value("tf_efficientnet_lite0").run()
    at.button(key="next_settings").click().run()
    assert settings_of(tiny_dataset).model.start == ""


def test_weights_that_do_not_fit_are_listed_by_tensor(own):
    state = vision.create_model("test_efficientnet").state_dict()
    del state["bn1.bias"]
    upload(own, save(state), "mine.safetensors", "test_efficientnet")
    assert not own.exception
    assert r"bn1\.bias is missing" in own.error[0].value
    assert own_weights.list_all() == []


def test_a_run_of_this_workspace_can_be_the_start(tiny_dataset, make_run, network):
    run = make_run(tiny_dataset)
    at = open_page("model", dataset=tiny_dataset.id)
    at.radio[0].set_value("own").run()
    at.selectbox[0].set_value(run.id).run()
    at.button(key="next_settings").click().run()
    model = settings_of(tiny_dataset).model
    assert (model.name, model.start) == ("tf_efficientnet_lite0", run.id)


def test_weights_of_ones_own_can_be_deleted_after_asking(tiny_dataset, network):
    own = own_weights.add(
        save(vision.create_model("test_efficientnet").state_dict()), "m.safetensors", "test_efficientnet"
    )
    at = open_page("model", dataset=tiny_dataset.id)
    at.radio[0].set_value("own").run()
    at.selectbox[0].set_value(own.id).run()
    assert widget(at.button, "Delete").disabled
    widget(at.checkbox, "Yes, delete it").check().run()
    widget(at.button, "Delete").click().run()
    assert not at.exception and not at.error
    assert own_weights.list_all() == [] and "Nothing here yet" in "".join(info.value for info in at.info)


def test_weights_that_a_run_needs_are_not_deleted(tiny_dataset, network, monkeypatch):
    monkeypatch.setattr(queue, "start_waiting", lambda: None)
    own = own_weights.add(
        save(vision.create_model("test_efficientnet").state_dict()), "m.safetensors", "test_efficientnet"
    )
    settings = s.RunSettings(dataset=tiny_dataset.id, model=s.ModelSettings(start=own.id))
    queue.submit(store.create("train", "Cats", s.to_json(settings)))
    at = open_page("model", dataset=tiny_dataset.id)
    at.radio[0].set_value("own").run()
    at.selectbox[0].set_value(own.id).run()
    widget(at.checkbox, "Yes, delete it").check().run()
    widget(at.button, "Delete").click().run()
    assert "needs it" in at.error[0].value and own_weights.list_all() == [own]


def test_the_code_of_the_catalogues_widgets_is_fetched_ahead_and_there(page):
    for widget_file in ("DataFrame", "TextInput", "Selectbox", "Checkbox"):
        (file,) = preload._files((widget_file,))
        assert file.startswith(f"{widget_file}.") and file.endswith(".js")
    assert preload._files(("NoSuchWidget",)) == []
