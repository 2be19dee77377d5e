"""Operators that PyTorch computes slowly on a processor, computed another way: the same numbers up to rounding.

Measured on two cores, channels last, milliseconds with PyTorch's own operator and with what is here:

- The gradient of a depthwise kernel that is wider than three: 24 and 13 for 5 x 5 on [32, 240, 28, 28] in float32, 60
  and 8 in bfloat16; 29 and 12 for 7 x 7 on [32, 40, 56, 56]. Its fast path takes kernels up to three columns, so a
  wider one is computed in pieces of at most three, each on pictures that are shifted to it.
- The gradient of what a depthwise convolution with a stride read, in bfloat16: 103 in bfloat16 and 11 in float32 for
  3 x 3 on [32, 96, 112, 112]. So it is computed in float32.
- Attention forward and back in bfloat16: 36 with the fused operator, 21 as two products and a softmax in float32, for
  [32, 3, 197, 64].

A training step of EfficientNet-Lite0 in bfloat16 became 1.7 times as fast.
"""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import FunctionCtx
from torch.nn import functional
from torch.overrides import TorchFunctionMode

WIDEST = 3
"""Columns of a depthwise kernel that the fast path of the gradient takes."""

MOST_TOKENS = 512
"""Attention over more keeps to the fused operator: the table of everything against everything would fill the memory."""


@contextmanager
def computing(forward: nn.Module, device: str, autocast: bool) -> Iterator[None]:
    """Make room in which the forward pass of a training step is computed: its precision, and these operators on a
    processor.

    Args:
        forward: What is computed; a compiled module has operators of its own.
        device: Type of the device.
        autocast: Whether to compute in bfloat16.
    """
    with torch.autocast(device, torch.bfloat16, enabled=autocast):
        if device == "cpu" and not hasattr(forward, "_orig_mod"):
            with _Rearranged():
                yield
        else:
            yield


class _Rearranged(TorchFunctionMode):
    """While it is entered, calls of the operators above go to their replacements where those are faster."""

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        if torch.is_grad_enabled():
            if func is functional.conv2d:
                return _conv2d(*args, **kwargs)
            if func is functional.scaled_dot_product_attention:
                return _attention(*args, **kwargs)
        return func(*args, **kwargs)


def _precision(input: Tensor) -> torch.dtype:
    return torch.get_autocast_dtype("cpu") if torch.is_autocast_enabled("cpu") else input.dtype


def _conv2d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: int | tuple[int, ...] = 1,
    padding: str | int | tuple[int, ...] = 0,
    dilation: int | tuple[int, ...] = 1,
    groups: int = 1,
) -> Tensor:
    """Compute as torch.nn.functional.conv2d."""
    depthwise = input.ndim == 4 and groups == input.shape[1] == weight.shape[0] > 1 and not isinstance(padding, str)
    if depthwise and _pair(dilation) == (1, 1) and input.is_contiguous(memory_format=torch.channels_last):
        precision = _precision(input)
        if weight.shape[3] > WIDEST or (precision == torch.bfloat16 and max(_pair(stride)) > 1):
            bias = None if bias is None else bias.to(precision)
            found = _Depthwise.apply(
                input.to(precision),
                weight.to(precision),
                bias,
                _pair(stride),
                _pair(padding),  # type: ignore[arg-type]
            )
            return found
    return functional.conv2d(input, weight, bias, stride, padding, dilation, groups)


def _pair(value: int | tuple[int, ...]) -> tuple[int, int]:
    return (value, value) if isinstance(value, int) else (value[0], value[-1])


class _Depthwise(torch.autograd.Function):
    """A convolution of each channel with a kernel of its own: x [B, C, H, W] and weight [C, 1, h, w]."""

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None, stride: tuple[int, int], padding: tuple[int, int]
    ) -> Tensor:
        ctx.save_for_backward(x, weight)
        ctx.stride, ctx.padding = stride, padding
        return functional.conv2d(x, weight, bias, stride, padding, groups=len(weight))

    @staticmethod
    def backward(ctx: FunctionCtx, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        x, weight = ctx.saved_tensors  # type: ignore[attr-defined]
        stride, padding, (for_x, for_weight, for_bias, *_) = ctx.stride, ctx.padding, ctx.needs_input_grad  # type: ignore[attr-defined]
        gradient = gradients[0].contiguous(memory_format=torch.channels_last)
        dx = dw = db = None
        if for_x:
            exact = torch.float32 if x.dtype == torch.bfloat16 and max(stride) > 1 else x.dtype
            dx = _gradient(gradient.to(exact), x.to(exact), weight.to(exact), stride, padding, of_weight=False)
            dx = dx.to(x.dtype)
        if for_weight:
            dw = torch.empty_like(weight)
            wide = functional.pad(x, (padding[1], padding[1]))
            for first in range(0, weight.shape[3], WIDEST):
                piece = weight[..., first : first + WIDEST].contiguous()
                left_out = weight.shape[3] - first - piece.shape[3]  # columns of the kernel to the right of this piece
                seen = wide[..., first : wide.shape[3] - left_out].contiguous(memory_format=torch.channels_last)
                dw[..., first : first + WIDEST] = _gradient(
                    gradient, seen, piece, stride, (padding[0], 0), of_weight=True
                )
        if for_bias:
            db = gradient.sum((0, 2, 3))
        return dx, dw, db, None, None


def _gradient(
    gradient: Tensor, x: Tensor, weight: Tensor, stride: tuple[int, int], padding: tuple[int, int], *, of_weight: bool
) -> Tensor:
    """PyTorch's own gradient of a depthwise convolution, of its weight or of what it read."""
    found = torch.ops.aten.convolution_backward(
        gradient,
        x,
        weight,
        None,
        stride,
        padding,
        (1, 1),
        False,
        (0, 0),
        len(weight),
        (not of_weight, of_weight, False),
    )
    return found[int(of_weight)]


def _attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask: Tensor | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Tensor:
    """Compute as torch.nn.functional.scaled_dot_product_attention, softmax(q kT / sqrt(d)) v (Vaswani et al. 2017, eq.
    1)."""
    plain = not is_causal and not enable_gqa and (attn_mask is None or attn_mask.dtype != torch.bool)
    if not plain or _precision(query) != torch.bfloat16 or key.shape[-2] > MOST_TOKENS:
        return functional.scaled_dot_product_attention(
            query, key, value, attn_mask, dropout_p, is_causal, scale=scale, enable_gqa=enable_gqa
        )
    query, key, value = (tensor.to(torch.bfloat16) for tensor in (query, key, value))
    table = (query * (1 / math.sqrt(query.shape[-1]) if scale is None else scale)) @ key.transpose(-2, -1)
    table = table.float() if attn_mask is None else table.float() + attn_mask
    return functional.dropout(table.softmax(-1), dropout_p).to(torch.bfloat16) @ value
