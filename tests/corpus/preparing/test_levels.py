"""Loudness against the standard's own figures, and one gain for a group."""

import numpy as np
import pytest

from svs_cli.corpus.preparing.levels import (
    PEAK_DB,
    TARGET_LUFS,
    WHISPER_LU,
    block_loudness,
    gated_loudness,
    group_gain_db,
)


def sine(hz: float, amplitude: float, seconds: float, rate_hz: int = 44_100) -> np.ndarray:
    return (amplitude * np.sin(2 * np.pi * hz * np.arange(int(seconds * rate_hz)) / rate_hz)).astype(np.float32)


@pytest.mark.parametrize("rate_hz", [44_100, 48_000, 24_000])
def test_a_full_scale_sine_has_minus_three(rate_hz: int) -> None:
    """BS.1770-4, annex 2: 0 dBFS at 997 Hz in one channel is -3.01 LKFS."""
    assert gated_loudness(block_loudness(sine(997, 1.0, 2.0, rate_hz), rate_hz)) == pytest.approx(-3.01, abs=0.05)


def test_low_frequencies_count_less_and_high_ones_more() -> None:
    middle, low, high = (gated_loudness(block_loudness(sine(hz, 0.1, 1.0))) for hz in (997, 40, 8000))
    assert low < middle - 3 and middle + 3 < high < middle + 4


def test_silence_does_not_count() -> None:
    tone = sine(997, 0.1, 3.0)
    both = np.concatenate([tone, np.zeros(6 * 44_100, np.float32), 1e-3 * tone])
    assert gated_loudness(block_loudness(both)) == pytest.approx(gated_loudness(block_loudness(tone)), abs=0.3)
    assert gated_loudness(block_loudness(np.zeros(44_100, np.float32))) == float("-inf")
    assert block_loudness(sine(997, 0.1, 0.1)).shape == (1,)


def test_a_group_keeps_its_dynamics_and_never_clips() -> None:
    loud, soft = np.full(50, -20.0), np.full(50, -26.0)
    gain = group_gain_db(np.concatenate([loud, soft]), [-8.0, -14.0])
    assert TARGET_LUFS - gain == pytest.approx(-22.04, abs=0.05)
    assert group_gain_db(np.full(9, -40.0), [-5.0, -30.0]) == pytest.approx(PEAK_DB + 5.0)
    whispered = group_gain_db(np.full(9, -40.0), [-30.0], whispered=True)
    assert group_gain_db(np.full(9, -40.0), [-30.0]) - whispered == pytest.approx(WHISPER_LU, abs=0.02)
    assert group_gain_db(np.full(9, -90.0), [-60.0]) == 0.0
