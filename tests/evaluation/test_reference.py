"""Figures against a recording, where the right answer follows from how the pair was made."""

from __future__ import annotations

import numpy as np
import pytest

from svs_cli.evaluation.cepstral import (
    MCD_FACTOR_DB,
    cepstra_of_power,
    distortion_db,
    dtw,
    mcd_metrics,
    mel_cepstra,
    warping_path,
)
from svs_cli.evaluation.extract import F0Extractor
from svs_cli.evaluation.measure import measure, recording
from svs_cli.evaluation.reference import correlation, level_db, log_f0_metrics, reference_metrics, stft_metrics
from svs_cli.units import GRID
from tests.evaluation.signals import Tune

RNG = np.random.default_rng(5)


def voice(delay_seconds: float = 0.0) -> np.ndarray:
    return Tune(midis=(60, 64, 67), consonants=("k", "s", "n")).sound(delay_seconds=delay_seconds)


def test_a_recording_against_itself_is_perfect() -> None:
    sound = recording(voice(), F0Extractor())
    values = measure(sound, reference=sound).values
    for name in ("mcd_db", "mcd_dtw_db", "log_f0_rmse", "stft_convergence", "stft_log_magnitude"):
        assert values[name] == pytest.approx(0, abs=1e-6), name
    assert [values["log_f0_correlation"], values["energy_correlation"]] == pytest.approx([1, 1])


def test_loudness_alone_changes_nothing() -> None:
    sound = voice()
    pair = [recording(one, F0Extractor()) for one in (sound, 0.25 * sound)]
    values = reference_metrics(*pair)
    assert values["mcd_db"] < 0.05
    assert values["energy_correlation"] == pytest.approx(1, abs=1e-6)
    assert values["stft_convergence"] < 1e-4


def test_a_known_cepstral_difference_has_the_known_distortion() -> None:
    power = np.exp(RNG.normal(0, 1, (3, 1025)))
    a = cepstra_of_power(power)
    b = a.copy()
    b[:, 0] += 5.0  # the level does not count
    b[:, 3] += 0.1
    b[:, 7] -= 0.2
    np.testing.assert_allclose(distortion_db(a, b), MCD_FACTOR_DB * np.sqrt(0.05), rtol=1e-12)
    assert pytest.approx(10 / np.log(10) * np.sqrt(2)) == MCD_FACTOR_DB


def test_cepstra_of_a_spectrum_that_is_made_of_them() -> None:
    """Without warping, ln |H| = c_0 + c_2 cos 2w gives back c_0 and c_2; ten decibels of gain are in c_0 alone."""
    w = np.linspace(0, np.pi, 1025)
    log_amplitude = 0.7 + 0.3 * np.cos(2 * w)
    found = cepstra_of_power(np.exp(2 * log_amplitude)[None], order=5, alpha=0.0)[0]
    np.testing.assert_allclose(found, [0.7, 0, 0.3, 0, 0, 0], atol=1e-4)
    louder = cepstra_of_power(10 * np.exp(2 * log_amplitude)[None], order=5, alpha=0.0)[0]
    assert louder[0] - found[0] == pytest.approx(np.log(10) / 2)


def test_the_all_pass_warps_as_sptk_does() -> None:
    """A cosine on the warped axis w' = w + 2 atan(a sin w / (1 - a cos w)) is one coefficient."""
    w, alpha = np.linspace(0, np.pi, 4097), 0.53
    warped = w + 2 * np.arctan(alpha * np.sin(w) / (1 - alpha * np.cos(w)))
    found = cepstra_of_power(np.exp(2 * 0.4 * np.cos(4 * warped))[None], order=6, alpha=alpha)[0]
    np.testing.assert_allclose(found, [0, 0, 0, 0, 0.4, 0, 0], atol=1e-3)


def test_another_timbre_is_far_away() -> None:
    dull = np.convolve(voice(), np.ones(12) / 12, "same").astype(np.float32)
    values = reference_metrics(*[recording(one, F0Extractor()) for one in (dull, voice())])
    assert values["mcd_db"] > 3
    assert values["log_f0_rmse"] < 0.005


