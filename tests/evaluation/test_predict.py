import pytest
import torch
from torch import nn

from ftcore.evaluation.predict import evaluating, predict_outputs
from ftcore.models.build import build_model


@pytest.fixture
def model():
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Dropout(0.5), nn.Linear(4, 2)).train()
    net[1].eval()  # a frozen layer
    return net


def test_every_layer_gets_its_own_mode_back(model):
    with evaluating(model) as inside:
        assert inside is model
        assert not any(module.training for module in model.modules())
        assert torch.is_inference_mode_enabled()
    assert [module.training for module in model] == [True, False, True, True]
    assert model.training
    assert not torch.is_inference_mode_enabled()


def test_every_layer_gets_its_own_mode_back_after_an_error_too(model):
    with pytest.raises(ZeroDivisionError), evaluating(model):
        raise ZeroDivisionError
    assert [module.training for module in model] == [True, False, True, True]
    assert not torch.is_inference_mode_enabled()


def test_outputs_are_those_of_the_model_however_they_are_batched(model):
    inputs, targets = torch.rand(10, 3), torch.arange(10) % 2
    with evaluating(model):
        expected = model(inputs)
    for size in (1, 3, 10):
        counts = []
        found, true = predict_outputs(
            model, zip(inputs.split(size), targets.split(size), strict=True), seen=counts.append
        )
        assert torch.allclose(found, expected, atol=1e-6)
        assert found.dtype == torch.float32
        assert torch.equal(true, targets)
        assert counts[-1] == 10 and counts == sorted(counts)


def test_looking_does_not_move_a_batch_norm():
    model = nn.BatchNorm1d(3).train()
    predict_outputs(model, [(torch.rand(5, 3) + 7, torch.zeros(5, dtype=torch.long))])
    assert torch.equal(model.running_mean, torch.zeros(3))


def test_what_a_model_remembered_while_answering_is_forgotten_when_its_weights_move():
    model, _ = build_model("levit_128s", n_outputs=3, image_size=64, pretrained=False)
    model.eval()  # as a moving average is, all the time
    batches = [(torch.rand(2, 3, 64, 64), torch.zeros(2, dtype=torch.long))]
    before, _ = predict_outputs(model, batches)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "attention_biases" in name:
                parameter += torch.randn_like(parameter)
    after, _ = predict_outputs(model, batches)
    assert not torch.equal(before, after)
