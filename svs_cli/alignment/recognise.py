"""Phones without a text, and how many of them are wrong.

Conventions
-----------
- Any phone may follow any other; changing costs, less where the network hears an onset.
- The phone error rate counts substitutions, deletions and insertions against the phones that were asked for, pauses
  and breaths left out; it may exceed 1.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from svs_cli.alignment.aligner import Aligner, Alignment, Heard, boundary_seconds, rising
from svs_cli.analysis.edits import edits
from svs_cli.frontend.inventory import BREATH, SILENCE

CHANGE_COST = 4.0


def recognise(aligner: Aligner, heard: Heard) -> Alignment:
    """The likeliest phones of a recording."""
    onset = np.log(heard.onset_probs + 1e-3) - np.log(1.0 - heard.onset_probs + 1e-3)
    walk, score = free_walk(heard.phone_log_probs, onset - CHANGE_COST)
    firsts = np.flatnonzero(np.diff(walk, prepend=-1))
    lasts = np.append(firsts[1:], len(walk))
    spans = list(zip(firsts.tolist(), lasts.tolist(), strict=True))
    ends = [boundary_seconds(heard.onset_probs, last) for _, last in spans[:-1]] + [heard.seconds]
    means = [float(heard.phone_log_probs[first:last, walk[first]].mean()) for first, last in spans]
    phones = tuple(aligner.phones[walk[first]] for first, _ in spans)
    return Alignment(phones, rising(ends), tuple(float(np.exp(mean)) for mean in means), score / max(1, len(walk)))


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


def phone_error_rate(asked: Sequence[str], heard: Sequence[str]) -> float | None:
    """Levenshtein distance over the number of asked phones, None if none was asked.

    >>> phone_error_rate(["SP", "k", "a"], ["k", "SP", "o", "a"])
    0.5
    """
    wanted = [phone for phone in asked if phone not in (SILENCE, BREATH)]
    found = [phone for phone in heard if phone not in (SILENCE, BREATH)]
    if not wanted:
        return None
    return edits(wanted, found) / len(wanted)
