"""The building blocks of the acoustic network. Axes: B batch, T tokens, W width, C channels of the modulation."""

from __future__ import annotations

import math
from functools import lru_cache

import torch
from torch import nn
from torch.nn import functional

KERNEL_TOKENS = 7
TIME_CHANNELS = 64
FIRST_GATE = 0.2


class LocalAttention(nn.Module):
    """Self-attention within `reach` tokens to either side, rotary positions (Su et al. 2021). (B, T, W) -> same.

    Queries stand in groups of `reach`, which look at their own group and its neighbours, so the cost grows with T.
    """

    def __init__(self, width: int, heads: int, reach: int) -> None:
        super().__init__()
        self.heads, self.reach = heads, reach
        self.query_key_value = nn.Linear(width, 3 * width, bias=False)
        self.leave = nn.Linear(width, width, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        batch, tokens, width = x.shape
        reach, groups = self.reach, -(-tokens // self.reach)
        missing = groups * reach - tokens
        q, k, v = self.query_key_value(x).view(batch, tokens, 3, self.heads, -1).permute(2, 0, 3, 1, 4).flatten(1, 2)
        turn = rotary(tokens, q.shape[-1], x.device)
        q = functional.pad(rotate(q, turn), (0, 0, 0, missing)).view(-1, groups, reach, width // self.heads)
        k, v = (neighbourhoods(functional.pad(a, (0, 0, reach, reach + missing)), reach) for a in (rotate(k, turn), v))
        heard = functional.scaled_dot_product_attention(q, k, v, attn_mask=within_reach(tokens, reach, x.device))
        heard = heard.flatten(1, 2)[:, :tokens].reshape(batch, self.heads, tokens, -1)
        return self.leave(heard.transpose(1, 2).reshape(batch, tokens, width))


def neighbourhoods(x: torch.Tensor, reach: int) -> torch.Tensor:
    """Every group of tokens with the one before and the one after, (N, (G + 2) R, D) -> (N, G, 3 R, D)."""
    grouped = x.view(len(x), -1, reach, x.shape[-1])
    return torch.cat([grouped[:, :-2], grouped[:, 1:-1], grouped[:, 2:]], dim=2)


@lru_cache(maxsize=16)
def within_reach(tokens: int, reach: int, device: torch.device) -> torch.Tensor:
    """Which token of a neighbourhood each query may look at, (1, G, R, 3 R)."""
    groups = -(-tokens // reach)
    first = torch.arange(groups, device=device)[:, None, None] * reach
    own = first + torch.arange(reach, device=device)[None, :, None]
    other = first - reach + torch.arange(3 * reach, device=device)[None, None]
    seen = ((own - other).abs() <= reach) & (other >= 0) & (other < tokens)
    return (seen | (own >= tokens))[None]  # what is only padding looks anywhere, so that no row is empty


@lru_cache(maxsize=16)
def rotary(tokens: int, channels: int, device: torch.device) -> torch.Tensor:
    """Angles of rotary positions, (tokens, channels / 2)."""
    rates = 1000.0 ** (-torch.arange(0, channels, 2, device=device) / channels)
    return torch.arange(tokens, device=device)[:, None] * rates[None]


def rotate(x: torch.Tensor, angles: torch.Tensor) -> torch.Tensor:
    """Turn pairs of channels by their angles, (..., T, D) -> same."""
    a, b = x.chunk(2, dim=-1)
    cosine, sine = angles.cos(), angles.sin()
    return torch.cat([a * cosine - b * sine, a * sine + b * cosine], dim=-1)


class Block(nn.Module):
    """Attention (in some blocks), then a depthwise convolution and a perceptron, each modulated (adaLN, Peebles & Xie
    2023, "Scalable diffusion models with transformers"): shift, scale and gate depend on voice and time.

    (B, T, W), modulation (B, T or 1, C) -> (B, T, W). Modulations start at zero, gates at `FIRST_GATE`.
    """

    def __init__(self, width: int, channels: int, expansion: int, attention: LocalAttention | None) -> None:
        super().__init__()
        self.attention = attention
        self.depthwise = nn.Conv1d(width, width, KERNEL_TOKENS, padding=KERNEL_TOKENS // 2, groups=width)
        self.norm = nn.LayerNorm(width, eps=1e-6, elementwise_affine=False)
        self.widen = nn.Linear(width, width * expansion)
        self.narrow = nn.Linear(width * expansion, width)
        self.modulation = nn.Linear(channels, (6 if attention else 3) * width)
        for parameter in self.modulation.parameters():
            nn.init.zeros_(parameter)

    def forward(self, x: torch.Tensor, channels: torch.Tensor) -> torch.Tensor:
        modulation = self.modulation(channels).chunk(6 if self.attention else 3, dim=-1)
        if self.attention is not None:
            shift, scale, gate = modulation[3:]
            x = x + (FIRST_GATE + gate) * self.attention(self.norm(x) * (1 + scale) + shift)
        shift, scale, gate = modulation[:3]
        h = self.norm(self.depthwise(x.transpose(1, 2)).transpose(1, 2)) * (1 + scale) + shift
        return x + (FIRST_GATE + gate) * self.narrow(functional.gelu(self.widen(h), approximate="tanh"))


def time_features(t: torch.Tensor) -> torch.Tensor:
    """Sines and cosines of t in 0..1, (B,) -> (B, TIME_CHANNELS)."""
    rates = torch.exp(torch.linspace(0.0, math.log(200.0), TIME_CHANNELS // 2, device=t.device))
    angles = t[:, None] * rates[None] * math.pi
    return torch.cat([angles.sin(), angles.cos()], dim=-1)
