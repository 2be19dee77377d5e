import pytest

from ftcore.freezing.advice import LEVELS, risk

NETWORK = {"n_parameters": 3_400_000}
HEAD, STAGE, ALL = 13_000, 700_000, 3_400_000

CASES = [
    (dict(n_train=500, n_classes=10, n_learning=HEAD), ("good", "nothing"), "seldom learns 500 training"),
    (dict(n_train=50, n_classes=10, n_learning=HEAD), ("warning", "overfitting"), "about 5 pictures per class"),
    (dict(n_train=50, n_classes=10, n_learning=ALL), ("warning", "overfitting"), "the more layers learn, the sooner"),
    (dict(n_train=5000, n_classes=10, n_learning=HEAD), ("info", "underfitting"), "stay below what it could be"),
    (dict(n_train=150, n_classes=2, n_learning=ALL), ("warning", "forgetting"), "forgets much of what it knew"),
    (dict(n_train=500, n_classes=2, n_learning=ALL), ("info", "forgetting"), "would soften that"),
    (dict(n_train=500, n_classes=2, n_learning=ALL, gradual=True), ("info", "forgetting"), "step by step softens"),
    (dict(n_train=5000, n_classes=2, n_learning=ALL), ("good", "nothing"), "enough for the whole network to adapt"),
    (dict(n_train=500, n_classes=2, n_learning=STAGE), ("good", "nothing"), "while the head is still random"),
    (dict(n_train=500, n_classes=2, n_learning=STAGE, gradual=True), ("good", "nothing"), "the head has settled"),
    (dict(n_train=30, n_classes=2, n_learning=STAGE), ("warning", "overfitting"), "700,000 numbers learn from 30"),
    (dict(n_train=500, n_classes=2, n_learning=HEAD, pretrained=False), ("warning", "underfitting"), "stay blind"),
    (dict(n_train=500, n_classes=2, n_learning=ALL, pretrained=False), ("warning", "overfitting"), "knows nothing yet"),
]  # fmt: skip


@pytest.mark.parametrize("given, expected, words", CASES)
def test_each_choice_has_its_risk(given, expected, words):
    found = risk(**NETWORK, **given)
    assert (found.level, found.kind) == expected
    assert words in found.sentence and found.sentence.endswith(".") and found.level in LEVELS


def test_a_large_network_is_sooner_too_large_for_the_pictures():
    found = risk(n_train=500, n_classes=2, n_learning=25_000_000, n_parameters=26_000_000)
    assert "25.0 million numbers learn from 500 training pictures, which is 50,000 per picture" in found.sentence


@pytest.mark.parametrize("n_train", [1, 10, 100, 10_000])
@pytest.mark.parametrize("n_learning", [1, ALL])
def test_there_is_always_a_sentence(n_train, n_learning):
    assert risk(n_train=n_train, n_classes=1, n_learning=n_learning, **NETWORK).sentence
