"""The settings of a run: one frozen dataclass for each section, and one for all of them."""

from dataclasses import dataclass, field

from ftcore.settings.choices import (
    AUTOCASTS,
    BATCH_NORMS,
    BINARY_OUTPUTS,
    CACHES,
    CLASS_WEIGHTS,
    COMPILES,
    FITS,
    FLIPS,
    FREEZE_PRESETS,
    GRADUAL_STEPS,
    LOSSES,
    MONITORS,
    OPTIMIZERS,
    POLICIES,
    POOLS,
    PRECISIONS,
    PREFIXES,
    PRESETS,
    SCHEDULES,
    UNFREEZES,
)
from ftcore.settings.fields import check, setting
from ftcore.settings.phase_list import WHOLE, custom_phases, part_named

_STALLED = 2
"""Epochs without anything better that count as stalled, where nobody says how many."""


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
            return any(part_named(what) in WHOLE for _, what in custom_phases(self.phases))
        return self.preset in ("none", "gradual")


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
