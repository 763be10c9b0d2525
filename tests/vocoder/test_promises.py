"""What the vocoder promises by construction: steady long notes, no offset, no clicks, silence that is silent."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from svs_cli.analysis.mel import LOG_FLOOR, log_mel
from svs_cli.bundled import shelf
from svs_cli.evaluation.extract import F0Extractor
from svs_cli.evaluation.likeness import pitch_errors
from svs_cli.evaluation.made_vowels import MADE_VOWELS, made_vowel
from svs_cli.units import GRID
from svs_cli.vocoder.load import load_neural_vocoder
from svs_cli.vocoder.neural import CHUNK_FRAMES, NeuralVocoder
from svs_cli.vocoder.windows import Piece
from tests.vocoder.networks import small_network, vowel

HOP, RATE = GRID.hop_samples, GRID.sample_rate_hz
SILENT = 10 ** (-70 / 20)


@pytest.fixture(scope="module")
def clear() -> NeuralVocoder:
    """A vocoder whose noise is far below its voice, so that roughness would show.

    Random weights give the four subframes of a frame gains of their own, which is a modulation at 86 Hz; what holds by
    construction is the rest, so here they are equal.
    """
    network = small_network(less_noise_nepers=16.0)
    with torch.no_grad():
        network.fine_head.weight.zero_()
    return NeuralVocoder("clear", network)


@pytest.fixture(scope="module")
def neural() -> NeuralVocoder:
    return NeuralVocoder("test", small_network())


def spectrum_db(samples: NDArray[np.float32]) -> NDArray[np.float64]:
    """Levels of a second in bins of 1 Hz, against the highest."""
    window = np.blackman(RATE)
    magnitude = np.abs(np.fft.rfft(samples[:RATE] * window)) + 1e-12
    return 20 * np.log10(magnitude / magnitude.max())


@pytest.mark.slow
def test_a_note_of_five_minutes_stays_as_pure_as_it_began(clear: NeuralVocoder) -> None:
    f0_hz, frames = 441.0, GRID.frame_of(300.0)
    mel, _ = vowel(f0_hz, 40)
    middle = np.repeat(mel[20:21], CHUNK_FRAMES, axis=0)

    def pieces() -> Iterator[Piece]:
        for first in range(0, frames, CHUNK_FRAMES):
            length = min(CHUNK_FRAMES, frames - first)
            yield middle[:length], np.full(length, f0_hz, np.float32)

    kept: list[NDArray[np.float32]] = []
    for number, chunk in enumerate(clear.stream(pieces())):
        kept = [*kept, chunk] if number < 2 else [kept[0], kept[-1], chunk]
    start, end = spectrum_db(kept[0][RATE:]), spectrum_db(kept[1])
    harmonics = np.arange(441, 8000, 441)
    np.testing.assert_allclose(end[harmonics], start[harmonics], atol=0.05)
    between = np.abs(np.arange(len(end)) - 441 * np.round(np.arange(len(end)) / 441)) > 5
    assert end[between].max() < -60 and start[between].max() < -60  # nothing at halves, thirds, or anywhere


@pytest.mark.parametrize("f0_hz", [65.4, 220.0, 1046.5])
def test_no_offset(neural: NeuralVocoder, f0_hz: float) -> None:
    samples = neural.render(*vowel(f0_hz, 200))[20 * HOP : -20 * HOP]
    smooth = samples * np.hanning(len(samples))
    assert abs(smooth.sum() / np.hanning(len(samples)).sum()) < 1e-3 * samples.std()


def test_silence_begins_where_the_mel_says(neural: NeuralVocoder) -> None:
    mel, f0 = vowel(220.0, 120)
    mel[60:], f0[60:] = LOG_FLOOR, 0
    samples = neural.render(mel, f0)
    assert np.abs(samples[: 55 * HOP]).max() > 0.05
    assert np.abs(samples[70 * HOP :]).max() < SILENT


@pytest.mark.parametrize("index", [7, 11])
def test_made_vowels_are_heard_where_they_are_asked_from_their_first_frame(index: int) -> None:
    """A learned phase once turned by 5 radians in the first of these, 59 cents; onsets and ends were 100 cents off."""
    vowel_made = MADE_VOWELS[index]
    samples, f0_hz = made_vowel(vowel_made)
    made = load_neural_vocoder(shelf("models") / "vocoder-universal").render(log_mel(samples), f0_hz)
    figures = pitch_errors(F0Extractor().f0_hz(made)[: len(f0_hz)], f0_hz).values()
    assert (figures["within_20_cents"] or 0.0) > 0.96, vowel_made.title


def test_no_click_where_voiced_meets_unvoiced() -> None:
    neural = load_neural_vocoder(shelf("models") / "vocoder-universal")  # the one that ships
    time = np.arange(240 * HOP) / RATE
    voice = sum(np.cos(2 * np.pi * k * 220 * time) / k**1.5 for k in range(1, 36))
    turns = np.convolve((np.arange(240 * HOP) // (30 * HOP)) % 2 == 0, np.hanning(HOP) * 2 / HOP, "same")
    hiss = 0.03 * np.random.default_rng(0).standard_normal(len(time))
    mel = log_mel((0.1 * voice * turns + hiss * (1 - turns)).astype(np.float32))
    f0 = np.where((np.arange(240) // 30) % 2 == 0, 220.0, 0.0).astype(np.float32)
    steps = np.abs(np.diff(neural.render(mel, f0), append=0.0)).reshape(240, HOP).max(axis=1)
    near = np.zeros(240, bool)
    for border in range(30, 240, 30):
        near[border - 3 : border + 3] = True
    inside = ~near
    inside[:8] = inside[-8:] = False
    assert steps[near].max() < 2 * steps[inside].max()  # pulses that fade in a hiss are sharper, no more


def test_a_click_would_have_been_found() -> None:
    """The test above can fail: a source that starts at full level in the middle of a period has such steps."""
    time = np.arange(RATE) / RATE
    tone = np.sin(2 * np.pi * 220 * time + 1.5)
    tone[: RATE // 2] = 0
    steps = np.abs(np.diff(tone))
    assert steps.max() > 10 * steps[RATE // 2 + 1 :].max()


def test_no_weight_breaks_these_promises() -> None:
    """Whatever the network says, its gains are bounded and its output finite."""
    network = small_network()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.mul_(50.0)
    samples = NeuralVocoder("wild", network).render(*vowel(220.0, 30))
    assert np.isfinite(samples).all()
