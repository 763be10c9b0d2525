"""The ways in which a text may be spoken: a row of states that time walks through from left to right.

Conventions
-----------
- A state is a phone, or a pause that may be left out. A pause may stand before, between and after words; before a stop
  or inside a word there is none: its closure belongs to the stop.
- Time moves one frame a step and stays, goes to the next state, or passes over a pause.
- For the best walk a phone that lasts several frames at least is a chain of states of which only the last may be
  stayed in; the first is its head.
- A pause scores as silence or breath, whichever is likelier; which it is, is decided afterwards.
- Scores are natural logarithms of probabilities; `NEVER` means impossible and is finite, so that sums stay numbers.

The forward-sum over all walks is what flat-start training maximises (the HMM's full sum; One TTS Alignment, Badlani et
al. 2021, with pauses); the best walk (Viterbi) is the alignment.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from svs_cli.errors import CorpusError

NEVER = -1e5


@dataclass(frozen=True)
class Lattice:
    """`phone_ids[s]` of state s, -1 for a pause; `heads[s]`: something begins there; `loops[s]`: it may go on."""

    phone_ids: NDArray[np.int64]
    heads: NDArray[np.bool_]
    loops: NDArray[np.bool_]

    @property
    def pauses(self) -> NDArray[np.bool_]:
        return self.phone_ids < 0

    @property
    def phones(self) -> int:
        """How many phones it holds."""
        return int((self.heads & ~self.pauses).sum())

    @property
    def shortest_frames(self) -> int:
        """Fewest frames in which the text can be spoken."""
        return int((~self.pauses).sum())

    def lasting(self, least_frames: dict[int, int]) -> Lattice:
        """The same text where a phone of `least_frames` lasts that long at least."""
        ids: list[int] = []
        heads: list[bool] = []
        for phone in self.phone_ids.tolist():
            length = least_frames.get(phone, 1)
            ids += [phone] * length
            heads += [True] + [False] * (length - 1)
        return Lattice(np.array(ids), np.array(heads), np.array([*heads[1:], True]))


def lattice_of(words: list[list[int]]) -> Lattice:
    """States of words of phone ids, with a pause before, between and after them. Raises CorpusError for no phones."""
    ids = [-1]
    for word in words:
        ids += [*word, -1] if word else []
    if len(ids) == 1:
        raise CorpusError("there are no phones to align")
    every = np.ones(len(ids), bool)
    return Lattice(np.array(ids), every, every)


def shifted(row: torch.Tensor, states: int) -> torch.Tensor:
    """(B, S) moved to the right by `states` (left if negative); what comes in is impossible."""
    pad = (states, 0) if states > 0 else (0, -states)
    moved = row[:, :-states] if states > 0 else row[:, -states:]
    return functional.pad(moved, pad, value=NEVER)


def sum3(a: torch.Tensor, b: torch.Tensor, c: torch.Tensor) -> torch.Tensor:
    return torch.logaddexp(torch.logaddexp(a, b), c)


@torch.no_grad()
def occupation(
    scores: torch.Tensor, pauses: torch.Tensor, frames: torch.Tensor, states: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Probability of each state at each frame over all walks, and the log of their sum.

    Shapes: scores (B, T, S), pauses (B, S) bool, frames (B,) and states (B,) true lengths -> (B, T, S), (B,).
    Walks start in the first two states and end in the last two, so that pauses at the ends can be left out. Frames
    beyond an utterance's length have probability 0.
    """
    batch, longest, width = scores.shape
    at = torch.arange(width)
    skip = torch.where(pauses, NEVER, 0.0)  # over a pause, never from one pause to the next
    skip_in = skip + torch.where(shifted(pauses.float(), 1) > 0.5, 0.0, NEVER)
    skip_out = skip + torch.where(shifted(pauses.float(), -1) > 0.5, 0.0, NEVER)
    alpha = scores.new_full((batch, longest, width), NEVER)
    alpha[:, 0] = torch.where(at < 2, scores[:, 0], NEVER)
    for t in range(1, longest):
        last = alpha[:, t - 1]
        alpha[:, t] = scores[:, t] + sum3(last, shifted(last, 1), shifted(last, 2) + skip_in)
    ending = torch.where((at >= states[:, None] - 2) & (at < states[:, None]), 0.0, NEVER)
    beta = torch.full_like(alpha, NEVER)
    row = ending
    for t in range(longest - 1, -1, -1):
        ends_here = (frames - 1 == t)[:, None]
        if t + 1 < longest:
            following = beta[:, t + 1] + scores[:, t + 1]
            row = sum3(following, shifted(following, -1), shifted(following, -2) + skip_out)
        beta[:, t] = torch.where(ends_here, ending, row.clamp_min(2 * NEVER))
    both = alpha + beta
    within = torch.arange(longest)[None, :, None] < frames[:, None, None]
    total = torch.logsumexp(both[:, 0], dim=1)
    return torch.softmax(both, dim=2) * within, total


