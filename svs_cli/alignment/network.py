"""The aligner's network: which phone each 10 ms frame belongs to, and whether a phone begins there.

Axes: B batch, T frames of 10 ms, C features, P phones of the inventory.

    features -> linear -> 9 ConvNeXt blocks with growing dilation -> phone logits (B, T, P)
                                                                  \\-> onset logits (B, T)

It knows no text: text enters as the lattice of `lattice.py`, so one network aligns, recognises and scores. Scores there
are log-probability over prior, the hybrid recogniser's likelihood (Bourlard & Morgan 1994): how common a phone was in
training says nothing of where it begins. The prior is a running mean of what the network itself gives.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional

from svs_cli.alignment.features import CHANNELS

KERNEL_FRAMES = 7
SMALLEST_PRIOR = 1e-3
SMALLEST_PROB = 1e-12
PRIOR_MEMORY = 0.97  # share that a training step keeps of the running mean


@dataclass(frozen=True)
class AlignerConfig:
    """Size of the network; one block a dilation."""

    width: int = 192
    expansion: int = 3
    dilations: tuple[int, ...] = (1, 1, 2, 4, 1, 2, 4, 8, 1)
    dropout: float = 0.1


class DilatedBlock(nn.Module):
    """Depthwise dilated convolution over time, then a two-layer perceptron per frame; residual. (B, W, T) -> same."""

    def __init__(self, config: AlignerConfig, dilation: int) -> None:
        super().__init__()
        width = config.width
        reach = dilation * (KERNEL_FRAMES // 2)
        self.depthwise = nn.Conv1d(width, width, KERNEL_FRAMES, padding=reach, dilation=dilation, groups=width)
        self.norm = nn.LayerNorm(width, eps=1e-6)
        self.widen = nn.Linear(width, width * config.expansion)
        self.narrow = nn.Linear(width * config.expansion, width)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        h = self.norm(self.depthwise(x).transpose(1, 2))
        h = self.narrow(functional.gelu(self.widen(h), approximate="tanh"))
        return x + self.dropout(h).transpose(1, 2)


class AlignerNetwork(nn.Module):
    """Features to phone and onset logits; see the module's picture."""

    prior: torch.Tensor

    def __init__(self, phones: int, config: AlignerConfig = AlignerConfig()) -> None:
        super().__init__()
        self.config = config
        self.enter = nn.Conv1d(CHANNELS, config.width, 3, padding=1)
        self.blocks = nn.ModuleList(DilatedBlock(config, dilation) for dilation in config.dilations)
        self.leave_norm = nn.LayerNorm(config.width, eps=1e-6)
        self.phone_head = nn.Linear(config.width, phones)
        self.onset_head = nn.Linear(config.width, 1)
        nn.init.constant_(self.onset_head.bias, -2.0)  # about one frame in eight begins a phone
        self.register_buffer("prior", torch.full((phones,), 1.0 / phones))

    @property
    def reach_frames(self) -> int:
        """How many frames on either side an output depends on."""
        return 1 + sum(dilation * (KERNEL_FRAMES // 2) for dilation in self.config.dilations)

    @property
    def log_prior(self) -> torch.Tensor:
        """Natural logarithm of each phone's prior, (P,)."""
        return self.prior.clamp_min(SMALLEST_PRIOR).log()

    @torch.no_grad()
    def watch(self, log_probs: torch.Tensor) -> None:
        """Take log-probabilities of a training step, (N, P), into the prior."""
        self.prior.lerp_(log_probs.exp().mean(0), 1.0 - PRIOR_MEMORY)

    def forward(self, features: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """(B, T, C) -> phone logits (B, T, P) and onset logits (B, T)."""
        x = self.enter(features.transpose(1, 2))
        for block in self.blocks:
            x = block(x)
        h = self.leave_norm(x.transpose(1, 2))
        return self.phone_head(h), self.onset_head(h)[..., 0]


class AlignerEnsemble(nn.Module):
    """Several networks of the same phones heard as one: the mean of their probabilities (Hansen & Salamon 1990)."""

    def __init__(self, members: Sequence[AlignerNetwork]) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)

    @property
    def networks(self) -> list[AlignerNetwork]:
        return [member for member in self.members if isinstance(member, AlignerNetwork)]

    @property
    def reach_frames(self) -> int:
        """How many frames on either side an output depends on."""
        return max(member.reach_frames for member in self.networks)

    @property
    def log_prior(self) -> torch.Tensor:
        """Natural logarithm of each phone's prior, (P,)."""
        return torch.stack([member.log_prior.exp() for member in self.networks]).mean(0).log()

    def forward(self, features: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """(B, T, C) -> phone logits (B, T, P) and onset logits (B, T)."""
        phones, onsets = zip(*(member(features) for member in self.networks), strict=True)
        probs = torch.stack([torch.softmax(logits, dim=2) for logits in phones]).mean(0)
        return probs.clamp_min(SMALLEST_PROB).log(), torch.stack(onsets).mean(0)
