"""How loud a recording is (ITU-R BS.1770-4), and the one gain that a group of recordings shares.

Conventions
-----------
- Loudness is in LUFS of a mono file: a full-scale 997 Hz sine has -3.01. Blocks are 400 ms long, one every 100 ms.
- A group is a speaker in one style on one pitch: within it, louder and softer carry meaning and stay. Its gain brings
  the gated loudness of all its blocks together to `TARGET_LUFS`, but no file over `PEAK_DB`.
- Whispering is softer than singing and stays so: its target is `WHISPER_LU` lower.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from svs_cli.units import GRID

TARGET_LUFS = -23.0
WHISPER_LU = 10.0
PEAK_DB = -0.2
BLOCK_SECONDS, STEP_SECONDS = 0.4, 0.1
ABSOLUTE_GATE_LUFS, RELATIVE_GATE_LU = -70.0, 10.0
OFFSET_LUFS = -0.691


@lru_cache(maxsize=4)
def weighting(sample_rate_hz: int) -> tuple[NDArray[np.float64], ...]:
    """K-weighting as two biquads (b, a, b, a): a shelf for the head and a high-pass, for any rate."""
    gain, shelf_q, shelf_hz = 10 ** (3.999843853973347 / 20), 0.7071752369554196, 1681.974450955533
    k = np.tan(np.pi * shelf_hz / sample_rate_hz)
    bent = gain**0.4996667741545416
    scale = 1 + k / shelf_q + k * k
    shelf_b = [(gain + bent * k / shelf_q + k * k) / scale, 2 * (k * k - gain) / scale]
    shelf_b.append((gain - bent * k / shelf_q + k * k) / scale)
    shelf_a = [1.0, 2 * (k * k - 1) / scale, (1 - k / shelf_q + k * k) / scale]
    k, pass_q = np.tan(np.pi * 38.13547087602444 / sample_rate_hz), 0.5003270373238773
    scale = 1 + k / pass_q + k * k
    pass_a = [1.0, 2 * (k * k - 1) / scale, (1 - k / pass_q + k * k) / scale]
    return np.array(shelf_b), np.array(shelf_a), np.array([1.0, -2.0, 1.0]), np.array(pass_a)


def block_loudness(samples: NDArray[np.float32], sample_rate_hz: int = GRID.sample_rate_hz) -> NDArray[np.float64]:
    """LUFS of each block, (n,) -> (blocks,); a file shorter than a block is one block."""
    from scipy.signal import lfilter

    shelf_b, shelf_a, pass_b, pass_a = weighting(sample_rate_hz)
    weighted = lfilter(pass_b, pass_a, lfilter(shelf_b, shelf_a, samples.astype(np.float64)))
    block, step = round(BLOCK_SECONDS * sample_rate_hz), round(STEP_SECONDS * sample_rate_hz)
    energy = np.concatenate([[0.0], np.cumsum(weighted**2)])
    starts = np.arange(0, max(1, len(samples) - block + 1), step)
    ends = np.minimum(starts + block, len(samples))
    return OFFSET_LUFS + 10 * np.log10(np.maximum((energy[ends] - energy[starts]) / (ends - starts), 1e-12))


def gated_loudness(blocks_lufs: NDArray[np.float64]) -> float:
    """Integrated loudness of blocks, gated as BS.1770 asks; -inf when nothing is above the absolute gate."""
    heard = blocks_lufs[blocks_lufs > ABSOLUTE_GATE_LUFS]
    if not len(heard):
        return float("-inf")
    heard = heard[heard > mean_lufs(heard) - RELATIVE_GATE_LU]
    return mean_lufs(heard)


def mean_lufs(blocks_lufs: NDArray[np.float64]) -> float:
    """The loudness of the mean power."""
    return float(10 * np.log10(np.mean(10 ** (blocks_lufs / 10))))


def group_gain_db(blocks_lufs: NDArray[np.float64], peaks_db: Sequence[float], *, whispered: bool = False) -> float:
    """The gain of a group in dB, to hundredths; 0 for a group in which nothing sounds.

    >>> group_gain_db(np.full(10, -30.0), [-3.0]), group_gain_db(np.full(10, -30.0), [-12.0])
    (2.8, 7.0)
    """
    loudness = gated_loudness(blocks_lufs)
    if not np.isfinite(loudness):
        return 0.0
    wanted_db = TARGET_LUFS - (WHISPER_LU if whispered else 0.0) - loudness
    return float(np.floor(100 * min(wanted_db, PEAK_DB - max(peaks_db)) + 1e-6) / 100)
