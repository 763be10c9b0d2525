"""How far up a recording reaches."""

import numpy as np
import pytest

from svs_cli.corpus.preparing.band import FULL_BAND_HZ, band_limit_hz, bands_within


def hiss(limit_hz: float) -> np.ndarray:
    """Two seconds of noise that falls gently and ends at `limit_hz`."""
    spectrum = np.fft.rfft(np.random.default_rng(0).normal(size=88_200))
    hz = np.fft.rfftfreq(88_200, 1 / 44_100)
    spectrum *= 1 / (1 + (hz / 2000) ** 2)
    spectrum[hz > limit_hz] *= 1e-4
    return (0.1 * np.fft.irfft(spectrum) / np.abs(spectrum).max() * 100).astype(np.float32)


def test_a_codec_leaves_a_cliff() -> None:
    unvoiced = np.zeros(173, np.float32)
    assert band_limit_hz(hiss(8000.0), unvoiced, 44_100) == pytest.approx(8000, abs=500)
    assert band_limit_hz(hiss(22_050.0), unvoiced, 44_100) == FULL_BAND_HZ


def test_a_low_rate_counts_only_to_its_half() -> None:
    unvoiced = np.zeros(173, np.float32)
    assert 11_500 < band_limit_hz(hiss(22_050.0), unvoiced, 24_000) < 12_000
    assert band_limit_hz(hiss(22_050.0), unvoiced, 48_000) == FULL_BAND_HZ


def test_bands_above_the_limit_are_left_out() -> None:
    assert bands_within(FULL_BAND_HZ).all()
    within = bands_within(8000.0)
    assert within[:100].all() and not within[-1] and (np.diff(within.astype(int)) <= 0).all()
