"""How something is sung, frame by frame: level, breath and spectral tilt from samples and F0.

The recording is read at equal steps of *phase* instead of time, so that every period has the same number of points and
glides and vibrato vanish. A Hann window over exactly four periods then puts harmonic k into bin 4k and nothing of it
into bins 4k +- 2, where only what is not periodic is left: the pitch-scaled harmonic filter (Jackson & Shadle 2001,
"Pitch-scaled estimation of simultaneous voiced and turbulence-noise components in speech", eqs. 4-11).

Conventions
-----------
- `energy_db`: RMS level of the frame's 46 ms, dB below full scale.
- `breathiness_db`: the aperiodic part against the harmonic part below `TOP_HZ`; gain does not move it.
- `tension_db`: the overtones against the fundamental, harmonic part only. It is the log-odds of the overtones' share of
  the power, DiffSinger's tension, in dB instead of nepers.
- Breathiness and tension are NaN where `f0_hz` is 0. The level of the harmonic part alone, DiffSinger's voicing,
  follows from the first two: see `voicing_db`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from svs_cli.analysis.f0 import filled
from svs_cli.units import GRID

Array = NDArray[np.float64]
Curve = NDArray[np.float32]
PERIODS = 4
FEWEST_POINTS, MOST_POINTS = 32, 256  # of a period
SHORTEST_SAMPLES = 2048
TOP_HZ = 8000.0
HALF_FRAME_SECONDS = 0.023
WINDOWS_AT_ONCE, FRAMES_AT_ONCE = 1024, 256
BLOCK_SAMPLES, MARGIN_SAMPLES = 1 << 17, 1 << 13
SPARE_SAMPLES = 4  # what a cubic needs around a place, and one more
DOUBLED_HZ = 2.0 * GRID.sample_rate_hz
LEAST_POWER = 1e-12
BREATHINESS_LIMITS_DB = (-60.0, 30.0)
TENSION_LIMIT_DB = 40.0


@dataclass(frozen=True)
class Technique:
    """Curves on the frame grid, each of shape (frames,); see the module's conventions."""

    energy_db: Curve
    breathiness_db: Curve
    tension_db: Curve


def technique(samples: NDArray[np.float32], f0_hz: NDArray[np.float32]) -> Technique:
    """Measure a recording at 44.1 kHz, (n,) and (frames,); F0 is 0 where unvoiced."""
    frames, voiced = len(f0_hz), f0_hz > 0
    energy_db = decibels(frame_means(samples, frames))
    unknown = np.full(frames, np.nan, np.float32)
    if not voiced.any() or len(samples) < SHORTEST_SAMPLES:
        return Technique(energy_db, unknown, unknown.copy())
    edges_seconds, fundamental, harmonic, noise = period_powers(samples, filled(f0_hz))
    if not len(fundamental):
        return Technique(energy_db, unknown, unknown.copy())
    first, whole, rest = (period_means(edges_seconds, power, frames) for power in (fundamental, harmonic, noise))
    whole = np.maximum(whole, LEAST_POWER)
    first = np.clip(first, 1e-4 * whole, (1 - 1e-4) * whole)
    breathiness_db = np.clip(decibels(rest) - decibels(whole), *BREATHINESS_LIMITS_DB)
    tension_db = np.clip(decibels(whole - first) - decibels(first), -TENSION_LIMIT_DB, TENSION_LIMIT_DB)
    return Technique(energy_db, np.where(voiced, breathiness_db, unknown), np.where(voiced, tension_db, unknown))


def voicing_db(measured: Technique) -> Curve:
    """Level of the harmonic part in dB, NaN where unvoiced: energy less what is breath."""
    return (measured.energy_db - decibels(1.0 + 10.0 ** (measured.breathiness_db / 10.0))).astype(np.float32)


def decibels(power: Array | NDArray[np.float32]) -> Curve:
    """Ten times the decadic logarithm, never below -120 dB.

    >>> decibels(np.array([1.0, 0.0])).tolist()
    [0.0, -120.0]
    """
    return np.asarray(10.0 * np.log10(np.maximum(power, LEAST_POWER)), np.float32)


