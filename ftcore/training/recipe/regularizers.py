"""Pulls on the weights beside the loss: L1 towards zero, L2-SP towards the weights that the run began with."""

from collections.abc import Iterable

import torch
from torch import Tensor, nn


class Penalty:
    """The gradient of ``l1 * sum |w| + l2_sp / 2 * sum (w - w0)^2`` over weight matrices, added to that of the loss.

    L2-SP: Li et al. 2018, Explicit inductive bias for transfer learning, https://arxiv.org/abs/1802.01483, equation 2;
    w0 are the weights at the start of the run. The head is new, so it is not pulled back to where it started: weight
    decay stays with it (optimizers.build_optimizer). As with weight decay, biases and norms are left alone.

    Args:
        l1: Strength of L1; 0 is off.
        l2_sp: Strength of L2-SP; 0 is off.
        head: Names of the head's parameters.
    """

    def __init__(self, *, l1: float, l2_sp: float, head: Iterable[str]) -> None:
        self._l1, self._l2_sp, self._head = l1, l2_sp, frozenset(head)
        self._start: dict[nn.Parameter, Tensor] = {}

    def remember(self, model: nn.Module) -> None:
        """Take the present weights for those that the run began with. A copy of the body's weights is kept."""
        if self._l2_sp:
            self._start = {
                parameter: parameter.detach().clone()
                for name, parameter in model.named_parameters()
                if parameter.ndim > 1 and name not in self._head
            }

    @torch.no_grad()
    def add(self, parameters: Iterable[nn.Parameter]) -> None:
        """Add the pull to the gradients of those parameters that have one."""
        for parameter in parameters:
            if parameter.grad is None or parameter.ndim < 2:
                continue
            if self._l1:
                parameter.grad.add_(parameter.sign(), alpha=self._l1)
            start = self._start.get(parameter)
            if start is not None:
                parameter.grad.add_(parameter - start, alpha=self._l2_sp)
