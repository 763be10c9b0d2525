"""The harmonic comb against the spectrogram of a real pulse train."""

import numpy as np
import torch

from svs_cli.analysis.comb import comb, hann_transform
from svs_cli.analysis.mel import log_mel
from svs_cli.vocoder.source import excitation


def test_comb_predicts_the_mel_of_pulses() -> None:
    for f0_hz in (150.0, 311.0, 620.0):
        pulses = excitation(torch.full((1, 60), f0_hz), 512, 44_100).pulses[0].numpy()
        heard = log_mel(pulses)[30]
        told = comb(np.array([f0_hz], np.float32))[0]
        peaks = told > 0.3
        difference = (heard - told)[peaks]
        assert difference.std() < 0.1, f0_hz
        assert (heard - difference.mean())[told < -2].max() < 0


def test_rising_pitch_moves_every_harmonic_up() -> None:
    low, high = comb(np.array([300.0, 309.0], np.float32))
    assert np.argmax(high[:20]) >= np.argmax(low[:20])
    assert np.abs(low - high).max() > 0.3


def test_window_transform_has_its_known_values() -> None:
    np.testing.assert_allclose(hann_transform(np.array([0.0, 1.0, 2.0, 0.5])), [1, 0.5, 0, 0.848826], atol=1e-5)
