"""Runs of equal samples: the flat tops of clipping, and gaps of digital silence.

Conventions
-----------
- A round top of a quiet, low tone has equal samples too, once it is rounded to 16 bits, and every top at 8 bits. A cut
  top differs: the signal arrives at it steeply. So a run counts only if a neighbour is well below it, and by several
  of the recording's smallest steps.
- Clipping is told by its level: flat tops of a file that was normalised afterwards still share one level, wherever
  that is. `level` 0 means a gap.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SHORTEST_TOP_SAMPLES = 3
SHORTEST_GAP_SECONDS = 0.0015
LOUD_BESIDE_GAP = 0.02
LOWEST_TOP = 0.05
STEEPNESS = 0.003  # of the level itself, in one sample
SMALLEST_STEPS = 8.0  # a round top that stays in one step for 3 samples leaves it by 4 at the next, or by a few more
LEVEL_STEPS = 250.0  # tops within 0.4 % of full scale share a level
MOST_RUNS = 20_000


@dataclass(frozen=True)
class Run:
    """Equal samples: where, how many, and on which level (0: a gap)."""

    start_seconds: float
    end_seconds: float
    samples: int
    level: float


def runs_of(channel: NDArray[np.float32], sample_rate_hz: int, offset_seconds: float = 0.0) -> list[Run]:
    """Flat tops and gaps of a channel's samples, shape (n,), in order."""
    if len(channel) < SHORTEST_TOP_SAMPLES:
        return []
    equal = np.concatenate([[False], channel[1:] == channel[:-1], [False]])
    turns = np.flatnonzero(equal[1:] != equal[:-1])
    starts, ends = turns[0::2], turns[1::2]  # samples starts..ends are equal, both included
    level, count = channel[starts], ends - starts + 1
    before = channel[np.maximum(starts - 1, 0)]
    after = channel[np.minimum(ends + 1, len(channel) - 1)]
    magnitude = np.abs(level)
    slope = np.maximum(magnitude - np.abs(before), magnitude - np.abs(after))
    outward = (np.abs(before) <= magnitude) & (np.abs(after) <= magnitude)
    steep = slope > np.maximum(STEEPNESS * magnitude, SMALLEST_STEPS * smallest_step(channel))
    top = (count >= SHORTEST_TOP_SAMPLES) & (magnitude > LOWEST_TOP) & outward & steep
    gap = (level == 0) & (count >= SHORTEST_GAP_SECONDS * sample_rate_hz)
    gap[gap] = [loud_around(channel, int(s), int(e)) for s, e in zip(starts[gap], ends[gap], strict=True)]
    return [
        Run(
            offset_seconds + float(starts[i]) / sample_rate_hz,
            offset_seconds + float(ends[i] + 1) / sample_rate_hz,
            int(count[i]),
            float(level[i]),
        )
        for i in np.flatnonzero(top | gap)[:MOST_RUNS]
    ]


def smallest_step(channel: NDArray[np.float32]) -> float:
    """By how much samples differ at least where they differ: what they were rounded to, (n,)."""
    steps = np.abs(np.diff(channel))
    return float(steps[steps > 0].min()) if steps.any() else 0.0


def loud_around(channel: NDArray[np.float32], start: int, end: int) -> bool:
    """Whether the samples on both sides of a gap break off loudly."""
    before, after = channel[max(0, start - 4) : start], channel[end + 1 : end + 5]
    return bool(min(np.abs(before).max(initial=0.0), np.abs(after).max(initial=0.0)) > LOUD_BESIDE_GAP)


def clipping_runs(tops: Sequence[Run], peak: float, fewest: int = 3) -> list[Run]:
    """The flat tops that share a level with at least `fewest` others, at half of the peak or more."""
    levels: dict[int, list[Run]] = {}
    for run in tops:
        if abs(run.level) >= 0.5 * peak:
            levels.setdefault(round(run.level * LEVEL_STEPS), []).append(run)
    shared = [run for runs in levels.values() if len(runs) >= fewest for run in runs]
    return sorted(shared, key=lambda run: run.start_seconds)
