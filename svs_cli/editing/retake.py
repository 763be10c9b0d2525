"""Singing bars anew in the document: another F0, another timing, or both inside them, everything else as it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from svs_cli.duration.carried import moved_along
from svs_cli.duration.rule import shipped_table
from svs_cli.duration.variation import varied
from svs_cli.editing.phase import in_phase
from svs_cli.errors import PerformanceError
from svs_cli.performance.document import Performance, SampledCurve, Segment
from svs_cli.performance.retakes import retaken, uncovered

SHORTEST_SECONDS = 0.1
Predict = Callable[[Performance, int], Performance]


def retake(
    performance: Performance,
    start_seconds: float,
    end_seconds: float,
    seed: int,
    predict: Predict | None,
    *,
    timing: bool = False,
) -> Performance:
    """The document with what is sung between two times drawn anew, with another seed.

    `predict` draws the pitch; with None the old one is kept, and goes along with the phones. `timing` draws another
    timing too (`duration/variation.py`). The rest stays bit for bit, and so do its samples when it is rendered. Raises
    PerformanceError if the document has no F0 or no durations, or nothing is sung in the stretch.
    """
    touched = [sings_in(segment, start_seconds, end_seconds) for segment in performance.segments]
    if not any(touched):
        raise PerformanceError(f"nothing is sung between {start_seconds:.1f} and {end_seconds:.1f} s")
    segments = list(performance.segments)
    for i, segment in enumerate(segments):
        if touched[i] and segment.f0 is None:
            raise PerformanceError(f"segment {i + 1} has no F0 yet", fix="run the document through 'svs pitch' first")
        if touched[i]:
            start, end = (time - segment.offset_seconds for time in (start_seconds, end_seconds))
            old = uncovered(segment, start, end)
            segments[i] = varied(old, start, end, seed, shipped_table()) if timing else old
    drawn = None
    if predict is not None:
        unseeded = tuple(segment.with_(seed=None, f0=None, retakes=()) for segment in segments)
        drawn = predict(performance.with_(segments=unseeded), seed)
    for i, new in enumerate(segments):
        if touched[i]:
            old = performance.segments[i]
            start, end = (time - old.offset_seconds for time in (start_seconds, end_seconds))
            asked = drawn.segments[i] if drawn is not None else following(uncovered(old, start, end), new)
            segments[i] = sung_anew(old, new, asked, (start, end), seed)
    return performance.with_(segments=tuple(segments))


def sung_anew(old: Segment, timed: Segment, drawn: Segment, stretch: tuple[float, float], seed: int) -> Segment:
    """The old segment with the durations of `timed` and the F0 of `drawn` in a stretch of seconds from its start."""
    if drawn.f0 is None:
        raise PerformanceError(f"the phrase {old.text!r} was given no F0", fix="draw its pitch with another model")
    new = in_phase(retaken(old, *stretch, seed, drawn.f0, timed.phone_durations_seconds))
    return with_choices(new, drawn, *stretch)


def following(before: Segment, after: Segment) -> Segment:
    """The segment `after` with the F0 of the one before, which goes along with the phones."""
    if before.f0 is None:
        return after
    values = moved_along(before.f0.values, before.f0.timestep_seconds, before, after)
    return after.with_(f0=SampledCurve(values, before.f0.timestep_seconds), retakes=after.retakes)


def sings_in(segment: Segment, start_seconds: float, end_seconds: float) -> bool:
    """Whether a note of the segment sounds between two times of the piece for a tenth of a second at least."""
    bounds = segment.offset_seconds + np.concatenate([[0.0], np.cumsum(segment.note_durations_seconds)])
    return any(
        midi is not None and min(bounds[i + 1], end_seconds) - max(bounds[i], start_seconds) >= SHORTEST_SECONDS
        for i, midi in enumerate(segment.notes)
    )


def with_choices(segment: Segment, drawn: Segment, start_seconds: float, end_seconds: float) -> Segment:
    """The segment with what the pitch stage says it chose, for the notes that begin in the stretch."""
    if not segment.details or len(drawn.details) != len(segment.details):
        return segment
    onsets = np.concatenate([[0.0], np.cumsum(segment.note_durations_seconds)])
    details = [
        replace(old, chosen=new.chosen) if start_seconds - 1e-6 <= onset < end_seconds - 1e-6 else old
        for old, new, onset in zip(segment.details, drawn.details, onsets[:-1], strict=True)
    ]
    return segment.with_(details=tuple(details))
