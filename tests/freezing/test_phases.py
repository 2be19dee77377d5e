"""Which phases come of which settings. What a phase does to a model is in test_plan.py."""

import pytest

from ftcore.errors import SettingsError
from ftcore.freezing import phases as p
from ftcore.freezing.phases import make_phases
from ftcore.freezing.plan import FreezePlan, make_plan
from ftcore.models.groups import DepthGroup
from ftcore.settings import FREEZE_PRESETS, FreezeSettings, custom_phases, phases_text

NAMES = ["stem", *[f"stage {i} block {j}" for i in range(1, 5) for j in range(1, 3)], "neck", "head"]
STAGES = [0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 6]
GROUPS = [DepthGroup(name, stage, (name,)) for name, stage in zip(NAMES, STAGES, strict=True)]
BLOCKS = [
    DepthGroup(name, i, (name,)) for i, name in enumerate(["stem", *[f"block {i}" for i in range(1, 13)], "head"])
]


def spans(n_epochs, groups=GROUPS, **values):
    phases = make_phases(values.get("preset", "gradual"), groups, n_epochs, FreezeSettings(**values))
    return [(phase.n_epochs, phase.n_groups, phase.label) for phase in phases]


def test_one_more_stage_at_a_time():
    assert spans(12, gradual="stage", every=2) == [
        (2, 1, "Head only"), (2, 2, "From neck on"), (2, 4, "From stage 4 on"), (2, 6, "From stage 3 on"),
        (2, 8, "From stage 2 on"), (2, 10, "From stage 1 on"),
    ]  # fmt: skip
    assert spans(100, gradual="stage", every=2)[-1] == (88, 11, "Everything")


def test_one_more_group_at_a_time():
    found = spans(30, gradual="group", every=1)
    assert [n_groups for _, n_groups, _ in found] == list(range(1, 12))
    assert [n for n, _, _ in found] == [1] * 10 + [20]
    assert found[2][2] == "From stage 4 block 2 on" and found[-1][2] == "Everything"


@pytest.mark.parametrize("n_epochs", [1, 2, 3, 5, 8, 11, 40])
@pytest.mark.parametrize("gradual", ["parts", "stage", "group"])
@pytest.mark.parametrize("groups", [GROUPS, BLOCKS], ids=["stages", "blocks"])
def test_without_a_length_the_phases_are_made_to_fit_and_end_with_everything(n_epochs, gradual, groups):
    found = spans(n_epochs, groups, gradual=gradual)
    assert sum(n for n, _, _ in found) == n_epochs and all(n for n, _, _ in found)
    sizes = [n_groups for _, n_groups, _ in found]
    assert sizes == sorted(set(sizes)) and sizes[-1] == len(groups)
    assert n_epochs < 5 or sizes[0] == 1


def test_phases_that_would_begin_after_the_end_never_do():
    assert spans(5, every=2) == [(2, 1, "Head only"), (2, 4, "Last stage"), (1, 5, "Last half")]


def test_a_single_phase_lasts_all_epochs_whatever_the_length():
    assert spans(9, preset="half", every=2) == [(9, 6, "Last half")]


def test_phases_wait_for_validation_where_they_are_told_to():
    assert [n for n, _, _ in spans(9, unfreeze="on_plateau")] == [9, 0, 0, 0]
    plan = make_plan(FreezeSettings(preset="gradual", unfreeze="on_plateau", every=3), GROUPS, 9)
    assert plan.stalled == 3 and plan.waits(0) and plan.n_epochs == 9
    plan.advance(4)
    assert [phase.n_epochs for phase in plan.phases] == [4, 5, 0, 0]
    plan.advance(5)
    plan.advance(8)
    assert [plan.phase_of(epoch) for epoch in range(9)] == [0, 0, 0, 0, 1, 2, 2, 2, 3]
    assert not plan.waits(8)
    again = make_plan(FreezeSettings(preset="gradual", unfreeze="on_plateau", every=3), GROUPS, 9)
    again.spans = plan.spans
    assert again.phases == plan.phases


def test_a_plan_by_epochs_never_waits():
    plan = FreezePlan(GROUPS, make_phases("gradual", GROUPS, 9))
    assert not any(plan.waits(epoch) for epoch in range(9))


