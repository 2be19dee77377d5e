"""A plan of phases, and how a model is told which of its parts learn now."""

from collections.abc import Sequence
from dataclasses import replace

from torch import nn

from ftcore.errors import SettingsError
from ftcore.freezing.phases import Phase, make_phases
from ftcore.models.groups import DepthGroup
from ftcore.settings import BATCH_NORMS, FreezeSettings

__all__ = ["FreezePlan", "Phase", "make_phases", "make_plan"]


class FreezePlan:
    """Phases over a model's depth groups.

    Args:
        groups: Of the model, the head last.
        phases: One after the other; those that have no epochs yet begin when they are told to (``advance``).
        stalled: Epochs without anything better after which the next phase begins; 0 where epochs alone decide.
        batch_norm: A name in ``settings.BATCH_NORMS``.
    """

    def __init__(
        self,
        groups: Sequence[DepthGroup],
        phases: Sequence[Phase],
        *,
        stalled: int = 0,
        batch_norm: str = "learning",
    ) -> None:
        BATCH_NORMS[batch_norm]
        self.groups = list(groups)
        self.phases = list(phases)
        self.stalled = stalled
        self._batch_norm = batch_norm

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
        """The depth groups that learn in a phase, in order of depth, the head last, with what learns in them.

        A group with low-rank adapters learns through these alone; one that takes none comes without parameters.
        """
        return [replace(group, parameters=group.learning) for group in self.groups[-self.phases[phase].n_groups :]]

    @property
    def has_adapters(self) -> bool:
        return any(group.adapters for group in self.groups)

    def waits(self, epoch: int) -> bool:
        """Tell whether ``epoch`` belongs to a phase that ends when validation stalls."""
        return bool(self.stalled) and not self.is_last(epoch)

    def is_last(self, epoch: int) -> bool:
        """Tell whether no phase follows that of ``epoch``."""
        return self.phase_of(epoch) == len(self.phases) - 1

    def advance(self, epoch: int) -> Phase:
        """Let the phase before ``epoch`` end there: the next one lasts from there to the end of the run."""
        ending, n_epochs = self.phase_of(epoch - 1), self.n_epochs
        before, following = self.phases[ending], self.phases[ending + 1]
        self.phases[ending] = replace(before, n_epochs=epoch - before.first_epoch)
        self.phases[ending + 1] = replace(following, first_epoch=epoch, n_epochs=n_epochs - epoch)
        return self.phases[ending + 1]

    @property
    def spans(self) -> list[list[int]]:
        """First epoch and number of epochs per phase: what ``advance`` changes, for a checkpoint."""
        return [[phase.first_epoch, phase.n_epochs] for phase in self.phases]

    @spans.setter
    def spans(self, spans: Sequence[Sequence[int]]) -> None:
        self.phases = [
            replace(phase, first_epoch=first, n_epochs=n) for phase, (first, n) in zip(self.phases, spans, strict=True)
        ]

    def apply(self, model: nn.Module, phase: int) -> None:
        """Set gradients and modes for a phase; to be called again after every ``model.train()``.

        A frozen layer is put in eval mode as a whole: freezing weights alone would let batch norms go on averaging
        and dropout go on hiding (Kornblith et al. 2019, https://arxiv.org/abs/1805.08974, discuss the former). The
        batch norm policy can hold the averages of layers that learn as well, or let those of frozen ones follow the
        pictures (Li et al. 2016, Adaptive batch normalization, https://arxiv.org/abs/1603.04779).
        """
        learning = {name for group in self.trainable(phase) for name in group.parameters}
        for name, parameter in model.named_parameters():
            parameter.requires_grad_(name in learning)
        model.train()
        for module in model.modules():
            parameters = list(module.parameters())
            if parameters and not any(parameter.requires_grad for parameter in parameters):
                module.eval()
        if self._batch_norm != "learning":
            for module in model.modules():
                if isinstance(module, nn.modules.batchnorm._BatchNorm):
                    module.training = self._batch_norm == "everywhere"  # what it holds (dropout) keeps its own mode

    def changing(self, model: nn.Module) -> set[str]:
        """Names of the state-dict entries that any phase may change: trained parameters and their layers' buffers."""
        learning = {name for phase in range(len(self.phases)) for g in self.trainable(phase) for name in g.parameters}
        changing = set()
        for prefix, module in model.named_modules():
            own = {f"{prefix}.{name}" if prefix else name for name, _ in module.named_parameters(recurse=False)}
            adapts = self._batch_norm == "everywhere" and isinstance(module, nn.modules.batchnorm._BatchNorm)
            if own and not own & learning and not adapts:
                continue
            buffers = {f"{prefix}.{name}" if prefix else name for name, _ in module.named_buffers(recurse=False)}
            changing |= (own & learning) | buffers
        return changing & set(model.state_dict())


def make_plan(settings: FreezeSettings, groups: Sequence[DepthGroup], n_epochs: int) -> FreezePlan:
    """The plan that the settings ask for, of a model with these groups."""
    phases = make_phases(settings.preset, groups, n_epochs, settings)
    stalled = settings.stalled if settings.unfreeze == "on_plateau" else 0
    return FreezePlan(groups, phases, stalled=stalled, batch_norm=settings.batch_norm)
