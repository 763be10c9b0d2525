"""Where each boundary lies if not the best walk alone is asked but all walks near it.

Conventions
-----------
- A walk is one state of a lattice for every frame, as `lattice.best_walk` gives it. Its neighbours are the walks that
  stay within `BAND_STATES` states of it at every frame, so time and memory grow with the sound alone.
- The best walk puts a boundary where one sequence of scores is largest. What counts for a user is how far it is from
  the truth, so each boundary goes to where the shares within `TOLERANCES_FRAMES` are expected to be largest together
  (minimum Bayes risk decoding, Goel & Byrne 2000).
- Scores are natural logarithms, as everywhere in the lattice.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from svs_cli.alignment.lattice import Lattice

BAND_STATES = 30  # about ten phones on either side
TOLERANCES_FRAMES = (1, 2, 5)  # 10, 20 and 50 ms, as `accuracy.py` counts
CENTRE_FRAMES = 2  # a boundary is the centre of what lies so near the best place
SMALLEST = 1e-300  # keeps divisions defined where a frame allows nothing
Banded = NDArray[np.float64]  # (T, 2 * BAND_STATES + 1): column k of frame t is the state walk[t] + k - BAND_STATES


def entry_probs(
    scores: NDArray[np.float32], lattice: Lattice, walk: NDArray[np.int64], gain: NDArray[np.float32]
) -> Banded:
    """Probability that a walk near the best one enters a phone or pause at each frame, (T, S), (T,) -> banded.

    `gain` is what entering adds to the score, of shape (T,), or (T, S) if it depends on the state.
    """
    states = walk[:, None] + np.arange(-BAND_STATES, BAND_STATES + 1)
    inside = (states >= 0) & (states < len(lattice.phone_ids))
    at = np.clip(states, 0, len(lattice.phone_ids) - 1)
    frames = np.arange(len(walk))[:, None]
    emitted = np.where(inside, scores[frames, at], -np.inf).astype(np.float64)
    emitted = np.exp(emitted - emitted.max(axis=1, keepdims=True))
    added = np.exp((gain[:, None] if gain.ndim == 1 else gain[frames, at]).astype(np.float64))
    enters = np.where(inside & lattice.heads[at], added, 0.0)
    follows = np.where(lattice.heads[at], enters, 1.0)  # a chain's own next state costs nothing
    skips = np.where(skippable(lattice)[at], enters, 0.0)
    loops = lattice.loops[at].astype(np.float64)
    emitted[0] *= states[0] < 2
    emitted[-1] *= states[-1] >= len(lattice.phone_ids) - 2
    return forward_backward(emitted, loops, follows, skips, np.diff(walk, prepend=walk[0])) * lattice.heads[at]


def skippable(lattice: Lattice) -> NDArray[np.bool_]:
    """Whether a state may be entered from the one before a pause, (S,)."""
    found = np.zeros(len(lattice.phone_ids), bool)
    found[2:] = lattice.pauses[1:-1] & ~lattice.pauses[2:]
    return found


def forward_backward(
    emitted: Banded, loops: Banded, follows: Banded, skips: Banded, moves: NDArray[np.int64]
) -> Banded:
    """Probability of entering each state, from factors for sounding, staying, going on and passing over a pause.

    `moves[t]` is by how many states the band's columns lie further than a frame before. Rows are scaled to sum to 1
    (Rabiner 1989), so nothing overflows.
    """
    frames, width = emitted.shape
    edged = np.zeros((frames, width + 4))  # two empty columns on either side
    edged[0, 2:-2] = emitted[0] / max(emitted[0].sum(), SMALLEST)
    entered = np.zeros((frames, width))
    scales = np.ones(frames)
    for t in range(1, frames):
        d, before = moves[t], edged[t - 1]
        entered[t] = (before[1 + d : 1 + d + width] * follows[t] + before[d : d + width] * skips[t]) * emitted[t]
        row = entered[t] + before[2 + d : 2 + d + width] * loops[t] * emitted[t]
        scales[t] = max(row.sum(), SMALLEST)
        edged[t, 2:-2] = row / scales[t]
    after = np.ones(width)
    for t in range(frames - 1, 0, -1):
        entered[t] *= after / scales[t]
        weighted = after * emitted[t] / scales[t]
        d, row = moves[t], np.zeros(width + 4)
        row[2 + d : 2 + d + width] += weighted * loops[t]
        row[1 + d : 1 + d + width] += weighted * follows[t]
        row[d : d + width] += weighted * skips[t]
        after = row[2:-2]
    return entered


def likeliest_entry(entered: Banded, walk: NDArray[np.int64], frame: int) -> float:
    """The frame, with fraction, at which the state that the best walk enters at `frame` most probably begins.

    The chances that lie within each tolerance of a place are added up; around the best place their centre counts.
    """
    state = walk[frame]
    first = int(np.searchsorted(walk, state - BAND_STATES))
    last = int(np.searchsorted(walk, state + BAND_STATES, side="right"))
    rows = np.arange(first, last)
    chances = entered[rows, state - walk[rows] + BAND_STATES]
    sums = np.cumsum(np.pad(chances, (max(TOLERANCES_FRAMES) + 1, max(TOLERANCES_FRAMES))))
    at = np.arange(len(chances)) + max(TOLERANCES_FRAMES)
    near = np.sum([sums[at + 1 + reach] - sums[at - reach] for reach in TOLERANCES_FRAMES], axis=0)
    best = int(near.argmax())
    low, high = max(0, best - CENTRE_FRAMES), best + CENTRE_FRAMES + 1
    mass = float(chances[low:high].sum())
    return float((rows[low:high] * chances[low:high]).sum() / mass) if mass > 0 else float(frame)
