import json
import time
from dataclasses import fields

import pytest

from ftcore import events
from ftcore.events import EpochDone, Failed, Finished, Note, StepDone, decode, encode

EXAMPLES = [
    events.Estimated(
        seconds=12.5, seconds_low=10.0, seconds_high=16.0, bytes_memory=700_000_000, bytes_disk=60_000_000
    ),
    events.Planned(
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
    events.FeaturesCached(phase=1, prefix="openvino", cut="add_6", crossing_bytes=18_816, views=4, seconds=2.5),
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
    events.Resumed(epoch=2),
    events.Stopped(epoch=1),
    events.Tested(split="test", n_images=9, scores={"accuracy": {"value": 1 / 3, "low": 0.1, "high": 0.6}}),
    events.CandidateScored(
        model="resnet18", metric="accuracy", score=0.9, low=0.88, high=0.92, seconds=3.5, megabytes=46.8
    ),
    events.Imported(dataset="digits-1", n_images=10, n_left_out=0),
    Finished(reason="All epochs done.", seconds=12.5, best_epoch=None),
    Failed(message="The loss became nan.", fix="Lower the rate."),
    events.Interrupted(message="Killed.", fix="Resume it."),
]


def test_there_is_an_example_of_every_kind():
    assert {type(example).__name__ for example in EXAMPLES} == set(events.KINDS)


@pytest.mark.parametrize("event", EXAMPLES, ids=lambda event: type(event).__name__)
def test_an_event_is_one_line_that_reads_back_the_same(event):
    line = encode(event)
    assert "\n" not in line
    assert decode(line.encode().decode()) == event


def test_the_table_at_the_top_names_every_kind():
    assert [name for name in events.KINDS if f"| {name} " not in events.__doc__] == []


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
        encode(events.Tested(split="test", n_images=1, scores={"loss": {"value": loss}}))


def test_a_kind_of_a_newer_version_is_passed_over():
    assert decode('{"kind": "Teleported", "where": "home"}') is None
    assert decode("{}") is None


def test_a_field_of_a_newer_version_is_left_out():
    line = json.dumps({**json.loads(encode(Failed(message="a", fix="b", at=1.0))), "colour": "red"})
    assert decode(line) == Failed(message="a", fix="b", at=1.0)


def test_no_kind_has_a_field_called_kind():
    assert [name for name, kind in events.KINDS.items() if "kind" in {f.name for f in fields(kind)}] == []
