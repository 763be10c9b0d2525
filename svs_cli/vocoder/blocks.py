"""Parts that the vocoder's networks are made of."""

from __future__ import annotations

import math

import torch
from torch import nn
from torch.nn import functional

VALUES_AT_ONCE = 1 << 15  # 0.13 MB
LINEAR = 2 * math.sqrt(2 / math.pi)
CUBIC = 0.044715 * LINEAR


class SongConv(nn.Conv1d):
    """A convolution over time, (B, C, T) -> same. Beyond both ends are zeros, or silence once it is told of that."""

    silence: tuple[torch.Tensor, torch.Tensor] | None = None  # before and after, (1, C, padding) each

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        if self.silence is None:
            return super().forward(input)
        before, after = (values.expand(len(input), -1, -1) for values in self.silence)
        padded = torch.cat([before, input, after], dim=2)
        return functional.conv1d(padded, self.weight, self.bias, groups=self.groups)


class ConvNeXtBlock(nn.Module):
    """Depthwise convolution over time, then a two-layer perceptron per step; residual. (B, C, T) -> same."""

    def __init__(self, width: int, expansion: int, scale: float) -> None:
        super().__init__()
        self.depthwise = SongConv(width, width, 7, padding=3, groups=width)
        self.norm = nn.LayerNorm(width, eps=1e-6)
        self.widen = nn.Linear(width, width * expansion)
        self.narrow = nn.Linear(width * expansion, width)
        self.scale = nn.Parameter(torch.full((width,), scale))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        h = self.norm(self.depthwise(x).transpose(1, 2))
        return x + (self.scale * self.narrow(gelu(self.widen(h)))).transpose(1, 2)


def gelu(x: torch.Tensor) -> torch.Tensor:
    """GELU by its tanh formula (Hendrycks & Gimpel 2016); in place of `x` where nobody learns or traces.

    0.5 (1 + tanh(u)) is sigmoid(2 u), which processors compute three times as fast.
    """
    if torch.is_grad_enabled() or torch.jit.is_tracing():  # type: ignore[attr-defined, no-untyped-call]
        return functional.gelu(x, approximate="tanh")
    # A few rows at a time, so that all steps find them in the processor's cache.
    for rows in torch.split(x.flatten(0, -2), max(1, VALUES_AT_ONCE // x.shape[-1])):
        rows.mul_(rows.square().mul_(CUBIC).add_(LINEAR).mul_(rows).sigmoid_())
    return x


def head(width: int, size: int, std: float) -> nn.Linear:
    """A last layer that starts near nothing."""
    layer = nn.Linear(width, size)
    nn.init.normal_(layer.weight, std=std)
    nn.init.zeros_(layer.bias)
    return layer
