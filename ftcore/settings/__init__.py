"""Every setting of a run: default, range and help in one field; the form, the command line and the check read it.

``RunSettings`` is what ``settings.json`` holds. ``suggest`` fills it with values that fit a data set;
``with_values`` applies ``section.field=value`` pairs; ``to_json`` and ``from_json`` go to disk and back.
"""

import dataclasses
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from ftcore import tasks
from ftcore.choices import Choice, Table
from ftcore.errors import SettingsError
from ftcore.tasks import scores

FREEZE_PRESETS = Table(
    "freezing preset",
    Choice("head", "Head only", "Only the new last layer learns. Fastest, safest with few pictures."),
    Choice("last_stage", "Last stage", "The head and the last stage of the network learn."),
    Choice("quarter", "Last quarter", "The quarter of the layer groups that lies nearest to the answer learns."),
    Choice("half", "Last half", "The half of the layer groups that lies nearest to the answer learns."),
    Choice("head_then_last", "Head, then last stage", "First the head alone, then the last stage with it."),
    Choice("gradual", "Step by step", "First the head, then more and more of the network with it, to everything."),
    Choice("none", "Everything", "Nothing is frozen. Slowest; needs many pictures, or the model forgets what it knew."),
    Choice("custom", "Phases of your own", "What learns in which epochs stands in a list of your own."),
)
GRADUAL_STEPS = Table(
    "step of unfreezing",
    Choice("parts", "Head, last stage, half, everything", "Four phases: few changes, each with time to settle."),
    Choice("stage", "One more stage", "From the head to the stem, a stage of the network at a time."),
    Choice("group", "One more layer group", "From the head to the stem, the smallest step there is."),
)
UNFREEZES = Table(
    "moment of unfreezing",
    Choice("by_epochs", "After so many epochs", "Each phase has a fixed number of epochs."),
    Choice("on_plateau", "When validation stalls", "The next phase begins when the validation score stops improving."),
)
BATCH_NORMS = Table(
    "batch norm policy",
    Choice(
        "learning", "Where layers learn", "Frozen layers keep the averages they know; layers that learn adapt them."
    ),
    Choice("fixed", "Nowhere", "Every layer keeps the averages it knows. Steadier with small batches."),
    Choice(
        "everywhere",
        "Everywhere",
        "Frozen layers adapt their averages to your pictures too. Hardly anything can then be computed only once.",
    ),
)
OPTIMIZERS = Table(
    "optimiser",
    Choice("adamw", "AdamW", "Adapts the step of each weight. The usual first choice."),
    Choice("sgd", "SGD with momentum", "Plain steps downhill with momentum. Needs a rate about ten times larger."),
    Choice("adam", "Adam", "AdamW's ancestor; weight decay acts differently."),
    Choice("rmsprop", "RMSprop", "Adapts the step of each weight without momentum."),
    Choice("lion", "Lion", "Steps of equal size in every weight. Needs a rate three to ten times smaller."),
)
SCHEDULES = Table(
    "schedule",
    Choice("cosine", "Cosine", "The rate falls smoothly to zero. The usual choice."),
    Choice("linear", "Linear", "The rate falls in a straight line to zero."),
    Choice("constant", "Constant", "The rate stays as it is."),
    Choice("step", "Steps", "A tenth of the rate after each third of the run."),
    Choice("one_cycle", "One cycle", "Climbs for a third of the run, then falls to almost nothing. Needs no warm-up."),
    Choice(
        "plateau",
        "Lower when it stalls",
        "Falls when validation stops improving. When that is only the run can tell: what is drawn never falls.",
    ),
)
LOSSES = Table(
    "loss",
    Choice("cross_entropy", "Cross entropy", "Punishes a wrong answer the more, the surer it was. The usual choice."),
    Choice("focal", "Focal", "Looks less at what is right already, so that rare and hard pictures count more."),
    Choice("bce", "Binary cross entropy", "Asks of each class by itself whether it is there. For several classes."),
    Choice("mse", "Squared error", "For numbers: large errors count much more than small ones. The usual choice."),
    Choice("mae", "Absolute error", "For numbers: every error counts by its size, so that a few odd values do less."),
    Choice("huber", "Huber", "For numbers: squared error for small errors, absolute error for large ones."),
)
BINARY_OUTPUTS = Table(
    "form of two classes",
    Choice("softmax", "Two outputs", "One per class, as for more classes."),
    Choice("sigmoid", "One output", "How much the picture looks like the second class; the answers look the same."),
)
CLASS_WEIGHTS = Table(
    "class weighting",
    Choice("none", "By pictures", "Every picture counts the same; classes with many pictures count more."),
    Choice("balanced", "Balanced", "Pictures of rare classes count more, so that each class counts the same."),
)
FITS = Table(
    "fit",
    Choice("crop", "Cut out the middle square", "Keeps shapes as they are; the edges of long pictures are lost."),
    Choice("squash", "Squeeze into a square", "Keeps the whole picture; long pictures get distorted."),
)
POOLS = Table(
    "pooling",
    Choice("default", "As the model was pretrained", "The usual choice."),
    Choice("token", "Class token", "Only the token that the network keeps for the answer; some transformers have one."),
    Choice("avg", "Average", "Each feature's average over the picture: how much of it there is."),
    Choice(
        "max", "Largest", "Each feature's largest value: whether it is anywhere, for small things in large pictures."
    ),
    Choice("avgmax", "Mean of average and largest", "Something of both."),
    Choice("catavgmax", "Average and largest", "Both, side by side: twice as many numbers for the head."),
)
MONITORS = Table(
    "monitor", more=lambda: (Choice(score.name, score.label, score.help) for score in scores.every().values())
)
CACHES = Table(
    "cache setting",
    Choice("on", "On", "The frozen part looks at every picture once; epochs then take a fraction of the time."),
    Choice("off", "Off", "Every epoch sends every picture through the whole network."),
)
PREFIXES = Table(
    "engine of the frozen part",
    Choice("auto", "Fastest for the job", "PyTorch for small jobs; for larger ones what is faster, measured."),
    Choice("eager", "PyTorch", "No conversion."),
    Choice("openvino", "OpenVINO", "Converts once, in seconds; up to twice as fast, depending on the model."),
    Choice("onnxruntime", "ONNX Runtime", "Slower to convert than OpenVINO. Only if it is installed."),
)
AUTOCASTS = Table(
    "step precision",
    Choice("auto", "Fastest", "float32, or bfloat16 in long phases if that was measured to be faster here."),
    Choice("off", "float32", "The full precision, always."),
    Choice("on", "bfloat16", "Half the precision; faster only on processors and graphics cards made for it."),
)
COMPILES = Table(
    "compiler setting",
    Choice("off", "Off", "No compiling."),
    Choice("on", "Try", "Compiles with torch.compile, which takes a minute, and keeps it if steps became faster."),
)
PRECISIONS = Table(
    "precision",
    Choice("float16", "Half", "Half the disk; the difference is far below what a score can show."),
    Choice("float32", "Full", "Exactly the numbers of uncached training; twice the disk."),
)
FLIPS = Table(
    "mirroring",
    Choice("none", "Never", "For digits, text, and wherever left and right mean something."),
    Choice("horizontal", "Left and right", "For photographs: a cat that looks the other way is a cat."),
    Choice("vertical", "Up and down", "Rarely alone."),
    Choice("both", "Both ways", "For pictures from above or through a microscope, where no side is up."),
)
POLICIES = Table(
    "automatic policy",
    Choice("none", "None", "Only the switches above."),
    Choice("trivial", "TrivialAugment", "One further random change per view, of any kind and strength."),
    Choice("rand", "RandAugment", "Two further random changes per view, of a fixed strength."),
)
PRESETS = Table(
    "preset",
    Choice("quick", "Quick", "Only the head learns, few epochs. A first answer in under a minute on small data sets."),
    Choice("balanced", "Balanced", "The head first, then the last stage with it. A better model for some minutes."),
    Choice(
        "best",
        "Best",
        "More of the network learns, for longer, from twice the changed copies. The best model, slowest.",
    ),
)