def test_warping_hides_a_delay_and_the_plain_figure_shows_it() -> None:
    late = [recording(one, F0Extractor()) for one in (voice(0.06), voice())]
    values = reference_metrics(*late)
    assert values["mcd_db"] > 2
    assert values["mcd_dtw_db"] < 0.5 * values["mcd_db"]


def test_the_path_of_a_long_pair_is_that_of_the_full_matrix() -> None:
    steps = np.repeat(RNG.normal(0, 1, (120, 6)), 20, axis=0) + RNG.normal(0, 0.01, (2400, 6))
    late = np.concatenate([steps[:1].repeat(15, axis=0), steps]) + RNG.normal(0, 0.1, (2415, 6))
    blocks, whole = warping_path(late, steps), dtw(late, steps)
    assert tuple(blocks[0]) == (0, 0)
    assert tuple(blocks[-1]) == (2414, 2399)
    assert (np.diff(blocks, axis=0) >= 0).all()
    cost = [np.linalg.norm(late[path[:, 0]] - steps[path[:, 1]], axis=1).sum() for path in (blocks, whole)]
    assert cost[0] == pytest.approx(cost[1], rel=0.03)


def test_no_sounding_frame_means_no_distortion() -> None:
    frames = RNG.normal(0, 1, (10, 40))
    assert mcd_metrics(frames, frames, np.zeros(10, bool)) == {"mcd_db": None, "mcd_dtw_db": None}


def test_log_f0_a_semitone_off() -> None:
    f0_hz = np.linspace(200, 400, 50).astype(np.float32)
    f0_hz[10:20] = 0
    sharp = (f0_hz * 2 ** (1 / 12)).astype(np.float32)
    values = log_f0_metrics(sharp, f0_hz)
    assert values["log_f0_rmse"] == pytest.approx(np.log(2) / 12, abs=1e-5)
    assert values["log_f0_correlation"] == pytest.approx(1)
    assert log_f0_metrics(np.zeros(5, np.float32), f0_hz[:5])["log_f0_rmse"] is None


def test_correlation_of_constants_is_none() -> None:
    assert correlation(np.ones(9), np.arange(9.0)) is None
    assert correlation(np.arange(9.0), -np.arange(9.0)) == pytest.approx(-1)


def test_the_level_of_a_sine_is_three_decibels_below_its_peak() -> None:
    sine = np.sin(2 * np.pi * 441 * np.arange(44_100) / GRID.sample_rate_hz).astype(np.float32)
    np.testing.assert_allclose(level_db(sine)[5:-5], -3.01, atol=0.05)
    assert len(level_db(sine)) == GRID.frames_of_samples(len(sine))


def test_stft_distance_of_half_the_sound() -> None:
    """Missing one of two equal, far sines: half of the energy, and after equalising the RMS a known rest."""
    times = np.arange(2 * GRID.sample_rate_hz) / GRID.sample_rate_hz
    low, high = (np.sin(2 * np.pi * hz * times).astype(np.float32) for hz in (500, 6000))
    # the RMS of one sine is raised by sqrt 2: |sqrt2 - 1|^2 + 1 over 2
    expected = np.sqrt(((np.sqrt(2) - 1) ** 2 + 1) / 2)
    values = stft_metrics(low, low + high)
    assert values["stft_convergence"] == pytest.approx(expected, abs=0.02)
    parts = [values["stft_convergence"], values["stft_log_magnitude"]]
    assert None not in parts and values["stft_distance"] == pytest.approx(sum(filter(None, parts)))
    assert stft_metrics(np.zeros(9, np.float32), low[:9]) == dict.fromkeys(values)


def test_cepstra_have_a_row_a_frame() -> None:
    sound = recording(voice(), F0Extractor())
    assert mel_cepstra(sound.samples, sound.f0_hz).shape == (len(sound.f0_hz), 40)
