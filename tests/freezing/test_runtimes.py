"""The frozen prefix on other runtimes: the same numbers, or PyTorch; converted once; only where it saves time."""

import sys

import pytest
import torch
from torch import nn

from ftcore.events import Note, Progress, drain
from ftcore.freezing import disk_cache, runtimes
from ftcore.freezing.cut import cut
from ftcore.freezing.plan import FreezePlan, make_phases
from ftcore.inputs import InputSpec
from ftcore.models.build import build_model
from ftcore.models.depth_groups import depth_groups

CONVERTED = ("openvino", "onnxruntime")


def made_prefix(name="resnet18", size=32):
    model, _ = build_model(name, n_outputs=3, image_size=size, pretrained=False)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):  # statistics as after training, or folding has nothing to do
            nn.init.uniform_(module.running_mean, -0.2, 0.2)
            nn.init.uniform_(module.running_var, 0.5, 2.0)
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.uniform_(module.bias, -0.2, 0.2)
    groups = depth_groups(model)
    FreezePlan(groups, make_phases("head", groups, 1)).apply(model, 0)
    return cut(model, InputSpec.square(size)).prefix


@pytest.fixture(scope="module")
def prefix():
    return made_prefix()


IMAGES = torch.randn(8, 3, 32, 32, generator=torch.Generator().manual_seed(0))


def chosen(prefix, n=8, asked="auto", images=IMAGES, **options):
    events = []
    return drain(runtimes.choose(prefix, images, n, asked, **options), events.append), events


def notes(events):
    return [event.message for event in events if isinstance(event, Note)]


@pytest.mark.parametrize(
    "name",
    [
        "resnet18",
        "tf_efficientnet_lite0",
        "mobilenetv3_small_050",
        "densenet121",
        "regnetx_002",
        "vit_tiny_patch16_224",
    ],
)
def test_folding_batch_norms_changes_no_number_beyond_rounding(name):
    prefix = made_prefix(name)
    with torch.inference_mode():
        expected = prefix(IMAGES)
        folded = runtimes.fold_batch_norms(prefix)
        got = folded(IMAGES)
        assert torch.equal(prefix(IMAGES)[0], expected[0]), "the model itself stays as it was"
    assert runtimes.agree(got, expected)
    left = sum(isinstance(module, nn.BatchNorm2d) for module in folded.modules())
    assert left < sum(isinstance(module, nn.BatchNorm2d) for module in prefix.modules()) or "vit" in name
    if name in ("resnet18", "tf_efficientnet_lite0", "regnetx_002"):
        assert left == 0


@pytest.mark.parametrize("asked", CONVERTED)
@pytest.mark.parametrize("name", ["resnet18", "vit_tiny_patch16_224"])
def test_a_converted_prefix_gives_the_same_numbers_for_any_batch_size(workspace, name, asked):
    prefix = made_prefix(name)
    runtime, events = chosen(prefix, asked=asked)
    assert runtime.name == asked and not notes(events)
    for n in (1, 5, 8):
        with torch.inference_mode():
            assert runtimes.agree(runtime.run(IMAGES[:n]), prefix(IMAGES[:n]))


def test_a_conversion_is_kept_and_used_again(workspace, prefix, monkeypatch):
    chosen(prefix, asked="openvino")
    (kept,) = disk_cache.contents()
    assert kept["kind"] == "prefix"
    monkeypatch.setattr(runtimes.OpenVino, "convert", lambda *_: pytest.fail("converted again"))
    runtime, _ = chosen(prefix, asked="openvino")
    assert runtime.name == "openvino"
    with torch.inference_mode():
        assert runtimes.agree(runtime.run(IMAGES), prefix(IMAGES))


def test_one_changed_weight_is_converted_anew(workspace):
    prefix = made_prefix()
    chosen(prefix, asked="openvino")
    with torch.no_grad():
        next(prefix.parameters()).view(-1)[0] += 1.0
    runtime, _ = chosen(prefix, asked="openvino")
    assert len(disk_cache.contents()) == 2
    with torch.inference_mode():
        assert runtimes.agree(runtime.run(IMAGES), prefix(IMAGES))


