"""A model that is being trained, on a split: one row of outputs per picture."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn


@contextmanager
def evaluating(model: nn.Module) -> Iterator[nn.Module]:
    """Put a model that is being trained in eval mode, without gradients; each module gets its own mode back.

    The model must belong to the caller alone: whoever asks it meanwhile, in another thread, meets a model in training
    mode, whose averages move. What is shared is a ``predictor.Predictor``.
    """
    modes = {module: module.training for module in model.modules()}
    model.eval()
    try:
        with torch.inference_mode():
            yield model
    finally:
        model.train()  # LeViT and its kin keep in eval mode what they computed from their weights until they hear this
        for module, mode in modes.items():  # frozen layers were in eval mode
            module.training = mode


def predict_outputs(
    model: nn.Module, batches: Iterable[tuple[Tensor, Tensor]], *, seen: Callable[[int], None] = lambda n: None
) -> tuple[Tensor, Tensor]:
    """Run a model over batches of (inputs, targets): what it gives, [N, n], and targets [N, ...].

    ``seen`` hears the count so far.
    """
    outputs, targets, n = [], [], 0
    with evaluating(model):
        for inputs, target in batches:
            outputs.append(model(inputs).float().cpu())
            targets.append(target.cpu())
            n += len(target)
            seen(n)
    return torch.cat(outputs), torch.cat(targets)
