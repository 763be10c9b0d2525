"""Both vocoders behind the protocol: length, silence, pitch, chunks, errors."""

import numpy as np
import pytest
import torch

from svs_cli.analysis.f0 import praat_f0
from svs_cli.analysis.mel import LOG_FLOOR, log_mel
from svs_cli.errors import DataError
from svs_cli.units import GRID, cents
from svs_cli.vocoder.network import SHORT_FFT, SourceFilterVocoder, VocoderConfig, inverse_stft, stft
from svs_cli.vocoder.neural import CHUNK_FRAMES, NeuralVocoder, noise_between
from svs_cli.vocoder.protocol import Vocoder
from svs_cli.vocoder.world import WorldVocoder


@pytest.fixture(scope="module")
def neural() -> NeuralVocoder:
    torch.manual_seed(0)
    network = SourceFilterVocoder(VocoderConfig(width=16, blocks=2))
    with torch.no_grad():  # untrained, it would sing as much noise as voice
        network.head.bias[-network.sizes[-1] :] = -4.0
    return NeuralVocoder("test", network)


@pytest.fixture(params=["world", "neural"])
def vocoder(request: pytest.FixtureRequest, neural: NeuralVocoder) -> Vocoder:
    return WorldVocoder() if request.param == "world" else neural


def vowel(f0_hz: float, frames: int = 172) -> tuple[np.ndarray, np.ndarray]:
    """Mel and F0 of a steady tone with falling harmonics."""
    time = np.arange(frames * GRID.hop_samples) / GRID.sample_rate_hz
    tone = sum(np.cos(2 * np.pi * k * f0_hz * time) / k**1.5 for k in range(1, int(8000 / f0_hz)))
    return log_mel((0.1 * tone).astype(np.float32)), np.full(frames, f0_hz, np.float32)


@pytest.mark.parametrize("f0_hz", [98.0, 261.6, 784.0])
def test_heard_pitch_is_the_asked_one(vocoder: Vocoder, f0_hz: float) -> None:
    samples = vocoder.render(*vowel(f0_hz))
    heard = praat_f0(samples)[10:-10]
    assert np.median(np.abs(cents(f0_hz, heard[heard > 0]))) < 5
    assert (heard > 0).mean() > 0.95


def test_length_and_range(vocoder: Vocoder) -> None:
    mel, f0 = vowel(220.0, 37)
    samples = vocoder.render(mel, f0)
    assert samples.shape == (37 * GRID.hop_samples,) and samples.dtype == np.float32
    assert 0.05 < np.abs(samples).max() < 1


def test_level_follows_the_mel(vocoder: Vocoder) -> None:
    mel, f0 = vowel(220.0)
    loud, soft = vocoder.render(mel, f0), vocoder.render(mel - np.float32(np.log(10)), f0)
    assert 15 < 20 * np.log10(loud.std() / soft.std()) < 25


def test_silence_stays_silent(vocoder: Vocoder) -> None:
    samples = vocoder.render(np.full((100, 128), LOG_FLOOR, np.float32), np.zeros(100, np.float32))
    assert np.abs(samples).max() < 10 ** (-70 / 20)


def test_nothing_gives_nothing(vocoder: Vocoder) -> None:
    assert vocoder.render(np.zeros((0, 128), np.float32), np.zeros(0, np.float32)).shape == (0,)


@pytest.mark.parametrize("f0", [np.full(9, 5000.0), np.full(9, np.nan), np.full(8, 100.0), np.full(9, -1.0)])
def test_bad_input_is_refused(vocoder: Vocoder, f0: np.ndarray) -> None:
    with pytest.raises(DataError):
        vocoder.render(np.zeros((9, 128), np.float32), f0.astype(np.float32))


def test_chunks_equal_one_pass(neural: NeuralVocoder, monkeypatch: pytest.MonkeyPatch) -> None:
    mel, _ = vowel(220.0, 300)
    f0 = (220 * 2 ** np.linspace(0, 1, 300)).astype(np.float32)
    f0[100:150] = 0
    assert CHUNK_FRAMES > 300
    whole = neural.render(mel, f0, seed=3)
    monkeypatch.setattr("svs_cli.vocoder.neural.CHUNK_FRAMES", 64)
    np.testing.assert_allclose(neural.render(mel, f0, seed=3), whole, atol=2e-5)


def test_equal_seeds_equal_samples(neural: NeuralVocoder) -> None:
    mel, f0 = vowel(220.0, 40)
    f0[:] = 0
    np.testing.assert_array_equal(neural.render(mel, f0, seed=1), neural.render(mel, f0, seed=1))
    assert np.abs(neural.render(mel, f0, seed=1) - neural.render(mel, f0, seed=2)).max() > 1e-3


def test_noise_has_absolute_positions() -> None:
    np.testing.assert_array_equal(noise_between(5, 100, 70_000)[65_000:], noise_between(5, 65_100, 70_000))


def test_inverse_stft_inverts() -> None:
    samples = torch.randn(2, 8192)
    spectrum = stft(samples, SHORT_FFT, SHORT_FFT // 4, torch.hann_window(SHORT_FFT))
    again = inverse_stft(spectrum, SHORT_FFT, SHORT_FFT // 4, torch.hann_window(SHORT_FFT))
    torch.testing.assert_close(again[:, 512:-512], samples[:, 512:-512], atol=1e-5, rtol=1e-4)
