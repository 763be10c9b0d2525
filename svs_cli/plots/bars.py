"""Where the bar lines stand, as far as a performance tells, and which stretch of a piece to show.

Conventions
-----------
- A `.ds` document knows the printed bar and the beat of each note, not the metre: a bar's start is its first note's
  onset less the beats before it, at the tempo that the bar's own notes show (or the nearest bar's).
- Bars without an onset of their own (rests, notes tied over the line) lie evenly between their neighbours.
- A bar sung again (a repeat, the next verse) is there again, with the same label. The pickup's label is "0" or empty.
- Stretches are half open, in seconds from the start of the piece.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from svs_cli.errors import UsageError

BEAT_TOLERANCE = 1e-3
PICKUP = "0"
MOST_BARS_GUESSED = 400


@dataclass(frozen=True)
class Onset:
    """One sung note's place: its time, printed bar and beat (1 is the first)."""

    seconds: float
    bar: str
    beat: float


@dataclass(frozen=True)
class BarLine:
    """Where a bar starts, and what the page calls it."""

    seconds: float
    label: str


@dataclass(frozen=True)
class Stretch:
    """From when to when."""

    start_seconds: float
    end_seconds: float

    @property
    def seconds(self) -> float:
        return self.end_seconds - self.start_seconds


def bar_lines(onsets: Sequence[Onset]) -> tuple[BarLine, ...]:
    """The bars that the onsets, in order, belong to; none if they name no bars.

    >>> bar_lines([Onset(0.5, "1", 2.0), Onset(1.0, "1", 3.0), Onset(3.0, "3", 1.0)])
    (BarLine(seconds=0.0, label='1'), BarLine(seconds=1.5, label='2'), BarLine(seconds=3.0, label='3'))
    """
    groups = [group for group in grouped(onsets) if group[0].bar]
    if not groups:
        return ()
    beats_seconds = beat_lengths(groups)
    lines: list[BarLine] = []
    latest = 0.0  # a bar cannot start before the last note of the bar before it
    for group, beat_seconds in zip(groups, beats_seconds, strict=True):
        first = group[0]
        start = max(latest, first.seconds - (first.beat - 1.0) * beat_seconds)
        lines.append(BarLine(min(start, first.seconds), first.bar))
        latest = group[-1].seconds
    return tuple(with_bars_between(lines))


def grouped(onsets: Sequence[Onset]) -> list[list[Onset]]:
    """Onsets of the same bar and the same pass together."""
    groups: list[list[Onset]] = []
    for onset in onsets:
        last = groups[-1][-1] if groups else None
        if last is not None and last.bar == onset.bar and onset.beat >= last.beat - BEAT_TOLERANCE:
            groups[-1].append(onset)
        else:
            groups.append([onset])
    return groups


def beat_lengths(groups: list[list[Onset]]) -> list[float]:
    """Seconds of a beat in each bar, from its own notes or from those of the nearest bar that has two onsets."""
    own = [
        (group[-1].seconds - group[0].seconds) / (group[-1].beat - group[0].beat)
        if group[-1].beat - group[0].beat > BEAT_TOLERANCE
        else None
        for group in groups
    ]
    known = [i for i, seconds in enumerate(own) if seconds is not None]
    if not known:
        return [0.0] * len(groups)
    return [own[min(known, key=lambda k: abs(k - i))] or 0.0 for i in range(len(groups))]


def with_bars_between(lines: list[BarLine]) -> Iterator[BarLine]:
    """The bars, with those that had no onset put evenly between; the bars before the first note too."""
    lengths_seconds = [
        (b.seconds - a.seconds) / max(1, number_of(b.label) - number_of(a.label)) for a, b in pairwise(lines)
    ]
    usual_seconds = median(lengths_seconds) if lengths_seconds else 0.0
    first = number_of(lines[0].label)
    if first > 1 and usual_seconds > 0:
        rested_seconds = lines[0].seconds / (first - 1)
        if 0.5 * usual_seconds < rested_seconds < 2.0 * usual_seconds:
            yield from evenly(BarLine(0.0, "1"), lines[0])
    for here, after in pairwise(lines):
        yield from evenly(here, after)
    yield lines[-1]


