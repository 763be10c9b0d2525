"""Singing bars anew in the document: another F0 inside them, everything else as it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from svs_cli.editing.phase import in_phase
from svs_cli.errors import PerformanceError
from svs_cli.performance.document import Performance, Segment
from svs_cli.performance.retakes import retaken

SHORTEST_SECONDS = 0.1
Predict = Callable[[Performance, int], Performance]


def retake(
    performance: Performance, start_seconds: float, end_seconds: float, seed: int, predict: Predict
) -> Performance:
    """The document with what is sung between two times drawn anew by `predict`, with another seed.

    The rest stays bit for bit, and so do its samples when it is rendered. Raises PerformanceError if the document has
    no F0, or nothing is sung in the stretch.
    """
    touched = [sings_in(segment, start_seconds, end_seconds) for segment in performance.segments]
    if not any(touched):
        raise PerformanceError(f"nothing is sung between {start_seconds:.1f} and {end_seconds:.1f} s")
    for number, (segment, is_touched) in enumerate(zip(performance.segments, touched, strict=True), 1):
        if is_touched and segment.f0 is None:
            raise PerformanceError(f"segment {number} has no F0 yet", fix="run the document through 'svs pitch' first")
    unseeded = [segment.with_(seed=None, f0=None, retakes=()) for segment in performance.segments]
    drawn = predict(performance.with_(segments=tuple(unseeded)), seed)
    segments = list(performance.segments)
    for i, is_touched in enumerate(touched):
        if is_touched:
            start, end = (time - segments[i].offset_seconds for time in (start_seconds, end_seconds))
            new = drawn.segments[i]
            if new.f0 is None:
                raise PerformanceError(f"segment {i + 1} was given no F0")
            segments[i] = with_choices(in_phase(retaken(segments[i], start, end, seed, new.f0)), new, start, end)
    return performance.with_(segments=tuple(segments))


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
