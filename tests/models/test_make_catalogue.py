import csv
import sys

import pytest

from ftcore import vision
from ftcore.models import catalogue, make_catalogue


@pytest.mark.parametrize(
    ("name", "multiply_adds", "activations"),
    [  # millions; timm's benchmark tables, which fvcore counted
        ("resnet50.a1_in1k", 4110, 11.11),
        ("tf_efficientnet_lite0.in1k", 400, 6.74),
        ("mobilenetv3_small_100.lamb_in1k", 60, 1.42),
        ("vit_base_patch16_224.augreg_in21k_ft_in1k", 17580, 23.90),
        ("swin_tiny_patch4_window7_224.ms_in1k", 4510, 17.06),
        ("convnext_tiny.fb_in1k", 4470, 13.44),
    ],
)
def test_counts_agree_with_published_ones_and_with_the_file(name, multiply_adds, activations):
    config = vision.timm.get_pretrained_cfg(name)
    found = make_catalogue.measure(name, config.input_size, with_head=True)
    assert found["multiply_adds"] / 1e6 == pytest.approx(multiply_adds, rel=0.06)  # theirs also counts norms
    assert found["activations"] / 1e6 == pytest.approx(activations, abs=0.01)
    row = catalogue.find(name)
    assert found == {key: getattr(row, key) for key in found}


def test_the_file_is_what_the_script_writes(monkeypatch, tmp_path):
    out = tmp_path / "some.csv"
    monkeypatch.setattr(sys, "argv", ["make_catalogue", "--only", "resnet10t*", "--out", str(out)])
    assert make_catalogue.main() == 0
    written = list(csv.DictReader(out.open(newline="")))
    kept = [row for row in csv.DictReader(catalogue.FILE.open(newline="")) if row["name"].startswith("resnet10t.")]
    assert written == kept != []


def test_a_model_that_cannot_be_measured_is_kept_and_named(monkeypatch):
    def broken(*_arguments):
        raise RuntimeError("no such operator\nmore")

    monkeypatch.setattr(make_catalogue, "measure", broken)
    failures = []
    (row,) = make_catalogue.rows(["resnet10t.c3_in1k"], {("resnet10t.c3_in1k", 224): 0.7}, failures)
    assert (row["name"], row["parameters"], row["features"]) == ("resnet10t.c3_in1k", "", "")
    assert (row["top1"], row["top1_size"]) == (0.7, 224)
    assert failures == ["resnet10t.c3_in1k: RuntimeError: no such operator"]


def test_published_scores_are_read_as_shares(tmp_path):
    (tmp_path / "r.csv").write_text("model,img_size,top1\na.b,224,80.5\na.b,288,81.25\n")
    assert make_catalogue.read_top1(tmp_path / "r.csv") == {("a.b", 224): 0.805, ("a.b", 288): 0.8125}
