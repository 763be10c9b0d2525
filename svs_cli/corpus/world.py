"""Recordings taken apart by WORLD and put together another way: other F0, other lengths, more breath, another tilt.

WORLD (Morise et al. 2016; envelopes by CheapTrick, Morise 2015; aperiodicity by D4C, Morise 2016) describes a frame of
5.8 ms by F0, a power envelope and the share of noise in each band.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from svs_cli.analysis.f0 import filled
from svs_cli.units import GRID

HOP_SAMPLES = GRID.hop_samples // 2
LOWEST_TILTED_HZ, HIGHEST_TILTED_HZ = 200.0, 8000.0
Array = NDArray[np.float64]


@dataclass(frozen=True)
class Parts:
    """Shapes: f0_hz (T,), 0 where unvoiced; envelope (T, bins), power; aperiodicity (T, bins), amplitude share 0..1."""

    f0_hz: Array
    envelope: Array
    aperiodicity: Array


def taken_apart(samples: Array, f0_hz: NDArray[np.float32]) -> Parts:
    """WORLD's description of a recording, (n,) with F0 on the frame grid (frames,)."""
    pyworld = imported()
    times = np.arange(0, len(samples), HOP_SAMPLES) / GRID.sample_rate_hz
    own = GRID.seconds_of(np.arange(len(f0_hz)))
    nearest = np.minimum(np.round(times / GRID.frame_seconds).astype(int), len(f0_hz) - 1)
    bridged = np.interp(times, own, filled(f0_hz).astype(np.float64))
    f0 = np.where(f0_hz[nearest] > 0, bridged, 0.0)
    envelope = pyworld.cheaptrick(samples, f0, times, GRID.sample_rate_hz)
    return Parts(f0, envelope, pyworld.d4c(samples, f0, times, GRID.sample_rate_hz))


def put_together(parts: Parts, samples: int) -> NDArray[np.float32]:
    """The sound, (samples,), peaks within full scale."""
    period_ms = 1000.0 * HOP_SAMPLES / GRID.sample_rate_hz
    arrays = (np.ascontiguousarray(a) for a in (parts.f0_hz, parts.envelope, parts.aperiodicity))
    made = imported().synthesize(*arrays, GRID.sample_rate_hz, period_ms)
    made = np.pad(made, (0, max(0, samples - len(made))))[:samples]
    return (made / max(1.0, float(np.abs(made).max()))).astype(np.float32)


def retold(parts: Parts, place: Array) -> Parts:
    """The description read at other places, fractional indices (T',): envelopes in between are geometric means."""
    low = np.clip(place.astype(np.int64), 0, len(parts.f0_hz) - 2)
    share = np.clip(place - low, 0.0, 1.0)[:, None]
    nearest = np.clip(np.round(place).astype(np.int64), 0, len(parts.f0_hz) - 1)
    log_envelope = np.log(parts.envelope + 1e-16)
    envelope = np.exp(log_envelope[low] * (1 - share) + log_envelope[low + 1] * share)
    aperiodicity = parts.aperiodicity[low] * (1 - share) + parts.aperiodicity[low + 1] * share
    return Parts(parts.f0_hz[nearest], envelope, aperiodicity)


def recoloured(parts: Parts, breath_db: Array, tilt_db_per_octave: Array) -> Parts:
    """Voiced frames with more or less breath and another tilt, (T,) each; the level stays about the same."""
    bins = parts.envelope.shape[1]
    hz = np.arange(bins) * GRID.sample_rate_hz / 2 / (bins - 1)
    octaves = np.log2(np.clip(hz, LOWEST_TILTED_HZ, HIGHEST_TILTED_HZ) / LOWEST_TILTED_HZ)
    voiced = (parts.f0_hz > 0)[:, None]
    tilted = parts.envelope * 10.0 ** (tilt_db_per_octave[:, None] * octaves / 10.0)
    power, before = tilted.sum(axis=1, keepdims=True), parts.envelope.sum(axis=1, keepdims=True)
    noisy = np.clip(parts.aperiodicity * 10.0 ** (breath_db[:, None] / 20.0), 0.0, 1.0)
    return replace(
        parts,
        envelope=np.where(voiced, tilted * before / np.maximum(power, 1e-16), parts.envelope),
        aperiodicity=np.where(voiced, noisy, parts.aperiodicity),
    )


def slow_curve(frames: int, spread: float, random: np.random.Generator, seconds_between: float = 0.8) -> Array:
    """Random values evenly within -spread..spread that wander slowly, on WORLD's frames, (frames,)."""
    seconds = np.arange(frames) * HOP_SAMPLES / GRID.sample_rate_hz
    knots = random.uniform(-spread, spread, int(seconds[-1] / seconds_between) + 3)
    return np.interp(seconds, np.arange(len(knots)) * seconds_between, knots)


def imported() -> Any:
    """pyworld, without the announcement that pkg_resources makes (pyworld 0.3.5)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        import pyworld
    return pyworld
