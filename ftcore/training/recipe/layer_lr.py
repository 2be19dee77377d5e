"""How fast each depth group learns. Needs no torch, so that a page can draw it."""

BODY_SHARE = 0.2
"""Peak rate of pretrained layers as a share of the head's: they are to be adjusted, not learned anew."""


def group_rates(n_groups: int, *, lr: float, layer_decay: float) -> list[float]:
    """Peak rate per depth group, the head's last."""
    body = [lr * BODY_SHARE * layer_decay**distance for distance in range(n_groups - 1)]
    return [*reversed(body), lr]
