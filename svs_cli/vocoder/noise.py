"""The noise of the source-filter vocoder: white, at absolute positions, with a spectrum that keeps still.

Conventions
-----------
- The short-time spectrum of white noise has peaks and holes by chance. In a copy they stand where the recording had
  others: what is left of a breath is then twice as far from it as two breaths are. So the noise is made to have nearly
  the same magnitude everywhere in its short-time spectra and keeps only its phases: low-noise noise, which is made by
  dividing noise by its own envelope, again and again (Kohlrausch et al. 1997), here in windows of 12 and 6 ms.
- It is put together from a few rings that are made once. Which one comes where, from which place on, backwards or
  turned over, is told by seed and position: any cut of a song's noise is the same, however the song is rendered.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]

BLOCK_SAMPLES = 1 << 15
RINGS = 8
WINDOWS_SAMPLES = (512, 256) * 2
STEPS_PER_WINDOW = 4
LEAST_MAGNITUDE = 1e-3


def noise_between(seed: int, first_sample: int, last_sample: int) -> Samples:
    """Noise of unit power at absolute positions: any cut of it is the same, (last - first,)."""
    blocks = range(first_sample // BLOCK_SAMPLES, -(-last_sample // BLOCK_SAMPLES))
    parts = []
    for block in blocks:
        number, turn, way, sign = np.random.default_rng((seed, block)).integers((RINGS, BLOCK_SAMPLES, 2, 2))
        ring = noise_ring(int(number))[:: 1 - 2 * way] * np.float32(1 - 2 * sign)
        parts += [ring[turn:], ring[:turn]]
    start = first_sample - blocks.start * BLOCK_SAMPLES
    return np.concatenate([*parts, np.zeros(0, np.float32)])[start : start + last_sample - first_sample]


@lru_cache(maxsize=RINGS)
def noise_ring(number: int) -> Samples:
    """One of the rings, (BLOCK_SAMPLES,)."""
    return still_noise(np.random.default_rng(number).standard_normal(BLOCK_SAMPLES, np.float32))


def still_noise(noise: Samples) -> Samples:
    """A ring of white noise with less of chance in its short-time spectra, unit power, (n,) -> (n,).

    >>> float(still_noise(np.random.default_rng(0).standard_normal(4096, np.float32)).std().round(3))
    1.0
    """
    for window_samples in WINDOWS_SAMPLES:
        noise = flattened(noise, window_samples)
    return noise


def flattened(noise: Samples, window_samples: int) -> Samples:
    """The spectra of Hann-windowed pieces of a ring with all magnitudes alike, added up, unit power, (n,) -> (n,)."""
    hop, window = window_samples // STEPS_PER_WINDOW, np.hanning(window_samples + 1)[:-1].astype(np.float32)
    around = np.concatenate([noise, noise[: window_samples - hop]])
    spectra = np.fft.rfft(np.lib.stride_tricks.sliding_window_view(around, window_samples)[::hop] * window)
    usual = float(np.sqrt(np.square(window).sum()))
    spectra *= usual / np.maximum(np.abs(spectra), LEAST_MAGNITUDE * usual)
    pieces = (np.fft.irfft(spectra, n=window_samples) * window).reshape(-1, STEPS_PER_WINDOW, hop)
    total = np.zeros((len(pieces), hop), np.float32)
    for step in range(STEPS_PER_WINDOW):
        total += np.roll(pieces[:, step], step, axis=0)
    return np.asarray(total.ravel() / total.std(), np.float32)
