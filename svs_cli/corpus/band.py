"""Up to which frequency a recording holds sound: the rest was cut by a codec, a telephone, or a lower sample rate.

Conventions
-----------
- `band_hz` is that frequency; a recording that reaches the end of the mel scale has `FULL_BAND_HZ`.
- Only a cliff counts: the spectrum falls by `CLIFF_DB` within `CLIFF_HZ` and does not come back. Natural spectra slope.
- `bands_within` says which mel bands lie wholly below it; training leaves the others out.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from svs_cli.analysis.mel import MEL, MelSpec, hz_to_slaney_mel, slaney_mel_to_hz
from svs_cli.units import GRID

FULL_BAND_HZ = MEL.high_hz
STEP_HZ = 200.0
CLIFF_HZ = 600.0
CLIFF_DB = 22.0
LOWEST_CLIFF_HZ = 3000.0
USABLE_OF_NYQUIST = 0.995  # a resampler's filter reaches almost there
WINDOW = 4096


def band_limit_hz(samples: NDArray[np.float32], source_rate_hz: int) -> float:
    """`band_hz` of samples at the grid's rate that were recorded at `source_rate_hz`, (n,) -> Hz."""
    limit_hz = min(FULL_BAND_HZ, USABLE_OF_NYQUIST * source_rate_hz / 2)
    levels_db = loud_spectrum_db(samples)
    steps = round(CLIFF_HZ / STEP_HZ)
    for index in range(round(LOWEST_CLIFF_HZ / STEP_HZ), round(limit_hz / STEP_HZ)):
        before_db = levels_db[index - 2 * steps : index].mean()
        if before_db - levels_db[index + steps :].max() > CLIFF_DB:
            return round(min(limit_hz, index * STEP_HZ), 1)
    return round(limit_hz, 1)


def loud_spectrum_db(samples: NDArray[np.float32]) -> NDArray[np.float64]:
    """What the loudest twentieth of windows reaches in each `STEP_HZ`, up to Nyquist, (n,) -> (steps,)."""
    count = max(1, len(samples) // WINDOW)
    padded = np.pad(samples, (0, max(0, count * WINDOW - len(samples))))[: count * WINDOW]
    windows = padded.reshape(count, WINDOW)[:: max(1, count // 400)] * np.hanning(WINDOW).astype(np.float32)
    power = np.abs(np.fft.rfft(windows, axis=1)) ** 2
    width = STEP_HZ * WINDOW / GRID.sample_rate_hz
    edges = np.round(np.arange(0, power.shape[1] / width) * width).astype(int)
    steps = np.add.reduceat(power, edges[edges < power.shape[1]], axis=1)
    return 10 * np.log10(np.percentile(steps, 95, axis=0) + 1e-12)


def bands_within(band_hz: float, spec: MelSpec = MEL) -> NDArray[np.bool_]:
    """Mel bands whose filter ends below `band_hz`, (bands,); all of them for a full band.

    >>> int(bands_within(16_000.0).sum()), int(bands_within(8_000.0).sum()) < 110
    (128, True)
    """
    low, high = hz_to_slaney_mel(np.array([spec.low_hz, spec.high_hz]))
    upper_hz = slaney_mel_to_hz(np.linspace(low, high, spec.bands + 2))[2:]
    return np.asarray(upper_hz <= band_hz + 1.0)