def setting(
    default: Any,
    label: str,
    help: str,
    *,
    low: float | None = None,
    high: float | None = None,
    step: float | None = None,
    choices: Table | None = None,
    advanced: bool = False,
) -> Any:
    """A field whose default, range and help stand in one place, for the check and for the form.

    Args:
        default: The value when nobody says otherwise.
        label: What a form calls it.
        help: One plain sentence for somebody who has never trained a model.
        low: Smallest value allowed.
        high: Largest value allowed.
        step: What one click on plus or minus adds.
        choices: The table that a name must come from.
        advanced: Shown only on request.
    """
    metadata = {
        "label": label,
        "help": help,
        "low": low,
        "high": high,
        "step": step,
        "choices": choices,
        "advanced": advanced,
    }
    return field(default=default, metadata=metadata)


def check(section: Any) -> None:
    """Raise for the first value that has the wrong type, is out of range or not in its table. NaN fails too."""
    for f in fields(section):
        value, about = getattr(section, f.name), f.metadata
        if not about:
            continue
        if about["choices"] is not None:
            about["choices"][value]
            continue
        expected = type(f.default)
        if type(value) is not expected:
            raise SettingsError(
                f"{about['label']} is {value!r}, expected {_kind(expected)}.", fix=f"For example {f.default!r}."
            )
        if isinstance(value, float) and not math.isfinite(value):
            raise SettingsError(f"{about['label']} is {value}, expected a number.", fix=f"For example {f.default!r}.")
        low, high = about["low"], about["high"]
        if (low is not None and value < low) or (high is not None and value > high):
            raise SettingsError(
                f"{about['label']} is {value}, expected {_plain(low)} to {_plain(high)}.",
                fix=f"The usual value is {f.default}.",
            )


