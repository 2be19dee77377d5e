import ast
import errno
import json
import os
import runpy
import subprocess
import sys
import textwrap
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from ftcore.errors import DataError, ModelError, WorkspaceError
from ftcore.export import bundle
from ftcore.export.bundle import Bundle
from ftcore.models.build import build_model, creation_options
from ftcore.models.heads import PLAIN, Head
from ftcore.tasks.outputs import Outputs

CLASSES = ("Schöne Katze 猫", "<b>dog</b> {0}", "a/b: $x$, \"quoted\" \\ 'it'")
ROOT = Path(__file__).parents[2]


def photo(width=90, height=70, seed=0):
    """Smooth noise that no two models answer alike."""
    small = np.random.default_rng(seed).integers(0, 256, (9, 9, 3), dtype=np.uint8)
    return Image.fromarray(small).resize((width, height), Image.Resampling.BICUBIC)


HEADS = {
    "plain": PLAIN,
    "hidden": Head(layers=1, width=24, dropout=0.2),
    "pooled": Head(pool="max"),
    "both": Head(pool="avgmax", layers=2, width=8),
}


def written(target, architecture="test_efficientnet", fit="crop", seed=0, classes=CLASSES, head=PLAIN, **about):
    model, recipe = build_model(
        architecture, n_outputs=3, image_size=64, fit=fit, pretrained=False, seed=seed, head=head
    )
    model(torch.rand(4, 3, 64, 64))  # so that batch norms have seen something
    bundle.write(
        target,
        model,
        name="Cats {and} dogs",
        architecture=architecture,
        options=creation_options(architecture, image_size=64, dropout=0.0),
        outputs=Outputs("multiclass", tuple(classes)),
        preprocessing=recipe,
        head=head,
        about=about,
    )
    return model.eval(), recipe


@pytest.fixture
def target(workspace):
    return workspace / "runs" / "one" / "bundle"


@pytest.fixture(autouse=True)
def run_folder(workspace):
    (workspace / "runs" / "one").mkdir(parents=True)


@pytest.mark.parametrize(("head", "fit"), [("plain", "squash"), *((head, "crop") for head in HEADS)])
@pytest.mark.parametrize("architecture", ["test_efficientnet", "test_vit", "mobilenetv3_small_050"])
def test_a_bundle_answers_as_the_trained_model(target, architecture, fit, head):
    model, recipe = written(target, architecture, fit, head=HEADS[head])
    pictures = [photo(seed=seed) for seed in range(3)]
    with torch.inference_mode():
        expected = model(torch.from_numpy(recipe.batch(pictures)).permute(0, 3, 1, 2)).softmax(1).numpy()
    loaded = Bundle(target)
    assert loaded.classes == CLASSES
    assert np.abs(loaded.answers(pictures) - expected).max() < 1e-5
    for picture, row in zip(pictures, expected, strict=True):
        assert np.abs(loaded.answer(picture).values - row).max() < 1e-5


def test_bytes_and_pictures_get_the_same_answer(target, tmp_path):
    written(target)
    photo().save(tmp_path / "p.png")
    loaded = Bundle(target)
    from_bytes = loaded.answer((tmp_path / "p.png").read_bytes())
    assert (from_bytes.values == loaded.answer(photo()).values).all()
    assert from_bytes.values.sum() == pytest.approx(1.0)
    assert from_bytes.seconds > 0


def test_bytes_that_are_no_picture_are_a_sentence(target):
    written(target)
    with pytest.raises(DataError):
        Bundle(target).answer(b"no picture")


def snippet(folder):
    """The program in the README, as a reader would copy it."""
    text = (folder / "README.txt").read_text(encoding="utf-8")
    return textwrap.dedent(text.split("pillow numpy):")[1])


