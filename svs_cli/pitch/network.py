"""The network of the learned pitch model: notes to gesture parameters, and frames to what gestures cannot say.

Conventions
-----------
- Notes come as `NOTE_FEATURES` (B, N, features) with a mask (B, N) that is True where there is a note.
- For every parameter a mean and the logarithm of a standard deviation come out; for "vibrato" the mean is log odds.
  Both are corrections of a linear regression that was fitted before.
- Frames come as `FRAME_FEATURES` (B, T, features) with the number of the note each belongs to, (B, T). The residual is
  in cents, bounded by `largest_residual_cents`.
- Order is told by convolutions over neighbours, so that a phrase of any length is read the same way.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from svs_cli.pitch.context import FRAME_FEATURES, NOTE_FEATURES
from svs_cli.pitch.parameters import PARAMETERS

LOG_SPREAD_REACH = 0.3  # how far a note's spread may differ from the fitted one: few notes teach overconfidence


@dataclass(frozen=True)
class PitchConfig:
    """Sizes."""

    width: int = 96
    heads: int = 4
    layers: int = 3
    frame_width: int = 64
    frame_layers: int = 4
    dropout: float = 0.1
    largest_residual_cents: float = 40.0

    def __post_init__(self) -> None:
        if self.width % self.heads:
            raise ValueError("width must be a multiple of heads")


class NoteBlock(nn.Module):
    """Attention over all notes of a phrase, a convolution over neighbours, and a feed-forward layer."""

    def __init__(self, config: PitchConfig) -> None:
        super().__init__()
        width = config.width
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(3))
        self.near = nn.Conv1d(width, width, 5, padding=2, groups=config.heads)
        self.attention = nn.MultiheadAttention(width, config.heads, dropout=config.dropout, batch_first=True)
        self.forward_layers = nn.Sequential(
            nn.Linear(width, 3 * width), nn.GELU(), nn.Dropout(config.dropout), nn.Linear(3 * width, width)
        )

    def forward(self, notes: torch.Tensor, there: torch.Tensor) -> torch.Tensor:
        """(B, N, width) -> (B, N, width)."""
        inside = self.norms[0](notes) * there[..., None]
        notes = notes + self.near(inside.mT).mT
        inside = self.norms[1](notes)
        notes = notes + self.attention(inside, inside, inside, key_padding_mask=~there, need_weights=False)[0]
        mixed: torch.Tensor = notes + self.forward_layers(self.norms[2](notes))
        return mixed


class PitchNetwork(nn.Module):
    """See the module's conventions."""

    feature_mean: torch.Tensor
    feature_spread: torch.Tensor
    log_spread: torch.Tensor

    def __init__(self, config: PitchConfig) -> None:
        super().__init__()
        self.config = config
        self.register_buffer("feature_mean", torch.zeros(len(NOTE_FEATURES)))
        self.register_buffer("feature_spread", torch.ones(len(NOTE_FEATURES)))
        self.register_buffer("log_spread", torch.zeros(len(PARAMETERS)))
        self.straight = nn.Linear(len(NOTE_FEATURES), len(PARAMETERS))  # starts as the fitted regression
        self.enter = nn.Linear(len(NOTE_FEATURES), config.width)
        self.blocks = nn.ModuleList(NoteBlock(config) for _ in range(config.layers))
        self.leave = nn.Sequential(nn.LayerNorm(config.width), nn.Linear(config.width, 2 * len(PARAMETERS)))
        self.to_frames = nn.Linear(config.width, config.frame_width)
        self.enter_frames = nn.Conv1d(len(FRAME_FEATURES), config.frame_width, 5, padding=2)
        self.frame_blocks = nn.ModuleList(
            nn.Conv1d(config.frame_width, config.frame_width, 5, padding=2 * 2**i, dilation=2**i)
            for i in range(config.frame_layers)
        )
        self.leave_frames = nn.Conv1d(config.frame_width, 1, 1)
        nn.init.zeros_(self.leave[1].weight)  # type: ignore[arg-type]
        nn.init.zeros_(self.leave[1].bias)  # type: ignore[arg-type]
        nn.init.zeros_(self.leave_frames.weight)
        nn.init.zeros_(self.leave_frames.bias)  # type: ignore[arg-type]

    def notes(self, features: torch.Tensor, there: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """(B, N, features) and mask (B, N) -> means and log spreads (B, N, parameters), and states (B, N, width)."""
        standard = (features - self.feature_mean) / self.feature_spread
        state = self.enter(standard)
        for block in self.blocks:
            state = block(state, there)
        mean, wider = self.leave(state).chunk(2, dim=-1)
        return self.straight(standard) + mean, self.log_spread + LOG_SPREAD_REACH * torch.tanh(wider), state

    def residual(self, state: torch.Tensor, owner: torch.Tensor, frames: torch.Tensor) -> torch.Tensor:
        """States (B, N, width), each frame's note (B, T), frame features (B, T, features) -> cents (B, T)."""
        spread = self.to_frames(state).gather(1, owner[..., None].expand(-1, -1, self.config.frame_width))
        hidden = self.enter_frames(frames.mT) + spread.mT
        for block in self.frame_blocks:
            dropped = nn.functional.dropout(nn.functional.gelu(hidden), self.config.dropout, self.training)
            hidden = hidden + block(dropped)
        limit = self.config.largest_residual_cents
        bounded: torch.Tensor = limit * torch.tanh(self.leave_frames(nn.functional.gelu(hidden))[:, 0] / limit)
        return bounded
