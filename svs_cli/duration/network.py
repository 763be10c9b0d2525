"""The timing model's network: two small perceptrons, one for what singers do and one for what clusters do.

Axes: N phones, features as in `features.py`.

    sung features   -> log-length alone (N,), shift (N,)     learned from sung phones with notes
    spoken features -> log-length (N,)                       learned from speech; only differences of it are used

A consonant's length is what it would be alone between its vowels, times what its cluster makes of it in speech: the
difference of the spoken output with and without the cluster, as an exponent. Shifts are seconds: of a nucleus against
its note's onset, of a silence against its rest's.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from svs_cli.duration.features import SPOKEN_FEATURES, SUNG_FEATURES

USUAL_SECONDS = 0.08
LARGEST_LOG = 3.0
SHIFT_SECONDS = 0.03  # one unit of the output


@dataclass(frozen=True)
class DurationConfig:
    """Width of the hidden layers of each perceptron; `dropout` while it learns."""

    width: int = 96
    spoken_width: int = 48
    dropout: float = 0.2


def perceptron(inputs: int, width: int, outputs: int, dropout: float) -> nn.Sequential:
    """Two hidden layers."""
    hidden = (nn.Linear(inputs, width), nn.GELU(), nn.Dropout(dropout))
    return nn.Sequential(*hidden, nn.Linear(width, width), nn.GELU(), nn.Dropout(dropout), nn.Linear(width, outputs))


class DurationNetwork(nn.Module):
    """See the module's picture."""

    def __init__(self, config: DurationConfig = DurationConfig()) -> None:
        super().__init__()
        self.sung = perceptron(SUNG_FEATURES, config.width, 2, config.dropout)
        self.spoken = perceptron(SPOKEN_FEATURES, config.spoken_width, 1, config.dropout)

    def forward(self, features: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Sung features (N, F) -> log-length relative to `USUAL_SECONDS` (N,), and shift in seconds (N,)."""
        log_length, shift = self.sung(features).unbind(1)
        return log_length.clamp(-LARGEST_LOG, LARGEST_LOG), SHIFT_SECONDS * shift

    def spoken_log_length(self, features: torch.Tensor) -> torch.Tensor:
        """Spoken features (N, F) -> log-length relative to `USUAL_SECONDS` (N,)."""
        return self.spoken(features)[:, 0].clamp(-LARGEST_LOG, LARGEST_LOG)  # type: ignore[no-any-return]