@dataclass(frozen=True, kw_only=True)
class ModelSettings:
    """Which pretrained network, and how it is shown the pictures."""

    name: str = setting("tf_efficientnet_lite0", "Model", "The pretrained network that learns your classes.")
    pretrained: bool = setting(
        True,
        "Start from pretrained weights",
        "Begin with what the network learned from millions of pictures; without it you need far more pictures.",
        advanced=True,
    )
    start: str = setting(
        "",
        "Start from own weights",
        "Begin with weights that you uploaded, or with those of an earlier run, by their id; empty for timm's.",
        advanced=True,
    )
    image_size: int = setting(
        224,
        "Image size",
        "Side of the square, in pixels, that pictures are resized to. Larger shows finer detail and takes longer.",
        low=32,
        high=1024,
        step=32,
    )
    fit: str = setting("crop", "Pictures that are not square", "How a long or tall picture fits.", choices=FITS)
    dropout: float = setting(
        0.0,
        "Dropout before the head",
        "Share of features hidden at random in each step, against learning by heart.",
        low=0.0,
        high=0.9,
        step=0.05,
        advanced=True,
    )
    pool: str = setting(
        "default",
        "Pooling",
        "How what was seen all over the picture is summed up for the head. Not every network takes every way.",
        choices=POOLS,
        advanced=True,
    )
    head_layers: int = setting(
        0,
        "Hidden layers in the head",
        "Layers between the network and the answer; 0 is usual, 1 can help when only the head learns.",
        low=0,
        high=2,
        step=1,
        advanced=True,
    )
    head_width: int = setting(
        256,
        "Width of hidden layers",
        "Numbers in each hidden layer of the head; without hidden layers it has no effect.",
        low=8,
        high=4096,
        step=64,
        advanced=True,
    )
    head_dropout: float = setting(
        0.0,
        "Dropout between hidden layers",
        "Share of each hidden layer that is hidden at random in each step, against learning by heart.",
        low=0.0,
        high=0.9,
        step=0.05,
        advanced=True,
    )
    binary: str = setting(
        "softmax",
        "Outputs for two classes",
        "How the network answers where there are exactly two classes.",
        choices=BINARY_OUTPUTS,
        advanced=True,
    )
    drop_path: float = setting(
        0.0,
        "Drop path",
        "Share of whole layers skipped at random in each step, against learning by heart; not every network can.",
        low=0.0,
        high=0.9,
        step=0.05,
        advanced=True,
    )

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True, kw_only=True)
class FreezeSettings:
    """Which part of the network may change. What is frozen keeps what it knows and costs less time."""

    preset: str = setting(
        "head",
        "What learns",
        "The rest of the network is frozen: it keeps what it knows, and training is faster.",
        choices=FREEZE_PRESETS,
    )
    gradual: str = setting(
        "parts", "Step by step: each step", "How much more learns in each phase.", choices=GRADUAL_STEPS, advanced=True
    )
    unfreeze: str = setting(
        "by_epochs",
        "Next phase begins",
        "When a plan of several phases goes on to the next.",
        choices=UNFREEZES,
        advanced=True,
    )
    every: int = setting(
        0,
        "Epochs per phase",
        "Epochs that a phase lasts, or epochs without progress that count as stalled; 0 fits them to the run.",
        low=0,
        high=1000,
        step=1,
        advanced=True,
    )
    phases: str = setting(
        "2:head, rest:last_stage",
        "Phases of your own",
        "Only for phases of your own: pairs of epochs and what learns, like 2:head, 4:stage 4, rest:all.",
        advanced=True,
    )
    batch_norm: str = setting(
        "learning",
        "Batch norm adapts",
        "Many networks keep running averages of what they see; which of them follow your pictures.",
        choices=BATCH_NORMS,
        advanced=True,
    )
    layer_decay: float = setting(
        0.8,
        "Rate decay per layer group",
        "Each layer group learns at this share of the rate of the group after it, so that early layers change less.",
        low=0.1,
        high=1.0,
        step=0.05,
        advanced=True,
    )
    lora_rank: int = setting(
        0,
        "Low-rank adapters (LoRA): rank",
        "Layers that may learn keep their weights and learn a small correction of this rank instead: between frozen "
        "and free. 0 is off, 8 is usual; it has no effect when only the head learns.",
        low=0,
        high=256,
        step=4,
        advanced=True,
    )
    lora_alpha: float = setting(
        16.0,
        "Low-rank adapters: strength",
        "How strongly the corrections act; twice the rank is usual.",
        low=0.1,
        high=1024.0,
        step=4.0,
        advanced=True,
    )

    def __post_init__(self) -> None:
        check(self)
        custom_phases(self.phases)

    @property
    def stalled(self) -> int:
        """Epochs without anything better after which the next phase begins, where phases wait for validation."""
        return self.every or _STALLED

    @property
    def reaches_all(self) -> bool:
        """Whether the whole network learns in the end, by itself or by adapters."""
        if self.preset == "custom":
            return any(part_named(what) in _WHOLE for _, what in custom_phases(self.phases))
        return self.preset in ("none", "gradual")


