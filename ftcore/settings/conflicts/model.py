"""Rules about the network and what of it learns."""

from ftcore import tasks
from ftcore.settings import FREEZE_PRESETS, POOLS, ModelSettings, RunSettings, custom_phases
from ftcore.settings.conflicts.facts import Conflict, Facts, Rule

FEW_FOR_ALL = 200
"""Training pictures below which a network that is trained as a whole mostly forgets."""


def _value(settings: RunSettings, key: str) -> float:
    section, _, name = key.partition(".")
    return float(getattr(getattr(settings, section), name))


def _frozen_untrained(settings: RunSettings, facts: Facts) -> Conflict | None:
    model = settings.model
    if model.pretrained or model.start or (settings.freeze.reaches_all and not settings.freeze.lora_rank):
        return None
    return Conflict(
        "serious",
        "The network starts without pretrained weights, and part of it is frozen: that part would stay random and "
        "never learn to see anything.",
        ("model.pretrained", "freeze.preset"),
        ("model.pretrained=true",),
    )


def _no_such_phases(settings: RunSettings, facts: Facts) -> Conflict | None:
    if not facts.not_in_plan or settings.freeze.preset != "custom":
        return None
    return Conflict(
        "serious",
        f"{facts.not_in_plan} The run would end at once.",
        ("freeze.phases", "freeze.preset"),
        ("freeze.preset=head_then_last",),
    )


def _start_is_gone(settings: RunSettings, facts: Facts) -> Conflict | None:
    if not settings.model.start or not facts.start_is_gone:
        return None
    return Conflict(
        "serious",
        f"The run is to start from weights of your own, and cannot: {facts.start_is_gone}",
        ("model.start",),
        ("model.start=",),
    )


def _weights_are_away(settings: RunSettings, facts: Facts) -> Conflict | None:
    model, here = settings.model, ModelSettings().name  # which comes with the installation
    if not facts.weights_are_away or not model.pretrained or model.start or model.name == here:
        return None
    return Conflict(
        "serious", f"The run could not begin: {facts.weights_are_away}", ("model.name",), (f"model.name={here}",)
    )


def _pooling_not_taken(settings: RunSettings, facts: Facts) -> Conflict | None:
    if not facts.poolings or settings.model.pool in facts.poolings:
        return None
    taken = ", ".join(POOLS[name].label.lower() for name in facts.poolings)
    return Conflict(
        "serious",
        f"This network does not take the pooling “{POOLS[settings.model.pool].label}”, and the run would end at once. "
        f"It takes: {taken}.",
        ("model.pool",),
        ("model.pool=default",),
    )


def _one_output_for_others_than_two(settings: RunSettings, facts: Facts) -> Conflict | None:
    if settings.model.binary != "sigmoid" or tasks.of(facts.task).fits_one_logit(facts.n_classes):
        return None
    return Conflict(
        "serious",
        "One output can only tell two classes apart, and these pictures ask for something else: the run cannot start.",
        ("model.binary",),
        ("model.binary=softmax",),
    )


def _adapters_without_layers(settings: RunSettings, facts: Facts) -> Conflict | None:
    if not settings.freeze.lora_rank or settings.freeze.preset != "head":
        return None
    return Conflict(
        "note",
        "Low-rank adapters stand in layers that would otherwise learn as a whole, and here the head learns alone: "
        "there will be none.",
        ("freeze.lora_rank", "freeze.preset"),
        ("freeze.preset=half",),
    )


def _adapters_from_the_first_layer_on(settings: RunSettings, facts: Facts) -> Conflict | None:
    if not settings.freeze.lora_rank or settings.freeze.preset != "none" or settings.engine.cache != "on":
        return None
    return Conflict(
        "note",
        "With low-rank adapters in the first layers nothing can be computed only once, and every epoch takes the full "
        "time.",
        ("freeze.lora_rank", "freeze.preset"),
        ("freeze.preset=half",),
    )


def _all_with_few_pictures(settings: RunSettings, facts: Facts) -> Conflict | None:
    if settings.freeze.preset != "none" or settings.freeze.lora_rank or facts.n_train >= FEW_FOR_ALL:
        return None
    return Conflict(
        "warning",
        f"Everything learns from only {facts.n_train} pictures: the network forgets more of what it knew than it "
        "learns anew. With so few, let the head and the last stage learn.",
        ("freeze.preset",),
        ("freeze.preset=head_then_last",),
    )


def _fewer_epochs_than_phases(settings: RunSettings, facts: Facts) -> Conflict | None:
    freeze, epochs, n = settings.freeze, settings.train.epochs, _n_phases(settings)
    needed = _epochs_needed(settings)
    if n == 1 or epochs >= needed:
        return None
    label = FREEZE_PRESETS[freeze.preset].label
    if freeze.preset == "custom" or freeze.every or freeze.unfreeze == "on_plateau":
        comes_of_it = f"before the last of them {needed - 1} epochs go by, and the run has {epochs}: it never begins"
    else:
        comes_of_it = f"and there are only {epochs} epochs: the first phases are left out"
    return Conflict(
        "warning",
        f"“{label}” goes through {'at least ' if freeze.gradual != 'parts' else ''}{n} phases, {comes_of_it}.",
        ("freeze.preset", "freeze.every", "freeze.phases", "train.epochs"),
        (f"train.epochs={min(1000, needed + 2 * n)}",),
    )


