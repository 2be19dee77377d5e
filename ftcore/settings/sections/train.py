"""How the weights move, and for how long."""

from dataclasses import dataclass

from ftcore.settings.choices import CLASS_WEIGHTS, LOSSES, MONITORS, OPTIMIZERS, SCHEDULES
from ftcore.settings.declaration import OnlyWith, check, setting


@dataclass(frozen=True, kw_only=True)
class TrainSettings:
    """How the weights move, and for how long."""

    epochs: int = setting(
        8, "Epochs", "How often the model sees every training picture.", low=1, high=1000, step=1, scale="log"
    )
    batch_size: int = setting(
        32,
        "Batch size",
        "Pictures per step. Smaller steps are noisier; larger need more memory.",
        low=2,
        high=1024,
        step=8,
        scale="log",
    )
    lr: float = setting(
        0.003,
        "Learning rate",
        "How far the weights move in each step. Too high and training explodes, too low and nothing happens.",
        low=1e-7,
        high=10.0,
        scale="log",
        affects_cost=False,
        affects_lr_finder=False,
    )
    optimizer: str = setting(
        "adamw", "Optimiser", "The rule by which the weights move.", choices=OPTIMIZERS, formerly=("train.optimiser",)
    )
    momentum: float = setting(
        0.9,
        "Momentum",
        "Only for SGD: share of a step that goes on into the next, so that steps in one direction add up; 0 is off.",
        low=0.0,
        high=0.999,
        step=0.05,
        affects_cost=False,
        only_with=OnlyWith("optimizer", ("sgd",)),
        advanced=True,
    )
    nesterov: bool = setting(
        True,
        "Nesterov momentum",
        "Only for SGD with momentum: counts the momentum of the next step in, so that it overshoots less.",
        affects_cost=False,
        only_with=OnlyWith("optimizer", ("sgd",)),
        advanced=True,
    )
    beta1: float = setting(
        0.9,
        "Memory of the gradient (beta 1)",
        "Only for AdamW, Adam and Lion: share of the past in the direction of a step, as momentum is for SGD.",
        low=0.0,
        high=0.9999,
        step=0.05,
        affects_cost=False,
        only_with=OnlyWith("optimizer", ("adamw", "adam", "lion")),
        advanced=True,
    )
    beta2: float = setting(
        0.0,
        "Memory of its size (beta 2)",
        "Only for AdamW, Adam and Lion: share of the past in the second average that they keep. 0 takes the usual one: "
        "0.999, and 0.99 for Lion.",
        low=0.0,
        high=0.99999,
        step=0.01,
        affects_cost=False,
        only_with=OnlyWith("optimizer", ("adamw", "adam", "lion")),
        advanced=True,
    )
    eps: float = setting(
        1e-8,
        "Smallest divisor (epsilon)",
        "Only for AdamW, Adam and RMSprop: keeps steps from growing where gradients are tiny; large values make them "
        "more like plain steps.",
        low=1e-12,
        high=1.0,
        scale="log",
        affects_cost=False,
        only_with=OnlyWith("optimizer", ("adamw", "adam", "rmsprop")),
        advanced=True,
    )
    rmsprop_alpha: float = setting(
        0.9,
        "Memory of RMSprop (alpha)",
        "Only for RMSprop: share of the past in the average of the gradient's size.",
        low=0.0,
        high=0.9999,
        step=0.01,
        affects_cost=False,
        only_with=OnlyWith("optimizer", ("rmsprop",)),
        advanced=True,
    )
    schedule: str = setting(
        "cosine",
        "Schedule",
        "How the learning rate changes over the run.",
        choices=SCHEDULES,
        affects_cost=False,
        affects_lr_finder=False,
    )
    warmup: float = setting(
        0.05,
        "Warm-up",
        "Share of the steps in which the rate climbs from zero, so that the first steps do no harm.",
        low=0.0,
        high=0.5,
        step=0.05,
        advanced=True,
        affects_cost=False,
        affects_lr_finder=False,
    )
    step_parts: int = setting(
        3,
        "Steps: parts",
        "Only for the schedule in steps: equal parts of each phase; the rate falls after each but the last.",
        low=2,
        high=100,
        step=1,
        affects_cost=False,
        affects_lr_finder=False,
        only_with=OnlyWith("schedule", ("step",)),
        advanced=True,
    )
    step_factor: float = setting(
        0.1,
        "Steps: rate falls to",
        "Only for the schedule in steps: to this share of what it was.",
        low=0.01,
        high=0.95,
        step=0.05,
        affects_cost=False,
        affects_lr_finder=False,
        only_with=OnlyWith("schedule", ("step",)),
        advanced=True,
    )
    one_cycle_pct_start: float = setting(
        0.3,
        "One cycle: climb",
        "Only for one cycle: share of the steps in which the rate climbs.",
        low=0.05,
        high=0.95,
        step=0.05,
        affects_cost=False,
        affects_lr_finder=False,
        only_with=OnlyWith("schedule", ("one_cycle",)),
        advanced=True,
    )
    one_cycle_div_factor: float = setting(
        25.0,
        "One cycle: start",
        "Only for one cycle: it begins at the learning rate divided by this.",
        low=1.0,
        high=10_000.0,
        step=5.0,
        scale="log",
        affects_cost=False,
        affects_lr_finder=False,
        only_with=OnlyWith("schedule", ("one_cycle",)),
        advanced=True,
    )
    one_cycle_final_div_factor: float = setting(
        10_000.0,
        "One cycle: end",
        "Only for one cycle: it ends at the rate that it began with, divided by this.",
        low=1.0,
        high=1e8,
        scale="log",
        affects_cost=False,
        affects_lr_finder=False,
        only_with=OnlyWith("schedule", ("one_cycle",)),
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
        affects_cost=False,
        affects_lr_finder=False,
        only_with=OnlyWith("schedule", ("plateau",)),
    )
    plateau_patience: int = setting(
        2,
        "Stalled: after",
        "Only for that schedule: how many epochs in a row may bring nothing better before the rate falls.",
        low=0,
        high=100,
        step=1,
        advanced=True,
        affects_cost=False,
        affects_lr_finder=False,
        only_with=OnlyWith("schedule", ("plateau",)),
    )
    weight_decay: float = setting(
        0.01,
        "Weight decay",
        "Pulls weights towards zero, against learning by heart.",
        low=0.0,
        high=1.0,
        advanced=True,
        scale="log",
        log_low=1e-5,
        affects_cost=False,
    )
    l1: float = setting(
        0.0,
        "L1 penalty",
        "Pulls weights to exactly zero, so that fewer of them count; 0 is off, 0.00001 is usual.",
        low=0.0,
        high=1.0,
        advanced=True,
        scale="log",
        log_low=1e-6,
    )
    l2_sp: float = setting(
        0.0,
        "Pull towards the pretrained weights (L2-SP)",
        "Keeps layers near what they knew, in place of weight decay there; 0 is off, 0.01 is usual.",
        low=0.0,
        high=10.0,
        advanced=True,
        scale="log",
        log_low=1e-4,
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
    mixup_switch_prob: float = setting(
        0.5,
        "Share of CutMix",
        "Only with both Mixup and CutMix: share of the steps that take CutMix; the others take Mixup.",
        low=0.05,
        high=0.95,
        step=0.05,
        affects_cost=False,
        advanced=True,
    )
    loss: str = setting(
        "cross_entropy", "Loss", "What training makes small.", choices=LOSSES, advanced=True, affects_cost=False
    )
    focal_gamma: float = setting(
        2.0,
        "Focal strength",
        "Only for the focal loss: how strongly it looks away from what is right already; 0 is cross entropy.",
        low=0.0,
        high=10.0,
        step=0.5,
        advanced=True,
        affects_cost=False,
        only_with=OnlyWith("loss", ("focal",)),
    )
    huber_delta: float = setting(
        1.0,
        "Huber limit",
        "Only for the Huber loss: errors above this many standard deviations of the numbers count as large.",
        low=0.01,
        high=100.0,
        step=0.5,
        advanced=True,
        scale="log",
        affects_cost=False,
        only_with=OnlyWith("loss", ("huber",)),
    )
    class_weights: str = setting(
        "none",
        "Weight of classes",
        "Whether rare classes count more.",
        choices=CLASS_WEIGHTS,
        advanced=True,
        affects_cost=False,
    )
    clip: float = setting(
        0.0,
        "Gradient clipping",
        "Longest step that the gradient may ask for, against exploding; 0 is off, 1 is usual.",
        low=0.0,
        high=1000.0,
        advanced=True,
        scale="log",
        log_low=0.01,
    )
    label_smoothing: float = setting(
        0.0,
        "Label smoothing",
        "Tells the model not to be too sure; forgives some wrong labels.",
        low=0.0,
        high=0.5,
        step=0.05,
        advanced=True,
        affects_cost=False,
    )
    ema: float = setting(
        0.0,
        "Weight averaging (EMA)",
        "Keeps a moving average of the weights and uses that as the model; 0 is off, 0.99 is usual.",
        low=0.0,
        high=0.9999,
        advanced=True,
        affects_lr_finder=False,
    )
    ema_warmup: bool = setting(
        True,
        "Averaging begins with few steps",
        "Only with weight averaging: it looks back over few steps at first and over more as the run goes on. Without "
        "it the first steps count for long.",
        affects_cost=False,
        affects_lr_finder=False,
        advanced=True,
    )
    monitor: str = setting(
        "accuracy",
        "Best epoch by",
        "Which validation number decides the best epoch.",
        choices=MONITORS,
        affects_cost=False,
        affects_lr_finder=False,
    )
    patience: int = setting(
        0,
        "Patience",
        "Stop early when this many epochs in a row bring nothing better; 0 never stops early.",
        low=0,
        high=1000,
        step=1,
        advanced=True,
        affects_cost=False,
        affects_lr_finder=False,
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
