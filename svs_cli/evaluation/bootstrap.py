"""Means over songs with bootstrap intervals.

Conventions
-----------
- Songs are resampled, not frames: frames of one song resemble each other, and an interval over them would be far too
  narrow. The interval is the 2.5th to 97.5th percentile of the means of 2000 resamples, from a fixed seed.
- One song has no interval. Songs where a metric has no value are left out of its mean, and `songs` counts the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

RESAMPLES = 2000
SEED = 0
LEVEL_PERCENT = 95.0


@dataclass(frozen=True)
class Summary:
    """A metric over songs; `low` and `high` are None where one song stands alone."""

    mean: float
    low: float | None
    high: float | None
    songs: int


def summary(values: Sequence[float | None]) -> Summary | None:
    """Mean and interval of one value a song, None if no song has one.

    >>> summary([1.0, None]), summary([])
    (Summary(mean=1.0, low=None, high=None, songs=1), None)
    """
    known = np.array([value for value in values if value is not None], np.float64)
    if not len(known):
        return None
    if len(known) == 1:
        return Summary(float(known[0]), None, None, 1)
    picks = np.random.default_rng(SEED).integers(0, len(known), (RESAMPLES, len(known)))
    tail = (100.0 - LEVEL_PERCENT) / 2
    low, high = np.percentile(known[picks].mean(axis=1), [tail, 100.0 - tail])
    return Summary(float(known.mean()), float(low), float(high), len(known))
