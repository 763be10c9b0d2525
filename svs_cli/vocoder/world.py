"""WORLD as a vocoder that needs no weights: the rule that a trained one must beat.

WORLD (Morise et al. 2016) wants a smooth power envelope and aperiodicity; a mel spectrogram shows harmonics instead.
The envelope is the mel's power on the linear axis, averaged over one F0 (the smoothing of CheapTrick, Morise 2015), and
aperiodicity is a fixed function of frequency.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from svs_cli.analysis.mel import LOG_FLOOR, MEL, mel_filterbank
from svs_cli.vocoder.inputs import check

# A mel band of unit-power white noise reads mean |STFT| / bin width; WORLD's envelope is power per bin.
GAIN = 21.533 / 24.6
VOICED_GAIN = 1.4  # measured: what averaging over a band's triangle loses on harmonics
CHUNK_FRAMES = 4096
CONTEXT_FRAMES = 16
LOW_HZ, HIGH_HZ = 2000.0, 9000.0
LOW_APERIODICITY, HIGH_APERIODICITY = 0.001, 0.5
SMALLEST_POWER = 1e-16


class WorldVocoder:
    """Synthesis by pyworld; see vocoder/protocol.py. Its noise is always the same, whatever the seed."""

    name = "world"

    def render(
        self,
        mel: NDArray[np.float32],
        f0_hz: NDArray[np.float32],
        *,
        seed: int = 0,  # noqa: ARG002
    ) -> NDArray[np.float32]:
        """Shapes: mel (frames, 128), f0_hz (frames,) with 0 where unvoiced -> (frames * 512,). Raises DataError."""
        check(mel, f0_hz)
        pieces = []
        for first in range(0, len(mel), CHUNK_FRAMES):
            last = min(first + CHUNK_FRAMES, len(mel))
            before, after = max(0, first - CONTEXT_FRAMES), min(len(mel), last + CONTEXT_FRAMES)
            samples = synthesise(mel[before:after], f0_hz[before:after])
            start = (first - before) * MEL.hop_samples
            pieces.append(samples[start : start + (last - first) * MEL.hop_samples])
        return np.concatenate(pieces) if pieces else np.zeros(0, np.float32)


def synthesise(mel: NDArray[np.float32], f0_hz: NDArray[np.float32]) -> NDArray[np.float32]:
    """One pass of WORLD, (frames, 128), (frames,) -> (frames * 512,)."""
    import warnings

    with warnings.catch_warnings():  # pyworld 0.3.5 imports pkg_resources, which announces its own end
        warnings.simplefilter("ignore", UserWarning)
        import pyworld

    power = smooth_power(mel, f0_hz)
    bins_hz = np.arange(power.shape[1]) * MEL.sample_rate_hz / MEL.window_samples
    rise = np.clip((bins_hz - LOW_HZ) / (HIGH_HZ - LOW_HZ), 0.0, 1.0)
    aperiodicity = LOW_APERIODICITY * (HIGH_APERIODICITY / LOW_APERIODICITY) ** rise
    samples = pyworld.synthesize(
        np.ascontiguousarray(f0_hz, np.float64),
        power,
        np.tile(aperiodicity, (len(power), 1)),
        MEL.sample_rate_hz,
        1000.0 * MEL.hop_samples / MEL.sample_rate_hz,
    )
    wanted = len(mel) * MEL.hop_samples
    return np.pad(samples, (0, max(0, wanted - len(samples))))[:wanted].astype(np.float32)


def smooth_power(mel: NDArray[np.float32], f0_hz: NDArray[np.float32]) -> NDArray[np.float64]:
    """Power envelope on the linear axis without harmonics, (frames, 128), (frames,) -> (frames, 1025)."""
    bank = mel_filterbank().astype(np.float64)
    centres = (bank @ np.arange(bank.shape[1])) / bank.sum(axis=1)
    bins = np.arange(bank.shape[1])
    log_level = np.stack([np.interp(bins, centres, frame) for frame in mel.astype(np.float64)])
    silent = log_level <= LOG_FLOOR + 0.05
    gain = np.where(f0_hz > 0, GAIN * VOICED_GAIN, GAIN)[:, None]
    power = np.where(silent, SMALLEST_POWER, (gain * np.exp(log_level)) ** 2)
    bin_hz = MEL.sample_rate_hz / MEL.window_samples
    half_widths = np.maximum(1, np.round(np.where(f0_hz > 0, f0_hz, 100.0) / bin_hz / 2)).astype(int)
    edge = int(half_widths.max(initial=1)) + 1
    sums = np.cumsum(np.pad(power, ((0, 0), (edge + 1, edge)), mode="reflect"), axis=1)
    index = bins[None] + edge + 1
    above = np.take_along_axis(sums, index + half_widths[:, None], axis=1)
    below = np.take_along_axis(sums, index - half_widths[:, None] - 1, axis=1)
    return np.maximum((above - below) / (2 * half_widths[:, None] + 1), SMALLEST_POWER)
