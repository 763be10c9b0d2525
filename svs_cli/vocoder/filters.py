"""Filters of the source-filter vocoder: smooth envelopes from a mel, filtering that moves in time.

Axes: B batch, T frames (hop 512), S subframes (hop 128), K knots on the frequency axis, F bins of the filter.

Every 128 samples a Hann-windowed piece of the excitation is filtered by its own response, and the pieces are added:
a filter that moves four times as fast as the mel's frames, in one inverse transform a subframe.
"""

from __future__ import annotations

import numpy as np
import torch
from torch.nn import functional

from svs_cli.analysis.comb import HIGHEST_HZ, LOWEST_HZ, STEPS_PER_OCTAVE
from svs_cli.analysis.mel import MEL, hz_to_slaney_mel, slaney_mel_to_hz

SUBFRAMES = 4
SUBFRAME_SAMPLES = MEL.hop_samples // SUBFRAMES
PIECE_SAMPLES = 4 * SUBFRAME_SAMPLES
FILTER_FFT = 1024
FILTER_BINS = FILTER_FFT // 2 + 1
# Room before a piece for what a zero-phase response puts there; the rest, after it, takes what rings on.
LEAD_SAMPLES = SUBFRAME_SAMPLES
LOWEST_LOG_GAIN, HIGHEST_LOG_GAIN = -20.0, 6.0
# Half-widths in Hz of the smoothing that takes the harmonics of an F0 out of a mel.
SMOOTHING_HZ = (0.0, 50.0, 100.0, 200.0, 400.0, 800.0)
# Where a voice sounds its noise is quieted by so many nepers below the first of these frequencies, and not at all above
# the second: noise among the lowest partials is heard as another F0. For so many frames where a voice begins or ends it
# is quieted more, and among higher partials too.
HUSH_NEPERS, HUSH_HZ = 0.5, (500.0, 1500.0)
BORDER_HUSH_NEPERS, BORDER_HUSH_HZ, BORDER_FRAMES = 1.0, (2000.0, 5000.0), 3


def mel_knots(count: int, low_hz: float = 0.0, high_hz: float = MEL.sample_rate_hz / 2) -> torch.Tensor:
    """`count` frequencies in Hz, evenly spaced on the Slaney scale."""
    ends = hz_to_slaney_mel(np.array([low_hz, high_hz]))
    return torch.tensor(slaney_mel_to_hz(np.linspace(ends[0], ends[1], count)), dtype=torch.float32)


def band_centres_hz() -> torch.Tensor:
    """Centres of the mel bands, (128,)."""
    return mel_knots(MEL.bands + 2, MEL.low_hz, MEL.high_hz)[1:-1]


def bins_hz() -> torch.Tensor:
    """Frequencies of the filter's bins, (F,)."""
    return torch.arange(FILTER_BINS) * (MEL.sample_rate_hz / FILTER_FFT)


def interpolation_matrix(knots_hz: torch.Tensor, at_hz: torch.Tensor) -> torch.Tensor:
    """Linear interpolation from knots to other frequencies, held at the ends: (K,), (F,) -> (K, F)."""
    right = torch.searchsorted(knots_hz, at_hz).clamp(1, len(knots_hz) - 1)
    low, high = knots_hz[right - 1], knots_hz[right]
    part = ((at_hz - low) / (high - low)).clamp(0, 1)
    matrix = torch.zeros(len(knots_hz), len(at_hz))
    columns = torch.arange(len(at_hz))
    matrix[right - 1, columns] += 1 - part
    matrix[right, columns] += part
    return matrix


def smoothing_matrix() -> torch.Tensor:
    """Means of power over each width of `SMOOTHING_HZ` around every band, (128, widths * 128)."""
    centres = band_centres_hz()
    distance = (centres[:, None] - centres[None]).abs()
    spacing = torch.gradient(centres)[0][:, None]
    matrices = []
    for width_hz in SMOOTHING_HZ:
        # A Hann bump two half-widths wide; a band's own weight never vanishes.
        bump = torch.where(distance < 2 * width_hz, 1 + torch.cos(torch.pi * distance / max(2 * width_hz, 1e-3)), 0.0)
        weights = (bump + 1e-3 * torch.eye(len(centres))) * spacing
        matrices.append(weights / weights.sum(dim=0, keepdim=True))
    return torch.cat(matrices, dim=1)


def smoothing_shares(f0_hz: torch.Tensor) -> torch.Tensor:
    """How much of each width an F0 asks for: half-width F0 / 2, none where unvoiced, (B, T) -> (B, T, widths)."""
    octave = torch.log2(f0_hz.clamp_min(1.0) / (2 * SMOOTHING_HZ[1])) + 1
    place = torch.where(f0_hz > 0, octave.clamp(1.0, len(SMOOTHING_HZ) - 1.0), 0.0)
    at = torch.arange(len(SMOOTHING_HZ), device=f0_hz.device)
    return (1 - (place[..., None] - at).abs()).clamp_min(0.0)


def smoothed(mel: torch.Tensor, f0_hz: torch.Tensor, matrix: torch.Tensor) -> torch.Tensor:
    """The mel without harmonics of F0, log magnitude: (B, T, 128), (B, T), (128, widths * 128) -> (B, T, 128)."""
    return 0.5 * without_harmonics((2 * mel).exp(), f0_hz, matrix).clamp_min(1e-14).log()


