"""The one place where settings become objects."""

import json
import random
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.optim.lr_scheduler import LambdaLR

from ftcore import hardware
from ftcore.datasets.pixels import PixelStore
from ftcore.datasets.records import Dataset
from ftcore.datasets.targets import TASK_WORDS
from ftcore.errors import DataError, ModelError
from ftcore.freezing.plan import FreezePlan, make_phases
from ftcore.models import adapters, own_weights
from ftcore.models.build import build_model
from ftcore.models.depth import depth_groups
from ftcore.models.heads import Head
from ftcore.preprocessing import Preprocessing
from ftcore.runs import store
from ftcore.settings import RunSettings
from ftcore.training import schedules
from ftcore.training.batches import Batches
from ftcore.training.engine import Engine
from ftcore.training.loop import Motion, Parts
from ftcore.training.losses import build_loss
from ftcore.training.optimisers import build_optimiser
from ftcore.vision import ModelEmaV3


def assemble(settings: RunSettings, dataset: Dataset, *, pretrained: bool | None = None) -> Parts:
    """Build everything that the loop needs.

    Args:
        settings: Of the run.
        dataset: The one that ``settings.dataset`` names.
        pretrained: Overrides the setting; a resumed run loads its own start instead.
    """
    if dataset.task != "single":
        raise DataError(
            f"Data set {dataset.name!r} has {TASK_WORDS[dataset.task]}, and training needs one class per picture.",
            fix="Import it again with one class per picture.",
        )
    device = hardware.device_name()
    torch.set_num_threads(settings.train.threads or hardware.n_cores())
    start, keep_head = _start(settings, dataset) if pretrained is not False else (None, False)
    model, preprocessing = build_model(
        settings.model.name,
        n_outputs=len(dataset.classes),
        image_size=settings.model.image_size,
        fit=settings.model.fit,
        dropout=settings.model.dropout,
        pretrained=settings.model.pretrained if pretrained is None else pretrained,
        start=start,
        keep_head=keep_head,
        head=head_of(settings),
        seed=settings.seed,
    )
    model = model.to(device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    groups = depth_groups(model)
    phases = make_phases(settings.freeze.preset, groups, settings.train.epochs)
    if settings.freeze.lora_rank:
        rank, alpha = settings.freeze.lora_rank, settings.freeze.lora_alpha
        groups = adapters.add(model, groups, phases[-1].n_groups, rank=rank, alpha=alpha, seed=settings.seed)
    plan = FreezePlan(groups, phases)
    train = make_batches(dataset, "train", preprocessing, settings, device, shuffle=True)
    seed_everything(settings.seed)  # after the weights: loading them draws random numbers, or not
    return Parts(
        model=model,
        preprocessing=preprocessing,
        classes=dataset.classes,
        train=train,
        validation=make_batches(dataset, "validation", preprocessing, settings, device),
        plan=plan,
        start_phase=lambda phase: _start_phase(phase, settings, model, plan, len(train)),
        monitor=settings.train.monitor,
        patience=settings.train.patience,
        loss=build_loss(settings.train, torch.bincount(train.targets, minlength=len(dataset.classes))),
        clip=settings.train.clip,
        ema=ModelEmaV3(model, decay=settings.train.ema, use_warmup=True) if settings.train.ema else None,
        name=settings.model.name,
        engine=Engine(settings.model.image_size, settings.engine),
    )


def head_of(settings: RunSettings) -> Head:
    """What the head of a run is made of."""
    model = settings.model
    return Head(pool=model.pool, layers=model.head_layers, width=model.head_width, dropout=model.head_dropout)


def _start(settings: RunSettings, dataset: Dataset) -> tuple[Path | None, bool]:
    """The file that ``model.start`` names, and whether its head is made alike and knows this data set's classes."""
    id = settings.model.start
    if not id:
        return None, False
    try:
        return own_weights.find(id).file, False
    except ModelError:
        folder = store.find(id).folder / "bundle"
    try:
        card = json.loads((folder / "bundle.json").read_text(encoding="utf-8"))
        fits = tuple(card["classes"]) == dataset.classes
        alike = Head.from_json(card.get("head")).same_layers(head_of(settings))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(f"Run {id} has no trained model to start from.", fix="Choose another start.") from error
    return folder / "model.safetensors", fits and alike


def device_of(model: nn.Module) -> str:
    """Where a model's weights are."""
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
    if chosen.empty:
        raise DataError(
            f"Data set {dataset.name!r} has no {split} pictures.", fix="Import it again with a share for each split."
        )
    return Batches(
        PixelStore(dataset, settings.model.image_size),
        chosen.index.to_numpy(),
        chosen["target"].to_numpy(),
        preprocessing,
        batch_size=settings.train.batch_size if shuffle else max(64, settings.train.batch_size),
        seed=settings.seed,
        shuffle=shuffle,
        views=settings.augment if shuffle else None,
        device=device,
    )


def _start_phase(phase: int, settings: RunSettings, model: nn.Module, plan: FreezePlan, steps_per_epoch: int) -> Motion:
    train = settings.train
    optimiser = build_optimiser(
        train.optimiser,
        model,
        plan.trainable(phase),
        lr=train.lr,
        layer_decay=settings.freeze.layer_decay,
        weight_decay=train.weight_decay,
    )
    n_steps = plan.phases[phase].n_epochs * steps_per_epoch
    scheduler = LambdaLR(optimiser, lambda step: schedules.factor(train.schedule, step, n_steps, train.warmup))
    return Motion(phase, optimiser, scheduler)
