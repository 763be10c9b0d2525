"""Entry probabilities against every walk written out, and where boundaries are put because of them."""

from __future__ import annotations

import numpy as np
import pytest

from svs_cli.alignment.lattice import Lattice, best_walk, lattice_of
from svs_cli.alignment.spread import BAND_STATES, entry_probs, likeliest_entry
from tests.alignment.test_lattice import walks


def enumerated(scores: np.ndarray, lattice: Lattice, gain: np.ndarray) -> np.ndarray:
    """Probability (T, S) of entering each state at each frame, by trying every walk."""
    every = walks(lattice.pauses, len(scores))
    values = []
    for walk in every:
        entries = [gain[t] for t in range(1, len(walk)) if walk[t] != walk[t - 1]]
        values.append(sum(scores[t, s] for t, s in enumerate(walk)) + sum(entries))
    weights = np.exp(np.array(values) - max(values))
    expected = np.zeros(scores.shape)
    for walk, weight in zip(every, weights / weights.sum(), strict=True):
        for t in range(1, len(walk)):
            expected[t, walk[t]] += weight * (walk[t] != walk[t - 1])
    return expected


@pytest.mark.parametrize("words", [[[3, 4]], [[3], [4]], [[3, 4], [5]]])
def test_entries_equal_enumeration(words: list[list[int]]) -> None:
    lattice = lattice_of(words)
    random = np.random.default_rng(7 + len(words))
    frames, width = 6, len(lattice.phone_ids)
    scores = random.normal(size=(frames, width)).astype(np.float32)
    gain = random.normal(size=frames).astype(np.float32)
    walk, _ = best_walk(scores, lattice, gain)
    entered = entry_probs(scores, lattice, walk, gain)
    assert entered.shape == (frames, 2 * BAND_STATES + 1)
    wide = np.zeros((frames, width))
    for t, state in enumerate(walk):
        wide[t] = entered[t, BAND_STATES - state : BAND_STATES - state + width]
    assert wide == pytest.approx(enumerated(scores, lattice, gain), abs=1e-6)
    by_state = entry_probs(scores, lattice, walk, np.repeat(gain[:, None], width, axis=1))
    assert by_state == pytest.approx(entered, abs=1e-9)


def test_a_chain_is_entered_once_and_surely() -> None:
    lattice = lattice_of([[0, 1], [2]]).lasting({0: 3, 1: 2, 2: 2})
    random = np.random.default_rng(2)
    scores = random.normal(0, 3, (40, 4)).astype(np.float32)[:, lattice.phone_ids]
    gain = np.zeros(40, np.float32)
    walk, _ = best_walk(scores, lattice, gain)
    entered = entry_probs(scores, lattice, walk, gain)
    sums = np.zeros(len(lattice.phone_ids))
    for t, state in enumerate(walk):
        for k, value in enumerate(entered[t]):
            if value:
                sums[state + k - BAND_STATES] += value
    spoken = lattice.heads & ~lattice.pauses
    assert sums[spoken][1:] == pytest.approx(1.0, abs=1e-6)  # the first may begin with the sound
    assert (sums[~lattice.heads] == 0).all() and (sums <= 1.0 + 1e-6).all()


def test_a_boundary_goes_where_its_chances_lie_together() -> None:
    """One frame alone may be the likeliest, five beside one another are the better bet."""
    walk = np.repeat([0, 1], 50)
    entered = np.zeros((100, 2 * BAND_STATES + 1))
    chances = {20: 0.3, 48: 0.1, 49: 0.2, 50: 0.2, 51: 0.15, 52: 0.05}
    for frame, chance in chances.items():
        entered[frame, 1 - walk[frame] + BAND_STATES] = chance
    near = [frame for frame in chances if frame > 20]
    expected = sum(frame * chances[frame] for frame in near) / sum(chances[frame] for frame in near)
    assert likeliest_entry(entered, walk, 50) == pytest.approx(expected, abs=0.6)
    assert likeliest_entry(np.zeros_like(entered), walk, 50) == 50.0


def test_many_phones_stay_finite() -> None:
    lattice = lattice_of([[0, 1]] * 300)
    scores = np.random.default_rng(3).normal(-5, 2, (3_000, len(lattice.phone_ids))).astype(np.float32)
    gain = np.zeros(3_000, np.float32)
    walk, _ = best_walk(scores, lattice, gain)
    entered = entry_probs(scores, lattice, walk, gain)
    assert np.isfinite(entered).all() and float(entered.max()) <= 1.0 + 1e-6