_STALLED = 2
"""Epochs without anything better that count as stalled, where nobody says how many."""


def part_named(what: str) -> str:
    """One spelling of what people write for a part of a network: ``Last stage``, ``last_stage`` are the same."""
    return "_".join(what.replace("_", " ").split()).lower()


_WHOLE = ("all", "100%", "stem")
"""How ``part_named`` spells a whole network of any family, the last as the group that it begins with."""


def custom_phases(text: str) -> list[tuple[int | None, str]]:
    """What a list of phases says: how many epochs, None for all that are left, and what learns.

    ``2:head, 4:stage 4, rest:all``: pairs divided by commas, each of epochs and what learns. What learns is ``head``,
    ``last_stage``, ``half``, ``all``, a number of layer groups counted from the head, a share of them like ``25%``, or
    a group's or stage's name, which means from there to the head. Whether a model has that name, its plan says
    (freezing/phases.py).
    """
    fix = "Write epochs and what learns, for example 2:head, 4:stage 4, rest:all."
    found: list[tuple[int | None, str]] = []
    for part in text.split(","):
        number, colon, what = (piece.strip() for piece in part.partition(":"))
        if not colon or not what:
            raise SettingsError(f"Phases of your own: {part.strip()!r} is not a phase.", fix=fix)
        if found and found[-1][0] is None:
            raise SettingsError(f"Phases of your own: nothing can follow the rest, and {part.strip()!r} does.", fix=fix)
        if number != "rest" and not (number.isascii() and number.isdigit() and 1 <= int(number[:5]) <= 1000):
            raise SettingsError(
                f"Phases of your own: {number!r} is no number of epochs, expected 1 to 1000, or rest for the last.",
                fix=fix,
            )
        found.append((None if number == "rest" else int(number), what))
    return found


def phases_text(phases: Iterable[tuple[int | None, str]]) -> str:
    """The text that ``custom_phases`` reads, from what a table of phases holds."""
    return ", ".join(f"{'rest' if length is None else length}:{what.strip()}" for length, what in phases)