def without_harmonics(values: torch.Tensor, f0_hz: torch.Tensor, matrix: torch.Tensor) -> torch.Tensor:
    """Any values of bands without harmonics of F0, (B, T, 128), (B, T), (128, widths * 128) -> (B, T, 128)."""
    means = torch.unflatten(values @ matrix, -1, (len(SMOOTHING_HZ), MEL.bands))
    return (means * smoothing_shares(f0_hz)[..., None]).sum(dim=-2)


def combs_of(f0_hz: torch.Tensor, table: torch.Tensor) -> torch.Tensor:
    """The mel of a flat pulse train at each F0, log magnitude: (B, T), a `comb_table` -> (B, T, 128)."""
    octaves = torch.log2(f0_hz.clamp(LOWEST_HZ, HIGHEST_HZ) / LOWEST_HZ)
    position = (octaves * STEPS_PER_OCTAVE).clamp(0, len(table) - 1.001)
    low = position.long()
    part = (position - low)[..., None]
    return table[low] * (1 - part) + table[low + 1] * part


def to_gain(log_gain: torch.Tensor) -> torch.Tensor:
    """exp within limits."""
    return log_gain.clamp(LOWEST_LOG_GAIN, HIGHEST_LOG_GAIN).exp()


def following(values: torch.Tensor) -> torch.Tensor:
    """The values of the next step of time, at the last one its own: (B, T, ...) -> same."""
    return torch.cat([values[:, 1:], values[:, -1:]], dim=1)


def at_subframes(values: torch.Tensor) -> torch.Tensor:
    """Frame values at every subframe, straight lines between: (B, T, C) -> (B, S, C), S = 4 T."""
    part = (torch.arange(SUBFRAMES, device=values.device, dtype=values.dtype) / SUBFRAMES)[:, None]
    steps = values[:, :, None] * (1 - part)
    return (steps + following(values)[:, :, None] * part).flatten(1, 2)


def hush_nepers() -> torch.Tensor:
    """By how much the noise is quieted at each bin: in a voice's midst, and where one begins or ends, (2, F)."""
    bins = bins_hz().clamp_min(1.0)
    rows = [
        most * (1 - (torch.log2(bins / low_hz) / np.log2(high_hz / low_hz)).clamp(0, 1))
        for most, (low_hz, high_hz) in ((HUSH_NEPERS, HUSH_HZ), (BORDER_HUSH_NEPERS, BORDER_HUSH_HZ))
    ]
    return torch.stack(rows)


def hushed_parts(f0_hz: torch.Tensor) -> torch.Tensor:
    """1 for frames in a voice's midst, and 1 for those where one begins or ends, (B, T) -> (B, T, 2).

    >>> hushed_parts(torch.tensor([[0.0, 1, 1, 1, 1, 1]]))[0].T.tolist()
    [[0.0, 0.0, 0.0, 0.0, 1.0, 1.0], [0.0, 1.0, 1.0, 1.0, 0.0, 0.0]]
    """
    voiced = (f0_hz > 0).float()
    near_silence = functional.max_pool1d(1 - voiced[:, None], 2 * BORDER_FRAMES + 1, 1, BORDER_FRAMES)[:, 0]
    return torch.stack([voiced * (1 - near_silence), voiced * near_silence], dim=-1)


def at_samples(values: torch.Tensor) -> torch.Tensor:
    """Subframe values at every sample, straight lines between: (B, S) -> (B, S * 128)."""
    part = torch.arange(SUBFRAME_SAMPLES, device=values.device, dtype=values.dtype) / SUBFRAME_SAMPLES
    return (values[..., None] * (1 - part) + following(values)[..., None] * part).flatten(1)


def pieces_of(samples: torch.Tensor) -> torch.Tensor:
    """Overlapping pieces centred on the subframes: (B, n) -> (B, n / 128, 512)."""
    half = PIECE_SAMPLES // 2
    blocks = torch.unflatten(functional.pad(samples, (half, half)), 1, (-1, SUBFRAME_SAMPLES))
    count, steps = samples.shape[1] // SUBFRAME_SAMPLES, PIECE_SAMPLES // SUBFRAME_SAMPLES
    return torch.cat([blocks[:, step : step + count] for step in range(steps)], dim=-1)


def spectra_of_pieces(samples: torch.Tensor, window: torch.Tensor) -> torch.Tensor:
    """Spectra of windowed pieces centred on the subframes: (B, n) -> complex (B, n / 128, F)."""
    tail = FILTER_FFT - PIECE_SAMPLES - LEAD_SAMPLES
    return torch.fft.rfft(functional.pad(pieces_of(samples) * window, (LEAD_SAMPLES, tail)))


def added_up(spectra: torch.Tensor) -> torch.Tensor:
    """Samples of pieces that overlap: complex (B, S, F) -> (B, S * 128). Hann windows add up to 2."""
    return 0.5 * overlapped(torch.fft.irfft(spectra, n=FILTER_FFT))


def overlapped(pieces: torch.Tensor) -> torch.Tensor:
    """Filtered pieces where they belong, added up: (B, S, 1024) -> (B, S * 128)."""
    count, steps = pieces.shape[1], FILTER_FFT // SUBFRAME_SAMPLES
    parts = torch.unflatten(pieces, -1, (steps, SUBFRAME_SAMPLES))
    total = functional.pad(parts[:, :, 0], (0, 0, 0, steps - 1))
    for step in range(1, steps):
        total = total + functional.pad(parts[:, :, step], (0, 0, step, steps - 1 - step))
    first = (LEAD_SAMPLES + PIECE_SAMPLES // 2) // SUBFRAME_SAMPLES
    return total[:, first : first + count].flatten(1)
