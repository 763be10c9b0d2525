"""Fine fluctuation and slow drift: the noise that keeps a held note from sounding like an organ.

Both are Gaussian noise under a second-order low-pass, shaped in the frequency domain. Values are cents.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from svs_cli.units import GRID

LARGEST_DEVIATIONS = 2.5  # wilder values are clipped: no note may leave its pitch by chance


@dataclass(frozen=True)
class Wander:
    """How a pitch wanders by chance; cents are root mean squares."""

    fluctuation_cents: float = 2.5
    fluctuation_cutoff_hz: float = 10.0
    drift_cents: float = 1.2
    drift_cutoff_hz: float = 1.0

    def drawn(self, frames: int, rng: np.random.Generator) -> NDArray[np.float64]:
        """A draw on the frame grid, shape (frames,)."""
        fine = low_passed_noise(frames, self.fluctuation_cents, self.fluctuation_cutoff_hz, rng)
        return fine + low_passed_noise(frames, self.drift_cents, self.drift_cutoff_hz, rng)


def low_passed_noise(frames: int, rms_cents: float, cutoff_hz: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """Noise of a root mean square and cutoff on the frame grid, shape (frames,)."""
    length = max(64, 1 << (2 * frames - 1).bit_length())  # twice as long, so that the ends do not meet
    frequencies = np.fft.rfftfreq(length, GRID.frame_seconds)
    gain = 1.0 / (1.0 + (frequencies / cutoff_hz) ** 2)
    gain[0] = 0.0
    shaped = np.fft.irfft(np.fft.rfft(rng.standard_normal(length)) * gain, length)[:frames]
    power = 2.0 * np.sum(gain[1:] ** 2) / length
    normal = shaped / np.sqrt(power)
    noise: NDArray[np.float64] = rms_cents * np.clip(normal, -LARGEST_DEVIATIONS, LARGEST_DEVIATIONS)
    return noise