@dataclass(frozen=True, kw_only=True)
class AugmentSettings:
    """Changed copies (views) of the training pictures, so that the model learns what does not matter."""

    views: int = setting(
        4,
        "Views per picture",
        "Changed copies of each training picture, beside the picture itself; each epoch takes one of them. 0 for none.",
        low=0,
        high=64,
        step=1,
    )
    fresh: bool = setting(
        False,
        "Fresh views every epoch",
        "Never the same view twice. The frozen part then has to look at every picture again in each epoch.",
        advanced=True,
    )
    strength: float = setting(1.0, "Strength", "Multiplies all of the amounts below.", low=0.0, high=3.0, step=0.25)
    flip: str = setting("none", "Mirror", "Show half of the views mirrored.", choices=FLIPS)
    rotate: float = setting(
        10.0, "Turn", "By up to so many degrees to either side.", low=0.0, high=180.0, step=5.0, advanced=True
    )
    shift: float = setting(
        0.06, "Shift", "By up to this share of the side.", low=0.0, high=0.5, step=0.02, advanced=True
    )
    zoom: float = setting(0.15, "Zoom", "In or out by up to this share.", low=0.0, high=1.0, step=0.05, advanced=True)
    colour: float = setting(
        0.15,
        "Light and colour",
        "Change brightness, contrast and saturation by up to this share.",
        low=0.0,
        high=0.9,
        step=0.05,
        advanced=True,
    )
    blur: float = setting(
        0.0, "Blur", "By up to so many per cent of the side.", low=0.0, high=5.0, step=0.5, advanced=True
    )
    noise: float = setting(
        0.0, "Noise", "Grain of up to this share of full brightness.", low=0.0, high=0.5, step=0.02, advanced=True
    )
    cutout: float = setting(
        0.0, "Cutout", "Hide a grey square of this share of the side.", low=0.0, high=0.7, step=0.05, advanced=True
    )
    policy: str = setting("none", "Automatic policy", "Further random changes.", choices=POLICIES, advanced=True)

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True, kw_only=True)
class TrainSettings:
    """How the weights move, and for how long."""

    epochs: int = setting(8, "Epochs", "How often the model sees every training picture.", low=1, high=1000, step=1)
    batch_size: int = setting(
        32,
        "Batch size",
        "Pictures per step. Smaller steps are noisier; larger need more memory.",
        low=2,
        high=1024,
        step=8,
    )
    lr: float = setting(
        0.003,
        "Learning rate",
        "How far the weights move in each step. Too high and training explodes, too low and nothing happens.",
        low=1e-7,
        high=10.0,
    )
    optimizer: str = setting("adamw", "Optimiser", "The rule by which the weights move.", choices=OPTIMIZERS)
    schedule: str = setting("cosine", "Schedule", "How the learning rate changes over the run.", choices=SCHEDULES)
    warmup: float = setting(
        0.05,
        "Warm-up",
        "Share of the steps in which the rate climbs from zero, so that the first steps do no harm.",
        low=0.0,
        high=0.5,
        step=0.05,
        advanced=True,
    )
    plateau_factor: float = setting(
        0.5,
        "Stalled: rate falls to",
        "Only for the schedule that lowers the rate when it stalls: to this share of what it was.",
        low=0.01,
        high=0.95,
        step=0.05,
        advanced=True,
    )
    plateau_patience: int = setting(
        2,
        "Stalled: after",
        "Only for that schedule: how many epochs in a row may bring nothing better before the rate falls.",
        low=0,
        high=100,
        step=1,
        advanced=True,
    )
    weight_decay: float = setting(
        0.01, "Weight decay", "Pulls weights towards zero, against learning by heart.", low=0.0, high=1.0, advanced=True
    )
    l1: float = setting(
        0.0,
        "L1 penalty",
        "Pulls weights to exactly zero, so that fewer of them count; 0 is off, 0.00001 is usual.",
        low=0.0,
        high=1.0,
        advanced=True,
    )
    l2_sp: float = setting(
        0.0,
        "Pull towards the pretrained weights (L2-SP)",
        "Keeps layers near what they knew, in place of weight decay there; 0 is off, 0.01 is usual.",
        low=0.0,
        high=10.0,
        advanced=True,
    )
    mixup: float = setting(
        0.0,
        "Mixup",
        "Blends pairs of pictures and their answers, where the frozen part ends; 0 is off, 0.2 is usual.",
        low=0.0,
        high=4.0,
        step=0.1,
        advanced=True,
    )
    cutmix: float = setting(
        0.0,
        "CutMix",
        "Puts a piece of one picture into another and shares the answer by area; 0 is off, 1 is usual.",
        low=0.0,
        high=4.0,
        step=0.1,
        advanced=True,
    )
    loss: str = setting("cross_entropy", "Loss", "What training makes small.", choices=LOSSES, advanced=True)
    focal_gamma: float = setting(
        2.0,
        "Focal strength",
        "Only for the focal loss: how strongly it looks away from what is right already; 0 is cross entropy.",
        low=0.0,
        high=10.0,
        step=0.5,
        advanced=True,
    )
    huber_delta: float = setting(
        1.0,
        "Huber limit",
        "Only for the Huber loss: errors above this many standard deviations of the numbers count as large.",
        low=0.01,
        high=100.0,
        step=0.5,
        advanced=True,
    )
    class_weights: str = setting(
        "none", "Weight of classes", "Whether rare classes count more.", choices=CLASS_WEIGHTS, advanced=True
    )
    clip: float = setting(
        0.0,
        "Gradient clipping",
        "Longest step that the gradient may ask for, against exploding; 0 is off, 1 is usual.",
        low=0.0,
        high=1000.0,
        advanced=True,
    )
    label_smoothing: float = setting(
        0.0,
        "Label smoothing",
        "Tells the model not to be too sure; forgives some wrong labels.",
        low=0.0,
        high=0.5,
        step=0.05,
        advanced=True,
    )
    ema: float = setting(
        0.0,
        "Weight averaging (EMA)",
        "Keeps a moving average of the weights and uses that as the model; 0 is off, 0.99 is usual.",
        low=0.0,
        high=0.9999,
        advanced=True,
    )
    monitor: str = setting(
        "accuracy", "Best epoch by", "Which validation number decides the best epoch.", choices=MONITORS
    )
    patience: int = setting(
        0,
        "Patience",
        "Stop early when this many epochs in a row bring nothing better; 0 never stops early.",
        low=0,
        high=1000,
        step=1,
        advanced=True,
    )
    threads: int = setting(
        0,
        "Processor threads",
        "Cores that training may use; 0 takes all of them.",
        low=0,
        high=256,
        step=1,
        advanced=True,
    )

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True, kw_only=True)
class EngineSettings:
    """How the work is done; the model that comes out is the same."""

    cache: str = setting(
        "on",
        "Compute frozen layers once",
        "What the frozen part of the network sees is kept on disk instead of being computed in every epoch.",
        choices=CACHES,
        advanced=True,
    )
    prefix: str = setting(
        "auto",
        "Engine of the frozen part",
        "What computes the part of the network that does not learn.",
        choices=PREFIXES,
        advanced=True,
    )
    autocast: str = setting(
        "auto", "Precision of training steps", "How exactly steps are computed.", choices=AUTOCASTS, advanced=True
    )
    compile: str = setting(
        "off",
        "Compile training steps",
        "Let PyTorch's compiler try to speed up steps.",
        choices=COMPILES,
        advanced=True,
    )
    cache_gb: float = setting(
        20.0,
        "Largest cache, in gigabytes",
        "Disk for what is kept of frozen layers; the longest unused goes first. At most a quarter of what is free.",
        low=0.0,
        high=10_000.0,
        advanced=True,
    )
    precision: str = setting(
        "float16", "Precision of what is kept", "How exactly it is kept on disk.", choices=PRECISIONS, advanced=True
    )

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True, kw_only=True)
class RunSettings:
    """Everything that a run needs to be repeated, number for number."""

    dataset: str = ""
    preset: str = "quick"
    seed: int = setting(
        0, "Seed", "Where the random numbers start. The same seed gives the same run.", low=0, high=2**31 - 1
    )
    model: ModelSettings = field(default_factory=ModelSettings)
    freeze: FreezeSettings = field(default_factory=FreezeSettings)
    augment: AugmentSettings = field(default_factory=AugmentSettings)
    train: TrainSettings = field(default_factory=TrainSettings)
    engine: EngineSettings = field(default_factory=EngineSettings)

    def __post_init__(self) -> None:
        check(self)
        PRESETS[self.preset]


