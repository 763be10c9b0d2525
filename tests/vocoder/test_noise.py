"""The vocoder's noise: white, at absolute positions, with less of chance in its spectra than white noise has."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from svs_cli.vocoder.noise import BLOCK_SAMPLES, noise_between, still_noise

LENGTH = 12 * BLOCK_SAMPLES


def spectra(noise: NDArray[np.float32], window_samples: int) -> NDArray[np.float64]:
    """Magnitudes under a Hann window, (pieces, bins), without the outermost bins."""
    pieces = np.lib.stride_tricks.sliding_window_view(noise, window_samples)[:: window_samples // 3]
    return np.abs(np.fft.rfft(pieces * np.hanning(window_samples)))[:, 3:-3]


@pytest.mark.parametrize("seed", [0, 5])
def test_any_cut_is_a_part_of_the_whole(seed: int) -> None:
    whole = noise_between(seed, 0, LENGTH)
    assert whole.shape == (LENGTH,) and whole.dtype == np.float32
    for first, last in ((100, 70_000), (65_100, 70_000), (BLOCK_SAMPLES, 2 * BLOCK_SAMPLES), (7, 7)):
        np.testing.assert_array_equal(noise_between(seed, first, last), whole[first:last])


def test_seeds_differ_and_nothing_comes_back_at_once() -> None:
    first, second = (noise_between(seed, 0, LENGTH) for seed in (0, 1))
    assert abs(float(np.mean(first * second))) < 5 / np.sqrt(LENGTH)
    blocks = first.reshape(-1, BLOCK_SAMPLES)
    beside = [float(np.mean(a * b)) for a, b in zip(blocks, blocks[1:], strict=False)]
    assert np.abs(beside).max() < 5 / np.sqrt(BLOCK_SAMPLES)


def test_it_is_white_and_of_unit_power() -> None:
    noise = noise_between(2, 0, LENGTH)
    assert abs(float(np.mean(noise**2)) - 1) < 0.02 and abs(float(noise.mean())) < 0.02
    power_db = 10 * np.log10((spectra(noise, 1024) ** 2).mean(axis=0))
    assert np.abs(power_db - power_db.mean()).max() < 1.2


@pytest.mark.parametrize(("window_samples", "share"), [(256, 0.7), (512, 0.7), (1200, 0.95)])
def test_its_spectra_leave_less_to_chance_than_those_of_white_noise(window_samples: int, share: float) -> None:
    white = np.random.default_rng(3).standard_normal(LENGTH, np.float32)
    spread = [np.log(spectra(noise, window_samples)).std() for noise in (white, still_noise(white))]
    assert spread[1] < share * spread[0]


def test_its_phases_stay_by_chance() -> None:
    """Flat magnitudes alone would make a click of a piece: its samples are still nearly normal."""
    noise = noise_between(4, 0, LENGTH)
    assert 2.0 < float(np.mean(noise**4)) < 3.3
    assert np.abs(noise).max() < 6.0
