"""The vocoder as one graph of real numbers, from mel and F0 to samples: what ONNX can hold and any runtime can run.

Conventions
-----------
- One song at a time, (1, frames, 128) and (1, frames); any number of frames.
- Transforms are matrix products: every runtime has those, on every device, and they are exact to rounding.
- Phase is summed in float64 and wrapped, as in source.py: a note of five minutes does not drift.
- The noise is in the graph, because programs feed mel and F0 alone, and ONNX's own random numbers differ from run to
  run: a ring of six seconds, of the same kind as that of noise.py.
- Frames with F0 0 are unvoiced, as everywhere in svs.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from svs_cli.analysis.mel import MEL
from svs_cli.vocoder.filters import (
    FILTER_BINS,
    FILTER_FFT,
    LEAD_SAMPLES,
    PIECE_SAMPLES,
    at_subframes,
    overlapped,
    pieces_of,
    to_gain,
)
from svs_cli.vocoder.network import SourceFilterVocoder
from svs_cli.vocoder.noise import still_noise

NOISE_SAMPLES = 1 << 18
NOISE_SEED = 20_250_701


class VocoderGraph(nn.Module):
    """Mel and F0 to samples without complex numbers, random numbers or operators that ONNX lacks."""

    forwards: torch.Tensor
    backwards: torch.Tensor
    noise: torch.Tensor
    whole: torch.Tensor
    turn: torch.Tensor

    def __init__(self, network: SourceFilterVocoder) -> None:
        super().__init__()
        self.network = network
        forwards, backwards = transform_matrices(network.window)
        radians = math.pi / FILTER_FFT * torch.arange(FILTER_FFT + 1, dtype=torch.float64)
        tables = {
            "forwards": forwards,
            "backwards": backwards,
            "noise": torch.from_numpy(graph_noise(NOISE_SAMPLES)),
            "whole": fourier_matrix(),
            "turn": torch.stack([radians.cos(), -radians.sin()]).float(),
        }
        for name, table in tables.items():
            self.register_buffer(name, table, persistent=False)

    def forward(self, mel: torch.Tensor, f0_hz: torch.Tensor) -> torch.Tensor:
        """Shapes: mel (1, T, 128), f0_hz (1, T) -> samples (1, T * 512)."""
        shape = self.network.shape(mel, f0_hz)
        at = torch.arange(f0_hz.shape[1] * MEL.hop_samples, device=mel.device)
        noise = self.noise[at % NOISE_SAMPLES][None]
        outline = shape.outline
        real, imaginary = (pieces_of(outline.pulses) @ self.forwards).chunk(2, dim=-1)
        along, across = shape.gain * shape.angle.cos(), shape.gain * shape.angle.sin()
        noise_real, noise_imaginary = (pieces_of(noise * outline.breath) @ self.forwards).chunk(2, dim=-1)
        voiced = torch.cat([real * along - imaginary * across, real * across + imaginary * along], dim=-1)
        noisy = torch.cat([noise_real * shape.noise_gain, noise_imaginary * shape.noise_gain], dim=-1)
        for _ in range(self.network.retouches):
            made = self.log_mel(overlapped((voiced + noisy) @ self.backwards))
            log_gain, noise_log_gain = map(at_subframes, self.network.lacking(outline, made))
            gain, noise_gain = to_gain(log_gain), to_gain(noise_log_gain)
            voiced = voiced * torch.cat([gain, gain], dim=-1)
            noisy = noisy * torch.cat([noise_gain, noise_gain], dim=-1)
        return overlapped((voiced + noisy) @ self.backwards)

    def log_mel(self, samples: torch.Tensor) -> torch.Tensor:
        """`analysis.mel.log_mel_torch` of a sound amid silence, by matrix products, (1, n) -> (1, n / 512, 128).

        The transform of 2048 samples is put together from those of its even and its odd samples (Cooley & Tukey 1965),
        so the graph needs but one matrix of 1024.
        """
        half, hop = MEL.window_samples // 2, MEL.hop_samples
        blocks = torch.unflatten(functional.pad(samples, (half, half)), 1, (-1, hop))
        frames, steps = samples.shape[1] // hop, MEL.window_samples // hop
        pieces = torch.cat([blocks[:, step : step + frames] for step in range(steps)], dim=-1) * self.network.mel_window
        pairs = torch.unflatten(pieces, -1, (half, 2))
        even, odd = (mirrored(pairs[..., i] @ self.whole) for i in (0, 1))
        real = even[0] + self.turn[0] * odd[0] - self.turn[1] * odd[1]
        imaginary = even[1] + self.turn[0] * odd[1] + self.turn[1] * odd[0]
        magnitude = (real.square() + imaginary.square() + 1e-12).sqrt()
        return (magnitude @ self.network.mel_bank).clamp_min(MEL.floor).log()


def mirrored(spectrum: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Real and imaginary parts up to twice the bins, by the symmetry of real signals: (..., 2 F) to (..., 2 F - 1)."""
    real, imaginary = spectrum.chunk(2, dim=-1)
    return (
        torch.cat([real, real[..., :-1].flip(-1)], dim=-1),
        torch.cat([imaginary, -imaginary[..., :-1].flip(-1)], dim=-1),
    )


def transform_matrices(window: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """A windowed piece to the real and imaginary parts of its spectrum, and back: (512, 2 F), (2 F, 1024).

    The way back holds the half that Hann windows need to add up to 1.
    """
    both = fourier_matrix().double()
    weight = torch.full((FILTER_BINS,), 2.0, dtype=torch.float64)
    weight[0] = weight[-1] = 1.0  # 0 Hz and the Nyquist frequency have no mirror image
    forwards = both[LEAD_SAMPLES : LEAD_SAMPLES + PIECE_SAMPLES] * window.double()[:, None]
    backwards = 0.5 / FILTER_FFT * both.T * torch.cat([weight, weight])[:, None]
    return forwards.float(), backwards.float()


def fourier_matrix() -> torch.Tensor:
    """1024 samples to the real and imaginary parts of their spectrum, (1024, 2 F)."""
    at = torch.arange(FILTER_FFT, dtype=torch.float64)
    bins = torch.arange(FILTER_BINS, dtype=torch.float64)
    # Whole numbers are reduced before they become angles, so that large ones cost no precision.
    radians = 2 * math.pi / FILTER_FFT * torch.remainder(at[:, None] * bins, FILTER_FFT)
    return torch.cat([radians.cos(), -radians.sin()], dim=1).float()


def graph_noise(samples: int) -> NDArray[np.float32]:
    """The noise that the graph sings with, (samples,)."""
    white = np.random.default_rng(NOISE_SEED).standard_normal(NOISE_SAMPLES, np.float32)
    return np.resize(still_noise(white), samples)
