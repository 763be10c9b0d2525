"""Audio against a recording of the same song: F0, energy, envelopes and spectra.

Conventions
-----------
- Both start together: nothing is shifted or stretched except along the path of `mcd_dtw_db`; the shorter length
  counts.
- log-F0 is the natural logarithm, on frames that both call voiced. Correlations are Pearson's, None where one side is
  constant. Energy is the level in dB of each frame (RMS over a Hann window of 2048 samples).
- The multi-resolution STFT distance is that of Parallel WaveGAN (Yamamoto et al. 2020): FFT 512, 1024, 2048, hop 50,
  120, 240, window 240, 600, 1200 samples. Both sides are brought to the same RMS first.
"""

from __future__ import annotations

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
    if not np.any(heard) or not np.any(reference):
        return {"stft_convergence": None, "stft_log_magnitude": None}
    gain = np.float32(np.sqrt(np.mean(reference.astype(np.float64) ** 2) / np.mean(heard.astype(np.float64) ** 2)))
    pairs = [distance_at(heard * gain, reference, *resolution) for resolution in RESOLUTIONS]
    convergence, logarithmic = np.mean(pairs, axis=0)
    return {"stft_convergence": float(convergence), "stft_log_magnitude": float(logarithmic)}


def distance_at(a: Samples, b: Samples, fft: int, hop: int, window_samples: int) -> tuple[float, float]:
    """Spectral convergence |A - B| / |B| and mean |ln A - ln B|, block by block so that long songs fit."""
    window = np.hanning(window_samples + 1)[:-1].astype(np.float32)
    step = BLOCK_SECONDS * GRID.sample_rate_hz // hop * hop
    blocks = [(a[i : i + step], b[i : i + step]) for i in range(0, len(a), step) if len(a[i : i + step]) > fft]
    blocks = blocks or [(np.pad(a, (0, fft)), np.pad(b, (0, fft)))]
    floor = STFT_FLOOR * float(np.abs(b).max()) * float(window.sum()) / 2
    difference = total = logarithmic = 0.0
    count = 0
    for block_a, block_b in blocks:
        powers = [power(block, fft, hop, window) for block in (block_a, block_b)]
        difference += float(np.sum((np.sqrt(powers[0]) - np.sqrt(powers[1])) ** 2, dtype=np.float64))
        total += float(np.sum(powers[1], dtype=np.float64))
        count += powers[0].size
        ratio = np.maximum(powers[0], floor**2) / np.maximum(powers[1], floor**2)
        logarithmic += float(np.sum(np.abs(np.log(ratio)), dtype=np.float64)) / 2
    return float(np.sqrt(difference / total)), logarithmic / count


def power(samples: Samples, fft: int, hop: int, window: Samples) -> NDArray[np.float32]:
    """|STFT|^2, (n,) -> (frames, bins)."""
    from scipy.fft import rfft

    padded = np.pad(samples, len(window) // 2)
    spectrum = rfft(np.lib.stride_tricks.sliding_window_view(padded, len(window))[::hop] * window, fft, axis=1)
    return np.asarray(spectrum.real**2 + spectrum.imag**2)
