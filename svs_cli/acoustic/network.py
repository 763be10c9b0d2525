"""Conditional flow matching over mel spectrograms by a diffusion transformer that starts from a regressed mel.

Axes: B batch, T tokens (two frames each), M mel bands (128), W width, D channels of a voice.

    conditions, voice -> encoder -> h ----> regression head (+ gated comb) -> first mel
                                     \\                                          |
    x_t, t, voice ------------------- decoder (diffusion transformer) <----------/  -> velocity

Flow matching (Lipman et al. 2023) on straight paths x_t = (1 - t) noise + t mel, velocity = mel - noise. Sampling
starts at `START` from the first mel (shallow diffusion, Liu et al. 2022), and training draws no earlier t.

A network of this width could not carry the noise through. So it need not: with the mel known but for a residual of
variance `RESIDUAL`^2 around the first mel, the best linear guess of the velocity from x_t is known in closed form, and
the network adds what that guess lacks, in units of what it lacks on average (the preconditioning of Karras et al.
2022, "Elucidating the design space of diffusion-based generative models", for these paths).

Conventions
-----------
- A *voice* is a vector per token (or one for all): the sum of a speaker's, a style's, a language's and, for recordings
  that were copied to other pitches by a vocoder, a copy's. So a speaker can be asked for a style in which nobody
  heard it, speakers can be mixed, and what sounds like a copy is left out in singing.
- The last row of each table of voices means "not known", and is learned by leaving the others out at random.
- A phone's vector is its own plus one made from how it is articulated, so rare phones borrow from their kin.
- Mels inside are normalised per band.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import nn

from svs_cli.acoustic.blocks import TIME_CHANNELS, Block, LocalAttention, time_features
from svs_cli.acoustic.conditions import SCALARS
from svs_cli.analysis.mel import MEL

FRAMES_PER_TOKEN = 2
START = 0.2
RESIDUAL = 0.5


@dataclass(frozen=True)
class AcousticConfig:
    """Size of the network."""

    width: int = 288
    encoder_blocks: int = 5
    decoder_blocks: int = 8
    expansion: int = 3
    heads: int = 6
    attention_every: int = 2
    attention_reach: int = 32  # tokens to either side
    phone_channels: int = 64
    voice_channels: int = 96
    modulation_channels: int = 96

    def __post_init__(self) -> None:
        if self.width % (2 * self.heads):
            raise ValueError("width must be a multiple of twice the heads")


@dataclass(frozen=True)
class AcousticTables:
    """How many of each thing a model knows, less "not known"; `articulation` is how many numbers describe a phone."""

    phones: int
    speakers: int
    styles: int = 1
    languages: int = 1
    articulation: int = 1


class AcousticNetwork(nn.Module):
    """Conditions and voice to mel; see the module's picture."""

    articulation: torch.Tensor
    mel_mean: torch.Tensor
    mel_deviation: torch.Tensor

    def __init__(self, config: AcousticConfig, tables: AcousticTables) -> None:
        super().__init__()
        self.config, self.tables = config, tables
        width, voice = config.width, config.voice_channels
        self.phone = nn.Embedding(tables.phones, config.phone_channels)
        self.kin = nn.Linear(tables.articulation, config.phone_channels, bias=False)
        self.speaker = nn.Embedding(tables.speakers + 1, voice)
        self.style = nn.Embedding(tables.styles + 1, voice)
        self.language = nn.Embedding(tables.languages + 1, voice)
        self.copy = nn.Embedding(2, voice)
        self.enter = nn.Linear(FRAMES_PER_TOKEN * (3 * config.phone_channels + SCALARS + MEL.bands), width)
        self.encoder_voice = nn.Linear(voice, config.modulation_channels)
        self.encoder = nn.ModuleList(block(config, i, config.encoder_blocks) for i in range(config.encoder_blocks))
        self.encoder_norm = nn.LayerNorm(width, eps=1e-6)
        self.first_head = nn.Linear(width, FRAMES_PER_TOKEN * 2 * MEL.bands)
        self.decoder_enter = nn.Linear(FRAMES_PER_TOKEN * 2 * MEL.bands + width, width)
        self.time = nn.Sequential(
            nn.Linear(TIME_CHANNELS, width), nn.SiLU(), nn.Linear(width, config.modulation_channels)
        )
        self.decoder_voice = nn.Linear(voice, config.modulation_channels)
        self.decoder = nn.ModuleList(block(config, i, config.decoder_blocks) for i in range(config.decoder_blocks))
        self.decoder_norm = nn.LayerNorm(width, eps=1e-6)
        self.velocity_head = nn.Linear(width, FRAMES_PER_TOKEN * MEL.bands)
        nn.init.zeros_(self.velocity_head.weight)
        nn.init.zeros_(self.velocity_head.bias)
        for table in (self.phone, self.speaker, self.style, self.language, self.copy):
            nn.init.normal_(table.weight, std=0.3)
        self.register_buffer("articulation", torch.zeros(tables.phones, tables.articulation))
        self.register_buffer("mel_mean", torch.zeros(MEL.bands))
        self.register_buffer("mel_deviation", torch.ones(MEL.bands))

    def voice(
        self, speakers: torch.Tensor, styles: torch.Tensor, languages: torch.Tensor, copies: torch.Tensor
    ) -> torch.Tensor:
        """One voice for each example from the rows of its speaker, style and language, (B,) each -> (B, 1, D)."""
        told = self.speaker(speakers) + self.style(styles) + self.language(languages) + self.copy(copies)
        return told[:, None]

    def encode(
        self, phones: torch.Tensor, scalars: torch.Tensor, comb: torch.Tensor, voice: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """phones (B, 2T, 3), scalars (B, 2T, S), comb (B, 2T, M), voice (B, T or 1, D).

        Returns h (B, T, W) and the first mel, normalised, (B, 2T, M).
        """
        batch, frames, _ = scalars.shape
        vectors = self.phone.weight + self.kin(self.articulation)
        told = nn.functional.embedding(phones, vectors).flatten(2)
        features = torch.cat([told, scalars, comb * 0.5], dim=-1)
        x = self.enter(features.view(batch, frames // FRAMES_PER_TOKEN, -1))
        channels = nn.functional.silu(self.encoder_voice(voice))
        for layer in self.encoder:
            x = layer(x, channels)
        h = self.encoder_norm(x)
        first, gate = self.first_head(h).view(batch, frames, 2 * MEL.bands).chunk(2, dim=-1)
        return h, first + torch.sigmoid(gate - 1.0) * comb / self.mel_deviation

    def velocity(
        self, x: torch.Tensor, t: torch.Tensor, h: torch.Tensor, first: torch.Tensor, voice: torch.Tensor
    ) -> torch.Tensor:
        """x and first (B, 2T, M) normalised, t (B,), h (B, T, W), voice (B, T or 1, D) -> velocity (B, 2T, M)."""
        batch, frames, bands = x.shape
        at = t[:, None, None]
        spread = (at.square() * RESIDUAL**2 + (1 - at).square()).sqrt()
        gap = (x - at * first) / spread  # of variance 1
        pairs = torch.cat([gap, first], dim=-1).view(batch, frames // FRAMES_PER_TOKEN, -1)
        y = self.decoder_enter(torch.cat([pairs, h], dim=-1))
        channels = nn.functional.silu(self.time(time_features(t))[:, None] + self.decoder_voice(voice))
        for layer in self.decoder:
            y = layer(y, channels)
        lacking = self.velocity_head(self.decoder_norm(y)).view(batch, frames, bands)
        return first + (at * RESIDUAL**2 - (1 - at)) / spread * gap + RESIDUAL / spread * lacking

    def sample(
        self, h: torch.Tensor, first: torch.Tensor, voice: torch.Tensor, noise: torch.Tensor, steps: int
    ) -> torch.Tensor:
        """Euler steps from t = START to 1; shapes as in `velocity`. Returns the normalised mel."""
        x = (1 - START) * noise + START * first
        times: Sequence[float] = torch.linspace(START, 1.0, steps + 1).tolist()
        for now, following in zip(times[:-1], times[1:], strict=True):
            x = x + (following - now) * self.velocity(x, x.new_full((len(x),), now), h, first, voice)
        return x


def block(config: AcousticConfig, index: int, count: int) -> Block:
    """Block `index` of `count`; the last has attention, and every `attention_every`-th before it."""
    hears = (count - 1 - index) % config.attention_every == 0
    attention = LocalAttention(config.width, config.heads, config.attention_reach) if hears else None
    return Block(config.width, config.modulation_channels, config.expansion, attention)
