"""Conditional flow matching over mel spectrograms, with a regression head that gives it a start.

Axes: B batch, T tokens (two frames each), C channels, M mel bands (128), W width.

    conditions -> encoder -> h ----> regression head (+ gated comb) -> first mel
                              \\                                          |
    x_t, t, speaker ---------- decoder (diffusion transformer) <----------/  -> velocity

Flow matching (Lipman et al. 2023) on straight paths x_t = (1 - t) noise + t mel, velocity = mel - noise. Blocks are
ConvNeXt with modulation by time and speaker (adaLN, Peebles & Xie 2023), local attention with rotary positions in
some. Sampling may start at t0 > 0 from the first mel (shallow diffusion, Liu et al. 2022).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import nn
from torch.nn import functional

from svs_cli.acoustic.first.conditions import SCALARS
from svs_cli.analysis.mel import MEL

FRAMES_PER_TOKEN = 2
TIME_CHANNELS = 64


@dataclass(frozen=True)
class AcousticConfig:
    """Size of the network."""

    width: int = 256
    encoder_blocks: int = 4
    decoder_blocks: int = 8
    expansion: int = 3
    heads: int = 4
    attention_every: int = 4
    attention_reach: int = 40  # tokens to either side
    phone_channels: int = 64
    speaker_channels: int = 64


class LocalAttention(nn.Module):
    """Self-attention within a band, rotary positions (Su et al. 2021). (B, T, W) -> same."""

    def __init__(self, width: int, heads: int, reach: int) -> None:
        super().__init__()
        self.heads, self.reach = heads, reach
        self.query_key_value = nn.Linear(width, 3 * width, bias=False)
        self.leave = nn.Linear(width, width, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        batch, tokens, width = x.shape
        q, k, v = self.query_key_value(x).view(batch, tokens, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        turn = rotary(tokens, q.shape[-1], x.device)
        at = torch.arange(tokens, device=x.device)
        band = (at[:, None] - at[None]).abs() <= self.reach
        heard = functional.scaled_dot_product_attention(rotate(q, turn), rotate(k, turn), v, attn_mask=band)
        return self.leave(heard.transpose(1, 2).reshape(batch, tokens, width))


@lru_cache(maxsize=8)
def rotary(tokens: int, channels: int, device: torch.device) -> torch.Tensor:
    """Angles of rotary positions, (tokens, channels / 2)."""
    rates = 1000.0 ** (-torch.arange(0, channels, 2, device=device) / channels)
    return torch.arange(tokens, device=device)[:, None] * rates[None]


def rotate(x: torch.Tensor, angles: torch.Tensor) -> torch.Tensor:
    """Turn pairs of channels by their angles, (B, H, T, D) -> same."""
    a, b = x.chunk(2, dim=-1)
    cosine, sine = angles.cos(), angles.sin()
    return torch.cat([a * cosine - b * sine, a * sine + b * cosine], dim=-1)


class Block(nn.Module):
    """Depthwise convolution (and perhaps attention), then a perceptron; modulated. (B, T, W) -> same."""

    offset: nn.Parameter | None

    def __init__(self, config: AcousticConfig, attention: bool, modulated: bool) -> None:
        super().__init__()
        width = config.width
        self.depthwise = nn.Conv1d(width, width, 7, padding=3, groups=width)
        self.norm = nn.LayerNorm(width, eps=1e-6)
        self.widen = nn.Linear(width, width * config.expansion)
        self.narrow = nn.Linear(width * config.expansion, width)
        self.scale = nn.Parameter(torch.full((width,), 0.2))
        # One modulation for all blocks (computed once), one offset a block, as in PixArt-alpha (Chen et al. 2023).
        self.register_parameter("offset", nn.Parameter(torch.zeros(3, width)) if modulated else None)
        self.attention = LocalAttention(width, config.heads, config.attention_reach) if attention else None
        self.attention_norm = nn.LayerNorm(width, eps=1e-6) if attention else None

    def forward(self, x: torch.Tensor, modulation: torch.Tensor | None = None) -> torch.Tensor:
        if self.attention is not None and self.attention_norm is not None:
            x = x + self.attention(self.attention_norm(x))
        h = self.norm(self.depthwise(x.transpose(1, 2)).transpose(1, 2))
        gate: torch.Tensor = self.scale
        if modulation is not None and self.offset is not None:
            shift, scale, opening = (modulation + self.offset).unsqueeze(2).unbind(1)
            h = h * (1 + scale) + shift
            gate = gate * (1 + opening)
        return x + gate * self.narrow(functional.gelu(self.widen(h), approximate="tanh"))


class AcousticNetwork(nn.Module):
    """Conditions and speaker to mel; see the module's picture. Mels inside are normalised per band."""

    mel_mean: torch.Tensor
    mel_deviation: torch.Tensor

    def __init__(self, config: AcousticConfig, phones: int, speakers: int) -> None:
        super().__init__()
        self.config = config
        width = config.width
        self.phone = nn.Embedding(phones, config.phone_channels)
        self.speaker = nn.Embedding(speakers, config.speaker_channels)
        channels = 3 * config.phone_channels + SCALARS + MEL.bands
        self.enter = nn.Linear(FRAMES_PER_TOKEN * channels, width)
        self.speaker_enter = nn.Linear(config.speaker_channels, width)
        self.encoder = nn.ModuleList(
            Block(config, attention=i == config.encoder_blocks - 1, modulated=False)
            for i in range(config.encoder_blocks)
        )
        self.encoder_norm = nn.LayerNorm(width, eps=1e-6)
        self.first_head = nn.Linear(width, FRAMES_PER_TOKEN * 2 * MEL.bands)
        self.decoder_enter = nn.Linear(FRAMES_PER_TOKEN * 2 * MEL.bands + width, width)
        self.time = nn.Sequential(nn.Linear(TIME_CHANNELS, width), nn.SiLU(), nn.Linear(width, width))
        self.modulation = nn.Sequential(nn.SiLU(), nn.Linear(width, 3 * width))
        self.decoder = nn.ModuleList(
            Block(config, attention=i % config.attention_every == config.attention_every - 1, modulated=True)
            for i in range(config.decoder_blocks)
        )
        self.decoder_norm = nn.LayerNorm(width, eps=1e-6)
        self.velocity_head = nn.Linear(width, FRAMES_PER_TOKEN * MEL.bands)
        # Blocks start unmodulated and the velocity at zero (adaLN-zero).
        for layer in (self.modulation[1], self.velocity_head):
            for parameter in layer.parameters():
                nn.init.zeros_(parameter)
        self.register_buffer("mel_mean", torch.zeros(MEL.bands))
        self.register_buffer("mel_deviation", torch.ones(MEL.bands))

    def encode(
        self, phones: torch.Tensor, scalars: torch.Tensor, comb: torch.Tensor, speaker: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """phones (B, 2T, 3), scalars (B, 2T, S), comb (B, 2T, M), speaker vector (B, D).

        Returns h (B, T, W) and the first mel, normalised, (B, 2T, M).
        """
        batch, frames, _ = scalars.shape
        features = torch.cat([self.phone(phones).flatten(2), scalars, comb * 0.5], dim=-1)
        x = self.enter(features.view(batch, frames // FRAMES_PER_TOKEN, -1)) + self.speaker_enter(speaker)[:, None]
        for block in self.encoder:
            x = block(x)
        h = self.encoder_norm(x)
        first, gate = self.first_head(h).view(batch, frames, 2 * MEL.bands).chunk(2, dim=-1)
        return h, first + torch.sigmoid(gate - 1.0) * comb / self.mel_deviation

    def velocity(
        self, x: torch.Tensor, t: torch.Tensor, h: torch.Tensor, first: torch.Tensor, speaker: torch.Tensor
    ) -> torch.Tensor:
        """x and first (B, 2T, M) normalised, t (B,), h (B, T, W), speaker vector (B, D) -> velocity (B, 2T, M)."""
        batch, frames, bands = x.shape
        pairs = torch.cat([x, first], dim=-1).view(batch, frames // FRAMES_PER_TOKEN, -1)
        y = self.decoder_enter(torch.cat([pairs, h], dim=-1))
        time = self.time(time_features(t)) + self.speaker_enter(speaker)
        modulation = self.modulation(time).view(batch, 3, -1)
        for block in self.decoder:
            y = block(y, modulation)
        return self.velocity_head(self.decoder_norm(y)).view(batch, frames, bands)

    def sample(
        self, h: torch.Tensor, first: torch.Tensor, speaker: torch.Tensor, noise: torch.Tensor, steps: int, start: float
    ) -> torch.Tensor:
        """Euler steps from t = start to 1; shapes as in `velocity`. Returns the normalised mel."""
        x = (1 - start) * noise + start * first
        times = torch.linspace(start, 1.0, steps + 1, device=x.device)
        for now, following in zip(times[:-1], times[1:], strict=True):
            t = now.expand(x.shape[0])
            x = x + (following - now) * self.velocity(x, t, h, first, speaker).float()
        return x


def time_features(t: torch.Tensor) -> torch.Tensor:
    """Sines and cosines of t in 0..1, (B,) -> (B, TIME_CHANNELS)."""
    rates = torch.exp(torch.linspace(0.0, math.log(200.0), TIME_CHANNELS // 2, device=t.device))
    angles = t[:, None] * rates[None] * math.pi
    return torch.cat([angles.sin(), angles.cos()], dim=-1)