def test_a_runtime_with_other_numbers_is_dropped_with_a_note(workspace, prefix, monkeypatch):
    monkeypatch.setattr(runtimes.OpenVino, "convert", lambda *_: lambda images: (torch.zeros(len(images), 512),))
    runtime, events = chosen(prefix, asked="openvino")
    assert runtime.name == "eager"
    assert any("other numbers" in note for note in notes(events))


def test_a_runtime_that_answers_with_nan_is_dropped(prefix):
    with torch.inference_mode():
        expected = prefix(IMAGES)
    assert not runtimes.agree((torch.full_like(expected[0], float("nan")),), expected)


def test_a_failed_conversion_goes_on_with_pytorch_and_says_why(workspace, prefix, monkeypatch):
    def broken(*_):
        raise RuntimeError("unsupported operator\nmany more lines")

    monkeypatch.setattr(runtimes.OpenVino, "convert", broken)
    runtime, events = chosen(prefix, asked="openvino")
    assert runtime.name == "eager"
    assert notes(events) == [
        "OpenVINO could not take over the frozen part (RuntimeError: unsupported operator): it runs on PyTorch."
    ]


def test_a_runtime_that_is_not_installed_is_named(workspace, prefix, monkeypatch):
    monkeypatch.setattr(runtimes.OnnxRuntime, "is_installed", lambda self: False)
    runtime, events = chosen(prefix, asked="onnxruntime")
    assert runtime.name == "eager"
    assert notes(events) == ["ONNX Runtime is not installed here: the frozen part runs on PyTorch."]


def test_a_damaged_kept_conversion_goes_on_with_pytorch(workspace, prefix):
    chosen(prefix, asked="openvino")
    (kept,) = disk_cache.contents()
    (disk_cache.root() / kept["key"] / "model.bin").write_bytes(b"")
    runtime, _ = chosen(prefix, asked="openvino")
    with torch.inference_mode():
        assert runtimes.agree(runtime.run(IMAGES), prefix(IMAGES))
    again, _ = chosen(prefix, asked="openvino")
    assert again.name == "openvino", "what was damaged is not kept"


def test_a_small_job_is_not_worth_converting(workspace, prefix):
    runtime, events = chosen(prefix, n=40)
    assert runtime.name == "eager" and not events
    assert disk_cache.contents() == []


def test_a_large_job_converts_when_that_was_measured_to_be_faster(workspace, prefix, monkeypatch):
    monkeypatch.setattr(runtimes, "_seconds", lambda run, images: 0.1 if "on_torch" in run.__qualname__ else 0.05)
    runtime, events = chosen(prefix, n=100_000)
    assert runtime.name == "openvino"
    assert [event.done for event in events if isinstance(event, Progress)] == [0, 1]
    assert disk_cache.find(disk_cache.contents()[0]["key"])[1]["share"] == pytest.approx(0.5)


def test_what_was_measured_to_be_slower_is_not_tried_again(workspace, prefix, monkeypatch):
    monkeypatch.setattr(runtimes, "_seconds", lambda run, images: 0.1 if "on_torch" in run.__qualname__ else 0.2)
    runtime, events = chosen(prefix, n=100_000)
    assert runtime.name == "eager" and events, "converted, measured, left alone"
    runtime, events = chosen(prefix, n=100_000)
    assert runtime.name == "eager" and not events, "known to be slower"


def test_exactly_the_numbers_of_uncached_training_means_pytorch_as_it_is(workspace, prefix):
    runtime, _ = chosen(prefix, n=10**9, exact=True)
    assert runtime.name == "eager"
    with torch.inference_mode():
        assert torch.equal(runtime.run(IMAGES)[0], prefix(IMAGES.contiguous(memory_format=torch.channels_last))[0])


def test_openvino_is_loaded_without_what_reports_its_use(workspace, prefix):
    chosen(prefix, asked="openvino")
    assert sys.modules.get("openvino_telemetry") is None
    from openvino.tools.ovc import convert_impl

    assert convert_impl.tm.__name__.endswith("telemetry_stub")
