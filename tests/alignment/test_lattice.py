"""The lattice against every walk written out, one by one."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
import torch

from svs_cli.alignment.lattice import best_walk, expected_onsets, lattice_of, occupation
from svs_cli.errors import CorpusError


def walks(pauses: np.ndarray, frames: int) -> list[tuple[int, ...]]:
    """All allowed walks, by trying everything."""
    width = len(pauses)
    found = []
    for walk in product(range(width), repeat=frames):
        steps = [b - a for a, b in zip(walk, walk[1:], strict=False)]
        allowed = all(
            step in (0, 1) or (step == 2 and pauses[a + 1] and not pauses[a + 2])
            for a, step in zip(walk, steps, strict=False)
        )
        if allowed and walk[0] < 2 and walk[-1] >= width - 2:
            found.append(walk)
    return found


@pytest.mark.parametrize("words", [[[3, 4]], [[3], [4]], [[3, 4], [5]], [[3]]])
def test_sum_and_best_equal_enumeration(words: list[list[int]]) -> None:
    lattice = lattice_of(words)
    random = np.random.default_rng(len(words) * 10 + len(words[0]))
    frames, width = 5, len(lattice.phone_ids)
    scores = random.normal(size=(frames, width)).astype(np.float32)
    every = walks(lattice.pauses, frames)
    values = np.array([sum(scores[t, s] for t, s in enumerate(walk)) for walk in every])
    weights = np.exp(values - values.max())
    expected = np.zeros((frames, width))
    for walk, weight in zip(every, weights / weights.sum(), strict=True):
        expected[range(frames), walk] += weight

    padded = np.pad(scores, ((0, 3), (0, 2)))[None]  # a longer neighbour in the batch must not matter
    pauses = np.pad(lattice.pauses, (0, 2))[None]
    occupied, total = occupation(
        torch.tensor(padded), torch.tensor(pauses), torch.tensor([frames]), torch.tensor([width])
    )
    assert occupied[0, :frames, :width].numpy() == pytest.approx(expected, abs=1e-4)
    assert float(occupied[0, frames:].sum()) == 0.0
    assert float(occupied[0, :, width:].sum()) == pytest.approx(0, abs=1e-5)
    assert float(total[0]) == pytest.approx(np.log(np.exp(values).sum()), abs=1e-3)
    onsets = expected_onsets(occupied)[0, :frames].numpy()
    growth = np.diff((expected * np.arange(width)).sum(1), prepend=np.nan)[1:]
    assert onsets[1:] == pytest.approx(np.clip(growth, 0, 1), abs=1e-4)

    walk, best = best_walk(scores, lattice, np.zeros(frames, np.float32))
    assert tuple(walk) == every[int(values.argmax())] and best == pytest.approx(values.max(), abs=1e-4)


def test_known_entries_pull_the_walk() -> None:
    lattice = lattice_of([[0, 1]])
    scores = np.zeros((20, 4), np.float32)
    scores[:, [0, 3]] = -1.0
    entry = np.zeros((20, 4), np.float32)
    entry[:, 2] = -np.abs(np.arange(20) - 13)
    walk, _ = best_walk(scores, lattice, np.zeros(20, np.float32), entry)
    assert list(walk).index(2) == 13


def test_too_short_and_empty() -> None:
    with pytest.raises(CorpusError, match="no phones"):
        lattice_of([[]])
    lattice = lattice_of([[0, 1, 2]])
    with pytest.raises(CorpusError, match="too few"):
        best_walk(np.zeros((2, 5), np.float32), lattice, np.zeros(2, np.float32))


def test_phones_last_as_long_as_they_must() -> None:
    plain = lattice_of([[0, 1], [2]])
    lattice = plain.lasting({0: 3, 2: 2})
    assert lattice.phones == 3 and lattice.shortest_frames == 6 and len(lattice.phone_ids) == 9
    random = np.random.default_rng(1)
    for _ in range(20):
        emissions = random.normal(0, 3, (12, 4)).astype(np.float32)  # 0, 1, 2 and the pause
        walk, best = best_walk(emissions[:, lattice.phone_ids], lattice, np.zeros(12, np.float32))
        phones = lattice.phone_ids[walk]
        assert (phones == 0).sum() >= 3 and (phones == 2).sum() >= 2 and (phones == 1).sum() >= 1
        assert best == pytest.approx(float(emissions[np.arange(12), phones].sum()), abs=1e-4)
        _, unbound = best_walk(emissions[:, plain.phone_ids], plain, np.zeros(12, np.float32))
        assert unbound >= best - 1e-4
