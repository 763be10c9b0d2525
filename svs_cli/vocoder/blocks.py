"""Parts that the vocoder's networks are made of."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional


class ConvNeXtBlock(nn.Module):
    """Depthwise convolution over time, then a two-layer perceptron per step; residual. (B, C, T) -> same."""

    def __init__(self, width: int, expansion: int, scale: float) -> None:
        super().__init__()
        self.depthwise = nn.Conv1d(width, width, 7, padding=3, groups=width)
        self.norm = nn.LayerNorm(width, eps=1e-6)
        self.widen = nn.Linear(width, width * expansion)
        self.narrow = nn.Linear(width * expansion, width)
        self.scale = nn.Parameter(torch.full((width,), scale))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        h = self.norm(self.depthwise(x).transpose(1, 2))
        return x + (self.scale * self.narrow(functional.gelu(self.widen(h), approximate="tanh"))).transpose(1, 2)


def head(width: int, size: int, std: float) -> nn.Linear:
    """A last layer that starts near nothing."""
    layer = nn.Linear(width, size)
    nn.init.normal_(layer.weight, std=std)
    nn.init.zeros_(layer.bias)
    return layer