SECTIONS: dict[str, type] = {
    "model": ModelSettings,
    "freeze": FreezeSettings,
    "augment": AugmentSettings,
    "train": TrainSettings,
    "engine": EngineSettings,
}


_VIEWS = {"quick": 0, "balanced": 4, "best": 8}
"""Views per picture. A head alone learns nothing from them that it could not learn from the pictures."""

_DEEPER = range(500, 3001)
"""Training pictures with which *best* lets half of the network learn: fewer are learned by heart, more take too long.

Test accuracy on the sample digits: 0.980 with the last stage at 96 px (two seeds), 0.993 so (three seeds).
"""


@dataclass(frozen=True, kw_only=True)
class DatasetFacts:
    """What the good values depend on: training pictures, classes, the median short side in pixels, and the task.

    ``limits`` are fields of AugmentSettings with the only name, or the largest number, that leaves the answers true.
    """

    n_train: int
    n_classes: int
    side: int
    task: str = "multiclass"
    limits: tuple[tuple[str, Any], ...] = ()


def within(values: Mapping[str, Any], limits: Mapping[str, Any]) -> dict[str, Any]:
    """``values`` with every field that ``limits`` names held within it: a name is taken over, a number is a maximum."""
    held = {name: most if isinstance(most, str) else min(values[name], most) for name, most in limits.items()}
    return {**values, **held}


def suggest(
    preset: str, facts: DatasetFacts, *, native_size: int = 224, base: RunSettings | None = None
) -> RunSettings:
    """Settings of a preset that fit a data set.

    Args:
        preset: A name in ``PRESETS``.
        facts: The data set in a few numbers.
        native_size: The input size that the model was pretrained at, in pixels.
        base: Settings to keep where the preset has no say (data set, model, seed).
    """
    PRESETS[preset]
    base = base or RunSettings()
    deeper = preset == "best" and tasks.of(facts.task).has_classes and facts.n_train in _DEEPER
    if facts.side < 64:
        # enlarging tiny pictures adds no detail and costs time, but early layers find larger strokes more easily
        size = min(128 if deeper else 96, native_size)
    elif facts.side < 160:
        size = min(160, native_size)
    else:
        size = native_size
    batch_size = 32 if facts.n_train >= 256 else 16 if facts.n_train >= 64 else 8
    steps_per_epoch = max(1, math.ceil(facts.n_train / batch_size))

    def epochs(steps: int, low: int, high: int) -> int:
        return min(high, max(low, math.ceil(steps / steps_per_epoch)))

    train = {
        "quick": dict(epochs=epochs(600, 5, 20), lr=0.005, label_smoothing=0.0, patience=0),
        "balanced": dict(epochs=epochs(480, 8, 24), lr=0.003, label_smoothing=0.05, patience=0),
        "best": dict(epochs=epochs(800, 12, 32), lr=0.003, label_smoothing=0.05, patience=0),
    }[preset]
    if deeper:
        train |= dict(epochs=epochs(640, 12, 32), lr=0.006, ema=0.99)
    freeze = "head" if preset == "quick" else "half" if deeper else "head_then_last"
    return replace(
        base,
        preset=preset,
        model=replace(base.model, image_size=size),
        freeze=replace(base.freeze, preset=freeze),
        augment=AugmentSettings(
            **{**within(dataclasses.asdict(base.augment), dict(facts.limits)), "views": _VIEWS[preset]}
        ),
        train=_of_task(replace(base.train, **{"batch_size": batch_size, "ema": 0.0, **train}), facts),  # type: ignore[arg-type]
    )