def expected_onsets(occupied: torch.Tensor) -> torch.Tensor:
    """Probability that a new state begins at each frame: growth of the expected state number, (B, T, S) -> (B, T)."""
    number = (occupied * torch.arange(occupied.shape[2])).sum(2)
    growth = functional.pad(number[:, 1:] - number[:, :-1], (1, 0))
    return growth.clamp(0.0, 1.0)


def best_walk(
    scores: NDArray[np.float32],
    lattice: Lattice,
    onset_gain: NDArray[np.float32],
    entry_gain: NDArray[np.float32] | None = None,
) -> tuple[NDArray[np.int64], float]:
    """The likeliest state of every frame and its score, (T, S) -> (T,).

    `onset_gain[t]` is added where a phone or pause is entered at frame t, `entry_gain[t, s]` where state s is. Memory
    is one byte for each frame and state. Raises CorpusError if there are too few frames.
    """
    frames, width = scores.shape
    if frames < lattice.shortest_frames:
        raise CorpusError(f"{frames} frames of 10 ms are too few for {lattice.phones} phones")
    pauses = lattice.pauses
    came_from = np.zeros((frames, width), np.uint8)
    skip_costs = np.full(width, NEVER, np.float32)
    skip_costs[2:][pauses[1:-1] & ~pauses[2:]] = 0.0
    stay_costs = np.where(lattice.loops, 0.0, NEVER).astype(np.float32)
    row = np.full(width, NEVER, np.float32)
    row[:2] = scores[0, :2]
    if entry_gain is not None:
        row[:2] += entry_gain[0, :2]
    candidates = np.full((3, width), NEVER, np.float32)
    at = np.arange(width)
    for t in range(1, frames):
        gain = onset_gain[t] * lattice.heads
        if entry_gain is not None:
            gain = gain + entry_gain[t]
        candidates[0] = row + stay_costs
        candidates[1, 1:] = row[:-1] + gain[1:]
        candidates[2, 2:] = row[:-2] + gain[2:] + skip_costs[2:]
        step = candidates.argmax(axis=0)
        came_from[t] = step
        row = candidates[step, at] + scores[t]
    state = width - 1 if row[-1] >= row[-2] else width - 2
    best = float(row[state])
    walk = np.empty(frames, np.int64)
    for t in range(frames - 1, -1, -1):
        walk[t] = state
        state -= int(came_from[t, state])
    return walk, best


def free_walk(log_probs: NDArray[np.float32], change_gain: NDArray[np.float32]) -> tuple[NDArray[np.int64], float]:
    """Likeliest sequence when each change at frame t gains `change_gain[t]`, (T, P) -> (T,) and its score."""
    frames, phones = log_probs.shape
    came_from = np.empty((frames, phones), np.int16)
    row = log_probs[0].astype(np.float64)
    own = np.arange(phones)
    for t in range(1, frames):
        best = int(row.argmax())
        changed = row[best] + change_gain[t]
        moves = changed > row
        came_from[t] = np.where(moves, best, own)
        row = np.where(moves, changed, row) + log_probs[t]
    walk = np.empty(frames, np.int64)
    walk[-1] = int(row.argmax())
    for t in range(frames - 1, 0, -1):
        walk[t - 1] = came_from[t, walk[t]]
    return walk, float(row.max())
