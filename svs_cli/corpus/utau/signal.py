"""What the sound itself says about boundaries: levels in bands, where they fall and rise, where the spectrum turns.

Conventions
-----------
- Features come every `HOP_SECONDS`; frame `i` is centred on `i * HOP_SECONDS`. Levels are dB of a band's power.
- `low` (80-1000 Hz) falls in voiceless consonants, `middle` (1000-4500 Hz) falls in nasals and voiced stops too,
  `high` (3-12 kHz) rises in friction and breath.
- A *dip* is a hole in a band between two nuclei: it starts where the level leaves that of the nucleus before, and ends
  where the nucleus after has its level for good.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Span = tuple[float, float]  # start and end in seconds
HOP_SECONDS = 0.005
WINDOW_SECONDS = 0.02
BANDS_HZ = {"low": (80.0, 1000.0), "middle": (1000.0, 4500.0), "high": (3000.0, 12000.0), "all": (80.0, 14000.0)}
SPECTRUM_BANDS = 36
SPECTRUM_RANGE_HZ = (100.0, 10000.0)
CHUNK_FRAMES = 2000


@dataclass(frozen=True)
class Features:
    """Levels in dB of each band, shape (frames,), and a coarse log spectrum, shape (frames, SPECTRUM_BANDS)."""

    levels_db: dict[str, Array]
    spectrum_db: Array
    duration_seconds: float

    def frame(self, seconds: float) -> int:
        """Nearest frame inside the recording."""
        return int(np.clip(round(seconds / HOP_SECONDS), 0, len(self.spectrum_db) - 1))

    def level(self, band: str, start_seconds: float, end_seconds: float, percentile: float = 70.0) -> float:
        """A percentile of a band's level between two times, in dB."""
        first = self.frame(start_seconds)
        return float(np.percentile(self.levels_db[band][first : max(first, self.frame(end_seconds)) + 1], percentile))

    def template(self, start_seconds: float, end_seconds: float) -> Array:
        """Mean log spectrum between two times, shape (SPECTRUM_BANDS,)."""
        first = self.frame(start_seconds)
        mean: Array = self.spectrum_db[first : max(first, self.frame(end_seconds)) + 1].mean(axis=0)
        return mean


def features_of(samples: NDArray[np.float32], sample_rate_hz: int) -> Features:
    """Features of mono samples, shape (n,)."""
    from scipy.fft import rfft

    hop, window = round(HOP_SECONDS * sample_rate_hz), round(WINDOW_SECONDS * sample_rate_hz)
    frames = 1 + len(samples) // hop
    padded = np.pad(samples, (window // 2, window + hop))
    taper = np.hanning(window).astype(np.float32)
    weights = band_weights(sample_rate_hz, window)
    powers = []
    for start in range(0, frames, CHUNK_FRAMES):
        count = min(CHUNK_FRAMES, frames - start)
        view = np.lib.stride_tricks.sliding_window_view(padded[start * hop :], window)[: count * hop : hop]
        powers.append((np.abs(rfft(view * taper, axis=1)) ** 2) @ weights)
    levels_db = 10.0 * np.log10(np.concatenate(powers).astype(np.float64) / window**2 + 1e-12)
    names = list(BANDS_HZ)
    return Features(
        {name: smoothed(levels_db[:, i]) for i, name in enumerate(names)},
        levels_db[:, len(names) :],
        len(samples) / sample_rate_hz,
    )


def band_weights(sample_rate_hz: int, window: int) -> NDArray[np.float32]:
    """Matrix from a power spectrum to the named bands and the coarse spectrum, shape (bins, bands)."""
    frequencies = np.fft.rfftfreq(window, 1.0 / sample_rate_hz)
    columns = [(frequencies >= low) & (frequencies < high) for low, high in BANDS_HZ.values()]
    lowest, highest = np.log1p(np.array(SPECTRUM_RANGE_HZ) / 700.0)
    edges = 700.0 * np.expm1(np.linspace(lowest, highest, SPECTRUM_BANDS + 2))
    for low, centre, high in zip(edges, edges[1:], edges[2:], strict=False):
        width = max(frequencies[1], centre - low)
        columns.append(np.clip(1.0 - np.abs(frequencies - centre) / max(width, high - centre), 0.0, 1.0))
    return np.stack([np.asarray(column, dtype=np.float32) for column in columns], axis=1)


def smoothed(values: Array, frames: int = 3) -> Array:
    """Running mean of odd length with the ends held, same shape."""
    padded = np.pad(values, frames // 2, mode="edge")
    return np.convolve(padded, np.full(frames, 1.0 / frames), mode="valid")


@dataclass(frozen=True)
class Dip:
    """Where a band falls and rises again, in seconds, and by how many dB it stays below the quieter nucleus."""

    fall_seconds: float
    rise_seconds: float
    depth_db: float


def find_dip(features: Features, band: str, before: Span, around: Span, after: Span) -> Dip:
    """The dip of `band` inside `around`; `before` and `after` are stretches of the nuclei (all in seconds)."""
    level = features.levels_db[band]
    first, last = features.frame(around[0]), features.frame(around[1])
    bottom_db = float(level[first : last + 1].min())
    before_db, after_db = features.level(band, *before), features.level(band, *after)
    fall = first
    while fall < last and level[fall] >= before_db - edge_drop_db(before_db - bottom_db):
        fall += 1
    rise = last
    while rise > first and level[rise] >= after_db - edge_drop_db(after_db - bottom_db):
        rise -= 1
    return Dip(fall * HOP_SECONDS, (rise + 1) * HOP_SECONDS, min(before_db, after_db) - bottom_db)


def edge_drop_db(depth_db: float) -> float:
    """How far below a nucleus' level its edge is set: half way into the dip, 12 dB at most."""
    return float(np.clip(0.5 * depth_db, 1.0, 12.0))


def turning_point(features: Features, left: Span, right: Span, around: Span) -> tuple[float, float]:
    """Where the spectrum turns from that of `left` to that of `right` (stretches in seconds) inside `around`.

    Returns the time in seconds and the distance of the two spectra in dB (root mean square over bands): with a small
    distance the time means nothing. Overall level is taken out first.
    """
    start, end = features.template(*left), features.template(*right)
    direction = (end - end.mean()) - (start - start.mean())
    distance_db = float(np.sqrt(np.mean(direction**2)))
    first, last = features.frame(around[0]), features.frame(around[1])
    stretch = features.spectrum_db[first : last + 1]
    stretch = stretch - stretch.mean(axis=1, keepdims=True)
    position = (stretch - (start - start.mean())) @ direction / max(float(direction @ direction), 1e-9)
    # the cut that leaves as little as possible of either side beyond the middle
    balance = np.cumsum(np.clip(position, -0.5, 1.5) - 0.5)
    return (first + int(np.argmin(balance)) + 1) * HOP_SECONDS, distance_db
