"""Rules about the steps: rate, batch, schedule, averaging and the best epoch."""

import math

from ftcore import tasks
from ftcore.settings import MONITORS, OPTIMIZERS, FreezeSettings, RunSettings, TrainSettings
from ftcore.settings.conflicts.facts import Conflict, Facts, Rule, n_steps

USUAL_RATES = {
    "adamw": (1e-4, 2e-2, 3e-3),
    "adam": (1e-4, 2e-2, 3e-3),
    "rmsprop": (1e-5, 1e-2, 1e-3),
    "lion": (1e-5, 5e-3, 5e-4),
    "sgd": (1e-3, 0.5, 3e-2),
}
"""Per optimiser the lowest and highest usual rate of a new head, and one to go back to. Pretrained layers get a
fraction of it (``freeze.body_share``), so these are higher than what one reads of for whole networks."""

BODY_LIMIT = 0.5
"""Share of the usual rate of a head from which on pretrained layers lose what they know."""


NO_BATCH_NORM = ("vit", "deit", "beit", "eva", "convnext", "swin", "mixer", "cait", "hiera", "mvitv2", "nf", "dm_nf")
"""How the names of families begin that normalise every picture by itself, or not at all."""


def _rate_out_of_the_usual(settings: RunSettings, facts: Facts) -> Conflict | None:
    name, lr = settings.train.optimizer, settings.train.lr
    low, high, usual = _usual_rates(settings)
    if low <= lr <= high:
        return None
    label = OPTIMIZERS[name].label
    comes_of_it = "the weights hardly move" if lr < low else "training easily explodes"
    return Conflict(
        "warning",
        f"A learning rate of {lr:g} is {'low' if lr < low else 'high'} for {label}: usual are {low:g} to {high:g}, and "
        f"beyond that {comes_of_it}.",
        ("train.lr", "train.optimizer"),
        (f"train.lr={usual:g}",),
    )


def _usual_rates(settings: RunSettings) -> tuple[float, float, float]:
    """Return the row of ``USUAL_RATES``; for SGD at its momentum.

    In the long run momentum m makes each step 1 / (1 - m) times as long (Sutskever et al. 2013,
    https://proceedings.mlr.press/v28/sutskever13.html).
    """
    low, high, usual = USUAL_RATES[settings.train.optimizer]
    if settings.train.optimizer != "sgd":
        return low, high, usual
    slower = (1 - settings.train.momentum) / (1 - TrainSettings().momentum)
    return low * slower, high * slower, usual * slower


def _body_nearly_as_fast_as_the_head(settings: RunSettings, facts: Facts) -> Conflict | None:
    model, freeze, train = settings.model, settings.freeze, settings.train
    usual = FreezeSettings().body_share
    if freeze.preset == "head" or freeze.lora_rank or not (model.pretrained or model.start):
        return None
    if freeze.body_share <= usual or train.lr * freeze.body_share <= BODY_LIMIT * _usual_rates(settings)[2]:
        return None
    return Conflict(
        "warning",
        f"Pretrained layers learn at up to {train.lr * freeze.body_share:.2g}, {freeze.body_share:.3g} times the rate "
        "of the head. The head is random at first, and at such a rate what it asks for overwrites what they know.",
        ("freeze.body_share", "train.lr"),
        (f"freeze.body_share={usual:g}",),
    )


def _batch_larger_than_the_split(settings: RunSettings, facts: Facts) -> Conflict | None:
    batch = settings.train.batch_size
    if batch <= facts.n_train:
        return None
    smaller = max(2, 2 ** math.floor(math.log2(max(2, facts.n_train / 4))))
    return Conflict(
        "warning",
        f"A batch of {batch} is larger than the {facts.n_train} training pictures: an epoch is a single step, so the "
        "weights move seldom.",
        ("train.batch_size",),
        (f"train.batch_size={smaller}",),
    )


def _batch_norm_of_a_few(settings: RunSettings, facts: Facts) -> Conflict | None:
    batch = settings.train.batch_size
    # beside adapters, norms stay as they are
    learns = settings.freeze.preset != "head" and not settings.freeze.lora_rank
    adapts = {"learning": learns, "fixed": False, "everywhere": True}
    if batch >= 8 or not adapts[settings.freeze.batch_norm] or settings.model.name.startswith(NO_BATCH_NORM):
        return None
    return Conflict(
        "warning",
        f"Layers that learn measure the average of their batch (batch norm), and a batch of {batch} is too small for "
        "that: the averages are mostly chance.",
        ("train.batch_size", "freeze.batch_norm"),
        ("train.batch_size=16",) if facts.n_train >= 64 else ("freeze.batch_norm=fixed",),
    )


def _too_few_steps(settings: RunSettings, facts: Facts) -> Conflict | None:
    n, wanted = n_steps(settings, facts), 50
    if n >= wanted or settings.train.epochs >= 50:
        return None
    more = min(1000, math.ceil(settings.train.epochs * wanted / n))
    return Conflict(
        "note",
        f"The weights move only {n} times in the whole run, which is little even for a head alone.",
        ("train.epochs", "train.batch_size"),
        (f"train.epochs={more}",),
    )


