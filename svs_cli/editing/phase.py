"""Bending a retake so little that nobody hears it, so that its last cycle meets the one that follows.

Conventions
-----------
- A vocoder's phase is the sum of all F0 before. Another F0 inside a stretch would leave the sound after it in another
  phase than the sound that it fades into: at the worst they cancel in the middle of the fade. So the new curve is moved
  by a constant number of hertz, less at its ends, until both curves differ by whole cycles over the stretch.
- Half a cycle is shared by the whole stretch: 0.25 Hz over two seconds. Where it would take more than
  `LARGEST_BEND_CENTS`, the curve stays as it is.
- What counts is F0 as vocoders fill it: unvoiced frames hold the last voiced value.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from svs_cli.performance.document import Segment
from svs_cli.performance.retakes import before_last
from svs_cli.performance.voicing import voiced_f0
from svs_cli.units import GRID

LARGEST_BEND_CENTS = 10.0
ROUNDS = 3  # the held values move along with the bend


def in_phase(segment: Segment) -> Segment:
    """The segment with the F0 of its last retake bent into phase with what follows."""
    if segment.f0 is None or segment.phone_durations_seconds is None:
        return segment
    last, old_cycles = segment.retakes[-1], cycles_of(before_last(segment))
    span = slice(last.f0_first, last.f0_first + len(last.f0_before))
    shape = np.sin(np.pi * (np.arange(len(last.f0_before)) + 0.5) / max(1, len(last.f0_before))) ** 2
    start_values = segment.f0.values
    bent, bend_hz = segment, 0.0
    for _ in range(ROUNDS):
        excess = cycles_of(bent) - old_cycles
        excess -= round(excess)
        bend_hz -= excess / max(1e-9, float(shape.sum()) * segment.f0.timestep_seconds)
        values = start_values.copy()
        values[span] = np.where(values[span] > 0, np.maximum(values[span] + bend_hz * shape, 1.0), 0.0)
        bent = segment.with_(f0=replace(segment.f0, values=values), retakes=segment.retakes)
    sung = start_values[span][start_values[span] > 0]
    lowest_hz = float(sung.min()) if len(sung) else 1.0
    return bent if abs(1200 / np.log(2) * bend_hz / lowest_hz) <= LARGEST_BEND_CENTS else segment


def cycles_of(segment: Segment) -> float:
    """Cycles from the start of the segment to its end, at frames as a vocoder has them."""
    f0_hz = held(voiced_f0(segment))
    return float(np.sum(f0_hz[1:] + f0_hz[:-1]) * 0.5 * GRID.frame_seconds)


def held(f0_hz: NDArray[np.float32]) -> NDArray[np.float64]:
    """F0 with unvoiced frames (0 Hz) holding the last voiced value, the one before a voiced stretch its first one.

    >>> held(np.array([0, 2, 0, 0, 3], np.float32)).tolist()
    [2.0, 2.0, 2.0, 3.0, 3.0]
    """
    voiced = f0_hz > 0
    if not voiced.any():
        return np.zeros(len(f0_hz))
    last = np.maximum.accumulate(np.where(voiced, np.arange(len(f0_hz)), -1))
    filled = f0_hz[np.where(last >= 0, last, int(np.argmax(voiced)))].astype(np.float64)
    following = np.append(f0_hz[1:], f0_hz[-1:])
    return np.where(~voiced & (following > 0), following, filled)
