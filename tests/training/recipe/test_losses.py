"""Losses beside torch's, scikit-learn's and a hand's."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from sklearn.utils.class_weight import compute_class_weight
from torch.nn import functional

from ftcore import tasks
from ftcore.settings import TrainSettings
from ftcore.tasks.outputs import Outputs
from ftcore.training.loop import finetune
from ftcore.training.recipe.losses import balanced_weights, binary, build_loss, focal, positive_weights, shared

OUTPUTS = torch.randn(12, 4, generator=torch.Generator().manual_seed(0)) * 3
TARGETS = torch.tensor([0, 1, 2, 3, 0, 0, 0, 1, 0, 2, 0, 3])
COUNTS = torch.bincount(TARGETS)
CLASSES = Outputs("multiclass", tuple("abcd"))


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_cross_entropy_is_torchs(smoothing):
    loss = build_loss(TrainSettings(label_smoothing=smoothing), CLASSES, TARGETS)
    assert loss(OUTPUTS, TARGETS).item() == functional.cross_entropy(OUTPUTS, TARGETS, label_smoothing=smoothing).item()


def test_balanced_weights_are_scikit_learns():
    expected = compute_class_weight("balanced", classes=np.arange(4), y=TARGETS.numpy())
    assert balanced_weights(COUNTS).numpy() == pytest.approx(expected)
    loss = build_loss(TrainSettings(class_weights="balanced"), CLASSES, TARGETS)
    weight = torch.tensor(expected, dtype=torch.float32)
    assert loss(OUTPUTS, TARGETS).item() == pytest.approx(functional.cross_entropy(OUTPUTS, TARGETS, weight).item())


def test_a_class_without_pictures_weighs_nothing():
    assert balanced_weights(torch.tensor([2, 0, 2])).tolist() == [1.0, 0.0, 1.0]


def test_focal_by_hand():
    """Two pictures, two classes: -(1 - p)^2 log p, averaged."""
    outputs, targets = torch.tensor([[1.0, 0.0], [0.0, 2.0]]), torch.tensor([0, 0])
    p = [math.e / (math.e + 1), 1 / (1 + math.e**2)]
    expected = sum(-((1 - share) ** 2) * math.log(share) for share in p) / 2
    assert focal(outputs, targets, gamma=2.0).item() == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("weights", ["none", "balanced"])
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_focal_of_strength_zero_is_cross_entropy(weights, smoothing):
    plain = TrainSettings(class_weights=weights, label_smoothing=smoothing)
    zero = replace(plain, loss="focal", focal_gamma=0.0)
    values = [build_loss(settings, CLASSES, TARGETS)(OUTPUTS, TARGETS).item() for settings in (plain, zero)]
    assert values[0] == pytest.approx(values[1], rel=1e-6)


@pytest.mark.parametrize("shares", [False, True])
@pytest.mark.parametrize("gamma", [0.5, 2.0])
@pytest.mark.parametrize("name", tasks.MULTICLASS.losses)
@pytest.mark.parametrize("outputs", [torch.full((2, 4), 1e4), torch.eye(4)[:2] * 1e4, torch.zeros(1, 4)], ids=str)
def test_degenerate_outputs_give_finite_losses_and_gradients(name, outputs, gamma, shares):
    outputs, targets = outputs.clone().requires_grad_(), torch.zeros(len(outputs), dtype=torch.long)
    wanted = functional.one_hot(targets, 4).float() if shares else targets
    loss = build_loss(TrainSettings(loss=name, focal_gamma=gamma), CLASSES, TARGETS)(outputs, wanted)
    loss.backward()
    assert torch.isfinite(loss) and torch.isfinite(outputs.grad).all()


@pytest.mark.parametrize("name", tasks.MULTICLASS.losses)
@pytest.mark.parametrize("weights", ["none", "balanced"])
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_a_whole_share_is_the_class_itself(name, weights, smoothing):
    loss = build_loss(TrainSettings(loss=name, class_weights=weights, label_smoothing=smoothing), CLASSES, TARGETS)
    whole = functional.one_hot(TARGETS, 4).float()
    assert loss(OUTPUTS, whole).item() == pytest.approx(loss(OUTPUTS, TARGETS).item(), rel=1e-5)


def test_cross_entropy_of_shares_is_torchs():
    shares = torch.rand(12, 4, generator=torch.Generator().manual_seed(1)).softmax(dim=1)
    expected = functional.cross_entropy(OUTPUTS, shares, label_smoothing=0.1).item()
    assert shared(OUTPUTS, shares, label_smoothing=0.1).item() == pytest.approx(expected, rel=1e-6)


def test_focal_of_shares_by_hand():
    """One picture, seven tenths of the first class: -(1 - 0.7 p - 0.3 q)^2 (0.7 log p + 0.3 log q)."""
    p = math.e / (math.e + 1)
    expected = -((1 - 0.7 * p - 0.3 * (1 - p)) ** 2) * (0.7 * math.log(p) + 0.3 * math.log(1 - p))
    found = shared(torch.tensor([[1.0, 0.0]]), torch.tensor([[0.7, 0.3]]), gamma=2.0).item()
    assert found == pytest.approx(expected, rel=1e-6)


def test_gradients_are_clipped_to_the_length_that_was_asked_for(make_context):
    """The first step of descent with Nesterov's momentum 0.9 and rate 1 is 1.9 times as long as the gradient."""
    context = make_context(
        "train.optimizer=sgd", "train.clip=0.01", "train.lr=1.0", "train.epochs=1", "train.batch_size=42",
        "train.schedule=constant", "train.warmup=0.0", "train.weight_decay=0.0", "freeze.preset=head",
    )  # fmt: skip
    before = {name: value.clone() for name, value in context.model.named_parameters()}
    list(finetune(context))
    with torch.no_grad():
        moved = sum(float((value - before[name]).square().sum()) for name, value in context.model.named_parameters())
    assert math.sqrt(moved) == pytest.approx(0.019, rel=1e-3)