def _of_task(train: TrainSettings, facts: DatasetFacts) -> TrainSettings:
    """``train`` with the usual values of a task in place of those that do not serve it."""
    task = tasks.of(facts.task)
    return replace(
        train,
        loss=train.loss if train.loss in task.losses else task.losses[0],
        monitor=train.monitor if train.monitor in task.scores else task.usual_monitor(facts.n_classes),
        label_smoothing=train.label_smoothing if task.has_classes else 0.0,
        class_weights=train.class_weights if task.has_classes else "none",
    )


def serving(key: str, task: str) -> list[str]:
    """The choices of a setting that serve a task, for a form; ``key`` as ``with_value`` takes it."""
    if key == "train.loss":
        return list(tasks.of(task).losses)
    if key == "train.monitor":
        return list(tasks.of(task).scores)
    return list(about(key)["choices"])


def check_task(settings: RunSettings, task: str, n_classes: int) -> None:
    """Raise SettingsError for the first setting that a data set of this task, with so many classes, cannot use."""
    train, meaning = settings.train, tasks.of(task)
    for key, value in (("train.loss", train.loss), ("train.monitor", train.monitor)):
        fitting = serving(key, task)
        if value not in fitting:
            table = LOSSES if key == "train.loss" else MONITORS
            raise SettingsError(
                f"The {table.kind} {table[value].label.lower()!r} does not serve a data set with {meaning.label}.",
                fix=f"Choose one of these for {key}: {', '.join(fitting)}.",
            )
    if not meaning.has_classes and (train.class_weights != "none" or train.label_smoothing):
        raise SettingsError(
            "Numbers have no classes that could be weighted or labels that could be smoothed.",
            fix="Set train.class_weights to none and train.label_smoothing to 0.",
        )
    if settings.model.binary == "sigmoid" and not meaning.fits_one_logit(n_classes):
        raise SettingsError(
            f"One output tells two classes apart, this data set has {n_classes} and {meaning.label}.",
            fix="Set model.binary to softmax.",
        )


def with_values(settings: RunSettings, pairs: Iterable[str]) -> RunSettings:
    """Apply ``section.field=value`` texts, as ``--set`` brings them. ``seed`` has no section."""
    for pair in pairs:
        key, equals, text = pair.partition("=")
        if not equals:
            raise SettingsError(f"{pair!r} is not a setting.", fix="Write KEY=VALUE, for example train.epochs=5.")
        settings = with_value(settings, key.strip(), text.strip())
    return settings


FORMERLY = {"train.optimiser": "train.optimizer"}
"""What the first version called some settings, in files and on the command line."""


def with_value(settings: RunSettings, key: str, value: Any) -> RunSettings:
    """``settings`` with one field changed; a text is read as the field's own type."""
    section_name, _, name = FORMERLY.get(key, key).rpartition(".")
    section = getattr(settings, section_name) if section_name in SECTIONS else settings if not section_name else None
    known = {f.name: f for f in fields(section) if f.metadata} if section is not None else {}
    if name not in known:
        raise SettingsError(f"Unknown setting {key!r}.", fix=f"Choose one of: {', '.join(keys())}.")
    if isinstance(value, str):
        value = _read(value, known[name])
    value = _number(value, type(section), name)
    changed: Any = replace(section, **{name: value})  # type: ignore[type-var]
    if section is settings:
        return changed
    whole: dict[str, Any] = {section_name: changed}
    return replace(settings, **whole)


def keys() -> list[str]:
    """Every key that ``with_value`` takes."""
    return ["seed", *(f"{section}.{f.name}" for section, kind in SECTIONS.items() for f in fields(kind))]


