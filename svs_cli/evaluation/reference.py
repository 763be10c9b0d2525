"""Audio against a recording of the same song: F0, energy, envelopes and spectra.

Conventions
-----------
- Both start together: nothing is shifted or stretched except along the path of `mcd_dtw_db`; the shorter length
  counts.
- log-F0 is the natural logarithm, on frames that both call voiced. Correlations are Pearson's, None where one side is
  constant. Energy is the level in dB of each frame (RMS over a Hann window of 2048 samples).
- The multi-resolution STFT distance is that of Parallel WaveGAN (Yamamoto et al. 2020): FFT 512, 1024, 2048, hop 50,
  120, 240, window 240, 600, 1200 samples: spectral convergence plus log magnitude, the mean over the three. Both sides
  are brought to the same RMS first.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from svs_cli.evaluation.cepstral import SILENCE_DB, mcd_metrics, mel_cepstra
from svs_cli.units import GRID, amplitude_to_db

Samples = NDArray[np.float32]
Frames = NDArray[np.float32]
RESOLUTIONS = ((512, 50, 240), (1024, 120, 600), (2048, 240, 1200))  # FFT, hop, window, in samples
BLOCK_SECONDS = 10
STFT_FLOOR = 1e-4  # of the bin of a sine as high as the reference's peak: 80 dB
ENERGY_WINDOW_SAMPLES = 2048
MINIMUM_FRAMES = 3


@dataclass(frozen=True)
class Recording:
    """Samples at 44.1 kHz, shape (n,), with their F0, shape (frames,)."""

    samples: Samples
    f0_hz: Frames

    @property
    def seconds(self) -> float:
        return len(self.samples) / GRID.sample_rate_hz


def reference_metrics(heard: Recording, reference: Recording) -> dict[str, float | None]:
    """The figures of `metrics.METRICS` that need a reference recording."""
    frames = min(len(heard.f0_hz), len(reference.f0_hz))
    levels = level_db(heard.samples), level_db(reference.samples)
    sounding = levels[1] > levels[1].max() - SILENCE_DB
    with ThreadPoolExecutor(max_workers=2) as pool:  # WORLD lets go of Python's lock while it works
        cepstra = list(pool.map(lambda one: mel_cepstra(one.samples, one.f0_hz), (heard, reference)))
    n = min(len(heard.samples), len(reference.samples))
    return {
        **mcd_metrics(cepstra[0], cepstra[1], sounding),
        **log_f0_metrics(heard.f0_hz[:frames], reference.f0_hz[:frames]),
        "energy_correlation": correlation(levels[0][:frames][sounding[:frames]], levels[1][:frames][sounding[:frames]]),
        **stft_metrics(heard.samples[:n], reference.samples[:n]),
    }


def log_f0_metrics(heard_hz: Frames, reference_hz: Frames) -> dict[str, float | None]:
    """RMSE and correlation of ln F0 on frames that both call voiced; both shapes (frames,)."""
    both = (heard_hz > 0) & (reference_hz > 0)
    heard, reference = np.log(heard_hz[both]), np.log(reference_hz[both])
    return {
        "log_f0_rmse": float(np.sqrt(np.mean((heard - reference) ** 2))) if both.any() else None,
        "log_f0_correlation": correlation(heard, reference),
    }


def correlation(a: NDArray[np.floating], b: NDArray[np.floating]) -> float | None:
    """Pearson's r, None of fewer than three pairs or of a constant."""
    if len(a) < MINIMUM_FRAMES or min(np.ptp(a), np.ptp(b)) < 1e-9:
        return None
    return float(np.corrcoef(a, b)[0, 1])


def level_db(samples: Samples) -> NDArray[np.float64]:
    """Level of each frame of the grid in dB, (n,) -> (frames,)."""
    window = np.hanning(ENERGY_WINDOW_SAMPLES + 1)[:-1]
    window /= window.sum()
    half = ENERGY_WINDOW_SAMPLES // 2
    power = np.pad(samples.astype(np.float64) ** 2, (half, half - 1))
    spans = np.lib.stride_tricks.sliding_window_view(power, ENERGY_WINDOW_SAMPLES)[:: GRID.hop_samples]
    return np.asarray(amplitude_to_db(np.sqrt(spans @ window)), np.float64)


