"""The mel spectrogram of a flat pulse train: where the harmonics of an F0 lie on the mel grid.

Singers' recordings cover a few pitches; a network that had to learn where harmonics lie would sing only those. The comb
says it in closed form, so that the network learns envelopes and sings any pitch.

Conventions
-----------
- Values are natural-log magnitudes relative to a flat spectrum of the same power density, clipped to -3..3.
- F0 is looked up on a logarithmic grid of 5 cents between 40 and 2,000 Hz.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from svs_cli.analysis.mel import MEL, mel_filterbank

LOWEST_HZ = 40.0
HIGHEST_HZ = 2000.0
STEPS_PER_OCTAVE = 240
CLIP = 3.0


def hann_transform(offset_bins: NDArray[np.float64]) -> NDArray[np.float64]:
    """Magnitude of a Hann window's transform at a distance in bins, 1 at the centre.

    H(x) = sinc(x) / (1 - x^2) (Harris 1978, eq. 27), with its limit 1/2 at x = 1.
    """
    x = np.abs(offset_bins)
    near_one = np.abs(x - 1.0) < 1e-6
    safe = np.where(near_one, 0.5, x)
    return np.abs(np.where(near_one, 0.5, np.sinc(safe) / (1.0 - safe**2)))


@lru_cache(maxsize=1)
def comb_table() -> NDArray[np.float32]:
    """Log-mel combs, shape (steps, bands); row `i` has F0 = LOWEST_HZ * 2^(i / STEPS_PER_OCTAVE)."""
    rows = int(np.ceil(np.log2(HIGHEST_HZ / LOWEST_HZ) * STEPS_PER_OCTAVE)) + 1
    f0_hz = LOWEST_HZ * 2.0 ** (np.arange(rows) / STEPS_PER_OCTAVE)
    # A part at a time: all of it in float64 would take 100 MB for a moment.
    return np.concatenate([combs_at(part) for part in np.array_split(f0_hz, 16)])


def combs_at(f0_hz: NDArray[np.float64]) -> NDArray[np.float32]:
    """Combs computed from their definition, (n,) -> (n, bands)."""
    bin_hz = MEL.sample_rate_hz / MEL.window_samples
    bins_hz = np.arange(MEL.window_samples // 2 + 1) * bin_hz
    below = np.maximum(1.0, np.floor(bins_hz[None] / f0_hz[:, None]))
    power = sum(hann_transform((bins_hz[None] - (below + k) * f0_hz[:, None]) / bin_hz) ** 2 for k in (0, 1))
    # Unit power density: harmonics carry sqrt(F0), as in the vocoder's source.
    magnitude = np.sqrt(power * f0_hz[:, None] / bin_hz)
    bank = mel_filterbank().astype(np.float64)
    flat = bank.sum(axis=1)
    return np.clip(np.log(magnitude @ bank.T / flat + 1e-6), -CLIP, CLIP).astype(np.float32)


def comb(f0_hz: NDArray[np.float32]) -> NDArray[np.float32]:
    """Combs of a positive F0 curve, (frames,) -> (frames, bands)."""
    table = comb_table()
    position = np.log2(np.clip(f0_hz, LOWEST_HZ, HIGHEST_HZ) / LOWEST_HZ) * STEPS_PER_OCTAVE
    low = np.minimum(position.astype(np.int64), len(table) - 2)
    part = (position - low)[:, None].astype(np.float32)
    return table[low] * (1 - part) + table[low + 1] * part
