"""Closing the loop: what a first rendering lacks of the asked mel becomes gains of a second.

A network cannot know from the mel what its noise will be like, nor how partials and noise will add up; but the sound
can be made, its mel measured and compared. Axes: B batch, T frames, M mel bands, W width.

    asked mel - mel of the first rendering -> ConvNeXt blocks -> log-gains of pulses and noise for the second
"""

from __future__ import annotations

import torch
from torch import nn

from svs_cli.analysis.mel import LOG_FLOOR, MEL
from svs_cli.vocoder.blocks import ConvNeXtBlock, SongConv, head
from svs_cli.vocoder.filters import smoothed, without_harmonics

LARGEST_LACK = 2.0  # nepers


class Retouch(nn.Module):
    """Untrained it hands on what is lacking, without the ripple of F0, where noise does not do better with less."""

    def __init__(self, features: int, width: int, blocks: int, expansion: int) -> None:
        super().__init__()
        self.enter = SongConv(features + 2 * MEL.bands, width, 3, padding=1)
        self.blocks = nn.ModuleList(ConvNeXtBlock(width, expansion, 1.0 / blocks) for _ in range(blocks))
        self.leave_norm = nn.LayerNorm(width, eps=1e-6)
        self.head = head(width, 2 * MEL.bands, std=0.0)

    def forward(
        self,
        asked: torch.Tensor,
        made: torch.Tensor,
        f0_hz: torch.Tensor,
        features: torch.Tensor,
        smoothing: torch.Tensor,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Mels asked and made (B, T, M), f0_hz (B, T), features (B, T, W) -> log-gains of pulses, noise (B, T, M)."""
        silent = asked <= LOG_FLOOR + 0.05
        lack = bounded(asked - made, silent)
        smooth_lack = bounded(smoothed(asked, f0_hz, smoothing) - smoothed(made, f0_hz, smoothing), silent)
        x = self.enter(torch.cat([features, lack, smooth_lack], dim=-1).transpose(1, 2))
        for block in self.blocks:
            x = block(x)
        pulses, noise = self.head(self.leave_norm(x.transpose(1, 2))).chunk(2, dim=-1)
        # Noise may give way to partials, but not stand in for them: at another F0 those of the mel would be heard.
        noise = without_harmonics(torch.minimum(lack, smooth_lack) + noise, f0_hz, smoothing)
        return smooth_lack + pulses, noise


def bounded(lack: torch.Tensor, silent: torch.Tensor) -> torch.Tensor:
    """What is lacking within limits; where silence is asked, nothing is."""
    lack = lack.clamp(-LARGEST_LACK, LARGEST_LACK)
    return torch.where(silent, lack.clamp_max(0.0), lack)
