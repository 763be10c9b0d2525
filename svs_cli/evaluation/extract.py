"""What is heard: samples on the toolkit's rate, and their F0 by a named extractor in a named range.

Conventions
-----------
- 0 Hz means unvoiced; frame `i` stands at `i * hop` of the frame grid.
- The default range of 50-1400 Hz covers a bass and a soprano. Praat's window is three periods of the lowest pitch,
  which at 50 Hz would smear consonants away, so F0 is found twice (De Looze and Hirst 2008): once in the whole range,
  then between 0.7 times the 5th and 1.5 times the 95th percentile of what was found.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from svs_cli.errors import DataError, UsageError
from svs_cli.units import GRID, FrameGrid

Samples = NDArray[np.float32]
Frames = NDArray[np.float32]
Method = Literal["praat", "harvest"]
METHODS: tuple[Method, ...] = get_args(Method)
LOWEST_F0_HZ = 50.0
HIGHEST_F0_HZ = 1400.0
LONGEST_SECONDS = 2 * 3600.0
SECOND_FLOOR, SECOND_CEILING = 0.7, 1.5
MINIMUM_VOICED_FRAMES = 5
FIRST_GRID = FrameGrid(hop_samples=4 * GRID.hop_samples)  # enough for percentiles


@dataclass(frozen=True)
class F0Extractor:
    """How F0 is found; every report names it."""

    method: Method = "praat"
    low_hz: float = LOWEST_F0_HZ
    high_hz: float = HIGHEST_F0_HZ

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise UsageError(f"there is no F0 extractor {self.method!r}", fix=f"use one of: {', '.join(METHODS)}")
        if not 20 <= self.low_hz < self.high_hz <= 4000:
            raise UsageError(
                f"the F0 range {self.low_hz:g}-{self.high_hz:g} Hz is none that voices have",
                fix=f"use {LOWEST_F0_HZ:g}-{HIGHEST_F0_HZ:g}, or narrow it to the singer",
            )

    def __str__(self) -> str:
        passes = " in two passes" if self.method == "praat" else ""
        return f"{self.method}{passes}, {self.low_hz:g}-{self.high_hz:g} Hz"

    def f0_hz(self, samples: Samples) -> Frames:
        """F0 of 44.1 kHz samples, shape (n,) -> (frames,), 0 where unvoiced."""
        if not np.any(samples):
            return np.zeros(GRID.frames_of_samples(len(samples)), np.float32)
        return self._harvest(samples) if self.method == "harvest" else self._praat(samples)

    def _praat(self, samples: Samples) -> Frames:
        from svs_cli.analysis.f0 import praat_f0

        first = praat_f0(samples, low_hz=self.low_hz, high_hz=self.high_hz, grid=FIRST_GRID)
        low_hz, high_hz = second_range(first, self.low_hz, self.high_hz)
        return praat_f0(samples, low_hz=low_hz, high_hz=high_hz)

    def _harvest(self, samples: Samples) -> Frames:
        with warnings.catch_warnings():  # pyworld 0.3.5 imports pkg_resources, which announces its own end
            warnings.simplefilter("ignore")
            import pyworld
        wave = samples.astype(np.float64)
        step_ms = 1000.0 * GRID.frame_seconds
        f0_hz, _ = pyworld.harvest(wave, GRID.sample_rate_hz, self.low_hz, self.high_hz, step_ms)
        frames = GRID.frames_of_samples(len(samples))
        return np.pad(f0_hz, (0, max(0, frames - len(f0_hz))))[:frames].astype(np.float32)


def second_range(f0_hz: Frames, low_hz: float, high_hz: float) -> tuple[float, float]:
    """Where to listen again, in Hz, when F0 of shape (frames,) was found between two limits; else the limits."""
    voiced = f0_hz[f0_hz > 0]
    if len(voiced) < MINIMUM_VOICED_FRAMES:
        return low_hz, high_hz
    low, high = np.percentile(voiced, [5, 95])
    return max(low_hz, SECOND_FLOOR * float(low)), min(high_hz, SECOND_CEILING * float(high))


def read_audio(path: Path) -> Samples:
    """Mono samples at 44.1 kHz, shape (n,). Raises DataError with the file's name."""
    import soundfile

    try:
        with soundfile.SoundFile(path) as file:
            seconds = file.frames / max(1, file.samplerate)
            if not 0 < seconds <= LONGEST_SECONDS:
                raise DataError(f"{path} lasts {seconds:.0f} s: svs measures recordings of up to two hours")
            samples, rate_hz = file.read(dtype="float32", always_2d=True), file.samplerate
    except (soundfile.LibsndfileError, OSError) as error:
        raise DataError(f"{path} cannot be read as audio: {error}", fix="give WAV, FLAC, Ogg or MP3") from error
    mono = samples.mean(axis=1)
    if rate_hz != GRID.sample_rate_hz:
        import librosa

        mono = librosa.resample(mono, orig_sr=rate_hz, target_sr=GRID.sample_rate_hz)
    if not np.isfinite(mono).all():
        raise DataError(f"{path} holds samples that are not finite")
    return np.ascontiguousarray(mono, np.float32)


def fitted(values: Frames, frames: int) -> Frames:
    """The first `frames` values, with zeros where there are fewer."""
    return np.pad(values, (0, max(0, frames - len(values))))[:frames]
