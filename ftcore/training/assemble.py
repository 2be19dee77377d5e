"""The one place where settings become objects."""

import json
import random
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.optim.lr_scheduler import LambdaLR

from ftcore import hardware, tasks
from ftcore.datasets.images.pixel_store import PixelStore
from ftcore.datasets.records import Dataset
from ftcore.errors import DataError, ModelError
from ftcore.freezing.plan import FreezePlan, make_plan
from ftcore.models import adapters, own_weights
from ftcore.models.build import build_model, has_drop_path
from ftcore.models.depth_groups import depth_groups, head_parameters
from ftcore.models.heads import Head
from ftcore.preprocessing import Preprocessing
from ftcore.runs import store
from ftcore.settings import RunSettings, check_task
from ftcore.tasks.outputs import Outputs
from ftcore.training.batches import Batches
from ftcore.training.loop import PhaseState, TrainingContext
from ftcore.training.phase_inputs import CachedInputs
from ftcore.training.recipe import schedules
from ftcore.training.recipe.losses import build_loss
from ftcore.training.recipe.mixup import Mixing
from ftcore.training.recipe.optimizers import build_optimizer, options_of
from ftcore.training.recipe.regularizers import Penalty
from ftcore.vision import ModelEmaV3

NO_DROP_PATH = "This network has no layers that drop path could skip: it trains without."