def about(key: str) -> Mapping[str, Any]:
    """What the field of a key says about itself: label, help, low, high, step, choices, advanced."""
    section, _, name = key.rpartition(".")
    kind = RunSettings if not section else SECTIONS.get(section)
    known = {f.name: f.metadata for f in fields(kind) if f.metadata} if kind is not None else {}
    if name not in known:
        raise SettingsError(f"Unknown setting {key!r}.", fix=f"Choose one of: {', '.join(keys())}.")
    return known[name]


def value_of(settings: RunSettings, key: str) -> Any:
    """The value of a key, as ``with_value`` would set it."""
    about(key)
    section, _, name = key.rpartition(".")
    return getattr(getattr(settings, section) if section else settings, name)


def in_words(key: str, value: Any) -> str:
    """A value as people read it: a choice by its label, ``yes`` or ``no``, ``none`` for an empty text."""
    choices = about(key)["choices"]
    if choices is not None:
        label: str = choices[value].label
        return label
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return value or "none"
    return f"{value:,}" if isinstance(value, int) else f"{value:.9g}"


def range_in_words(key: str) -> str:
    """``1 to 1,000``, the labels of choices, ``yes or no``; empty where any text will do."""
    meta, kind = about(key), type(value_of(RunSettings(), key))
    if meta["choices"] is not None:
        return " / ".join(meta["choices"][name].label for name in meta["choices"])
    if kind is bool:
        return "yes or no"
    if kind is str:
        return ""
    return f"{in_words(key, kind(meta['low']))} to {in_words(key, kind(meta['high']))}"


def described(settings: RunSettings) -> list[dict[str, Any]]:
    """Every setting with its value, range and help, as plain values in the order of the sections.

    ``default`` is the value in ``settings``; ``choices`` holds name, label and help of each, or is None.
    """
    rows = []
    for section_name, kind in [("", RunSettings), *SECTIONS.items()]:
        section = getattr(settings, section_name) if section_name else settings
        for f in fields(kind):
            if not f.metadata:
                continue
            about = dict(f.metadata)
            table = about.pop("choices")
            choices = (
                None
                if table is None
                else [{"name": name, "label": table[name].label, "help": table[name].help} for name in table]
            )
            key = f"{section_name}.{f.name}" if section_name else f.name
            rows.append({"key": key, "default": getattr(section, f.name), **about, "choices": choices})
    return rows


def to_json(settings: RunSettings) -> dict[str, Any]:
    return dataclasses.asdict(settings)


def from_json(value: Mapping[str, Any]) -> RunSettings:
    """Settings from what a file holds. Unknown keys and wrong types are named; missing ones get their default."""
    if not isinstance(value, Mapping):
        raise SettingsError("The settings are not a JSON object.", fix="Use a file that this app wrote.")
    sections = {}
    for name, kind in SECTIONS.items():
        part = value.get(name, {})
        if not isinstance(part, Mapping):
            raise SettingsError(
                f"The settings' part {name!r} is not a JSON object.", fix="Use a file that this app wrote."
            )
        part = {FORMERLY.get(f"{name}.{key}", f"{name}.{key}").partition(".")[2]: item for key, item in part.items()}
        _refuse_unknown(part, {f.name for f in fields(kind)}, f"{name}.")
        sections[name] = kind(**{key: _number(item, kind, key) for key, item in part.items()})
    _refuse_unknown(value, {f.name for f in fields(RunSettings)}, "")
    rest = {key: item for key, item in value.items() if key not in SECTIONS}
    return RunSettings(**rest, **sections)


def _refuse_unknown(part: Mapping[str, Any], known: set[str], prefix: str) -> None:
    for key in part:
        if key not in known:
            raise SettingsError(f"Unknown setting {prefix + key!r}.", fix=f"Choose one of: {', '.join(keys())}.")


def _number(value: Any, kind: type, name: str) -> Any:
    """JSON writes 1.0 as 1 in some hands: a whole number is fine where a fraction is expected."""
    default = {f.name: f.default for f in fields(kind)}[name]
    is_whole = type(default) is float and type(value) is int and abs(value) < 2**53
    return float(value) if is_whole else value


def _read(text: str, f: dataclasses.Field[Any]) -> Any:
    kind: Any = type(f.default)
    try:
        if kind is bool:
            return {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}[text.lower()]
        return kind(text)
    except (ValueError, KeyError):
        raise SettingsError(
            f"{f.metadata['label']} is {text!r}, expected {_kind(kind)}.", fix=f"For example {f.default!r}."
        ) from None


def _kind(kind: type) -> str:
    return {int: "a whole number", float: "a number", bool: "true or false", str: "text"}[kind]


def _plain(value: float | None) -> str:
    return "any" if value is None else f"{value:g}"