@pytest.mark.parametrize(
    "architecture, fit, head, mode, turned",
    [
        ("test_efficientnet", "crop", "hidden", "RGB", False),
        ("test_vit", "squash", "both", "L", False),
        ("test_vit", "crop", "plain", "RGB", True),
    ],
)
def test_the_program_in_the_readme_gives_the_same_answer(target, tmp_path, architecture, fit, head, mode, turned):
    written(target, architecture, fit, head=HEADS[head])
    there = tmp_path / "download"
    with zipfile.ZipFile(bundle.zip_path(target)) as archive:
        archive.extractall(there)
    exif = Image.Exif()
    if turned:
        exif[0x0112] = 6  # held upright
    photo().convert(mode).save(there / "picture.jpg", exif=exif)
    (there / "program.py").write_text(snippet(there), encoding="utf-8")
    # ftcore.vision only makes timm importable beside a CPU build of torch; the program itself does not know it
    code = "import ftcore.vision, runpy; runpy.run_path('program.py')"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=there,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr
    expected = Bundle(target).answer((there / "picture.jpg").read_bytes()).values
    said = ast.literal_eval(done.stdout)
    assert list(said) == list(CLASSES)
    assert np.abs(np.array(list(said.values())) - expected).max() < 1e-4


def test_the_zip_holds_what_the_folder_holds(target):
    written(target)
    with zipfile.ZipFile(bundle.zip_path(target)) as archive:
        assert archive.testzip() is None
        assert sorted(archive.namelist()) == ["README.txt", "bundle.json", "model.safetensors"]
        for name in archive.namelist():
            assert archive.read(name) == (target / name).read_bytes()
    assert sorted(path.name for path in target.parent.iterdir()) == ["bundle", "bundle.zip"]


def test_the_card_says_what_a_reader_needs(target):
    model, recipe = written(target, scores={"test": {"accuracy": {"value": 0.5}}}, dataset={"id": "d"})
    card = json.loads((target / "bundle.json").read_text(encoding="utf-8"))
    assert card["architecture"] == "test_efficientnet"
    assert tuple(card["classes"]) == CLASSES
    assert card["preprocessing"] == json.loads(json.dumps(recipe.to_json()))
    assert card["scores"] == {"test": {"accuracy": {"value": 0.5}}}
    assert card["versions"]["torch"] == torch.__version__
    assert set(load_file(target / "model.safetensors")) == set(model.state_dict())


def test_a_bundle_from_before_heads_had_options_is_read(target):
    model, _ = written(target)
    card = json.loads((target / "bundle.json").read_text(encoding="utf-8"))
    del card["head"]
    (target / "bundle.json").write_text(json.dumps(card), encoding="utf-8")
    assert all(
        torch.equal(value, model.state_dict()[name]) for name, value in Bundle(target).model.state_dict().items()
    )


def test_class_names_stand_in_the_readme_as_they_are(target):
    written(target)
    text = (target / "README.txt").read_text(encoding="utf-8")
    assert f"Answers one of 3 classes: {', '.join(CLASSES)}." in text
    assert text.startswith("Cats {and} dogs\n===============\n")


def test_a_new_bundle_replaces_the_old_one_and_its_zip(target):
    written(target, seed=1)
    first, packed = Bundle(target).answer(photo()).values, bundle.zip_path(target).read_bytes()
    written(target, seed=2, classes=("x", "y", "z"))
    assert Bundle(target).classes == ("x", "y", "z")
    assert not np.allclose(Bundle(target).answer(photo()).values, first)
    assert bundle.zip_path(target).read_bytes() != packed
    assert sorted(path.name for path in target.parent.iterdir()) == ["bundle", "bundle.zip"]


def test_a_bundle_that_cannot_be_written_leaves_the_old_one(target, monkeypatch):
    written(target, seed=1)
    before, packed = Bundle(target).answer(photo()).values, bundle.zip_path(target).read_bytes()

    def full(handle):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(WorkspaceError, match="The disk is full"):
            written(target, seed=2)
    assert (Bundle(target).answer(photo()).values == before).all()
    assert bundle.zip_path(target).read_bytes() == packed
    assert sorted(path.name for path in target.parent.iterdir()) == ["bundle", "bundle.zip"]