def assemble(settings: RunSettings, dataset: Dataset, *, pretrained: bool | None = None) -> TrainingContext:
    """Build everything that the loop needs.

    Args:
        settings: Of the run.
        dataset: The one that ``settings.dataset`` names.
        pretrained: Overrides the setting; a resumed run loads its own start instead.

    Raises:
        SettingsError: They do not serve the task of the data set.
        DataError: A split has no pictures.
    """
    check_task(settings, dataset.task, len(dataset.classes))
    device = hardware.device_name()
    torch.set_num_threads(settings.train.threads or hardware.n_cores())
    outputs = outputs_of(settings, dataset)
    start, keep_head = _start(settings, outputs) if pretrained is not False else (None, False)
    model, preprocessing = build_model(
        settings.model.name,
        n_outputs=outputs.n,
        image_size=settings.model.image_size,
        fit=settings.model.fit,
        dropout=settings.model.dropout,
        drop_path=settings.model.drop_path,
        pretrained=settings.model.pretrained if pretrained is None else pretrained,
        start=start,
        keep_head=keep_head,
        head=head_of(settings),
        seed=settings.seed,
    )
    model = model.to(device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    groups = depth_groups(model)
    plan = make_plan(settings.freeze, groups, settings.train.epochs)
    if settings.freeze.lora_rank:
        rank, alpha = settings.freeze.lora_rank, settings.freeze.lora_alpha
        widest = max(phase.n_groups for phase in plan.phases)
        plan.groups = adapters.add(model, groups, widest, rank=rank, alpha=alpha, seed=settings.seed)
    train = make_batches(dataset, "train", preprocessing, settings, device, shuffle=True)
    seed_everything(settings.seed)  # after the weights: loading them draws random numbers, or not
    return TrainingContext(
        model=model,
        preprocessing=preprocessing,
        outputs=outputs,
        train=train,
        validation=make_batches(dataset, "validation", preprocessing, settings, device),
        plan=plan,
        start_phase=lambda phase: _start_phase(phase, settings, model, plan, len(train)),
        monitor=settings.train.monitor,
        patience=settings.train.patience,
        loss=build_loss(settings.train, outputs, train.targets),
        clip=settings.train.clip,
        ema=_average(settings, model),
        name=settings.model.name,
        inputs=CachedInputs(preprocessing.spec, settings.engine),
        mixing=_mixing(settings, len(dataset.classes)),
        penalty=_penalty(settings, model),
        notes=(NO_DROP_PATH,) if settings.model.drop_path and not has_drop_path(model) else (),
    )


def head_of(settings: RunSettings) -> Head:
    """Layers and pooling of the head that a run asks for."""
    model = settings.model
    return Head(pool=model.pool, layers=model.head_layers, width=model.head_width, dropout=model.head_dropout)


def _mixing(settings: RunSettings, n_classes: int) -> Mixing | None:
    train = settings.train
    if not train.mixup and not train.cutmix:
        return None
    return Mixing(
        mixup=train.mixup,
        cutmix=train.cutmix,
        switch_prob=train.mixup_switch_prob,
        n_classes=n_classes,
        seed=settings.seed,
    )


def _average(settings: RunSettings, model: nn.Module) -> ModelEmaV3 | None:
    train = settings.train
    return ModelEmaV3(model, decay=train.ema, use_warmup=train.ema_warmup) if train.ema else None


def _penalty(settings: RunSettings, model: nn.Module) -> Penalty | None:
    train = settings.train
    if not train.l1 and not train.l2_sp:
        return None
    penalty = Penalty(l1=train.l1, l2_sp=train.l2_sp, head=head_parameters(model))
    penalty.remember(model)
    return penalty


def outputs_of(settings: RunSettings, dataset: Dataset) -> Outputs:
    """Return what a model of this data set predicts, with the mean and the std of the training split's numbers.

    A number that never changes has std 1: the network's output stays 0 then.
    """
    mean, std = np.zeros(0), np.zeros(0)
    if not tasks.of(dataset.task).has_classes:
        table = dataset.records()
        values = dataset.targets(table[table["split"] == "train"]).astype(np.float64)  # [N, T]
        _require_some(len(values), dataset, "train")
        mean, std = values.mean(axis=0), values.std(axis=0)
        std = np.where(np.ptp(values, axis=0) > 0, std, 1.0)
    return Outputs(
        task=dataset.task,
        classes=dataset.classes,
        units=dataset.units,
        mean=tuple(mean.tolist()),
        std=tuple(std.tolist()),
        binary_logit=settings.model.binary == "sigmoid",
    )


def _start(settings: RunSettings, outputs: Outputs) -> tuple[Path | None, bool]:
    """The file that ``model.start`` names, and whether its head is made alike and says the same: classes, or
    numbers on one scale."""
    id = settings.model.start
    if not id:
        return None, False
    try:
        return own_weights.find(id).file, False
    except ModelError:
        folder = store.find(id).folder / "bundle"
    try:
        card = json.loads((folder / "bundle.json").read_text(encoding="utf-8"))
        alike = Head.from_json(card.get("head")).same_layers(head_of(settings))
        says_the_same = Outputs.from_json(card) == outputs
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(f"Run {id} has no trained model to start from.", fix="Choose another start.") from error
    return folder / "model.safetensors", alike and says_the_same


def device_of(model: nn.Module) -> str:
    """Name of the device that holds a model's weights."""
    return next(model.parameters()).device.type


def seed_everything(seed: int) -> None:
    """Start the random numbers of torch, numpy and Python at ``seed``."""
    torch.manual_seed(seed)
    np.random.seed(seed)
    random.seed(seed)


def make_batches(
    dataset: Dataset,
    split: str,
    preprocessing: Preprocessing,
    settings: RunSettings,
    device: str,
    *,
    shuffle: bool = False,
) -> Batches:
    """The batches of one split."""
    records = dataset.records()
    chosen = records[records["split"] == split]
    _require_some(len(chosen), dataset, split)
    return Batches(
        PixelStore(dataset, settings.model.image_size),
        chosen.index.to_numpy(),
        dataset.targets(chosen),
        preprocessing,
        batch_size=settings.train.batch_size if shuffle else max(64, settings.train.batch_size),
        seed=settings.seed,
        shuffle=shuffle,
        views=settings.augment if shuffle else None,
        device=device,
    )


def _require_some(n: int, dataset: Dataset, split: str) -> None:
    if not n:
        raise DataError(
            f"Data set {dataset.name!r} has no {split} pictures.", fix="Import it again with a share for each split."
        )


def _start_phase(
    phase: int, settings: RunSettings, model: nn.Module, plan: FreezePlan, steps_per_epoch: int
) -> PhaseState:
    train = settings.train
    optimizer = build_optimizer(
        train.optimizer,
        model,
        plan.trainable(phase),
        lr=train.lr,
        layer_decay=settings.freeze.layer_decay,
        body_share=settings.freeze.body_share,
        weight_decay=train.weight_decay,
        body_decay=0.0 if train.l2_sp else None,  # they would pull the same weights two ways
        options=options_of(train),
    )
    n_steps = plan.phases[phase].n_epochs * steps_per_epoch
    is_plateau = train.schedule == "plateau"
    plateau = schedules.Plateau(train.plateau_factor, train.plateau_patience) if is_plateau else None

    def share(step: int) -> float:
        left = plateau.share if plateau is not None else 1.0
        return left * schedules.factor(train, step, n_steps)

    return PhaseState(phase, optimizer, LambdaLR(optimizer, share), plateau=plateau)
