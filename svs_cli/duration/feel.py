"""Liberties with time that somebody asked for: swing, rubato, and the small inaccuracy of people. All off by default.

Conventions
-----------
- They move notes (`note_durations_seconds`), so pitch and words go along; a phrase keeps its beginning and its length.
  So they come before the timing stage, and asking twice moves twice.
- Phone durations and F0 that a segment already has are dropped where its notes were moved: they would not fit.
- No note becomes shorter than `SHORTEST_SHARE` of what it was, so the order of notes stays.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from svs_cli.duration.protocol import DurationModel
from svs_cli.errors import UsageError
from svs_cli.performance.document import Performance, Segment

TRIPLET_DELAY = 1.0 / 6.0  # of a beat: from the half to two thirds, swing 1
NOTE_OFF_BEAT = 0.02
RUBATO_DEPTH = 0.12  # tempo is slower by this at both ends of a phrase, with rubato 1
SHORTEST_RUBATO_SECONDS = 1.0
SHORTEST_SHARE = 0.4
LARGEST_HUMANISE_MS = 200.0

Times = NDArray[np.float64]


@dataclass(frozen=True)
class Feel:
    """How much of each; equal seeds scatter alike. Raises UsageError for amounts out of range."""

    swing: float = 0.0
    rubato: float = 0.0
    humanise_ms: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        most = {"swing": 1.0, "rubato": 1.0, "humanise_ms": LARGEST_HUMANISE_MS}
        for name, limit in most.items():
            value = getattr(self, name)
            if not 0 <= value <= limit:
                raise UsageError(f"{name} must lie between 0 and {limit:g}, not {value:g}")

    def __bool__(self) -> bool:
        return bool(self.swing or self.rubato or self.humanise_ms)


@dataclass(frozen=True)
class FeltDuration:
    """A timing stage before which the notes take liberties."""

    model: DurationModel
    feel: Feel

    @property
    def name(self) -> str:
        return self.model.name

    def predict(self, performance: Performance) -> Performance:
        """The model's prediction for the moved notes. Raises what the model raises."""
        return self.model.predict(with_feel(performance, self.feel))


def with_feel(performance: Performance, feel: Feel) -> Performance:
    """The document with its notes moved; without any feel it is the document itself."""
    if feel.swing:
        performance = moved(performance, lambda segment, _: swung(segment, feel.swing))
    if feel.rubato:
        performance = moved(performance, lambda segment, _: breathing(segment, feel.rubato))
    if feel.humanise_ms:
        stream = performance.stream
        performance = moved(performance, lambda segment, n: scattered(segment, feel.humanise_ms, stream(feel.seed, n)))
    return performance


def moved(performance: Performance, new_starts: Callable[[Segment, int], Times]) -> Performance:
    """The document with notes that start where `new_starts` says, from each segment's start, (notes + 1,)."""
    segments = []
    for number, segment in enumerate(performance.segments):
        old = starts_of(segment)
        new = in_order(old, new_starts(segment, number))
        same = np.allclose(old, new, atol=1e-9)
        lengths = tuple(np.diff(new).tolist())
        segments.append(
            segment if same else segment.with_(note_durations_seconds=lengths, phone_durations_seconds=None, f0=None)
        )
    return performance.with_(segments=tuple(segments))


def starts_of(segment: Segment) -> Times:
    """Starts of the notes and the segment's end, from its start, (notes + 1,)."""
    return np.concatenate([[0.0], np.cumsum(segment.note_durations_seconds)])


def in_order(old: Times, new: Times) -> Times:
    """`new` with both ends as they were, and no note shorter than its share of what it was.

    >>> in_order(np.array([0.0, 1.0, 2.0]), np.array([0.0, 1.9, 2.5])).tolist()
    [0.0, 1.6, 2.0]
    """
    least = SHORTEST_SHARE * np.diff(old)
    kept = new.copy()
    kept[0], kept[-1] = old[0], old[-1]
    for i in range(1, len(kept)):
        kept[i] = max(kept[i], kept[i - 1] + least[i - 1])
    kept[-1] = old[-1]
    for i in range(len(kept) - 2, -1, -1):
        kept[i] = min(kept[i], kept[i + 1] - least[i])
    return kept


def swung(segment: Segment, amount: float) -> Times:
    """Notes that start halfway between two beats come later, at `amount` 1 by a sixth of a beat: triplets.

    A note's place is what the score says of it; its beat's length follows from notes of known places around it.
    """
    starts = starts_of(segment)
    beats = [detail.beat if detail.bar and midi is not None else None
             for detail, midi in zip(segment.details, segment.notes, strict=False)]  # fmt: skip
    new = starts.copy()
    for i, beat in enumerate(beats):
        if beat is None or abs(beat % 1.0 - 0.5) > NOTE_OFF_BEAT:
            continue
        seconds = beat_seconds(starts, beats, i)
        new[i] += amount * TRIPLET_DELAY * seconds
    return new


def beat_seconds(starts: Times, beats: list[float | None], index: int) -> float:
    """Seconds of a beat around a note, from its nearest neighbour of the same bar; 0 without one."""
    here = beats[index]
    for other in (index + 1, index - 1, index + 2, index - 2):
        there = beats[other] if 0 <= other < len(beats) else None
        if there is not None and here is not None and (there - here) * (other - index) > NOTE_OFF_BEAT:
            return float((starts[other] - starts[index]) / (there - here))
    return 0.0


def breathing(segment: Segment, amount: float) -> Times:
    """Slower at the beginning and the end of a phrase, faster between: one slow wave of the tempo.

    Time is warped by x - d sin(2 pi x) / 2 pi over the sung part of the phrase, so that its middle stays where it was.
    """
    starts = starts_of(segment)
    sung = [i for i, midi in enumerate(segment.notes) if midi is not None]
    if not sung:
        return starts
    begin, end = starts[sung[0]], starts[sung[-1] + 1]
    if end - begin < SHORTEST_RUBATO_SECONDS:
        return starts
    place = np.clip((starts - begin) / (end - begin), 0.0, 1.0)
    shift = RUBATO_DEPTH * amount * np.sin(2 * np.pi * place) / (2 * np.pi)
    return starts + (end - begin) * shift


def scattered(segment: Segment, deviation_ms: float, rng: np.random.Generator) -> Times:
    """Onsets of sung words moved at random: normal, `deviation_ms` its standard deviation, twice that at most."""
    starts = starts_of(segment)
    draws = rng.standard_normal(len(starts)).clip(-2.0, 2.0)
    first = [not slur and midi is not None for midi, slur in zip(segment.notes, segment.note_slurs, strict=True)]
    return starts + deviation_ms / 1000.0 * draws * np.array([*first, False])
