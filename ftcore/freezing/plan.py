"""Phases of a run: which depth groups learn in which epochs, and how a model is told."""

from collections.abc import Sequence
from dataclasses import dataclass

from torch import nn

from ftcore.errors import SettingsError
from ftcore.freezing.phases import spans
from ftcore.models.depth import DepthGroup, n_last_stage


@dataclass(frozen=True)
class Phase:
    """A stretch of epochs in which the same part of the network learns.

    Args:
        first_epoch: Index of its first epoch, from 0.
        n_epochs: How many epochs it lasts.
        n_groups: How many depth groups learn, counted from the head.
        label: What people call it.
    """

    first_epoch: int
    n_epochs: int
    n_groups: int
    label: str


class FreezePlan:
    """Phases over a model's depth groups."""

    def __init__(self, groups: Sequence[DepthGroup], phases: Sequence[Phase]) -> None:
        self.groups = list(groups)
        self.phases = list(phases)

    @property
    def n_epochs(self) -> int:
        return sum(phase.n_epochs for phase in self.phases)

    def phase_of(self, epoch: int) -> int:
        """Index of the phase that ``epoch`` belongs to."""
        for index, phase in enumerate(self.phases):
            if phase.first_epoch <= epoch < phase.first_epoch + phase.n_epochs:
                return index
        raise SettingsError(f"Epoch {epoch} lies outside the plan of {self.n_epochs} epochs.", fix="Train longer.")

    def trainable(self, phase: int) -> list[DepthGroup]:
        """The depth groups that learn in a phase, in order of depth, the head last."""
        return self.groups[-self.phases[phase].n_groups :]

    def apply(self, model: nn.Module, phase: int) -> None:
        """Set gradients and modes for a phase; to be called again after every ``model.train()``.

        A frozen layer is put in eval mode as a whole: freezing weights alone would let batch norms go on averaging
        and dropout go on hiding (Kornblith et al. 2019, https://arxiv.org/abs/1805.08974, discuss the former).
        """
        learning = {name for group in self.trainable(phase) for name in group.parameters}
        for name, parameter in model.named_parameters():
            parameter.requires_grad_(name in learning)
        model.train()
        for module in model.modules():
            parameters = list(module.parameters())
            if parameters and not any(parameter.requires_grad for parameter in parameters):
                module.eval()

    def changing(self, model: nn.Module) -> set[str]:
        """Names of the state-dict entries that any phase may change: trained parameters and their layers' buffers."""
        learning = {name for phase in range(len(self.phases)) for g in self.trainable(phase) for name in g.parameters}
        changing = set()
        for prefix, module in model.named_modules():
            own = {f"{prefix}.{name}" if prefix else name for name, _ in module.named_parameters(recurse=False)}
            if own and not own & learning:
                continue
            buffers = {f"{prefix}.{name}" if prefix else name for name, _ in module.named_buffers(recurse=False)}
            changing |= (own & learning) | buffers
        return changing & set(model.state_dict())


def make_phases(preset: str, groups: Sequence[DepthGroup], n_epochs: int) -> list[Phase]:
    """The phases of a freezing preset (settings.FREEZE_PRESETS) for a model and a number of epochs.

    With fewer epochs than phases, the first phases are left out: the last one is what was asked for.
    """
    n, stage = len(groups), n_last_stage(list(groups))
    half = max(stage, n // 2)
    n_groups = {
        "head": [1],
        "last_stage": [stage],
        "quarter": [max(1, round(n / 4))],
        "half": [max(1, round(n / 2))],
        "head_then_last": [1, stage],
        "gradual": [1, stage, half, n],
        "none": [n],
    }
    found = spans(preset, n_epochs)
    sizes = n_groups[preset][-len(found) :]
    return [Phase(span.first_epoch, span.n_epochs, size, span.label) for span, size in zip(found, sizes, strict=True)]
