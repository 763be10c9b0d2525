"""Every conversion between units, and the frame grid. Nobody else divides by a hop.

Conventions
-----------
- A MIDI note number may be fractional; 69 is A4 = 440 Hz.
- Cents are positive upwards: `cents(asked, heard) > 0` means heard is sharp.
- 0 Hz means unvoiced; conversions of 0 Hz give -inf, so mask before converting.
- Levels in dB are amplitude decibels (20 log10); full scale is 0 dB.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.floating]

A4_HZ = 440.0
A4_MIDI = 69.0
DB_PER_NEPER = 8.685889638  # 20 / ln 10: a log-mel moves by one neper where the level moves by this


@overload
def midi_to_hz(midi: float) -> float: ...
@overload
def midi_to_hz(midi: FloatArray) -> FloatArray: ...
def midi_to_hz(midi):
    """Frequency in Hz of (fractional) MIDI note numbers, any shape.

    >>> midi_to_hz(69.0), round(midi_to_hz(60.0), 3)
    (440.0, 261.626)
    """
    hz = A4_HZ * 2.0 ** ((np.asarray(midi, dtype=np.float64) - A4_MIDI) / 12.0)
    return float(hz) if np.ndim(midi) == 0 else hz


@overload
def hz_to_midi(hz: float) -> float: ...
@overload
def hz_to_midi(hz: FloatArray) -> FloatArray: ...
def hz_to_midi(hz):
    """Fractional MIDI note numbers of frequencies in Hz, any shape; 0 Hz gives -inf.

    >>> hz_to_midi(440.0)
    69.0
    """
    with np.errstate(divide="ignore"):
        midi = A4_MIDI + 12.0 * np.log2(np.asarray(hz, dtype=np.float64) / A4_HZ)
    return float(midi) if np.ndim(hz) == 0 else midi


def cents(reference_hz: ArrayLike, hz: ArrayLike) -> NDArray[np.float64]:
    """Interval in cents from `reference_hz` up to `hz` (positive: sharp), any broadcastable shapes.

    >>> float(cents(440.0, 880.0))
    1200.0
    """
    return 1200.0 * np.log2(np.asarray(hz, dtype=np.float64) / np.asarray(reference_hz, dtype=np.float64))


def db_to_amplitude(level_db: ArrayLike) -> NDArray[np.float64]:
    """Linear amplitude of a level in dB.

    >>> float(db_to_amplitude(20.0))
    10.0
    """
    return 10.0 ** (np.asarray(level_db, dtype=np.float64) / 20.0)


def amplitude_to_db(amplitude: ArrayLike, floor_db: float = -120.0) -> NDArray[np.float64]:
    """Level in dB of a linear amplitude, never below `floor_db`.

    >>> float(amplitude_to_db(0.1)), float(amplitude_to_db(0.0))
    (-20.0, -120.0)
    """
    floor = 10.0 ** (floor_db / 20.0)
    return 20.0 * np.log10(np.maximum(np.asarray(amplitude, dtype=np.float64), floor))


@dataclass(frozen=True)
class FrameGrid:
    """The one clock of the toolkit: frame `i` is centred on sample `i * hop_samples`.

    Times become frames by rounding *absolute* times, never by adding rounded durations, so a song of any
    length ends within half a frame of its score.

    >>> GRID.frame_of(1.0), GRID.samples_of_frames(86)
    (86, 44032)
    """

    sample_rate_hz: int = 44_100
    hop_samples: int = 512

    @property
    def frame_seconds(self) -> float:
        return self.hop_samples / self.sample_rate_hz

    @property
    def frames_per_second(self) -> float:
        return self.sample_rate_hz / self.hop_samples

    def frame_of(self, seconds: float) -> int:
        """Nearest frame to an absolute time; halves round up so that equal inputs give equal grids."""
        return int(np.floor(seconds * self.sample_rate_hz / self.hop_samples + 0.5))

    def frames_of(self, seconds: ArrayLike) -> NDArray[np.int64]:
        """`frame_of` for an array of absolute times, any shape."""
        scaled = np.asarray(seconds, dtype=np.float64) * self.sample_rate_hz / self.hop_samples
        return np.floor(scaled + 0.5).astype(np.int64)

    def seconds_of(self, frame: ArrayLike) -> NDArray[np.float64]:
        """Time in seconds of the centre of each frame."""
        return np.asarray(frame, dtype=np.float64) * self.hop_samples / self.sample_rate_hz

    def samples_of_frames(self, frames: int) -> int:
        """Number of samples that `frames` frames stand for."""
        return frames * self.hop_samples

    def frames_of_samples(self, samples: int) -> int:
        """Number of frames that cover `samples` samples."""
        return -(-samples // self.hop_samples)

    def durations_in_frames(self, durations_seconds: Iterable[float], start_seconds: float = 0.0) -> NDArray[np.int64]:
        """Frames of consecutive durations, by rounding each absolute boundary.

        Shapes: (n,) seconds -> (n,) frames. Invariant: the sum equals the frame of the end minus the frame of
        the start, whatever n is.

        >>> int(GRID.durations_in_frames([0.01] * 100).sum()) == GRID.frame_of(1.0)
        True
        """
        ends = start_seconds + np.cumsum(np.asarray(list(durations_seconds), dtype=np.float64))
        boundaries = self.frames_of(np.concatenate([[start_seconds], ends]))
        return np.diff(boundaries)


GRID = FrameGrid()
