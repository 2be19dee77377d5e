"""What a depth group is, and which of them make up the last stage: plain data, for pages too."""

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class DepthGroup:
    """Parameters that are frozen or trained together.

    Args:
        name: What a person recognises: ``stem``, ``stage 3 block 2``, ``head``.
        stage: The coarser part it belongs to; groups of one stage share this number, the head has its own.
        parameters: Names of its parameters.
        adapters: Names of its low-rank adapters, where it learns through these alone; None where it learns itself.
    """

    name: str
    stage: int
    parameters: tuple[str, ...]
    adapters: tuple[str, ...] | None = None

    @property
    def learning(self) -> tuple[str, ...]:
        """Names of the parameters that move while the group learns."""
        return self.parameters if self.adapters is None else self.adapters


def n_last_stage(groups: Sequence[DepthGroup]) -> int:
    """Return how many groups from the end make up "the last stage": the head and the stage before it.

    At least an eighth of all groups, because transformers call every block a stage of its own.
    """
    body = groups[:-1]
    if not body:
        return 1
    in_stage = sum(group.stage == body[-1].stage for group in body)
    if in_stage == 1 and len(body) > 1 and "stage" not in body[-1].name and "block" not in body[-1].name:
        in_stage += sum(
            group.stage == body[-2].stage for group in body
        )  # a lone norm or 1x1 convolution before the head
    return 1 + min(len(body), max(in_stage, math.ceil(len(body) / 8)))
