import json
import sys
import time
from dataclasses import dataclass, fields

import pytest

from ftcore import events
from ftcore.datasets.importing.events import Imported
from ftcore.events import Failed, Finished, Note, decode, encode
from ftcore.search.events import CandidateScored
from ftcore.training import events as told
from ftcore.training.events import EpochDone, Estimated, FeaturesCached, Planned, Resumed, StepDone

EXAMPLES = [
    Estimated(seconds=12.5, seconds_low=10.0, seconds_high=16.0, bytes_memory=700_000_000, bytes_disk=60_000_000),
    Planned(
        model="resnet18",
        n_epochs=3,
        n_steps=12,
        n_parameters=11,
        n_train=42,
        n_val=9,
        monitor="accuracy",
        phases=[{"label": "Head only", "first_epoch": 0, "n_epochs": 3, "trainable": 3, "groups": ["head"]}],
    ),
    events.Progress(stage="read", label="Reading 1,000 pictures", done=3, total=1000, seconds=0.5),
    FeaturesCached(phase=1, prefix="openvino", cut="add_6", crossing_bytes=18_816, views=4, seconds=2.5),
    Note(message="“Größe” ⇒ 猫\nsecond line \u2028 and \x00"),
    StepDone(epoch=0, step=3, loss=1.25e-3, lr=1e-7, images_per_second=1e4, memory_mb=512.0),
    EpochDone(
        epoch=1,
        phase=0,
        step=6,
        train={"loss": 0.1, "accuracy": 1.0},
        val={"loss": 0.2, "accuracy": 0.1},
        lr=0.1,
        seconds=1.5,
        images_per_second=3.0,
        memory_mb=1.0,
        best=True,
    ),
    Resumed(epoch=2),
    events.Started(),
    events.Stopped(),
    told.Tested(split="test", n_images=9, scores={"accuracy": {"value": 1 / 3, "low": 0.1, "high": 0.6}}),
    CandidateScored(model="resnet18", metric="accuracy", score=0.9, low=0.88, high=0.92, seconds=3.5, megabytes=46.8),
    Imported(dataset="digits-1", n_images=10, n_left_out=0),
    Finished(reason="All epochs done.", seconds=12.5),
    Failed(message="The loss became nan.", fix="Lower the rate."),
    events.Interrupted(message="Killed.", fix="Resume it."),
]


FIRST_NAMES = {"Estimated": ["Promised"], "FeaturesCached": ["Prepared"], "CandidateScored": ["Stood"]}
OLD = [event for event in EXAMPLES if not isinstance(event, events.Started)]  # which the first version did not write


def test_there_is_an_example_of_every_kind():
    own = {cls for cls in events.registered().values() if cls.__module__.startswith("ftcore.")}
    assert {type(example) for example in EXAMPLES} == own


@pytest.mark.parametrize("event", EXAMPLES, ids=lambda event: type(event).__name__)
def test_an_event_is_one_line_that_reads_back_the_same(event):
    line = encode(event)
    assert "\n" not in line
    assert decode(line) == decode(line.encode()) == event


@pytest.mark.parametrize("event", OLD, ids=lambda event: type(event).__name__)
def test_an_event_is_read_under_the_names_that_were_written_before(event):
    name = type(event).__name__
    for former in (name, *FIRST_NAMES.get(name, ())):
        assert decode(json.dumps({**json.loads(encode(event)), "kind": former})) == event


def test_the_names_on_disk_stay_when_classes_are_renamed():
    assert [json.loads(encode(event))["kind"] for event in EXAMPLES] == [
        "estimated",
        "planned",
        "progress",
        "features_cached",
        "note",
        "step_done",
        "epoch_done",
        "resumed",
        "started",
        "stopped",
        "tested",
        "candidate_scored",
        "imported",
        "finished",
        "failed",
        "interrupted",
    ]


@pytest.mark.parametrize("event", EXAMPLES, ids=lambda event: type(event).__name__)
def test_the_table_at_the_top_of_a_module_names_every_kind_in_it(event):
    text = sys.modules[type(event).__module__].__doc__
    if "| on disk" in text:
        assert f"| {json.loads(encode(event))['kind']} " in text and f"| {type(event).__name__} " in text


@pytest.fixture
def forgetting(monkeypatch):
    """What a test registers is forgotten after it."""
    for name in ("_NAMES", "_ROWS"):
        monkeypatch.setattr(events, name, dict(getattr(events, name)))


def test_a_room_registers_events_whose_class_and_fields_can_be_renamed(forgetting):
    @events.register("painted", "Coloured", translate=lambda value: {"colour": value.pop("tint", ""), **value})
    @dataclass(frozen=True, kw_only=True)
    class Painted(events.Event):
        colour: str

    assert decode('{"kind": "Coloured", "tint": "red", "at": 1.0}') == Painted(colour="red", at=1.0)
    assert json.loads(encode(Painted(colour="red", at=1.0))) == {"kind": "painted", "colour": "red", "at": 1.0}


@pytest.mark.parametrize("taken", ["note", "Note", "Stood"])
def test_a_name_that_is_taken_is_refused(forgetting, taken):
    with pytest.raises(ValueError, match="already"):
        events.register("painted", taken)(events.Event)


def test_an_event_without_a_name_is_not_written():
    with pytest.raises(TypeError, match="Unreadable has no name on disk"):
        encode(events.Unreadable())


@pytest.mark.parametrize(("task", "now"), [("single", "multiclass"), ("multi", "multilabel"), ("number", "regression")])
def test_the_task_of_a_plan_is_read_as_the_first_version_called_it(task, now):
    plan = next(event for event in EXAMPLES if isinstance(event, Planned))
    value = json.loads(encode(plan))
    assert decode(json.dumps({**value, "kind": "Planned", "task": task})).task == now
    del value["task"], value["units"]
    assert decode(json.dumps(value)) == plan


def test_an_event_knows_when_it_happened():
    before = time.time()
    happened = Note(message="now").at
    assert before <= happened <= time.time()
    assert decode('{"kind": "Note", "message": "then", "at": 3.0}').at == 3.0


@pytest.mark.parametrize("loss", [float("nan"), float("inf"), float("-inf")])
def test_a_number_that_is_none_is_refused(loss):
    with pytest.raises(ValueError, match="not JSON compliant"):
        encode(StepDone(epoch=0, step=1, loss=loss, lr=0.1, images_per_second=1.0, memory_mb=1.0))
    with pytest.raises(ValueError, match="not JSON compliant"):
        encode(told.Tested(split="test", n_images=1, scores={"loss": {"value": loss}}))


def test_a_kind_of_a_newer_version_is_an_unreadable_line():
    assert decode('{"kind": "Teleported", "where": "home", "at": 3.0}') == events.Unreadable(at=3.0)


@pytest.mark.parametrize(
    "line", ["{}", "", "{", "null", "[1]", b"\xff\xfe", b"\x00\x00", '{"kind": []}', '{"kind": "note"}']
)
def test_what_is_no_event_is_an_unreadable_line(line):
    assert decode(line) == events.Unreadable()


def test_a_field_of_a_newer_version_is_left_out():
    line = json.dumps({**json.loads(encode(Failed(message="a", fix="b", at=1.0))), "colour": "red"})
    assert decode(line) == Failed(message="a", fix="b", at=1.0)


def test_no_kind_has_a_field_called_kind():
    assert [name for name, cls in events.registered().items() if "kind" in {f.name for f in fields(cls)}] == []
