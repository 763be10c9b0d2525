"""Mel cepstra with their first and second derivatives, as Gaussians hear speech best.

Conventions
-----------
- Frames are `STEP_SAMPLES` (5 ms) apart, finer than those of the neural aligner; frame `i` is centred on sample
  `i * STEP_SAMPLES`, so a boundary after it lies half a step later.
- 30 mel bands from 80 to 6,600 Hz, below any usual band limit; 13 cepstral coefficients (Davis and Mermelstein 1980).
- The mean over the louder frames of a recording is taken off, which takes the microphone with it, and a speaker's
  deviations are scaled to 1.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import torch
from numpy.typing import NDArray

from svs_cli.units import GRID

STEP_SAMPLES = 220
STEP_SECONDS = STEP_SAMPLES / GRID.sample_rate_hz
WINDOW_SAMPLES = 882
FFT_SAMPLES = 2048
BANDS, COEFFICIENTS = 30, 13
DIMENSIONS = 3 * COEFFICIENTS
LOW_HZ, HIGH_HZ = 80.0, 6_600.0
PRE_EMPHASIS = 0.97
SLOPE_REACH = 2  # frames to either side
LOUDER_SHARE = 0.6
POWER_FLOOR = 1e-7


def cepstra(samples: NDArray[np.float32]) -> torch.Tensor:
    """Samples (n,) at 44.1 kHz to (n // STEP_SAMPLES + 1, DIMENSIONS), less the mean over the louder frames."""
    sound = torch.from_numpy(samples)
    sound = torch.cat([sound[:1], sound[1:] - PRE_EMPHASIS * sound[:-1]])
    window = torch.hann_window(WINDOW_SAMPLES)
    spectrum = torch.stft(
        sound, FFT_SAMPLES, STEP_SAMPLES, WINDOW_SAMPLES, window, pad_mode="constant", return_complex=True
    )
    bank, cosines = tables()
    statics = (cosines @ torch.log(bank @ spectrum.abs().square() + POWER_FLOOR)).T
    loud = statics[:, 0] >= torch.quantile(statics[:, 0], 1.0 - LOUDER_SHARE)
    first = slopes(statics)
    return torch.cat([statics - statics[loud].mean(0), first, slopes(first)], dim=1)


def slopes(values: torch.Tensor) -> torch.Tensor:
    """Least-squares slope around each frame, (T, D) -> (T, D); the ends are held."""
    ramp = torch.arange(-SLOPE_REACH, SLOPE_REACH + 1.0)
    held = torch.nn.functional.pad(values.T[None], (SLOPE_REACH, SLOPE_REACH), mode="replicate")[0]
    return (held.unfold(1, len(ramp), 1) @ (ramp / ramp.square().sum())).T


@cache
def tables() -> tuple[torch.Tensor, torch.Tensor]:
    """Triangular mel filters (BANDS, FFT_SAMPLES / 2 + 1), and cosines (COEFFICIENTS, BANDS)."""
    low, high = (2595.0 * np.log10(1.0 + hz / 700.0) for hz in (LOW_HZ, HIGH_HZ))
    edges_hz = 700.0 * (10.0 ** (np.linspace(low, high, BANDS + 2) / 2595.0) - 1.0)
    hz = np.arange(FFT_SAMPLES // 2 + 1) * GRID.sample_rate_hz / FFT_SAMPLES
    rise = (hz - edges_hz[:-2, None]) / np.diff(edges_hz[:-1])[:, None]
    fall = (edges_hz[2:, None] - hz) / np.diff(edges_hz[1:])[:, None]
    places = np.pi * np.arange(COEFFICIENTS)[:, None] * (np.arange(BANDS) + 0.5) / BANDS
    tensors = np.maximum(0.0, np.minimum(rise, fall)), np.sqrt(2.0 / BANDS) * np.cos(places)
    bank, cosines = (torch.tensor(table, dtype=torch.float32) for table in tensors)
    return bank, cosines
