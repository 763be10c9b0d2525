"""F0 of signals whose pitch is known."""

import numpy as np
import pytest

from svs_cli.analysis.f0 import filled, praat_f0
from svs_cli.units import GRID, cents


def sung(f0_hz: np.ndarray) -> np.ndarray:
    """Ten harmonics that follow a curve given for every sample."""
    phase = 2 * np.pi * np.cumsum(f0_hz) / GRID.sample_rate_hz
    return (sum(np.sin(k * phase) / k for k in range(1, 11)) * 0.1).astype(np.float32)


@pytest.mark.parametrize("f0_hz", [65.4, 130.8, 440.0, 1046.5])
def test_steady_notes(f0_hz: float) -> None:
    heard = praat_f0(sung(np.full(44_100, f0_hz)))
    inner = heard[8:-8]
    assert (inner > 0).all()
    assert np.abs(cents(f0_hz, inner)).max() < 5


def test_glide_is_heard_at_the_right_time() -> None:
    asked = 220 * 2 ** np.linspace(0, 1, 88_200)
    heard = praat_f0(sung(asked))
    at = np.arange(len(heard))[8:-8]
    np.testing.assert_array_less(np.abs(cents(asked[at * GRID.hop_samples], heard[8:-8])), 15)


def test_silence_and_noise_are_unvoiced() -> None:
    assert not praat_f0(np.zeros(22_050, np.float32)).any()
    noise = np.random.default_rng(0).normal(0, 0.1, 44_100).astype(np.float32)
    assert (praat_f0(noise) > 0).mean() < 0.1


def test_filled_bridges_in_log_frequency() -> None:
    bridged = filled(np.array([0, 100, 0, 400, 0], np.float32))
    np.testing.assert_allclose(bridged, [100, 100, 200, 400, 400], rtol=1e-5)
    assert (filled(np.zeros(3, np.float32), 150.0) == 150).all()
