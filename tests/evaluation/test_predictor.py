"""The contract of everything that predicts, over what there is; and that it may be shared."""

import io
import threading

import numpy as np
import pytest
import torch
from PIL import Image

from ftcore.errors import DataError
from ftcore.evaluation.predictor import Predictor, predict_one
from ftcore.export import bundle
from ftcore.export.bundle import Bundle
from ftcore.models.build import build_model
from ftcore.preprocessing import Preprocessing
from ftcore.tasks.outputs import Outputs
from tests.datasets.made_pictures import encoded, noise

OUTPUTS = {
    "multiclass": Outputs("multiclass", ("cat", "dog", "fox")),
    "one logit": Outputs("multiclass", ("no", "yes"), binary_logit=True),
    "multilabel": Outputs("multilabel", ("cat", "dog")),
    "regression": Outputs("regression", ("width", "weight"), ("cm", ""), (10.0, -3.0), (2.0, 0.5)),
}
IMAGES = [noise(seed, size) for seed, size in enumerate([(40, 30), (33, 90), (500, 400), (64, 64)])]


class Brightness:
    """A predictor made by hand: how bright a picture is, in per cent."""

    outputs = Outputs("regression", ("brightness",), ("%",), (0.0,), (1.0,))
    preprocessing = Preprocessing(size=16)
    typical_error = ()

    def predict(self, images):
        return np.float32([[np.asarray(image.convert("L")).mean() / 2.55] for image in images]).reshape(-1, 1)


def bundle_of(folder, outputs, architecture="test_efficientnet", size=64):
    """A bundle with random weights whose batch norms have seen something."""
    torch.manual_seed(0)
    model, preprocessing = build_model(architecture, n_outputs=outputs.n, image_size=size, pretrained=False)
    for _ in range(3):
        model.train()(torch.randn(8, 3, size, size) * 2 + 1)
    options = {"name": "Tried", "architecture": architecture, "options": {}, "about": {"scores": {}}}
    bundle.write(folder, model, outputs=outputs, preprocessing=preprocessing, **options)
    return Bundle(folder)


@pytest.fixture(params=[*OUTPUTS, "by hand"])
def predictor(request, workspace):
    if request.param == "by hand":
        return Brightness()
    return bundle_of(workspace / "bundle", OUTPUTS[request.param])


def test_it_is_a_predictor(predictor):
    assert isinstance(predictor, Predictor)


def test_it_predicts_a_row_for_each_image_of_any_size(predictor):
    found = predictor.predict(IMAGES)
    assert found.shape == (len(IMAGES), len(predictor.outputs.classes))
    assert found.dtype == np.float32 and np.isfinite(found).all()
    if predictor.outputs.task != "regression":
        assert found.min() >= 0 and found.max() <= 1
    if predictor.outputs.task == "multiclass":
        assert found.sum(axis=1) == pytest.approx(1.0, abs=1e-5)


def test_images_are_predicted_one_by_one_as_together(predictor):
    alone = np.concatenate([predictor.predict([image]) for image in IMAGES])
    assert predictor.predict(IMAGES) == pytest.approx(alone, abs=1e-4)


def test_the_bytes_of_a_file_are_predicted_as_its_image(predictor):
    from_bytes = predict_one(predictor, encoded(IMAGES[0]))
    assert (from_bytes.values == predict_one(predictor, IMAGES[0]).values).all()
    assert from_bytes.seconds > 0


def test_bytes_that_are_no_image_are_a_sentence(predictor):
    with pytest.raises(DataError):
        predict_one(predictor, b"no picture")


def asked_by(predictor, images, n_threads, n):
    """``[n_threads][n]``: what each of some threads was told, all of which ask at the same time."""
    found = [[] for _ in range(n_threads)]
    together = threading.Barrier(n_threads)

    def ask(told):
        together.wait()
        for number in range(n):
            told.append(predictor.predict([images[number % len(images)]]))

    threads = [threading.Thread(target=ask, args=(told,)) for told in found]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


@pytest.fixture
def one_core():
    """Threads that each compute on all cores would only wait for each other."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize("architecture, size", [("test_efficientnet", 32), ("levit_128s", 32)])
@pytest.mark.usefixtures("one_core")
def test_two_threads_get_exactly_what_one_gets_and_nothing_of_the_model_moves(workspace, architecture, size):
    """A forward pass that met another's change of mode answered from batch statistics, and moved the averages."""
    shared = bundle_of(workspace / "bundle", OUTPUTS["multiclass"], architecture, size)
    before = {name: value.clone() for name, value in shared.model.state_dict().items()}
    images = [noise(seed, (40, 30)) for seed in range(10)]
    expected = [shared.predict([image]) for image in images]
    for told in asked_by(shared, images, n_threads=2, n=300):
        assert all((answer == expected[number % 10]).all() for number, answer in enumerate(told))
    assert all(torch.equal(value, before[name]) for name, value in shared.model.state_dict().items())
    assert not any(module.training for module in shared.model.modules())


def test_what_a_network_remembers_is_worked_out_before_it_is_shared(workspace):
    shared = bundle_of(workspace / "bundle", OUTPUTS["multiclass"], "levit_128s")
    caches = [getattr(module, "attention_bias_cache", None) for module in shared.model.modules()]
    kept = [cache for cache in caches if cache is not None]
    assert kept and all(kept)


def test_an_image_may_be_asked_about_by_several_at_once(workspace):
    shared = bundle_of(workspace / "bundle", OUTPUTS["multiclass"])
    file = encoded(noise(3, (900, 700)))
    expected = shared.predict([Image.open(io.BytesIO(file))])
    for _ in range(5):
        not_yet_decoded = Image.open(io.BytesIO(file))
        for told in asked_by(shared, [not_yet_decoded], n_threads=4, n=2):
            assert all((answer == expected).all() for answer in told)


def test_no_images_have_no_predictions(predictor):
    assert predictor.predict([]).shape == (0, len(predictor.outputs.classes))


def test_an_image_in_another_mode_is_predicted_as_its_colours(workspace):
    shared = bundle_of(workspace / "bundle", OUTPUTS["multiclass"])
    grey = noise(5, (50, 40)).convert("L")
    assert (shared.predict([grey]) == shared.predict([grey.convert("RGB")])).all()


def test_more_images_than_one_batch_are_all_predicted(workspace, monkeypatch):
    shared = bundle_of(workspace / "bundle", OUTPUTS["multiclass"])
    expected = shared.predict(IMAGES)
    monkeypatch.setattr(bundle, "BATCH", 3)
    assert shared.predict(IMAGES) == pytest.approx(expected, abs=1e-5)
