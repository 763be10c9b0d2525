"""The timing model's network: small perceptrons, some for what singers do and one for what clusters do.

Axes: M members that learn apart and are averaged, N phones, features as in `features.py`.

    sung features   -> seconds alone (M, N), shift (M, N)    learned from sung phones with notes
    spoken features -> log-length (N,)                       learned from speech; only differences of it are used

A consonant's length is what it would be alone between its vowels, times what its cluster makes of it in speech: the
difference of the spoken output with and without the cluster, as an exponent. Shifts are seconds: of a nucleus against
its note's onset, of a silence against its rest's. Members are few and narrow because sung phones are few: eight of 32
units erred 2 % less on songs held out than one of 64.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional

from svs_cli.duration.features import SPOKEN_FEATURES, SUNG_FEATURES

USUAL_SECONDS = 0.08
LARGEST_LOG = 3.0
SHIFT_SECONDS = 0.03  # one unit of the output


@dataclass(frozen=True)
class DurationConfig:
    """Members and their width, the width of the spoken one, and the shares that are dropped while they learn."""

    members: int = 8
    width: int = 32
    spoken_width: int = 48
    input_dropout: float = 0.05
    dropout: float = 0.2


class Perceptrons(nn.Module):
    """Members of two hidden layers side by side, (N, inputs) -> (M, N, outputs)."""

    def __init__(self, members: int, inputs: int, width: int, outputs: int, config: DurationConfig) -> None:
        super().__init__()
        sizes = (inputs, width, width, outputs)
        self.weights = nn.ParameterList(
            nn.Parameter(torch.randn(members, n, m) / n**0.5) for n, m in zip(sizes, sizes[1:], strict=False)
        )
        self.biases = nn.ParameterList(nn.Parameter(torch.zeros(members, 1, m)) for m in sizes[1:])
        self.drop_input, self.drop = nn.Dropout(config.input_dropout), nn.Dropout(config.dropout)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        h = self.drop_input(x).expand(len(self.weights[0]), -1, -1)
        for layer, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            h = self.drop(functional.gelu(h)) if layer else h
            h = h @ weight + bias
        return h


class DurationNetwork(nn.Module):
    """See the module's picture."""

    def __init__(self, config: DurationConfig = DurationConfig()) -> None:
        super().__init__()
        self.sung = Perceptrons(config.members, SUNG_FEATURES, config.width, 2, config)
        self.spoken = Perceptrons(1, SPOKEN_FEATURES, config.spoken_width, 1, config)

    def forward(self, features: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Sung features (N, F) -> seconds of each phone alone (M, N), and shifts in seconds (M, N)."""
        log_length, shift = self.sung(features).unbind(2)
        return USUAL_SECONDS * log_length.clamp(-LARGEST_LOG, LARGEST_LOG).exp(), SHIFT_SECONDS * shift

    def spoken_log_length(self, features: torch.Tensor) -> torch.Tensor:
        """Spoken features (N, F) -> log-length relative to the utterance's mean (N,)."""
        return self.spoken(features)[0, :, 0].clamp(-LARGEST_LOG, LARGEST_LOG)
