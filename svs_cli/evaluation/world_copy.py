"""WORLD's own analysis and resynthesis of samples: what a vocoder made of a mel spectrogram has to beat.

Harvest, CheapTrick, D4C and the synthesis of Morise et al. (2016), every 5 ms as published. Unlike `WorldVocoder`, it
hears the recording itself: 2 x 1025 values a frame instead of 128. F0 is looked for where the extractor found the
voice, 0.7 times the 5th to 1.5 times the 95th percentile, which is the knowledge that Praat's second pass has.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from svs_cli.evaluation.extract import F0Extractor, second_range
from svs_cli.units import GRID

Array = NDArray[np.float64]
FRAME_MS = 5.0
USUAL_FLOOR_HZ = 71.0  # WORLD's own; a lower voice needs a longer FFT


@dataclass(frozen=True)
class WorldCopy:
    """What WORLD found in `samples` samples: F0 (frames,), envelope and aperiodicity (frames, bins)."""

    f0_hz: Array
    power: Array
    aperiodicity: Array
    samples: int

    def render(self, shift_semitones: float = 0.0) -> NDArray[np.float32]:
        """The sound again, F0 moved against the envelope, shape (samples,)."""
        if not self.samples:
            return np.zeros(0, np.float32)
        f0_hz = self.f0_hz * 2.0 ** (shift_semitones / 12)
        made = world().synthesize(f0_hz, self.power, self.aperiodicity, GRID.sample_rate_hz, FRAME_MS)
        return np.pad(made, (0, max(0, self.samples - len(made))))[: self.samples].astype(np.float32)


def analysed(samples: NDArray[np.float32], f0_hz: NDArray[np.float32], extractor: F0Extractor) -> WorldCopy:
    """WORLD's analysis of 44.1 kHz samples, shape (n,); `f0_hz`, shape (frames,), says where the voice lies."""
    pyworld = world()
    low_hz, high_hz = second_range(f0_hz, extractor.low_hz, extractor.high_hz)
    wave, rate_hz = samples.astype(np.float64), GRID.sample_rate_hz
    found_hz, times = pyworld.harvest(wave, rate_hz, low_hz, high_hz, FRAME_MS)
    fft = pyworld.get_cheaptrick_fft_size(rate_hz, min(USUAL_FLOOR_HZ, low_hz))
    power = pyworld.cheaptrick(wave, found_hz, times, rate_hz, fft_size=fft)
    aperiodicity = pyworld.d4c(wave, found_hz, times, rate_hz, fft_size=fft)
    return WorldCopy(found_hz, power, aperiodicity, len(samples))


def world() -> Any:
    """pyworld, without its remark."""
    with warnings.catch_warnings():  # pyworld 0.3.5 imports pkg_resources, which announces its own end
        warnings.simplefilter("ignore")
        import pyworld
    return pyworld
