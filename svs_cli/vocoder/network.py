"""Source-filter vocoder with inverse-STFT heads: F0 fixes the pitch, the network only shapes gain, phase and noise.

Axes: B batch, T frames (hop 512), K knots on the frequency axis, F bins of the long STFT, S short frames (hop 128).

    pulses(F0) * subframe gain -> STFT 2048 * H(t, f) -> inverse STFT  \
                                                                        + -> samples
    white noise                -> STFT 512  * N(t, f) -> inverse STFT  /

H is minimum phase (cepstral folding; Oppenheim & Schafer, Discrete-Time Signal Processing, ch. 12) times a learned
smooth phase. Both gains start from the mel spectrogram itself; the network learns log-gain residuals. The noise has
its own short window because fricatives, plosives and breath change faster than a frame.
The backbone is ConvNeXt in one dimension, as in Vocos (Siuzdak 2023).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional

from svs_cli.analysis.mel import LOG_FLOOR, MEL, hz_to_slaney_mel, slaney_mel_to_hz
from svs_cli.vocoder.source import Course, pulse_train

SUBFRAMES = 4
LONG_FFT = 2048
SHORT_FFT = 512
# Mean STFT magnitude of unit white noise (Rayleigh) against the mel filters' unit area, as a log offset.
LEVEL_OFFSET = -0.13


@dataclass(frozen=True)
class VocoderConfig:
    """Size of the network."""

    width: int = 256
    blocks: int = 8
    expansion: int = 3
    gain_knots: int = 256
    phase_knots: int = 64
    noise_knots: int = 64


class ConvNeXtBlock(nn.Module):
    """Depthwise convolution over time, then a two-layer perceptron per frame; residual. (B, C, T) -> same."""

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


def interpolation_matrix(knots_hz: torch.Tensor, bins_hz: torch.Tensor) -> torch.Tensor:
    """Linear interpolation from knots to bins, held at the ends: (K,), (F,) -> (K, F)."""
    right = torch.searchsorted(knots_hz, bins_hz).clamp(1, len(knots_hz) - 1)
    low, high = knots_hz[right - 1], knots_hz[right]
    part = ((bins_hz - low) / (high - low)).clamp(0, 1)
    matrix = torch.zeros(len(knots_hz), len(bins_hz))
    columns = torch.arange(len(bins_hz))
    matrix[right - 1, columns] += 1 - part
    matrix[right, columns] += part
    return matrix


def mel_knots(count: int, low_hz: float = 0.0, high_hz: float = MEL.sample_rate_hz / 2) -> torch.Tensor:
    """`count` frequencies in Hz, evenly spaced on the Slaney scale."""
    import numpy as np

    ends = hz_to_slaney_mel(np.array([low_hz, high_hz]))
    return torch.tensor(slaney_mel_to_hz(np.linspace(ends[0], ends[1], count)), dtype=torch.float32)


class SourceFilterVocoder(nn.Module):
    """Log-mel and F0 to samples; see the module's picture."""

    mel_to_long: torch.Tensor
    mel_to_short: torch.Tensor
    gain_to_long: torch.Tensor
    phase_to_long: torch.Tensor
    noise_to_short: torch.Tensor
    fold: torch.Tensor
    long_window: torch.Tensor
    short_window: torch.Tensor

    def __init__(self, config: VocoderConfig) -> None:
        super().__init__()
        self.config = config
        width = config.width
        self.enter = nn.Conv1d(MEL.bands + 2, width, 7, padding=3)
        self.enter_norm = nn.LayerNorm(width, eps=1e-6)
        self.blocks = nn.ModuleList(
            ConvNeXtBlock(width, config.expansion, 1.0 / config.blocks) for _ in range(config.blocks)
        )
        self.leave_norm = nn.LayerNorm(width, eps=1e-6)
        self.sizes = [config.gain_knots, config.phase_knots, SUBFRAMES, SUBFRAMES * config.noise_knots]
        self.head = nn.Linear(width, sum(self.sizes))
        nn.init.normal_(self.head.weight, std=0.01)
        nn.init.zeros_(self.head.bias)
        self._register_tables()

    def _register_tables(self) -> None:
        long_bins = torch.arange(LONG_FFT // 2 + 1) * (MEL.sample_rate_hz / LONG_FFT)
        short_bins = torch.arange(SHORT_FFT // 2 + 1) * (MEL.sample_rate_hz / SHORT_FFT)
        centres = mel_knots(MEL.bands + 2, MEL.low_hz, MEL.high_hz)[1:-1]
        fold = torch.zeros(LONG_FFT)
        fold[0] = fold[LONG_FFT // 2] = 1.0
        fold[1 : LONG_FFT // 2] = 2.0
        tables = {
            "mel_to_long": interpolation_matrix(centres, long_bins),
            "mel_to_short": interpolation_matrix(centres, short_bins),
            "gain_to_long": interpolation_matrix(mel_knots(self.config.gain_knots), long_bins),
            "phase_to_long": interpolation_matrix(mel_knots(self.config.phase_knots), long_bins),
            "noise_to_short": interpolation_matrix(mel_knots(self.config.noise_knots), short_bins),
            "fold": fold,
            "long_window": torch.hann_window(LONG_FFT),
            "short_window": torch.hann_window(SHORT_FFT),
        }
        for name, table in tables.items():
            self.register_buffer(name, table, persistent=False)

    def controls(self, mel: torch.Tensor, f0_hz: torch.Tensor) -> list[torch.Tensor]:
        """Log-gain residual (B, T, K), phase (B, T, K), source log-gain (B, T, 4), noise log-gain (B, T, 4 K)."""
        voiced = (f0_hz > 0).float()
        pitch = torch.where(f0_hz > 0, torch.log(f0_hz.clamp_min(1.0)) - 5.5, 0.0)
        x = torch.cat([(mel + 5.0) * 0.4, pitch[..., None], voiced[..., None]], dim=-1).transpose(1, 2)
        x = self.enter_norm(self.enter(x).transpose(1, 2)).transpose(1, 2)
        for block in self.blocks:
            x = block(x)
        return list(self.head(self.leave_norm(x.transpose(1, 2))).float().split(self.sizes, dim=-1))

    def forward(
        self, mel: torch.Tensor, f0_hz: torch.Tensor, noise: torch.Tensor, course: Course | None = None
    ) -> torch.Tensor:
        """mel (B, T, 128), f0_hz (B, T), unit white noise (B, T * 512) -> samples (B, T * 512)."""
        gain, phase, source_gain, noise_gain = self.controls(mel, f0_hz)
        pulses = pulse_train(f0_hz, MEL.hop_samples, MEL.sample_rate_hz, course)
        pulses = pulses * self._at_samples(source_gain.clamp(-8.0, 3.0))
        # The floor of the mel means silence; below it gains fall on so that silence stays silent.
        level = torch.where(mel <= LOG_FLOOR + 0.05, mel - 6.0, mel) + LEVEL_OFFSET
        voiced_part = self._filter_long(pulses, level @ self.mel_to_long + gain @ self.gain_to_long, phase)
        return voiced_part + self._filter_short(noise, level, noise_gain)

    def _at_samples(self, log_gain: torch.Tensor) -> torch.Tensor:
        """Subframe log-gains (B, T, 4) as a smooth gain per sample (B, T * 512)."""
        flat = log_gain.flatten(1)
        held = torch.cat([flat, flat[:, -1:]], dim=1)[:, None]
        steps = functional.interpolate(held, size=flat.shape[1] * 128 + 1, mode="linear", align_corners=True)
        return steps[:, 0, :-1].exp()

    def _filter_long(self, pulses: torch.Tensor, log_gain: torch.Tensor, phase: torch.Tensor) -> torch.Tensor:
        """Filter by a minimum-phase response with extra phase: (B, n), (B, T, F), (B, T, K) -> (B, n)."""
        log_gain = log_gain.clamp(-18.0, 6.0)
        cepstrum = torch.fft.irfft(log_gain, n=LONG_FFT) * self.fold
        minimum_phase = torch.fft.rfft(cepstrum).imag
        angle = minimum_phase + phase @ self.phase_to_long
        response = torch.polar(log_gain.exp(), angle)
        spectrum = stft(pulses, LONG_FFT, MEL.hop_samples, self.long_window)
        return inverse_stft(spectrum * response.transpose(1, 2), LONG_FFT, MEL.hop_samples, self.long_window)

    def _filter_short(self, noise: torch.Tensor, level: torch.Tensor, residual: torch.Tensor) -> torch.Tensor:
        """Shape white noise at four times the frame rate: (B, n), (B, T, 128), (B, T, 4 K) -> (B, n)."""
        batch, frames, _ = level.shape
        own = residual.reshape(batch, frames * SUBFRAMES, self.config.noise_knots) @ self.noise_to_short
        coarse = (level @ self.mel_to_short).transpose(1, 2)
        held = torch.cat([coarse, coarse[..., -1:]], dim=-1)
        fine = functional.interpolate(held, size=frames * SUBFRAMES + 1, mode="linear", align_corners=True)[..., :-1]
        gain = (fine.transpose(1, 2) + own).clamp(-18.0, 6.0).exp().transpose(1, 2)
        hop = MEL.hop_samples // SUBFRAMES
        return inverse_stft(stft(noise, SHORT_FFT, hop, self.short_window) * gain, SHORT_FFT, hop, self.short_window)


def stft(samples: torch.Tensor, size: int, hop: int, window: torch.Tensor) -> torch.Tensor:
    """Frames centred on multiples of the hop: (B, n) -> (B, size / 2 + 1, n / hop)."""
    padded = functional.pad(samples, (size // 2, size // 2))
    return torch.stft(padded, size, hop, window=window, center=False, return_complex=True)[
        ..., : samples.shape[1] // hop
    ]


def inverse_stft(spectrum: torch.Tensor, size: int, hop: int, window: torch.Tensor) -> torch.Tensor:
    """Weighted overlap-add inverse of `stft` with hop = size / 4: (B, F, T) -> (B, T * hop).

    A Hann window squared overlaps to 3/2 at a quarter hop, so no division by an envelope is needed.
    """
    batch, _, frames = spectrum.shape
    blocks = torch.fft.irfft(spectrum, n=size, dim=1) * (window * (2.0 / 3.0))[None, :, None]
    length = (frames - 1) * hop + size
    samples = functional.fold(blocks, (1, length), (1, size), stride=(1, hop)).view(batch, length)
    return samples[:, size // 2 : size // 2 + frames * hop]