def frame_means(samples: NDArray[np.float32], frames: int) -> Array:
    """Mean squares of samples over the 46 ms around each frame, (n,) -> (frames,); shorter at the ends."""
    half = round(HALF_FRAME_SECONDS * GRID.sample_rate_hz)
    centres = np.arange(frames) * GRID.hop_samples
    low, high = np.clip(centres - half, 0, len(samples)), np.clip(centres + half, 0, len(samples))
    means = np.zeros(frames)
    for at in range(0, frames, FRAMES_AT_ONCE):
        some = slice(at, at + FRAMES_AT_ONCE)
        piece = samples[low[at] : high[some][-1]]
        total = np.concatenate([[0.0], np.cumsum(np.square(piece, dtype=np.float64))])
        sums = total[high[some] - low[at]] - total[low[some] - low[at]]
        means[some] = sums / np.maximum(1, high[some] - low[some])
    return means


def period_means(edges_seconds: Array, power: Array, frames: int) -> Array:
    """Means over the 46 ms around each frame of a power that is constant between edges, (periods,) -> (frames,)."""
    integral = np.concatenate([[0.0], np.cumsum(power * np.diff(edges_seconds))])
    at = GRID.seconds_of(np.arange(frames))
    sides = (-HALF_FRAME_SECONDS, HALF_FRAME_SECONDS)
    low, high = (np.clip(at + side, edges_seconds[0], edges_seconds[-1]) for side in sides)
    inside = np.interp(high, edges_seconds, integral) - np.interp(low, edges_seconds, integral)
    return np.asarray(np.maximum(inside, 0.0) / np.maximum(high - low, 1e-6))


@dataclass(frozen=True)
class Stretch:
    """A piece of the doubled sound from its sample `begin` on, (n,), and the phase at each sample in periods, (n,)."""

    begin: int
    sound: Array
    phase: Array

    def longer(self, sound: Array, phase: Array) -> Stretch:
        """With what follows it."""
        return Stretch(self.begin, np.concatenate([self.sound, sound]), np.concatenate([self.phase, phase]))

    def from_period(self, period: int) -> Stretch:
        """Without what lies before a period, but for the samples that `cubic` looks back at."""
        first = max(0, int(np.searchsorted(self.phase, period)) - SPARE_SAMPLES)
        return Stretch(self.begin + first, self.sound[first:], self.phase[first:])

    def powers(self, first: int, count: int, points: int) -> tuple[Array, Array, Array, Array]:
        """Of `count` windows, the first of which starts with period `first`: what `period_powers` returns."""
        index = np.arange(len(self.phase))
        asked = first + np.arange((count + PERIODS - 1) * points) / points
        even = cubic(self.sound, np.interp(asked, self.phase, index))
        windows = np.lib.stride_tricks.sliding_window_view(even, PERIODS * points)[::points]
        hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(PERIODS * points) / (PERIODS * points))
        edges = np.interp(first + np.arange(count + 1) + (PERIODS - 1) / 2, self.phase, index)
        edges_seconds = (self.begin + edges) / DOUBLED_HZ
        top = TOP_HZ * np.diff(edges_seconds)
        parts = [
            divided(powers(windows[i : i + WINDOWS_AT_ONCE] * hann), top[i : i + WINDOWS_AT_ONCE])
            for i in range(0, count, WINDOWS_AT_ONCE)
        ]
        fundamental, harmonic, noise = (np.concatenate(part) for part in zip(*parts, strict=True))
        return edges_seconds, fundamental, harmonic, noise


