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

from svs_cli.alignment.aligner import Aligner, Alignment, Heard, boundary_seconds, rising
from svs_cli.alignment.lattice import free_walk
from svs_cli.analysis.edits import edits
from svs_cli.frontend.inventory import BREATH, SILENCE

CHANGE_COST = 4.0


def recognise(aligner: Aligner, heard: Heard) -> Alignment:
    """The likeliest phones of a recording."""
    walk, score = free_walk(heard.phone_log_probs, heard.onset_log_odds - CHANGE_COST)
    firsts = np.flatnonzero(np.diff(walk, prepend=-1))
    lasts = np.append(firsts[1:], len(walk))
    spans = list(zip(firsts.tolist(), lasts.tolist(), strict=True))
    ends = [boundary_seconds(heard.onset_probs, last) for _, last in spans[:-1]] + [heard.seconds]
    means = [float(heard.phone_log_probs[first:last, walk[first]].mean()) for first, last in spans]
    phones = tuple(aligner.phones[walk[first]] for first, _ in spans)
    return Alignment(phones, rising(ends), tuple(float(np.exp(mean)) for mean in means), score / max(1, len(walk)))


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
