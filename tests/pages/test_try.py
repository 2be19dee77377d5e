"""Try: the trained model answers about pictures, and asks for one when none is trained."""

import pytest

from ftcore import names
from ftcore.export import bundle
from ftcore.models import build
from ftcore.preprocessing import Preprocessing
from ftcore.tasks.outputs import Outputs
from pages.components import cached
from tests.datasets.made_pictures import png
from tests.pages.conftest import links, open_page, texts

MODEL = "resnet18"


@pytest.fixture(autouse=True)
def _no_model_of_another_test():
    cached.bundle.clear()


@pytest.fixture
def trained(tiny_dataset, make_run):
    """A finished run with the bundle of an untrained, small model."""
    job = make_run(tiny_dataset)
    bundle.write(
        job.folder / "bundle",
        build.rebuild(MODEL, n_outputs=3, image_size=32),
        name=job.name,
        architecture=MODEL,
        options=build.creation_options(MODEL, image_size=32, dropout=0.0),
        outputs=Outputs("multiclass", tiny_dataset.classes),
        preprocessing=Preprocessing(size=32),
        about={},
    )
    return job


def test_test_pictures_get_an_answer_each(tiny_dataset, trained):
    at = open_page("try_it", dataset=tiny_dataset.id, run=trained.id)
    assert not at.exception and not at.error
    assert len(at.get("plotly_chart")) == 3
    assert "right]" in texts(at) or "wrong" in texts(at)


def test_other_pictures_can_be_drawn(tiny_dataset, trained):
    at = open_page("try_it", dataset=tiny_dataset.id, run=trained.id)
    before = [chart.proto.id for chart in at.get("plotly_chart")]
    at.button(key="draw").click().run()
    assert not at.exception
    assert [chart.proto.id for chart in at.get("plotly_chart")] != before


def test_an_uploaded_picture_gets_an_answer_and_a_damaged_one_a_sentence(tiny_dataset, trained):
    at = open_page("try_it", dataset=tiny_dataset.id, run=trained.id)
    at.get("button_group")[0].set_value("upload").run()
    at.file_uploader(key="try_upload").set_value(
        [("good.png", png(1), "image/png"), ("bad.jpg", b"\xff\xd8 no picture", "image/jpeg")]
    ).run()
    assert not at.exception
    assert len(at.get("plotly_chart")) == 1
    assert len(at.error) == 1 and "not a picture" in at.error[0].value
    assert names.markdown("bad.jpg") in texts(at)


def test_a_broken_model_file_is_one_sentence(tiny_dataset, trained):
    (trained.folder / "bundle" / "model.safetensors").write_bytes(b"nothing")
    at = open_page("try_it", dataset=tiny_dataset.id, run=trained.id)
    assert not at.exception
    assert "cannot be read" in at.error[0].value


def test_without_an_open_run_the_trained_models_are_offered(tiny_dataset, trained, make_run):
    make_run(tiny_dataset, "failed", name="No model")
    at = open_page("try_it")
    assert not at.exception
    assert any("Colours quick" in label for label in links(at))
    assert not any("No model" in label for label in links(at))
