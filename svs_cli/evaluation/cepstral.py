"""Mel-cepstral distortion: how far two spectral envelopes are apart, in dB.

Conventions
-----------
- Envelopes are WORLD's (CheapTrick, power spectrum) on the frame grid, with the signal's own F0. Mel-cepstra are
  SPTK's: coefficients `c_m` of ln |H| on the axis of an all-pass with alpha 0.53, order 39, which is what ESPnet uses
  at 44.1 kHz.
- MCD = 10 / ln 10 * sqrt(2 * sum over m >= 1 of squared differences) (Kubichek 1993), the mean over frames. `c_0`,
  the level, is left out: a gain changes nothing.
- Frames where the reference is over 50 dB below its loudest are left out. Without time warping both start at 0 and
  the shorter length counts. With time warping, the path is the cheapest one (librosa); it hides errors of timing.
"""

from __future__ import annotations

import warnings
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from svs_cli.units import GRID

Array = NDArray[np.float64]
ORDER = 39
ALL_PASS = 0.53
MCD_FACTOR_DB = 10.0 / np.log(10.0) * np.sqrt(2.0)
SILENCE_DB = 50.0
WARPED_BINS = 512
FLOOR_POWER = 1e-8  # of the loudest bin: what is 80 dB softer is inaudible, and WORLD's own noise lies there
LOWEST_WORLD_F0_HZ = 71.0
COARSE_FRAMES = 8
BLOCK_FRAMES = 1024


def mel_cepstra(samples: NDArray[np.float32], f0_hz: NDArray[np.float32]) -> Array:
    """Mel-cepstra of a signal, shapes (n,), (frames,) -> (frames, 40)."""
    return cepstra_of_power(envelope_power(samples, f0_hz))


def envelope_power(samples: NDArray[np.float32], f0_hz: NDArray[np.float32]) -> Array:
    """CheapTrick's power spectra, floored 80 dB below the loudest bin, shapes (n,), (frames,) -> (frames, 1025)."""
    with warnings.catch_warnings():  # pyworld 0.3.5 imports pkg_resources, which announces its own end
        warnings.simplefilter("ignore")
        import pyworld
    times = np.asarray(GRID.seconds_of(np.arange(len(f0_hz))))
    envelope = pyworld.cheaptrick(
        samples.astype(np.float64), f0_hz.astype(np.float64), times, GRID.sample_rate_hz, f0_floor=LOWEST_WORLD_F0_HZ
    )
    return np.asarray(np.maximum(envelope, FLOOR_POWER * envelope.max()))


def cepstra_of_power(power: Array, order: int = ORDER, alpha: float = ALL_PASS) -> Array:
    """Mel-cepstra of power spectra, (frames, bins) -> (frames, order + 1).

    ln |H| on the warped axis w' = w + 2 atan(a sin w / (1 - a cos w)) is c_0 + sum of c_m cos(m w') (m >= 1): the
    coefficients follow from a DCT over points that are even on that axis, and |H| there from the inverse warp (-a).
    Interpolation and DCT are linear, so both are one matrix.
    """
    log_amplitude = 0.5 * np.log(np.maximum(power, 1e-20))
    return np.asarray(log_amplitude @ cepstral_matrix(power.shape[1], order, alpha))


@lru_cache(maxsize=4)
def cepstral_matrix(bins: int, order: int, alpha: float) -> Array:
    """From ln |H| at `bins` even frequencies to mel-cepstra, (bins, order + 1)."""
    warped = np.pi * (np.arange(WARPED_BINS) + 0.5) / WARPED_BINS
    plain = warped + 2 * np.arctan(-alpha * np.sin(warped) / (1 + alpha * np.cos(warped)))
    position = plain / np.pi * (bins - 1)
    interpolation = np.maximum(0.0, 1.0 - np.abs(np.arange(bins)[:, None] - position))
    cosines = 2.0 / WARPED_BINS * np.cos(np.outer(warped, np.arange(order + 1)))
    cosines[:, 0] /= 2
    return np.asarray(interpolation @ cosines)


def distortion_db(a: Array, b: Array) -> Array:
    """MCD of pairs of frames, (frames, order + 1) twice -> (frames,)."""
    return MCD_FACTOR_DB * np.sqrt(np.sum((a[:, 1:] - b[:, 1:]) ** 2, axis=1))


def mcd_metrics(heard: Array, reference: Array, sounding: NDArray[np.bool_]) -> dict[str, float | None]:
    """MCD with and without time warping; `sounding` has shape (reference frames,)."""
    frames = min(len(heard), len(reference))
    both = sounding[:frames]
    if not both.any():
        return {"mcd_db": None, "mcd_dtw_db": None}
    plain = distortion_db(heard[:frames], reference[:frames])[both]
    path = warping_path(heard[:, 1:], reference[:, 1:])
    path = path[sounding[path[:, 1]]]
    warped = distortion_db(heard[path[:, 0]], reference[path[:, 1]])
    return {"mcd_db": float(plain.mean()), "mcd_dtw_db": float(warped.mean()) if len(path) else None}


def warping_path(a: Array, b: Array) -> NDArray[np.int64]:
    """Pairs of frames (indices into a and b), rising from the first to the last, shape (steps, 2).

    The full matrix of a long song would not fit into memory: a path between means of 8 frames is found first, and the
    exact one inside blocks of about 1024 frames (12 s) between points of it.
    """
    if max(len(a), len(b)) <= 2 * BLOCK_FRAMES:
        return dtw(a, b)
    coarse = dtw(averaged(a), averaged(b)) * COARSE_FRAMES
    cuts = coarse[np.searchsorted(coarse[:, 0], np.arange(BLOCK_FRAMES, len(a) - BLOCK_FRAMES // 2, BLOCK_FRAMES))]
    corners = np.concatenate([[[0, 0]], cuts, [[len(a), len(b)]]])
    corners = np.maximum.accumulate(corners, axis=0)
    paths = []
    for (a0, b0), (a1, b1) in zip(corners, corners[1:], strict=False):
        if a1 > a0 and b1 > b0:
            paths.append(dtw(a[a0:a1], b[b0:b1]) + np.array([a0, b0]))
    return np.concatenate(paths)


def averaged(frames: Array) -> Array:
    """Means of `COARSE_FRAMES` frames."""
    whole = len(frames) // COARSE_FRAMES * COARSE_FRAMES
    return frames[:whole].reshape(-1, COARSE_FRAMES, frames.shape[1]).mean(axis=1)


def dtw(a: Array, b: Array) -> NDArray[np.int64]:
    """librosa's dynamic time warping with Euclidean distances, as rising pairs."""
    from librosa.sequence import dtw as warp

    _, path = warp(np.ascontiguousarray(a.T), np.ascontiguousarray(b.T), metric="euclidean")
    return np.asarray(path[::-1], np.int64)
