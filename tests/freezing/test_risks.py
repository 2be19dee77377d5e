import pytest

from ftcore.freezing.phases import make_phases
from ftcore.freezing.risks import LEVELS, PARTS, learning_part, risk
from ftcore.models.groups import DepthGroup
from ftcore.settings import FREEZE_PRESETS, FreezeSettings

HEAD, STAGE, ALL = (
    {"part": part, "n_learning": n} for part, n in zip(PARTS, (13_000, 700_000, 3_400_000), strict=True)
)

CASES = [
    (dict(n_train=500, n_classes=10, **HEAD), ("good", "nothing"), "seldom learns 500 training"),
    (dict(n_train=50, n_classes=10, **HEAD), ("warning", "overfitting"), "about 5 pictures per class"),
    (dict(n_train=50, n_classes=10, **ALL), ("warning", "overfitting"), "the more layers learn, the sooner"),
    (dict(n_train=5000, n_classes=10, **HEAD), ("info", "underfitting"), "stay below what it could be"),
    (dict(n_train=150, n_classes=2, **ALL), ("warning", "forgetting"), "forgets much of what it knew"),
    (dict(n_train=500, n_classes=2, **ALL), ("info", "forgetting"), "would soften that"),
    (dict(n_train=500, n_classes=2, **ALL, gradual=True), ("info", "forgetting"), "step by step softens"),
    (dict(n_train=5000, n_classes=2, **ALL), ("good", "nothing"), "enough for the whole network to adapt"),
    (dict(n_train=500, n_classes=2, **STAGE), ("good", "nothing"), "while the head is still random"),
    (dict(n_train=500, n_classes=2, **STAGE, gradual=True), ("good", "nothing"), "the head has settled"),
    (dict(n_train=30, n_classes=2, **STAGE), ("warning", "overfitting"), "700,000 numbers learn from 30"),
    (dict(n_train=500, n_classes=2, **HEAD, pretrained=False), ("warning", "underfitting"), "stay blind"),
    (dict(n_train=500, n_classes=2, **ALL, pretrained=False), ("warning", "overfitting"), "knows nothing yet"),
]  # fmt: skip


@pytest.mark.parametrize("given, expected, words", CASES)
def test_each_choice_has_its_risk(given, expected, words):
    found = risk(**given)
    assert (found.level, found.kind) == expected
    assert words in found.sentence and found.sentence.endswith(".") and found.level in LEVELS


def test_a_large_network_is_sooner_too_large_for_the_pictures():
    found = risk("part", n_train=500, n_classes=2, n_learning=25_000_000)
    assert "25.0 million numbers learn from 500 training pictures, which is 50,000 per picture" in found.sentence


@pytest.mark.parametrize("n_train", [1, 10, 100, 10_000])
@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("n_learning", [0, 10**9])
def test_there_is_always_a_sentence(n_train, part, n_learning):
    assert risk(part, n_train=n_train, n_classes=1, n_learning=n_learning).sentence


@pytest.mark.parametrize("preset", list(FREEZE_PRESETS))
def test_every_preset_has_a_part_that_learns(preset):
    part, _ = learning_part(FreezeSettings(preset=preset))
    assert part in PARTS


@pytest.mark.parametrize(
    "phases, expected",
    [
        ("2:head, 3:stage 4, rest:all", ("all", True)),
        ("4:all", ("all", False)),
        ("2:head", ("head", False)),
        ("2:head, rest:half", ("part", True)),
        ("2:stage 3", ("part", False)),
        ("2:Head, rest:All", ("all", True)),
        ("1:1, rest:100%", ("all", True)),
        ("2:1", ("head", False)),
    ],
)
def test_phases_of_ones_own_are_judged_by_the_largest(phases, expected):
    assert learning_part(FreezeSettings(preset="custom", phases=phases)) == expected


@pytest.mark.parametrize(
    "phases, expected",
    [("1:1, rest:6", ("all", True)), ("1:1, rest:stage 1 block 1", ("part", True)), ("4:10%", ("head", False))],
)
def test_where_the_groups_are_known_they_decide(phases, expected):
    groups = [DepthGroup("stem", 0, ()), *(DepthGroup(f"stage 1 block {n}", 1, ()) for n in range(1, 5))]
    groups.append(DepthGroup("head", 2, ()))
    settings = FreezeSettings(preset="custom", phases=phases)
    assert learning_part(settings, make_phases("custom", groups, 9, settings), len(groups)) == expected


def test_what_learns_through_adapters_alone_forgets_nothing():
    assert learning_part(FreezeSettings(preset="none", lora_rank=8)) == ("part", False)