def stft_metrics(heard: Samples, reference: Samples) -> dict[str, float | None]:
    """Multi-resolution STFT distance at equal RMS; both shapes (n,)."""
    return stft_metrics_of_each([heard], reference)[0]


def stft_metrics_of_each(
    sounds: Sequence[Samples], reference: Samples, highest_hz: float = GRID.sample_rate_hz / 2
) -> list[dict[str, float | None]]:
    """The distance of several sounds to one reference, all of shape (n,), counting what lies up to `highest_hz`."""
    names = ("stft_distance", "stft_convergence", "stft_log_magnitude")
    found: list[dict[str, float | None]] = [dict.fromkeys(names) for _ in sounds]
    audible = [index for index, sound in enumerate(sounds) if np.any(sound) and np.any(reference)]
    if not audible:
        return found
    equal = [at_level_of(reference, sounds[index]) for index in audible]
    means = np.mean([distances_at(equal, reference, *shape, highest_hz) for shape in RESOLUTIONS], axis=0)
    for index, figures in zip(audible, means, strict=True):
        found[index] = dict(zip(names, map(float, (figures.sum(), *figures)), strict=True))
    return found


def at_level_of(reference: Samples, sound: Samples) -> Samples:
    """A sound at the RMS of the reference, neither of them silent."""
    powers = [np.mean(one.astype(np.float64) ** 2) for one in (reference, sound)]
    return sound * np.float32(np.sqrt(powers[0] / powers[1]))


def distances_at(
    sounds: Sequence[Samples], reference: Samples, fft: int, hop: int, window_samples: int, highest_hz: float
) -> NDArray[np.float64]:
    """Spectral convergence |A - B| / |B| and mean |ln A - ln B| of each sound A to B, shape (sounds, 2).

    Block by block, so that long songs fit; the reference's spectra are computed once.
    """
    window = np.hanning(window_samples + 1)[:-1].astype(np.float32)
    step = BLOCK_SECONDS * GRID.sample_rate_hz // hop * hop
    starts = [start for start in range(0, len(reference), step) if len(reference) - start > fft] or [0]
    bins = int(highest_hz / GRID.sample_rate_hz * fft) + 1
    floor = STFT_FLOOR * float(np.abs(reference).max()) * float(window.sum()) / 2
    difference, logarithmic = np.zeros(len(sounds)), np.zeros(len(sounds))
    total, count = 0.0, 0
    for start in starts:
        own = block_power(reference, start, step, fft, hop, window)[:, :bins]
        total += float(np.sum(own, dtype=np.float64))
        count += own.size
        for index, sound in enumerate(sounds):
            other = block_power(sound, start, step, fft, hop, window)[:, :bins]
            difference[index] += np.sum((np.sqrt(other) - np.sqrt(own)) ** 2, dtype=np.float64)
            ratio = np.maximum(other, floor**2) / np.maximum(own, floor**2)
            logarithmic[index] += np.sum(np.abs(np.log(ratio)), dtype=np.float64) / 2
    return np.stack([np.sqrt(difference / total), logarithmic / count], axis=1)


def block_power(
    samples: Samples, start: int, length: int, fft: int, hop: int, window: Samples
) -> NDArray[np.float32]:
    """|STFT|^2 of a block, (frames, bins); a sound shorter than an FFT is padded."""
    block = samples[start : start + length]
    return power(block if len(block) > fft else np.pad(block, (0, fft)), fft, hop, window)


def power(samples: Samples, fft: int, hop: int, window: Samples) -> NDArray[np.float32]:
    """|STFT|^2, (n,) -> (frames, bins)."""
    from scipy.fft import rfft

    padded = np.pad(samples, len(window) // 2)
    spectrum = rfft(np.lib.stride_tricks.sliding_window_view(padded, len(window))[::hop] * window, fft, axis=1)
    return np.asarray(spectrum.real**2 + spectrum.imag**2)