DAMAGE = {
    "no card": lambda folder: (folder / "bundle.json").unlink(),
    "no weights": lambda folder: (folder / "model.safetensors").unlink(),
    "torn card": lambda folder: (folder / "bundle.json").write_text('{"classes": ["a"'),
    "a card that is a list": lambda folder: (folder / "bundle.json").write_text("[]"),
    "an empty card": lambda folder: (folder / "bundle.json").write_text("{}"),
    "a card of bytes": lambda folder: (folder / "bundle.json").write_bytes(b"\xff\xfe\x00"),
    "torn weights": lambda folder: (folder / "model.safetensors").write_bytes(
        (folder / "model.safetensors").read_bytes()[:1000]
    ),
    "garbage for weights": lambda folder: (folder / "model.safetensors").write_bytes(b"garbage"),
    "fewer classes than outputs": lambda folder: changed(folder, classes=["a"]),
    "a strange recipe": lambda folder: changed(folder, preprocessing={"mean": [0], "std": [1], "colour": 1}),
    "no recipe": lambda folder: changed(folder, preprocessing=None),
    "no classes": lambda folder: changed(folder, classes=None),
    "a strange head": lambda folder: changed(folder, head={"legs": 2}),
    "another head": lambda folder: changed(folder, head={"layers": 1}),
}


def changed(folder, **values):
    card = json.loads((folder / "bundle.json").read_text(encoding="utf-8"))
    (folder / "bundle.json").write_text(json.dumps({**card, **values}), encoding="utf-8")


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_bundle_is_a_sentence(target, damage):
    written(target)
    damage(target)
    with pytest.raises(ModelError, match=r"The trained model of this run cannot be read\. Train it again\."):
        Bundle(target)


def test_a_bundle_of_an_unknown_architecture_is_a_sentence(target):
    written(target)
    changed(target, architecture="resnet19")
    with pytest.raises(ModelError, match="timm has no model called 'resnet19'"):
        Bundle(target)


# other tasks

MEANINGS = {
    "one sigmoid": Outputs("multiclass", ("no", "yes"), binary_logit=True),
    "several classes": Outputs("multilabel", ("a", "b", "c")),
    "numbers": Outputs("regression", ("width", "weight"), ("cm", ""), (10.0, -3.0), (2.0, 0.5)),
}


@pytest.mark.parametrize("meaning", MEANINGS)
def test_every_task_is_answered_by_the_bundle_and_by_the_program_in_its_readme(
    target, tmp_path, monkeypatch, capsys, meaning
):
    outputs = MEANINGS[meaning]
    model, recipe = build_model("test_efficientnet", n_outputs=outputs.n, image_size=64, pretrained=False, seed=1)
    bundle.write(
        target,
        model,
        name="Other",
        architecture="test_efficientnet",
        options={},
        outputs=outputs,
        preprocessing=recipe,
        about={"typical_error": [0.5, 0.1]} if outputs.task == "regression" else {},
    )
    loaded = Bundle(target)
    assert loaded.outputs == outputs
    assert loaded.typical_error == ((0.5, 0.1) if outputs.task == "regression" else ())
    photo().save(target / "picture.png")
    said = loaded.answer((target / "picture.png").read_bytes()).values
    with torch.inference_mode():
        expected = outputs.predictions(model.eval()(torch.from_numpy(recipe.batch([photo()])).permute(0, 3, 1, 2)))
    assert said == pytest.approx(expected[0].numpy(), abs=1e-5)
    (target / "program.py").write_text(snippet(target).replace("picture.jpg", "picture.png"), encoding="utf-8")
    monkeypatch.chdir(target)
    runpy.run_path("program.py")
    printed = ast.literal_eval(capsys.readouterr().out)
    assert tuple(printed) == outputs.classes and list(printed.values()) == pytest.approx(said.tolist(), abs=1e-4)
    assert "width (cm), weight" in (target / "README.txt").read_text() or outputs.task != "regression"