# several classes and numbers

LABELS = torch.randint(0, 2, (12, 4), generator=torch.Generator().manual_seed(1)).float()
SEVERAL = Outputs("multilabel", tuple("abcd"))
NUMBERS = Outputs("regression", tuple("abcd"), ("kg",) * 4, (10.0, 0.0, -5.0, 1e4), (2.0, 1.0, 0.1, 500.0))


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
@pytest.mark.parametrize("weights", ["none", "balanced"])
def test_binary_cross_entropy_is_torchs(weights, smoothing):
    settings = TrainSettings(loss="bce", class_weights=weights, label_smoothing=smoothing)
    positive = (12 - LABELS.sum(0)) / LABELS.sum(0) if weights == "balanced" else None
    expected = torch.nn.BCEWithLogitsLoss(pos_weight=positive)(OUTPUTS, LABELS * (1 - smoothing) + smoothing / 2)
    assert build_loss(settings, SEVERAL, LABELS)(OUTPUTS, LABELS).item() == pytest.approx(expected.item())


def test_a_class_that_no_or_every_picture_has_is_not_weighted():
    assert positive_weights(torch.tensor([[1.0, 0.0, 1.0], [1.0, 0.0, 0.0], [1.0, 0.0, 0.0]])).tolist() == [1, 1, 2]


def test_focal_over_labels_by_hand():
    """One picture that has the class with p = 0.75, one that has it not with p = 0.5."""
    outputs, targets = torch.tensor([[math.log(3)], [0.0]]), torch.tensor([[1.0], [0.0]])
    expected = (-(0.25**2) * math.log(0.75) - (0.5**2) * math.log(0.5)) / 2
    assert binary(outputs, targets, gamma=2.0).item() == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(
    "name, theirs",
    [
        ("mse", torch.nn.MSELoss()),
        ("mae", torch.nn.L1Loss()),
        ("huber", torch.nn.HuberLoss(delta=0.5)),
    ],
)
def test_losses_of_numbers_are_torchs_over_standardised_numbers(name, theirs):
    targets = OUTPUTS.flip(0) * torch.tensor(NUMBERS.std) + torch.tensor(NUMBERS.mean)
    loss = build_loss(TrainSettings(loss=name, huber_delta=0.5), NUMBERS, targets)
    assert loss(OUTPUTS, targets).item() == pytest.approx(theirs(OUTPUTS, OUTPUTS.flip(0)).item(), rel=1e-3)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_one_sigmoid_is_the_binary_cross_entropy_of_its_logit(smoothing):
    one, targets = OUTPUTS[:, :1], TARGETS.clamp(max=1)
    loss = build_loss(
        TrainSettings(label_smoothing=smoothing), Outputs("multiclass", ("a", "b"), binary_logit=True), targets
    )
    expected = functional.binary_cross_entropy_with_logits(one[:, 0], targets * (1 - smoothing) + smoothing / 2)
    assert loss(one, targets).item() == pytest.approx(expected.item(), rel=1e-5)


@pytest.mark.parametrize(
    "task, name", [(task, name) for task in ("multilabel", "regression") for name in tasks.of(task).losses]
)
@pytest.mark.parametrize("outputs", [torch.full((2, 4), 1e4), torch.eye(4)[:2] * 1e4, torch.zeros(1, 4)], ids=str)
def test_degenerate_labels_and_numbers_give_finite_losses_and_gradients(task, name, outputs):
    outputs = outputs.clone().requires_grad_()
    targets = torch.zeros(len(outputs), 4)
    settings = TrainSettings(loss=name, focal_gamma=0.5, class_weights="balanced" if task == "multilabel" else "none")
    loss = build_loss(settings, SEVERAL if task == "multilabel" else NUMBERS, targets)(outputs, targets)
    loss.backward()
    assert torch.isfinite(loss) and torch.isfinite(outputs.grad).all()
