"""What outputs mean: probabilities and numbers that come out the same in every form."""

import json

import pytest
import torch

from ftcore.tasks.outputs import Outputs

RAW = torch.randn(6, 3, generator=torch.Generator().manual_seed(0))


def test_one_class_is_the_softmax_and_several_are_sigmoids():
    assert torch.equal(Outputs("multiclass", tuple("abc")).predictions(RAW), RAW.softmax(1))
    assert torch.equal(Outputs("multilabel", tuple("abc")).predictions(RAW), RAW.sigmoid())


def test_one_sigmoid_answers_as_two_outputs_do():
    two = Outputs("multiclass", ("a", "b"))
    one = Outputs("multiclass", ("a", "b"), binary_logit=True)
    assert (one.n, two.n) == (1, 2)
    expected = two.predictions(torch.cat([torch.zeros(6, 1), RAW[:, :1]], dim=1))
    assert torch.allclose(one.predictions(RAW[:, :1]), expected)
    assert torch.allclose(one.predictions(RAW[:, :1])[:, 1], RAW[:, 0].sigmoid())


def test_numbers_come_out_in_their_unit():
    outputs = Outputs("regression", ("a", "b", "c"), ("kg", "", "m"), (10.0, 0.0, -1.0), (2.0, 1.0, 0.5))
    assert torch.allclose(
        outputs.predictions(RAW), RAW * torch.tensor([2.0, 1.0, 0.5]) + torch.tensor([10.0, 0.0, -1.0])
    )


@pytest.mark.parametrize(
    "outputs",
    [
        Outputs("multiclass", ("a", "b"), binary_logit=True),
        Outputs("multilabel", ("a",), threshold=0.3),
        Outputs("regression", ("x", "y"), ("kg", ""), (1 / 3, 2e9), (0.1, 1.0)),
    ],
)
def test_they_come_back_from_json_as_they_were(outputs):
    written = json.loads(json.dumps({"other": 1, **outputs.to_json()}))
    assert Outputs.from_json(written) == outputs
    assert written["n_outputs"] == outputs.n


def test_a_card_that_names_only_classes_is_of_one_class_per_picture():
    assert Outputs.from_json({"classes": ["a", "b"]}) == Outputs("multiclass", ("a", "b"))


@pytest.mark.parametrize(
    "card", [{}, [], {"classes": None}, {"classes": ["a"], "mean": None}, {"classes": ["a"], "task": "poems"}]
)
def test_a_damaged_card_is_an_error(card):
    with pytest.raises((KeyError, TypeError)):
        Outputs.from_json(card)
