"""Times and pitch: what is drawn stays within what a voice does."""

from __future__ import annotations

import numpy as np
import pytest

from svs_cli.corpus.teacher.lag import nominal_ends
from svs_cli.corpus.teacher.plan import (
    LEAD_FRAMES,
    LONGEST_HELD_FRAMES,
    MANNERS,
    SHORTEST_SUNG_FRAMES,
    PhoneTimes,
    hold_energy,
    natural_frames,
    plan_f0,
    plan_frames,
    warp,
)
from svs_cli.corpus.teacher.speaker import FRAME_SECONDS
from svs_cli.corpus.teacher.symbols import NOBODY, script_of

SCRIPT = script_of([["ɡ", "u", "t", "ə"], ["n", "a", "x", "t"]], "de")
PREDICTED = np.random.default_rng(3).uniform(1, 4, len(SCRIPT.symbols))


@pytest.mark.parametrize("manner", MANNERS)
@pytest.mark.parametrize("seed", range(5))
def test_every_phone_gets_frames_and_marks_get_none(manner: str, seed: int) -> None:
    frames = plan_frames(SCRIPT, PREDICTED, manner, np.random.default_rng(seed))
    for symbol_frames, owner in zip(frames, SCRIPT.owners, strict=True):
        assert (symbol_frames == 0) == (owner == NOBODY)
    assert frames[0] == LEAD_FRAMES
    lengths = np.diff(nominal_ends(SCRIPT, frames), prepend=0.0)
    assert len(lengths) == len(SCRIPT.phones) and (lengths >= FRAME_SECONDS - 1e-9).all()
    if manner == "sung":
        vowels = lengths[[2, 4, 6]] / FRAME_SECONDS
        assert vowels.min() >= SHORTEST_SUNG_FRAMES - 1 and vowels.max() <= LONGEST_HELD_FRAMES + 1


def test_the_natural_tempo_keeps_the_predicted_sum() -> None:
    predicted = np.full(len(SCRIPT.symbols), 2.4)
    inner = natural_frames(SCRIPT, predicted)[1:-3]
    spaces = sum(symbol == " " for symbol in SCRIPT.symbols)
    assert abs(int(inner.sum()) - 2.4 * (len(inner) - 0.5 * spaces)) <= 1.5


def test_another_seed_is_another_plan_and_the_same_seed_the_same() -> None:
    plans = [plan_frames(SCRIPT, PREDICTED, "spoken", np.random.default_rng(seed)).tolist() for seed in (1, 1, 2)]
    assert plans[0] == plans[1] != plans[2]


def test_a_long_vowel_holds_the_peak_of_its_energy() -> None:
    energy = np.concatenate([np.zeros(8), [1, 6, 9, 6], np.zeros(8)]).astype(np.float32)
    times = [
        PhoneTimes(0.0, 0.1, 0.0, 0.1, False),
        PhoneTimes(0.1, 0.15, 0.1, 1.1, True),
        PhoneTimes(0.15, 0.25, 1.1, 1.2, False),
    ]
    (warped,) = warp([energy], times, energy)
    assert len(warped) == 96
    assert np.allclose(warped[round(0.2 / 0.0125) : round(1.0 / 0.0125)], 9.0)
    assert warped[0] == warped[-1] == 0.0


def test_a_held_vowel_is_never_silent() -> None:
    energy = np.full(80, -9.0, np.float32)
    energy[8:20] = 8.0
    times = [PhoneTimes(0, 0, start, start + 0.3, True) for start in (0.1, 0.5)] + [PhoneTimes(0, 0, 0.8, 1, False)]
    held = hold_energy(energy, times)
    assert held[48] > -3 and (held[66:] == -9).all() and held[10] == 8
    assert (hold_energy(energy, times[2:]) == energy).all()


def test_sung_vowels_stand_on_steps_and_consonants_without_voice_stay_so() -> None:
    f0_hz = np.full(80, 220.0, np.float32)
    f0_hz[36:44] = 10.0
    times = [PhoneTimes(0, 0.4, 0, 0.45, True), PhoneTimes(0, 0, 0.45, 0.55, False), PhoneTimes(0, 0, 0.55, 1.0, True)]
    sung = plan_f0(f0_hz, times, "sung", np.random.default_rng(2))
    assert (sung[37:43] == 10.0).all()
    assert np.ptp(np.log2(sung[8:16])) < 1 / 24  # a quarter tone at most before vibrato sets in
    assert sung[:36].min() > 100 and sung.max() < 420


def test_speech_is_shifted_as_a_whole() -> None:
    f0_hz = np.linspace(180, 240, 50).astype(np.float32)
    spoken = plan_f0(f0_hz, [], "spoken", np.random.default_rng(4))
    assert (np.diff(spoken) >= 0).all() and 0.5 < spoken.mean() / f0_hz.mean() < 2
    assert (plan_f0(np.full(9, 10, np.float32), [], "spoken", np.random.default_rng(4)) == 10).all()
