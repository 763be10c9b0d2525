"""The mel grid against librosa, and its conventions."""

import librosa
import numpy as np
import pytest

from svs_cli.analysis.mel import LOG_FLOOR, MEL, log_mel, mel_filterbank


def test_filters_equal_librosas() -> None:
    theirs = librosa.filters.mel(
        sr=MEL.sample_rate_hz, n_fft=MEL.window_samples, n_mels=MEL.bands, fmin=MEL.low_hz, fmax=MEL.high_hz
    )
    np.testing.assert_allclose(mel_filterbank(), theirs, atol=1e-7)


def test_spectrogram_equals_librosas() -> None:
    samples = np.random.default_rng(0).normal(0, 0.1, 44_100).astype(np.float32)
    spectrum = np.abs(librosa.stft(samples, n_fft=2048, hop_length=512, pad_mode="reflect"))
    theirs = np.log(np.maximum(mel_filterbank() @ spectrum, MEL.floor)).T
    ours = log_mel(samples)
    np.testing.assert_allclose(ours, theirs[: len(ours)], atol=2e-3)


@pytest.mark.parametrize("samples, frames", [(1, 1), (512, 1), (513, 2), (5120, 10)])
def test_frames_cover_the_samples(samples: int, frames: int) -> None:
    assert log_mel(np.zeros(samples, np.float32)).shape == (frames, MEL.bands)


def test_silence_is_the_floor() -> None:
    np.testing.assert_allclose(log_mel(np.zeros(4096, np.float32)), LOG_FLOOR, rtol=1e-6)


def test_tenfold_gain_adds_ln_ten() -> None:
    samples = np.random.default_rng(1).normal(0, 0.01, 8192).astype(np.float32)
    np.testing.assert_allclose(log_mel(10 * samples) - log_mel(samples), np.log(10), atol=2e-3)
