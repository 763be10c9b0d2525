"""Both vocoders behind the protocol: length, silence, pitch, chunks, errors."""

from collections.abc import Iterator

import numpy as np
import pytest
import torch

from svs_cli.analysis.f0 import praat_f0
from svs_cli.analysis.mel import LOG_FLOOR
from svs_cli.errors import DataError
from svs_cli.units import GRID, cents
from svs_cli.vocoder.filters import SUBFRAME_SAMPLES, added_up, spectra_of_pieces
from svs_cli.vocoder.neural import CHUNK_FRAMES, LONGEST_FRAMES, NeuralVocoder
from svs_cli.vocoder.protocol import Vocoder
from svs_cli.vocoder.windows import Piece
from svs_cli.vocoder.world import WorldVocoder
from tests.vocoder.networks import small_network, song, vowel


@pytest.fixture(scope="module")
def neural() -> NeuralVocoder:
    return NeuralVocoder("test", small_network())


@pytest.fixture(params=["world", "neural"])
def vocoder(request: pytest.FixtureRequest, neural: NeuralVocoder) -> Vocoder:
    return WorldVocoder() if request.param == "world" else neural


@pytest.mark.parametrize("f0_hz", [98.0, 261.6, 784.0])
def test_heard_pitch_is_the_asked_one(vocoder: Vocoder, f0_hz: float) -> None:
    samples = vocoder.render(*vowel(f0_hz))
    heard = praat_f0(samples)[10:-10]
    assert np.median(np.abs(cents(f0_hz, heard[heard > 0]))) < 5
    assert (heard > 0).mean() > 0.95


@pytest.mark.parametrize("shift_semitones", [-12, -5, 5, 12])
def test_pitch_is_that_of_f0_whatever_the_mel_says(neural: NeuralVocoder, shift_semitones: int) -> None:
    mel, f0 = vowel(261.6, 80)
    shifted = f0 * np.float32(2 ** (shift_semitones / 12))
    heard = praat_f0(neural.render(mel, shifted))[10:-10]
    assert np.median(np.abs(cents(shifted[0], heard[heard > 0]))) < 5
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


@pytest.mark.parametrize("f0_hz", [0.0, 220.0])
def test_silence_stays_silent(vocoder: Vocoder, f0_hz: float) -> None:
    samples = vocoder.render(np.full((100, 128), LOG_FLOOR, np.float32), np.full(100, f0_hz, np.float32))
    assert np.abs(samples).max() < 10 ** (-70 / 20)


def test_nothing_gives_nothing(vocoder: Vocoder) -> None:
    assert vocoder.render(np.zeros((0, 128), np.float32), np.zeros(0, np.float32)).shape == (0,)


@pytest.mark.parametrize("f0", [np.full(9, 5000.0), np.full(9, np.nan), np.full(8, 100.0), np.full(9, -1.0)])
def test_bad_input_is_refused(vocoder: Vocoder, f0: np.ndarray) -> None:
    with pytest.raises(DataError):
        vocoder.render(np.zeros((9, 128), np.float32), f0.astype(np.float32))


def test_a_mel_beyond_all_sound_is_refused(vocoder: Vocoder) -> None:
    with pytest.raises(DataError, match="the mel holds 80"):
        vocoder.render(np.full((9, 128), 80.0, np.float32), np.full(9, 100.0, np.float32))


def test_chunks_equal_one_pass(neural: NeuralVocoder, monkeypatch: pytest.MonkeyPatch) -> None:
    mel, f0 = song(300)
    assert LONGEST_FRAMES >= 300
    whole = neural.render(mel, f0, seed=3)
    assert np.abs(whole).max() > 0.05
    monkeypatch.setattr("svs_cli.vocoder.neural.LONGEST_FRAMES", 64)
    shares = neural.render(mel, f0, seed=3)
    np.testing.assert_allclose(shares, whole, atol=2e-6)
    threads = torch.get_num_threads()
    try:
        torch.set_num_threads(1 if threads > 1 else 2)
        np.testing.assert_array_equal(neural.render(mel, f0, seed=3), shares)
    finally:
        torch.set_num_threads(threads)


def test_a_song_that_comes_in_pieces_is_the_same_song(neural: NeuralVocoder, monkeypatch: pytest.MonkeyPatch) -> None:
    mel, f0 = song(300)
    whole = neural.render(mel, f0, seed=3)
    monkeypatch.setattr("svs_cli.vocoder.neural.CHUNK_FRAMES", 50)
    given = 0

    def pieces() -> Iterator[Piece]:
        nonlocal given
        for first, last in ((0, 1), (1, 1), (1, 140), (140, 290), (290, 300)):
            given = last
            yield mel[first:last], f0[first:last]

    stream = neural.stream(pieces(), seed=3)
    first_chunk = next(stream)
    assert given == 140  # nobody waited for the rest
    np.testing.assert_allclose(np.concatenate([first_chunk, *stream]), whole, atol=2e-6)


@pytest.mark.parametrize("frames", [1, 20, 101])
def test_a_song_begins_and_ends_in_endless_silence(neural: NeuralVocoder, frames: int) -> None:
    patient = NeuralVocoder("patient", small_network())
    patient.edge_frames = patient.context_frames + 20  # which it really looks at
    mel, f0 = song(frames)
    whole = patient.render(mel, f0, seed=3)
    assert np.abs(whole).max() > 1e-3
    np.testing.assert_allclose(neural.render(mel, f0, seed=3), whole, atol=1e-6)


def test_a_bad_piece_is_refused_when_it_comes(neural: NeuralVocoder) -> None:
    mel, f0 = song(2 * CHUNK_FRAMES)
    stream = neural.stream([(mel, f0), (mel, f0[:-1])])
    assert next(stream).shape == (CHUNK_FRAMES * GRID.hop_samples,)
    with pytest.raises(DataError):
        list(stream)


def test_equal_seeds_equal_samples(neural: NeuralVocoder) -> None:
    mel, f0 = vowel(220.0, 40)
    f0[:] = 0
    np.testing.assert_array_equal(neural.render(mel, f0, seed=1), neural.render(mel, f0, seed=1))
    assert np.abs(neural.render(mel, f0, seed=1) - neural.render(mel, f0, seed=2)).max() > 1e-3


def test_pieces_add_up_to_what_they_were_cut_from() -> None:
    samples = torch.randn(2, 64 * SUBFRAME_SAMPLES)
    again = added_up(spectra_of_pieces(samples, torch.hann_window(512)))
    torch.testing.assert_close(again[:, 512:-512], samples[:, 512:-512], atol=1e-5, rtol=1e-4)
