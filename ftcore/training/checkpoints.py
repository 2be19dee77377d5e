"""Everything that a resumed run needs to end with the same numbers, written whole or not at all.

``start.safetensors``       the model before the first step, all of it, so that no package or hub is needed to resume
``last.pt``                 what changes: weights, moving average, optimizer, schedule, random states, position
``best-<epoch>.safetensors``  the answering model of the best epoch that ``last.pt`` speaks of: what changes only

Files are packed in memory and written by ``workspace``: the packers' own writers hide that a disk is full.
The whole model of the best epoch is written at the end, as a bundle.
"""

import io
import pickle
import random
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.torch
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from ftcore import workspace
from ftcore.errors import RunError
from ftcore.tasks.outputs import Outputs
from ftcore.training.loop import TrainerState, TrainingContext

FORMAT = 1
LAST = "last.pt"
_RENAMED = {"position": "state", "optimiser": "optimizer"}  # in checkpoints of the first version


def begin(folder: Path, context: TrainingContext) -> None:
    """Keep the model that the run begins with; in a resumed run, load it instead."""
    path = folder / "start.safetensors"
    if path.exists():
        _load_all(context.model, path)
        if context.ema is not None:
            _load_all(context.ema.module, path)
        if context.penalty is not None:
            context.penalty.remember(context.model)
        return
    with workspace.disk_errors():
        folder.mkdir(exist_ok=True)
    _save_tensors(path, context.model.state_dict())


def has_begun(folder: Path) -> bool:
    """Return True when the run's first model is kept, so that a resume needs no pretrained weights."""
    return (folder / "start.safetensors").exists()


def save(folder: Path, context: TrainingContext) -> None:
    """Keep the state after an epoch.

    A new best model is written before ``last.pt`` and the old one removed after it: whenever the run is cut off, the
    model that ``last.pt`` speaks of is there.
    """
    names = context.plan.changing(context.model)
    best = _best(folder, context.state)
    if context.state.best_epoch == context.state.epoch - 1:
        _save_tensors(best, _chosen(context.answering, names))
    phase_state = context.phase
    assert phase_state is not None  # an epoch has been trained
    value = {
        "format": FORMAT,
        "state": asdict(context.state),
        "outputs": context.outputs.to_json(),
        "weights": _chosen(context.model, names),
        "ema": _chosen(context.ema.module, names) if context.ema is not None else None,
        "phase": phase_state.phase,
        "autocast": phase_state.autocast,
        "plateau": asdict(phase_state.plateau) if phase_state.plateau is not None else None,
        "spans": context.plan.spans,
        "optimizer": phase_state.optimizer.state_dict(),
        "scheduler": phase_state.scheduler.state_dict(),
        "random": _random_states(),
    }
    packed = io.BytesIO()
    torch.save(value, packed)
    workspace.write_bytes(folder / LAST, packed.getvalue())
    for other in folder.glob("best-*.safetensors"):
        if other != best:
            other.unlink()


def restore(folder: Path, context: TrainingContext) -> bool:
    """Bring freshly assembled context to where the last checkpoint was; False when there is none."""
    if not (folder / LAST).exists():
        return False
    value = _read_last(folder)
    if "outputs" in value and Outputs.from_json(value["outputs"]) != context.outputs:
        raise RunError("The checkpoint belongs to a model that answers something else.", fix="Start the run again.")
    _load_some(context.model, value["weights"])
    if context.ema is not None and value["ema"] is not None:
        _load_some(context.ema.module, value["ema"])
    context.state = TrainerState(**value["state"])
    context.plan.spans = value.get("spans", context.plan.spans)
    if context.state.epoch < context.plan.n_epochs and context.plan.phase_of(context.state.epoch) == value["phase"]:
        phase_state = context.enter(context.state.epoch)
        phase_state.optimizer.load_state_dict(value["optimizer"])
        phase_state.scheduler.load_state_dict(value["scheduler"])
        phase_state.autocast = value.get("autocast")
        if phase_state.plateau is not None and value.get("plateau"):
            phase_state.plateau.__dict__.update(value["plateau"])  # the schedule reads this very object
    _set_random_states(value["random"])
    return True


def load_best(folder: Path, model: nn.Module) -> None:
    """Load the best epoch's weights over those that the run began with."""
    _load_all(model, folder / "start.safetensors")
    try:
        best = load_file(_best(folder, TrainerState(**_read_last(folder)["state"])))
    except (OSError, SafetensorError) as error:
        raise RunError("The best epoch of this run cannot be read.", fix="Start the run again.") from error
    _load_some(model, best)


def has_best(folder: Path) -> bool:
    """Return True once an epoch is kept: the best of one or more is always among them."""
    return (folder / LAST).exists()


def _best(folder: Path, state: TrainerState) -> Path:
    return folder / f"best-{state.best_epoch}.safetensors"


def _read_last(folder: Path) -> dict[str, Any]:
    try:
        value = torch.load(folder / LAST, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, ValueError, KeyError, EOFError, pickle.UnpicklingError) as error:
        raise RunError("The checkpoint of this run cannot be read.", fix="Start the run again.") from error
    if not isinstance(value, dict) or value.get("format") != FORMAT:
        raise RunError("The checkpoint was written by another version of this app.", fix="Start the run again.")
    return {_RENAMED.get(str(key), str(key)): item for key, item in value.items()}


def _chosen(model: nn.Module, names: set[str]) -> dict[str, Tensor]:
    return {name: value.detach().cpu() for name, value in model.state_dict().items() if name in names}


def _load_all(model: nn.Module, path: Path) -> None:
    try:
        model.load_state_dict(load_file(path))
    except (OSError, RuntimeError, SafetensorError) as error:
        raise RunError("The first checkpoint of this run cannot be read.", fix="Start the run again.") from error


def _load_some(model: nn.Module, tensors: dict[str, Tensor]) -> None:
    problems = model.load_state_dict(tensors, strict=False)
    if problems.unexpected_keys:
        raise RunError("The checkpoint belongs to another model.", fix="Start the run again.")


def _save_tensors(path: Path, tensors: dict[str, Tensor]) -> None:
    packed = safetensors.torch.save({name: value.detach().cpu().contiguous() for name, value in tensors.items()})
    workspace.write_bytes(path, packed)


def _random_states() -> dict[str, Any]:
    version, numbers, gauss = random.getstate()
    kind, keys, position, has_gauss, cached = np.random.get_state()
    return {
        "torch": torch.get_rng_state(),
        "cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_available() else [],
        "python": [version, list(numbers), gauss],
        "numpy": [kind, torch.from_numpy(np.asarray(keys, np.int64)), position, has_gauss, cached],
    }


def _set_random_states(value: dict[str, Any]) -> None:
    torch.set_rng_state(value["torch"])
    if value["cuda"] and torch.cuda.is_available():
        torch.cuda.set_rng_state_all(value["cuda"])
    version, numbers, gauss = value["python"]
    random.setstate((version, tuple(numbers), gauss))
    kind, keys, position, has_gauss, cached = value["numpy"]
    np.random.set_state((kind, keys.numpy().astype(np.uint32), position, has_gauss, cached))
