"""Curves that go along when the phones of a document get other lengths: what somebody drew is stretched, not lost.

Conventions
-----------
- A phone's old time becomes its new one linearly, as far as both documents have the same phones and the old one had
  them in time; else words, or notes where there were no phones in time, are what keeps its place.
- F0 of 0 Hz (no pitch, in documents of other programs) is never mixed with its neighbours.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from svs_cli.performance.document import Performance, SampledCurve, Segment

SAME_SECONDS = 1e-6  # as exactly as a file has it


def with_curves_of(old: Performance, new: Performance) -> Performance:
    """The document `new` with F0 and curves of `old`, which has the same segments, moved to where its phones are."""
    pairs = zip(old.segments, new.segments, strict=True)
    return new.with_(segments=tuple(carried(before, after) for before, after in pairs))


def moves(old: Performance, new: Performance) -> bool:
    """Whether a segment with F0 or curves has other times than before."""
    pairs = zip(old.segments, new.segments, strict=True)
    return any((before.f0 is not None or before.curves) and not still(before, after) for before, after in pairs)


def carried(before: Segment, after: Segment) -> Segment:
    """One segment with the F0 and curves of the one before; retakes become part of its F0."""
    if still(before, after):
        return after.with_(f0=before.f0, curves=before.curves, retakes=before.retakes)
    curves = {name: stretched(curve, before, after) for name, curve in before.curves.items()}
    if before.f0 is None:
        return after.with_(curves=curves)
    values = moved_along(before.f0.values, before.f0.timestep_seconds, before, after)
    return after.with_(curves=curves, f0=SampledCurve(values, before.f0.timestep_seconds))


def still(before: Segment, after: Segment) -> bool:
    """Whether phones have the times that they had."""
    old, new = before.phone_durations_seconds, after.phone_durations_seconds
    return old is not None and new is not None and len(old) == len(new) and np.allclose(old, new, atol=SAME_SECONDS)


def anchors(before: Segment, after: Segment) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Times from the segment's start that correspond to each other, rising, before and after."""
    lengths = before.phone_durations_seconds, after.phone_durations_seconds
    if lengths[0] is None or lengths[1] is None:
        ends = [np.cumsum(one.note_durations_seconds) for one in (before, after)]
    else:
        ends = [np.cumsum(lengths[0]), np.cumsum(lengths[1])]
        if before.phones != after.phones:
            ends = [own[np.cumsum(one.phone_counts) - 1] for own, one in zip(ends, (before, after), strict=True)]
    return np.concatenate([[0.0], ends[0]]), np.concatenate([[0.0], ends[1]])


def stretched(curve: SampledCurve, before: Segment, after: Segment) -> SampledCurve:
    """A curve of continuous values that follows the phones."""
    old, new = anchors(before, after)
    times = np.arange(len(curve.values)) * curve.timestep_seconds
    values = np.interp(np.interp(times, new, old), times, curve.values)
    return SampledCurve(values.astype(np.float32), curve.timestep_seconds)


def moved_along(
    values: NDArray[np.float32], step_seconds: float, before: Segment, after: Segment
) -> NDArray[np.float32]:
    """An F0 of values at equal steps that follows the phones from one timing to another, (n,) -> (n,).

    Zeros are neighbours' or stay zeros, never something between.
    """
    old, new = anchors(before, after)
    times = np.arange(len(values)) * step_seconds
    source = np.interp(times, new, old) / step_seconds
    same = np.abs(source - np.arange(len(values))) < 1e-6
    known = np.where(values > 0, values, np.nan)
    moved = np.interp(source, np.arange(len(values)), known)
    nearest = values[np.minimum(np.rint(source).astype(int), len(values) - 1)]
    return np.where(same, values, np.where(np.isfinite(moved), moved, nearest)).astype(np.float32)
