"""Filling in what a document lacks, and keeping what an editor has put there.

A stage predicts for the whole piece; these functions take its prediction only for the segments that had none, so a
hand-drawn F0 curve survives `svs synth song.ds`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from svs_cli.errors import LyricsError, PerformanceError
from svs_cli.performance.document import Performance, Segment
from svs_cli.performance.voicing import continuous_f0

Stage = Callable[[Performance], Performance]


def filled(performance: Performance, field: Literal["phone_durations_seconds", "f0"], predict: Stage) -> Performance:
    """`predict`'s values of one field, where the document has none."""
    if all(getattr(segment, field) is not None for segment in performance.segments):
        return performance
    predicted = predict(performance)
    pairs = zip(performance.segments, predicted.segments, strict=True)
    return predicted.with_(segments=tuple(old if getattr(old, field) is not None else new for old, new in pairs))


def with_energy(performance: Performance, predict: Stage) -> Performance:
    """`predict`'s energy curve, where the document has none."""
    if all("energy" in segment.curves for segment in performance.segments):
        return performance
    pairs = zip(performance.segments, predict(performance).segments, strict=True)
    return performance.with_(segments=tuple(old if "energy" in old.curves else new for old, new in pairs))


def with_phones_of(performance: Performance, available: frozenset[str]) -> Performance:
    """The document sung with the phones in `available`; each replacement is reported once, as a warning.

    Raises PerformanceError for a phone that the inventory lacks.
    """
    from svs_cli.frontend.inventory import load_inventory

    inventory = load_inventory()
    replaced: dict[str, str] = {}
    segments: list[Segment] = []
    for number, segment in enumerate(performance.segments, 1):
        try:
            phones, own = inventory.substitute(segment.phones, available, performance.language)
        except LyricsError as error:
            raise PerformanceError(f"segment {number}: {error.message}", fix=error.fix) from error
        replaced |= own
        segments.append(segment.with_(phones=phones) if own else segment)
    if not replaced:
        return performance
    warnings = tuple(f"the voice lacks {lacking!r}: sung as {used!r}" for lacking, used in replaced.items())
    new = tuple(warning for warning in warnings if warning not in performance.warnings)
    return performance.with_(segments=tuple(segments), warnings=(*performance.warnings, *new))


def singable(performance: Performance) -> Performance:
    """The document with F0 made continuous, checked for all that the acoustic stage needs.

    Raises PerformanceError, which names what is wrong or the stage that is missing.
    """
    performance.check()
    segments = []
    for number, segment in enumerate(timed(performance).segments, 1):
        if segment.f0 is None:
            raise PerformanceError(f"segment {number} has no F0", fix="run it through 'svs pitch' first")
        segments.append(segment.with_(f0=continuous_f0(segment.f0), retakes=segment.retakes))
    return performance.with_(segments=tuple(segments))


def timed(performance: Performance) -> Performance:
    """The document itself, checked for phone durations. Raises PerformanceError."""
    for number, segment in enumerate(performance.segments, 1):
        if segment.phone_durations_seconds is None:
            raise PerformanceError(f"segment {number} has no phone lengths", fix="run it through 'svs duration' first")
    return performance