def _n_phases(settings: RunSettings) -> int:
    """Phases of the plan; the least that there can be where it depends on the model."""
    freeze = settings.freeze
    if freeze.preset == "custom":
        return len(custom_phases(freeze.phases))
    return {"head_then_last": 2, "gradual": 4 if freeze.gradual == "parts" else 3}.get(freeze.preset, 1)


def _epochs_needed(settings: RunSettings) -> int:
    """Epochs with which the last phase lasts at least one."""
    freeze, n = settings.freeze, _n_phases(settings)
    if freeze.unfreeze == "on_plateau":
        # the first epoch of all is the best so far; a later phase may bring nothing better from its first epoch on
        return 1 + freeze.stalled * (n - 1) + 1 if n > 1 else 1
    if freeze.preset == "custom":
        return sum(length or 0 for length, _ in custom_phases(freeze.phases)[:-1]) + 1
    return (n - 1) * freeze.every + 1 if freeze.every else n


def _phases_of_another_length(settings: RunSettings, facts: Facts) -> Conflict | None:
    freeze, epochs = settings.freeze, settings.train.epochs
    if freeze.preset != "custom" or freeze.unfreeze == "on_plateau":
        return None
    lengths = [length for length, _ in custom_phases(freeze.phases)]
    total = sum(length or 0 for length in lengths)
    if None in lengths or total == epochs or epochs < _epochs_needed(settings):
        return None
    return Conflict(
        "note",
        f"Your phases have {total} epochs and the run has {epochs}: the last phase is made to fit.",
        ("freeze.phases", "train.epochs"),
        (f"train.epochs={total}",),
    )


def _nothing_computed_once(settings: RunSettings, facts: Facts) -> Conflict | None:
    if settings.freeze.batch_norm != "everywhere" or settings.freeze.preset == "none" or settings.engine.cache != "on":
        return None
    return Conflict(
        "note",
        "If frozen layers adapt their averages too, what they give changes from step to step: they cannot be computed "
        "only once, and every epoch takes nearly the full time.",
        ("freeze.batch_norm", "engine.cache"),
        ("freeze.batch_norm=learning",),
    )


def _nothing_there_to_hold(settings: RunSettings, facts: Facts) -> Conflict | None:
    asked = [name for name in ("model.drop_path", "train.l2_sp") if _value(settings, name)]
    if not asked or settings.freeze.preset != "head":
        return None
    labels = {"model.drop_path": "drop path", "train.l2_sp": "the pull towards the pretrained weights"}
    return Conflict(
        "note",
        f"There is nothing for {' and '.join(labels[name] for name in asked)} to act on: the head learns alone.",
        (*asked, "freeze.preset"),
        tuple(f"{name}=0.0" for name in asked),
    )


def _no_drop_path(settings: RunSettings, facts: Facts) -> Conflict | None:
    if not settings.model.drop_path or facts.takes_drop_path is not False or settings.freeze.preset == "head":
        return None
    return Conflict(
        "note",
        "This network has no layers that could be skipped at random: drop path does nothing.",
        ("model.drop_path",),
        ("model.drop_path=0.0",),
    )


def _pulled_towards_nothing(settings: RunSettings, facts: Facts) -> Conflict | None:
    model = settings.model
    if not settings.train.l2_sp or model.pretrained or model.start:
        return None
    return Conflict(
        "warning",
        "The weights are pulled back to where they began, and without pretrained weights that is chance.",
        ("train.l2_sp", "model.pretrained"),
        ("train.l2_sp=0.0",),
    )


def _other_size_than_built_for(settings: RunSettings, facts: Facts) -> Conflict | None:
    size = settings.model.image_size
    if not facts.fixed_size or facts.native_size in (None, size):
        return None
    return Conflict(
        "note",
        f"This network was trained on pictures of {facts.native_size} pixels and is built for that size. At {size} "
        "pixels its sense of position is stretched to fit, which costs some of what it knows.",
        ("model.image_size",),
        (f"model.image_size={facts.native_size}",),
    )


def _enlarged_for_nothing(settings: RunSettings, facts: Facts) -> Conflict | None:
    size = settings.model.image_size
    if facts.fixed_size or size <= max(128, 4 * facts.side):
        return None
    better = max(96, 32 * round(2 * facts.side / 32))
    return Conflict(
        "note",
        f"The pictures have about {facts.side} pixels and are enlarged to {size}: that costs time and adds no detail.",
        ("model.image_size",),
        (f"model.image_size={better}",),
    )


RULES: tuple[Rule, ...] = (
    _start_is_gone,
    _weights_are_away,
    _one_output_for_others_than_two,
    _pooling_not_taken,
    _no_such_phases,
    _frozen_untrained,
    _adapters_without_layers,
    _adapters_from_the_first_layer_on,
    _all_with_few_pictures,
    _fewer_epochs_than_phases,
    _phases_of_another_length,
    _nothing_computed_once,
    _nothing_there_to_hold,
    _no_drop_path,
    _pulled_towards_nothing,
    _other_size_than_built_for,
    _enlarged_for_nothing,
)