def period_powers(samples: NDArray[np.float32], f0_hz: NDArray[np.float32]) -> tuple[Array, Array, Array, Array]:
    """Edges of the periods in seconds (periods + 1,), power of fundamental, of all harmonics, of the rest (periods,).

    F0 must be positive everywhere. Works block by block, in memory that does not grow with the recording.
    """
    points, done, turned = points_of_period(f0_hz), 0, 0.0
    parts: list[tuple[Array, ...]] = []
    stretch = Stretch(0, np.zeros(0), np.zeros(0))
    for begin in range(0, len(samples), BLOCK_SAMPLES):
        end = min(begin + BLOCK_SAMPLES, len(samples))
        times = np.arange(2 * begin, 2 * end) / DOUBLED_HZ
        own_hz = np.interp(times, GRID.seconds_of(np.arange(len(f0_hz))), f0_hz.astype(np.float64))
        turns = np.cumsum(np.concatenate([[turned], own_hz]))
        stretch, turned = stretch.longer(doubled(samples, begin, end), turns[:-1] / DOUBLED_HZ), turns[-1]
        sure = stretch.phase[-1 if end == len(samples) else -SPARE_SAMPLES]
        count = int(sure) - PERIODS + 1 - done
        if count > 0:
            parts.append(stretch.powers(done, count, points))
            done += count
            stretch = stretch.from_period(done)
    if not parts:
        return np.zeros(1), np.zeros(0), np.zeros(0), np.zeros(0)
    edges, fundamental, harmonic, noise = zip(*parts, strict=True)
    edges_seconds = np.concatenate([*(one[:-1] for one in edges), edges[-1][-1:]])
    return edges_seconds, np.concatenate(fundamental), np.concatenate(harmonic), np.concatenate(noise)


def points_of_period(f0_hz: NDArray[np.float32]) -> int:
    """A power of two that is enough for the measured band of all but the lowest twentieth of the frames."""
    needed = 2.0 * TOP_HZ / float(np.percentile(f0_hz, 5))
    return int(np.clip(2 ** np.ceil(np.log2(needed)), FEWEST_POINTS, MOST_POINTS))


def powers(windows: Array) -> Array:
    """Squared magnitude spectra, (windows, points) -> (windows, points / 2 + 1)."""
    spectrum = np.fft.rfft(windows)
    return np.asarray(spectrum.real**2 + spectrum.imag**2)


def divided(spectrum: Array, highest: Array) -> tuple[Array, Array, Array]:
    """Power spectra over four periods (windows, bins) -> power of fundamental, harmonics, rest, (windows,) each.

    Harmonics above `highest` (windows,) are left out.
    """
    size = 2 * (spectrum.shape[1] - 1)
    harmonics = np.arange(1, size // PERIODS // 2 - 1)
    between = (spectrum[:, PERIODS * harmonics - 2] + spectrum[:, PERIODS * harmonics + 2]) / 2
    within = harmonics[None] <= np.maximum(highest[:, None], 1.0)
    tonal = (spectrum[:, PERIODS * harmonics] - between) * (8.0 / size**2)
    noise = between * (PERIODS * 16.0 / 3.0 / size**2)
    return np.maximum(tonal[:, 0], 0.0), np.maximum((tonal * within).sum(axis=1), 0.0), (noise * within).sum(axis=1)


def doubled(samples: NDArray[np.float32], begin: int, end: int) -> Array:
    """Samples `begin` to `end` at twice the rate, with nothing above the band that is measured, (2 (end - begin),).

    The filter's response has fallen to a millionth `MARGIN_SAMPLES` away.
    """
    first, size = begin - MARGIN_SAMPLES, BLOCK_SAMPLES + 2 * MARGIN_SAMPLES
    piece = np.zeros(size)
    known = samples[max(0, first) : end + MARGIN_SAMPLES]
    piece[max(0, -first) :][: len(known)] = known
    spectrum = np.fft.rfft(piece)
    hz = np.arange(len(spectrum)) * GRID.sample_rate_hz / size
    spectrum *= np.clip((TOP_HZ + 500.0 - hz) / 500.0, 0.0, 1.0)
    return np.asarray(2.0 * np.fft.irfft(spectrum, 2 * size)[2 * MARGIN_SAMPLES :][: 2 * (end - begin)])


def cubic(samples: Array, place: Array) -> Array:
    """Values between samples by Catmull and Rom's cubic (1974), at fractional indices."""
    low = np.clip(place.astype(np.int64), 1, len(samples) - 3)
    x = place - low
    a, b, c, d = (samples[low + k] for k in (-1, 0, 1, 2))
    return np.asarray(b + 0.5 * x * (c - a + x * (2 * a - 5 * b + 4 * c - d + x * (3 * (b - c) + d - a))))
