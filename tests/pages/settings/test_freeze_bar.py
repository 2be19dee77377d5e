"""The network as a bar on the Settings page: the boundary moves, snaps to presets, and says what it costs."""

import json
from dataclasses import replace

import pytest

from ftcore import settings as s
from ftcore.freezing import model_profile
from ftcore.runs import drafts, store
from ftcore.training.cost import price
from ftcore.training.cost.price import Layers
from pages.components import session
from pages.components.settings import freeze_bar
from tests.pages.conftest import open_page, texts
from tests.training.cost.test_price import MEASURED


@pytest.fixture
def known(tiny_dataset):
    """A data set whose network was looked at: EfficientNet-Lite0 has 18 layer groups."""
    settings = session.draft(tiny_dataset).settings
    model = settings.model
    model_profile.profile(model.name, n_outputs=len(tiny_dataset.classes), image_size=model.image_size)
    return tiny_dataset


def boundary(at):
    return next(slider for slider in at.select_slider if slider.label == "How much of the network learns")


def colours(at):
    """How many groups each colour of the bar has."""
    figure = next(json.loads(c.proto.spec) for c in at.get("plotly_chart") if "picture to the answer" in c.proto.alt)
    return {trace["name"]: len(trace["customdata"]) for trace in figure["data"]}


def test_before_anything_was_measured_a_sentence_stands_there(tiny_dataset, started):
    at = open_page("settings", dataset=tiny_dataset.id)
    assert not at.exception and "is drawn here as soon as" in texts(at)


def test_the_boundary_moves_and_snaps_to_presets(known, started):
    at = open_page("settings", dataset=known.id)
    assert not at.exception and colours(at) == {"Frozen": 17, "Learns": 1}
    boundary(at).set_value(6).run()
    freeze = session.draft(known).settings.freeze
    assert not at.exception and (freeze.preset, freeze.phases) == ("custom", "rest:6")
    assert colours(at) == {"Frozen": 12, "Learns": 6} and boundary(at).value == 6
    boundary(at).set_value(9).run()
    assert session.draft(known).settings.freeze.preset == "half" and boundary(at).value == 9
    learns = next(metric.value for metric in at.metric if metric.label == "Parameters that learn")
    settings = session.draft(known).settings
    assert learns == f"{freeze_bar.network_of(known, settings).n_learning(9):,}"


def test_the_pace_is_measured_or_guessed_and_says_which(known, started):
    settings = session.draft(known).settings
    layers = (Layers(0.05, 1000),) * 18
    store.save_result(price.job(settings), replace(MEASURED, layers=layers))
    at = open_page("settings", dataset=known.id)
    assert [metric.value for metric in at.metric if "per second" in metric.label] == ["100"]
    boundary(at).set_value(4).run()
    assert not at.exception
    assert [metric.value for metric in at.metric if "per second" in metric.label] == ["about 25"]


@pytest.mark.parametrize(("preset", "n_groups"), [("head", 1), ("head_then_last", 4), ("gradual", 18), ("none", 18)])
def test_of_several_phases_the_last_is_drawn(known, preset, n_groups):
    settings = session.draft(known).settings
    settings = replace(settings, freeze=replace(settings.freeze, preset=preset))
    network = freeze_bar.network_of(known, settings)
    assert freeze_bar.learning(settings, network) == n_groups
    assert freeze_bar.learning(freeze_bar.with_boundary(settings, network, 7), network) == 7


def test_where_phases_wait_for_validation_the_pace_of_the_last_is_only_about_right(known, started):
    settings = s.with_values(
        session.draft(known).settings, ["freeze.preset=head_then_last", "freeze.unfreeze=on_plateau"]
    )
    drafts.save(replace(session.draft(known), settings=settings))
    store.save_result(price.job(settings), replace(MEASURED, layers=(Layers(0.05, 1000),) * 18))
    at = open_page("settings", dataset=known.id)
    assert [metric.value for metric in at.metric if "per second" in metric.label] == ["about 25"]


def test_the_rate_of_every_group_is_said_not_only_drawn(known, started):
    settings = s.with_values(
        session.draft(known).settings, ["freeze.preset=last_stage", "train.lr=0.01", "freeze.layer_decay=0.5"]
    )
    drafts.save(replace(session.draft(known), settings=settings))
    at = open_page("settings", dataset=known.id)
    (alt,) = [chart.proto.alt for chart in at.get("plotly_chart") if "picture to the answer" in chart.proto.alt]
    assert alt.count(" at 0.") == 4 and "head at 0.01." in alt
    said = (
        "0.01 in the head, 0.002 (0.2 times as much) in the layer group before it, 50% of it with every group further"
    )
    assert said in texts(at) and "down to 0.0005." in texts(at)
