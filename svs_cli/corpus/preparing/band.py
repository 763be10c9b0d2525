"""Up to which frequency a recording holds sound: the rest was cut by a codec, a telephone, or a lower sample rate.

Conventions
-----------
- `band_hz` is that frequency; a recording that reaches the end of the mel scale has `FULL_BAND_HZ`.
- Only a cliff counts, as in `svs corpus check`: natural spectra slope.
- `bands_within` says which mel bands lie wholly below it; training leaves the others out.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from svs_cli.analysis.mel import MEL, MelSpec, hz_to_slaney_mel, slaney_mel_to_hz
from svs_cli.units import GRID

FULL_BAND_HZ = MEL.high_hz
USABLE_OF_NYQUIST = 0.97  # above it a resampler's filter has begun to close


def band_limit_hz(samples: NDArray[np.float32], f0_hz: NDArray[np.float32], source_rate_hz: int) -> float:
    """`band_hz` of samples on the grid that were recorded at `source_rate_hz`, (n,), (frames,) -> Hz.

    Fricatives tell best how far a recording reaches; F0 says where they are.
    """
    from svs_cli.corpus.checks.listen import SPECTRUM_SAMPLES, band_levels
    from svs_cli.corpus.checks.signal import bandwidth_of

    levels_db = band_levels(samples, GRID.sample_rate_hz)
    centres_seconds = (np.arange(len(levels_db)) + 0.5) * SPECTRUM_SAMPLES / GRID.sample_rate_hz
    unvoiced = f0_hz[np.minimum(GRID.frames_of(centres_seconds), len(f0_hz) - 1)] == 0
    limits_hz = [FULL_BAND_HZ, bandwidth_of(levels_db, unvoiced, GRID.sample_rate_hz)]
    if source_rate_hz < GRID.sample_rate_hz:
        limits_hz.append(USABLE_OF_NYQUIST * source_rate_hz / 2)
    return round(float(min(limits_hz)), 1)


def bands_within(band_hz: float, spec: MelSpec = MEL) -> NDArray[np.bool_]:
    """Mel bands whose filter ends below `band_hz`, (bands,); all of them for a full band.

    >>> int(bands_within(16_000.0).sum()), int(bands_within(8_000.0).sum()) < 110
    (128, True)
    """
    low, high = hz_to_slaney_mel(np.array([spec.low_hz, spec.high_hz]))
    upper_hz = slaney_mel_to_hz(np.linspace(low, high, spec.bands + 2))[2:]
    return np.asarray(upper_hz <= band_hz + 1.0)
