"""Operators that are computed another way give what PyTorch's own give."""

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from ftcore.training import cpu_kernels
from ftcore.vision import create_model

KERNELS = ((1, 1), (2, 2), (3, 3), (4, 4), (5, 5), (7, 7), (3, 7), (7, 3), (1, 5), (5, 4))


def depthwise(channels: int, kernel: tuple[int, int], stride: int, padding: tuple[int, int], bias: bool) -> nn.Conv2d:
    return nn.Conv2d(channels, channels, kernel, stride, padding, groups=channels, bias=bias)


def gradients(layer: nn.Module, x: Tensor, way: Tensor, *, autocast: bool, rearranged: bool) -> list[Tensor]:
    """The answer, and the gradients of the input and of every weight, for one and the same pull on the answer."""
    x = x.detach().clone(memory_format=torch.preserve_format).requires_grad_()
    own = torch.autocast("cpu", torch.bfloat16, enabled=autocast)
    with cpu_kernels.computing(layer, "cpu", autocast) if rearranged else own:
        answer = layer(x)
    layer.zero_grad()
    answer.backward(way.to(answer.dtype))
    assert x.grad is not None
    return [answer.detach(), x.grad, *(parameter.grad.clone() for parameter in layer.parameters())]


def far(found: Tensor, expected: Tensor) -> float:
    """The largest difference, as a share of the largest value."""
    return float((found - expected).abs().max() / expected.abs().max().clamp_min(1e-12))


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("kernel", KERNELS, ids=str)
@pytest.mark.parametrize("autocast", [False, True], ids=["float32", "bfloat16"])
def test_a_depthwise_convolution_and_its_gradients_are_those_of_pytorch(kernel, stride, autocast):
    torch.manual_seed(0)
    for size, padding in ((9, (kernel[0] // 2, kernel[1] // 2)), (8, (0, 0)), (7, (kernel[0] - 1, kernel[1] - 1))):
        layer = depthwise(6, kernel, stride, padding, bias=True)
        x = torch.randn(3, 6, size, size + 1).contiguous(memory_format=torch.channels_last)
        way = torch.randn_like(layer(x))
        exact = gradients(layer, x, way, autocast=False, rearranged=False)
        found = gradients(layer, x, way, autocast=autocast, rearranged=True)
        for ours, theirs in zip(found, exact, strict=True):
            assert ours.shape == theirs.shape
            assert far(ours.float(), theirs) < (0.02 if autocast else 1e-5)


def test_a_kernel_as_large_as_the_picture_has_the_same_gradients():
    layer = depthwise(4, (5, 5), 1, (2, 2), bias=False)
    for side in (1, 2, 3):
        x = torch.randn(2, 4, side, side).contiguous(memory_format=torch.channels_last)
        way = torch.randn(2, 4, side, side)
        for ours, theirs in zip(
            gradients(layer, x, way, autocast=False, rearranged=True),
            gradients(layer, x, way, autocast=False, rearranged=False),
            strict=True,
        ):
            assert far(ours, theirs) < 1e-5


def test_a_picture_that_needs_no_gradient_and_a_frozen_kernel_get_none():
    layer = depthwise(4, (5, 5), 1, (2, 2), bias=False)
    x = torch.randn(2, 4, 8, 8).contiguous(memory_format=torch.channels_last)
    with cpu_kernels.computing(layer, "cpu", False):
        layer(x).sum().backward()
    assert layer.weight.grad is not None and x.grad is None
    expected = layer.weight.grad.clone()
    layer.zero_grad()
    layer(x).sum().backward()
    assert far(expected, layer.weight.grad) < 1e-5
    layer.requires_grad_(False)
    x.requires_grad_()
    with cpu_kernels.computing(layer, "cpu", False):
        layer(x).sum().backward()
    assert x.grad is not None


class Attention(nn.Module):
    def __init__(self, mask: Tensor | None = None, scale: float | None = None, causal: bool = False):
        super().__init__()
        self.project, self.mask, self.scale, self.causal = nn.Linear(8, 24), mask, scale, causal

    def forward(self, x: Tensor) -> Tensor:
        query, key, value = self.project(x).reshape(*x.shape[:2], 3, 2, 4).permute(2, 0, 3, 1, 4).unbind(0)
        return functional.scaled_dot_product_attention(
            query, key, value, attn_mask=self.mask, is_causal=self.causal, scale=self.scale
        )


@pytest.mark.parametrize("autocast", [False, True], ids=["float32", "bfloat16"])
@pytest.mark.parametrize(
    "options",
    [{}, {"scale": 0.3}, {"mask": torch.linspace(-2, 2, 25).reshape(5, 5)}, {"causal": True}],
    ids=["plain", "scaled", "biased", "causal"],
)
def test_attention_and_its_gradients_are_those_of_pytorch(options, autocast):
    torch.manual_seed(0)
    layer = Attention(**options)
    x, way = torch.randn(3, 5, 8), torch.randn(3, 2, 5, 4)
    exact = gradients(layer, x, way, autocast=False, rearranged=False)
    found = gradients(layer, x, way, autocast=autocast, rearranged=True)
    for ours, theirs in zip(found, exact, strict=True):
        assert far(ours.float(), theirs) < (0.03 if autocast else 1e-6)


def test_dropout_inside_attention_drops_as_often_as_it_says():
    query = torch.ones(1, 1, 400, 1)
    value = torch.eye(400)[None, None]
    with cpu_kernels.computing(nn.Identity(), "cpu", True):
        table = functional.scaled_dot_product_attention(query, query, value, dropout_p=0.25)
    assert float((table == 0).float().mean()) == pytest.approx(0.25, abs=0.01)


@pytest.mark.parametrize(
    "name", ["tf_efficientnet_lite0", "convnext_atto", "vit_tiny_patch16_224", "mobilenetv3_small_050"]
)
def test_every_gradient_of_a_network_is_that_of_pytorch(name):
    torch.manual_seed(0)
    model = create_model(name, num_classes=3, img_size=64) if "vit" in name else create_model(name, num_classes=3)
    model.to(memory_format=torch.channels_last).eval()  # no dropout, and batch norms that nothing moves
    x = torch.randn(2, 3, 64, 64).contiguous(memory_format=torch.channels_last)
    way = torch.randn(2, 3)
    exact = gradients(model, x, way, autocast=False, rearranged=False)
    for ours, theirs in zip(gradients(model, x, way, autocast=False, rearranged=True), exact, strict=True):
        assert far(ours, theirs) < 1e-4


def test_where_it_is_faster_the_other_way_is_taken_and_only_there(monkeypatch):
    taken = []
    original = cpu_kernels._Depthwise.apply
    monkeypatch.setattr(
        cpu_kernels._Depthwise, "apply", lambda *given: taken.append(given[0].dtype) or original(*given)
    )
    x = torch.randn(2, 4, 8, 8).contiguous(memory_format=torch.channels_last)
    narrow, wide, strided = (depthwise(4, (k, k), s, (1, 1), bias=False) for k, s in ((3, 1), (5, 1), (3, 2)))
    dense = nn.Conv2d(4, 4, 5)
    for layer, autocast, expected in (
        (narrow, False, []),
        (narrow, True, []),
        (strided, False, []),
        (strided, True, [torch.bfloat16]),
        (wide, False, [torch.float32]),
        (wide, True, [torch.bfloat16]),
        (dense, True, []),
    ):
        taken.clear()
        with cpu_kernels.computing(layer, "cpu", autocast):
            layer(x)
        assert taken == expected, (layer, autocast)
        with torch.no_grad(), cpu_kernels.computing(layer, "cpu", autocast):
            layer(x)
        assert taken == expected  # nothing to gain where nobody asks for a gradient
    layer(x)
    assert not taken
