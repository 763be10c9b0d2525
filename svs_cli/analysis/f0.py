"""F0 from audio on the frame grid.

Conventions
-----------
- 0 Hz means unvoiced. Values stand at the frame grid's times (frame `i` at `i * hop` samples).
- The extractor is Praat's autocorrelation method (Boersma 1993) through parselmouth: fast, and free of octave errors
  when the range is narrowed to what is known about the note.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from svs_cli.units import GRID, FrameGrid

LOWEST_F0_HZ = 50.0
HIGHEST_F0_HZ = 1400.0
MINIMUM_VOICED_FRAMES = 3


def praat_f0(
    samples: NDArray[np.float32],
    sample_rate_hz: int = GRID.sample_rate_hz,
    *,
    low_hz: float = LOWEST_F0_HZ,
    high_hz: float = HIGHEST_F0_HZ,
    grid: FrameGrid = GRID,
) -> NDArray[np.float32]:
    """F0 in Hz, (samples,) -> (frames,), 0 where unvoiced."""
    import parselmouth

    frames = grid.frames_of_samples(len(samples))
    # Praat needs three periods of the lowest pitch, and fails on digital silence at the ends.
    margin_seconds = 4.0 / low_hz
    margin = np.zeros(int(margin_seconds * sample_rate_hz), np.float32)
    sound = parselmouth.Sound(np.concatenate([margin, samples, margin]).astype(np.float64), sample_rate_hz)
    pitch = sound.to_pitch_ac(
        time_step=grid.frame_seconds / 2, pitch_floor=low_hz, pitch_ceiling=high_hz, voicing_threshold=0.4
    )
    found_hz = pitch.selected_array["frequency"]
    found_at = pitch.xs() - len(margin) / sample_rate_hz
    return on_grid(found_at, found_hz, grid.seconds_of(np.arange(frames)))


def on_grid(
    times_seconds: NDArray[np.float64], f0_hz: NDArray[np.float64], wanted_seconds: NDArray[np.float64]
) -> NDArray[np.float32]:
    """Resample an F0 track: log-linear inside voiced stretches, voiced where the nearest value is."""
    voiced = f0_hz > 0
    if voiced.sum() < MINIMUM_VOICED_FRAMES:
        return np.zeros(len(wanted_seconds), np.float32)
    log_f0 = np.interp(wanted_seconds, times_seconds[voiced], np.log(f0_hz[voiced]))
    nearest = np.clip(np.searchsorted(times_seconds, wanted_seconds), 1, len(times_seconds) - 1)
    nearest -= wanted_seconds - times_seconds[nearest - 1] < times_seconds[nearest] - wanted_seconds
    return np.where(voiced[nearest], np.exp(log_f0), 0.0).astype(np.float32)


def filled(f0_hz: NDArray[np.float32], fallback_hz: float = 220.0) -> NDArray[np.float32]:
    """F0 without gaps: unvoiced stretches are bridged log-linearly, (frames,) -> (frames,)."""
    voiced = f0_hz > 0
    if not voiced.any():
        return np.full(len(f0_hz), fallback_hz, np.float32)
    at = np.arange(len(f0_hz))
    return np.exp(np.interp(at, at[voiced], np.log(f0_hz[voiced]))).astype(np.float32)
