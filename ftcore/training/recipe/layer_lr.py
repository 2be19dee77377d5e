"""How fast each depth group learns. Needs no torch, so that a page can draw it."""


def group_rates(n_groups: int, *, lr: float, layer_decay: float, body_share: float) -> list[float]:
    """Return the peak rate of each depth group, the head's last.

    Howard & Ruder 2018, ULMFiT, https://arxiv.org/abs/1801.06146, section 3.2.

    Args:
        n_groups: Groups that learn, the head among them.
        lr: Peak rate of the head.
        layer_decay: Rate of a group as a share of the rate of the group after it, 0-1; not between body and head.
        body_share: Rate of the group before the head, as a share of the head's, 0-1.
    """
    body = [lr * body_share * layer_decay**distance for distance in range(n_groups - 1)]
    return [*reversed(body), lr]