@pytest.mark.parametrize("n_epochs", [1, 3, 8, 12])
@pytest.mark.parametrize("preset", [name for name in FREEZE_PRESETS if name != "custom"])
def test_epochs_and_labels_are_known_without_the_model(preset, n_epochs):
    without = [(phase.first_epoch, phase.n_epochs, phase.label) for phase in p.spans(preset, n_epochs)]
    found = make_phases(preset, BLOCKS, n_epochs)
    assert without == [(phase.first_epoch, phase.n_epochs, phase.label) for phase in found]


def test_phases_of_ones_own_are_known_without_the_model_by_their_words():
    own = FreezeSettings(phases="2:head, 3:torso, rest:all")
    found = [(phase.first_epoch, phase.n_epochs, phase.label) for phase in p.spans("custom", 9, own)]
    assert found == [(0, 2, "Head only"), (2, 3, "torso"), (5, 4, "Everything")]


# phases of one's own


@pytest.mark.parametrize(
    "text, n_epochs, expected",
    [
        ("2:head, 4:stage 4, 6:all", 12, [(2, 1, "Head only"), (4, 4, "From stage 4 on"), (6, 11, "Everything")]),
        ("2:head,rest:stage4", 7, [(2, 1, "Head only"), (5, 4, "From stage 4 on")]),
        ("1:Stage 4 Block 2, 2:neck", 3, [(1, 3, "From stage 4 block 2 on"), (2, 2, "From neck on")]),
        ("1:3, 1:50%, 1:last_stage, 1:half", 4,
         [(1, 3, "Last 3 layer groups"), (1, 6, "Last 50 %"), (1, 4, "Last stage"), (1, 6, "Last half")]),
        ("3:all, 3:head", 6, [(3, 11, "Everything"), (3, 1, "Head only")]),
        ("2:head, 2:all", 9, [(2, 1, "Head only"), (7, 11, "Everything")]),
        ("5:head, 5:half, 5:all", 7, [(5, 1, "Head only"), (2, 6, "Last half")]),
    ],
)  # fmt: skip
def test_phases_of_ones_own_are_what_was_written(text, n_epochs, expected):
    assert spans(n_epochs, preset="custom", phases=text) == expected


@pytest.mark.parametrize(
    "text, words",
    [
        ("", "'' is not a phase"),
        ("head", "'head' is not a phase"),
        ("2:", "'2:' is not a phase"),
        ("2:head,", "'' is not a phase"),
        ("two:head", "'two' is no number of epochs, expected 1 to 1000, or rest"),
        ("0:head", "'0' is no number of epochs"),
        ("1001:head", "'1001' is no number"),
        (f"{'9' * 5000}:head", "is no number of epochs"),
        ("-1:head", "'-1' is no number"),
        ("²:head", "is no number"),
        ("rest:head, 3:all", "nothing can follow the rest, and '3:all' does"),
    ],
)
def test_a_list_that_cannot_be_read_is_one_sentence(text, words):
    with pytest.raises(SettingsError, match=r"Write epochs and what learns, for example 2:head") as caught:
        FreezeSettings(phases=text)
    assert words in str(caught.value)


@pytest.mark.parametrize("what", ["stage 9", "12", "0", "101%", "0%", "99999", "torso"])
def test_a_part_that_the_model_lacks_is_named_with_those_it_has(what):
    with pytest.raises(SettingsError, match=r"this model has no .*1 to 11.*one of: stem, stage 1, stage 2") as caught:
        spans(4, preset="custom", phases=f"2:{what}")
    assert repr(what) in str(caught.value)


@pytest.mark.parametrize("groups", [GROUPS, BLOCKS], ids=["stages", "blocks"])
def test_a_table_of_phases_offers_names_that_the_plan_understands(groups):
    names = p.stages(groups)
    assert names[0] == "stem" and names[-1] == "head" and len(set(names)) == len(names)
    text = phases_text([*((1, name) for name in reversed(names)), (None, "all")])
    assert custom_phases(text)[-1] == (None, "all")
    sizes = [n_groups for _, n_groups, _ in spans(40, groups, preset="custom", phases=text)]
    assert sizes == sorted(sizes) and sizes[0] == 1 and sizes[-1] == sizes[-2] == len(groups)
