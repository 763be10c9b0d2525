"""Where phones are heard: on sounds that are made to have known boundaries."""

from __future__ import annotations

import numpy as np
import pytest

from svs_cli.corpus.teacher.lag import (
    SHORTEST_PHONE_SECONDS,
    USUAL_LAG_SECONDS,
    in_order,
    kind,
    measure,
    measured_cue,
    place_boundary,
    sounding_ends,
    step,
)
from svs_cli.corpus.teacher.speaker import SAMPLE_RATE_HZ
from svs_cli.frontend.inventory import load_inventory

NOISE = np.random.default_rng(1)


def hum(seconds: float) -> np.ndarray:
    time = np.arange(round(seconds * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    return sum(np.sin(2 * np.pi * 150 * k * time) / k for k in range(1, 9)) * 0.2


def hiss(seconds: float) -> np.ndarray:
    return np.diff(NOISE.normal(size=round(seconds * SAMPLE_RATE_HZ) + 1)) * 0.05


def quiet(seconds: float) -> np.ndarray:
    return np.zeros(round(seconds * SAMPLE_RATE_HZ))


def test_every_phone_has_a_kind() -> None:
    assert {kind(phone) for phone in load_inventory()} == {"quiet", "hiss", "buzz", "murmur", "vowel", "sonorant"}


def test_a_step_is_found_where_it_is() -> None:
    curve = np.r_[np.zeros(20), np.full(30, 5.0)]
    change = step(curve)
    assert change.shape == curve.shape
    assert int(np.argmax(change)) == 20 and change.max() == pytest.approx(5.0)


@pytest.mark.parametrize("error_seconds", [-0.03, 0.0, 0.03])
def test_boundaries_move_to_where_the_sound_changes(error_seconds: float) -> None:
    """SP s a t a SP, of which nominal times are late by the lag and wrong by up to 30 ms besides."""
    sounds = [quiet(0.3), hiss(0.12), hum(0.2), quiet(0.08), hum(0.25), quiet(0.4)]
    samples = np.concatenate(sounds).astype(np.float32)
    true = np.cumsum([len(sound) for sound in sounds]) / SAMPLE_RATE_HZ
    nominal = true + USUAL_LAG_SECONDS + error_seconds
    nominal[-1] = true[-1]
    heard = sounding_ends(["SP", "s", "a", "t", "a", "SP"], nominal, samples)
    assert np.abs(heard - true).max() < 0.008


@pytest.mark.parametrize(("first", "last"), [("l", "n"), ("f", "θ"), ("ð", "z"), ("a", "s")])
def test_a_phrase_is_where_it_is_heard(first: str, last: str) -> None:
    """One that begins 90 ms after its frames do, and fades 200 ms before they end."""
    consonant = {"l": hum, "n": hum, "ð": hum, "z": hum, "a": hum}
    sounds = [quiet(0.39), consonant.get(first, hiss)(0.1), hum(0.3), consonant.get(last, hiss)(0.1), quiet(0.6)]
    true = np.cumsum([len(sound) for sound in sounds]) / SAMPLE_RATE_HZ
    nominal = true + USUAL_LAG_SECONDS - [0.09, 0.0, 0.0, -0.2, USUAL_LAG_SECONDS]
    heard = sounding_ends(["SP", first, "a", last, "SP"], nominal, np.concatenate(sounds).astype(np.float32))
    assert heard[[0, 3]] == pytest.approx(true[[0, 3]], abs=0.008)


def test_phones_after_the_last_sound_end_with_it() -> None:
    samples = np.concatenate([quiet(0.2), hum(0.3), quiet(0.9)]).astype(np.float32)
    heard = sounding_ends(["SP", "a", "n", "z", "SP"], np.array([0.2, 0.5, 0.8, 1.1, 1.4]) + USUAL_LAG_SECONDS, samples)
    assert heard[3] == pytest.approx(0.5, abs=0.008)
    assert np.diff(heard[1:4]) == pytest.approx(SHORTEST_PHONE_SECONDS)


def test_a_stop_may_begin_in_silence() -> None:
    samples = np.concatenate([quiet(0.3), hum(0.3), quiet(0.5)]).astype(np.float32)
    heard = sounding_ends(["SP", "t", "a", "SP"], np.array([0.2, 0.3, 0.6, 1.1]) + USUAL_LAG_SECONDS, samples)
    assert heard[:3] == pytest.approx([0.2, 0.3, 0.6], abs=0.008)


def test_a_boundary_that_nobody_hears_stays_where_it_is_expected() -> None:
    cues = measure(hum(1.0).astype(np.float32))
    assert place_boundary(measured_cue(cues, "vowel", "vowel"), 0.4321) == 0.4321


def test_no_phone_becomes_empty() -> None:
    ends = in_order(np.array([0.2, 0.19, 0.195, 0.6]))
    assert (np.diff(ends) >= SHORTEST_PHONE_SECONDS - 1e-9).all() and ends[0] == 0.2 and ends[-1] == 0.6
