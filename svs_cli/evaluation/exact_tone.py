"""A tone of exactly the asked F0: what the F0 extractor makes of a perfect copy.

Conventions
-----------
- Harmonics 1 to 16 below 8 kHz fall by 6 dB an octave; the level follows the recording's, and there is silence where no
  voice is asked for. Between frames log F0 is interpolated; phase is the running sum in float64.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from svs_cli.analysis.f0 import filled
from svs_cli.units import GRID, db_to_amplitude

HARMONICS = 16
HIGHEST_HARMONIC_HZ = 8000.0
EDGE_SAMPLES = 220  # 5 ms


def exact_tone(
    f0_hz: NDArray[np.float32], levels_db: NDArray[np.float64], samples: int
) -> NDArray[np.float32]:
    """F0 and level by frame, shapes (frames,), to samples, shape (samples,); all zeros if nothing is voiced.

    >>> bool(exact_tone(np.zeros(2, np.float32), np.zeros(2), 1024).any())
    False
    """
    if not f0_hz.any():
        return np.zeros(samples, np.float32)
    positions = np.arange(samples) / GRID.hop_samples
    frames = np.arange(len(f0_hz))
    exact_hz = np.exp(np.interp(positions, frames, np.log(filled(f0_hz).astype(np.float64))))
    phase = 2 * np.pi * np.cumsum(exact_hz) / GRID.sample_rate_hz
    voiced = (f0_hz > 0)[np.minimum((positions + 0.5).astype(int), len(f0_hz) - 1)]
    gate = np.convolve(voiced, np.full(EDGE_SAMPLES, 1 / EDGE_SAMPLES), "same")[:samples]
    level = gate * np.interp(positions, frames, db_to_amplitude(levels_db[: len(f0_hz)]))
    tone = np.zeros(samples)
    for number in range(1, HARMONICS + 1):
        tone += np.where(number * exact_hz < HIGHEST_HARMONIC_HZ, np.sin(number * phase) / number, 0.0)
    return (level * tone).astype(np.float32)