def _one_cycle_with_warm_up(settings: RunSettings, facts: Facts) -> Conflict | None:
    if settings.train.schedule != "one_cycle" or not settings.train.warmup:
        return None
    return Conflict(
        "note",
        f"One cycle warms up by itself, so the warm-up of {settings.train.warmup:.0%} does nothing.",
        ("train.schedule", "train.warmup"),
        ("train.warmup=0.0",),
    )


def _average_of_the_first_steps(settings: RunSettings, facts: Facts) -> Conflict | None:
    train, n = settings.train, n_steps(settings, facts)
    left = train.ema ** (n - 1)  # timm's average begins as a copy of the model after the first step
    if not train.ema or train.ema_warmup or left < 0.05:
        return None
    return Conflict(
        "warning",
        f"After a run of {n:,} steps, {left:.0%} of a moving average of {train.ema:g} are still the weights of its "
        "first step. If it begins with few steps, they are forgotten.",
        ("train.ema_warmup", "train.ema", "train.epochs"),
        ("train.ema_warmup=true",),
    )


def _average_of_too_few_steps(settings: RunSettings, facts: Facts) -> Conflict | None:
    ema, n = settings.train.ema, n_steps(settings, facts)
    if not ema or not settings.train.ema_warmup or n * (1 - ema) >= 1:
        return None
    reached = 1 - (n + 1) ** (-2 / 3)  # timm's warm-up of the average (ModelEmaV3): it looks back ever further
    return Conflict(
        "note",
        f"A moving average of {ema:g} looks back over about {1 / (1 - ema):,.0f} steps. It begins with few and takes "
        f"more as the run goes on, and a run of {n:,} steps gets to about {1 / (1 - reached):,.0f}: more than "
        f"{_floored(reached):g} changes next to nothing.",
        ("train.ema", "train.epochs"),
        (f"train.ema={min(_floored(reached), _floored(1 - 1 / n)):g}",),
    )


def _floored(share: float) -> float:
    """Return a share with three digits, not rounded up."""
    return math.floor(share * 1000) / 1000


def _patience_longer_than_the_run(settings: RunSettings, facts: Facts) -> Conflict | None:
    patience, epochs = settings.train.patience, settings.train.epochs
    last = min(facts.last_phase or epochs, epochs)
    stale = last if last < epochs else epochs - 1  # the first epoch of all is the best so far
    if not patience or patience < stale:
        return None
    where = f"a run of {epochs}" if last == epochs else f"the {last} of the last phase, in which alone a run ends early"
    return Conflict(
        "note",
        f"Stopping early after {patience} epochs without progress cannot happen in {where}.",
        ("train.patience", "train.epochs"),
        (f"train.patience={last // 3}",),
    )


def _mean_of_several_units(settings: RunSettings, facts: Facts) -> Conflict | None:
    name = settings.train.monitor
    row = tasks.of(facts.task).scores.get(name)
    if row is None or row.is_fair_over(facts.units):
        return None
    units = " and ".join(dict.fromkeys(unit or "numbers without a unit" for unit in facts.units))
    return Conflict(
        "warning",
        f"The best epoch is chosen by “{MONITORS[name].label}”, a mean over {units}: whatever has the largest numbers "
        "decides alone. R² counts all of them alike.",
        ("train.monitor",),
        ("train.monitor=r2",),
    )


def _rate_never_falls(settings: RunSettings, facts: Facts) -> Conflict | None:
    train, longest = settings.train, min(facts.longest_phase or settings.train.epochs, settings.train.epochs)
    if train.schedule != "plateau" or longest >= train.plateau_patience + 3:  # one is the best, then the stale ones
        return None
    where = f"a run of {train.epochs}" if longest == train.epochs else f"phases of at most {longest}"
    return Conflict(
        "warning",
        f"The rate falls after more than {train.plateau_patience} epochs without progress, for which {where} epochs "
        f"{'is' if longest == train.epochs else 'are'} too short: it never falls.",
        ("train.schedule", "train.plateau_patience", "train.epochs"),
        ("train.schedule=cosine",),
    )


def _ends_before_the_rate_falls(settings: RunSettings, facts: Facts) -> Conflict | None:
    train = settings.train
    if train.schedule != "plateau" or not train.patience or train.patience > train.plateau_patience + 1:
        return None
    return Conflict(
        "warning",
        f"The run ends after {train.patience} epochs without progress, before a lower rate (after "
        f"{train.plateau_patience + 1}) could bring any.",
        ("train.patience", "train.plateau_patience"),
        (f"train.patience={2 * train.plateau_patience + 3}",),
    )


RULES: tuple[Rule, ...] = (
    _rate_out_of_the_usual,
    _body_nearly_as_fast_as_the_head,
    _batch_larger_than_the_split,
    _batch_norm_of_a_few,
    _too_few_steps,
    _one_cycle_with_warm_up,
    _average_of_the_first_steps,
    _average_of_too_few_steps,
    _patience_longer_than_the_run,
    _mean_of_several_units,
    _rate_never_falls,
    _ends_before_the_rate_falls,
)