def evenly(here: BarLine, after: BarLine) -> Iterator[BarLine]:
    """`here` and the bars up to `after`, which is left out."""
    first, last = number_of(here.label), number_of(after.label)
    bars = last - first if 0 <= first < last <= first + MOST_BARS_GUESSED else 1
    yield here
    for step in range(1, bars):
        yield BarLine(here.seconds + (after.seconds - here.seconds) * step / bars, str(first + step))


def number_of(label: str) -> int:
    """A bar's number, -1 if its label is no plain number."""
    return int(label) if label.isdecimal() and len(label) < 6 else -1


def stretch_of_bars(text: str, lines: Sequence[BarLine], end_seconds: float) -> Stretch:
    """The stretch that "5-8", "5-" or "5" means: the first time that those bars are sung. Raises UsageError."""
    if not lines:
        raise UsageError("there are no bar numbers in this input", fix="choose a stretch with --seconds, e.g. 3:10")
    labels = [line.label for line in lines]
    first, dash, last = (part.strip() for part in text.partition("-"))
    known = f"its bars are {labels[0]} to {labels[-1]}"
    if first not in labels:
        raise UsageError(f"--bars {text!r}: the piece has no bar {first!r}", fix=known)
    start = labels.index(first)
    stop = start + 1
    if dash and not last:
        stop = len(lines)
    elif dash:
        if last not in labels[start:]:
            raise UsageError(f"--bars {text!r}: no bar {last!r} follows bar {first!r}", fix=known)
        stop = labels.index(last, start) + 1
    return Stretch(lines[start].seconds, lines[stop].seconds if stop < len(lines) else end_seconds)


def stretch_of_seconds(text: str, end_seconds: float) -> Stretch:
    """The stretch that "3:10", "3.5:" or ":10" means, in seconds. Raises UsageError.

    >>> stretch_of_seconds("3:10", 60.0)
    Stretch(start_seconds=3.0, end_seconds=10.0)
    """
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)?\s*:\s*(\d+(?:\.\d+)?)?\s*", text)
    if not match:
        raise UsageError(f"--seconds {text!r} is no stretch of time", fix="write it as FROM:TO, e.g. 3:10 or 62.5:")
    start, end = float(match[1] or 0.0), min(float(match[2] or end_seconds), end_seconds)
    if start >= end:
        raise UsageError(f"--seconds {text!r} is empty: the piece lasts {end_seconds:.1f} s")
    return Stretch(start, end)


def pages(lines: Sequence[BarLine], whole: Stretch, longest_seconds: float) -> list[Stretch]:
    """The whole, cut at bar lines into pages of `longest_seconds` at most; a longer bar is cut by time."""
    cuts = [line.seconds for line in lines if whole.start_seconds < line.seconds < whole.end_seconds]
    found: list[Stretch] = []
    start = whole.start_seconds
    while whole.end_seconds - start > longest_seconds:
        # at least a third of a page, so that one long bar does not leave an empty page before it
        fitting = [cut for cut in cuts if start + longest_seconds / 3 < cut <= start + longest_seconds]
        end = fitting[-1] if fitting else start + longest_seconds
        found.append(Stretch(start, end))
        start = end
    return [*found, Stretch(start, whole.end_seconds)]


def bars_in(lines: Sequence[BarLine], stretch: Stretch) -> str:
    """The bars of a stretch in words, "bars 5-8", or "" where there are none.

    >>> bars_in([BarLine(0.0, "1"), BarLine(2.0, "2"), BarLine(4.0, "3")], Stretch(0.0, 4.0))
    'bars 1-2'
    """
    ends = [*(line.seconds for line in lines[1:]), float("inf")][: len(lines)]
    margin = BEAT_TOLERANCE * 10
    labels = [
        line.label
        for line, end in zip(lines, ends, strict=True)
        if line.label not in ("", PICKUP)
        and line.seconds < stretch.end_seconds - margin
        and end > stretch.start_seconds + margin
    ]
    if not labels:
        return ""
    return f"bar {labels[0]}" if len(labels) == 1 else f"bars {labels[0]}-{labels[-1]}"
