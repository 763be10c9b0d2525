"""A line's notes in singing order, before they become song: placed, checked, ties merged.

Conventions
-----------
- Onsets are quarters of the expanded piece. Each note has the syllable that the pass's verse gives it.
- A tie joins notes of one pitch, unless the second has a syllable of its own (ties drawn for another verse).
- Overlaps up to ROUNDING_QUARTERS are rounding of the program that wrote the file; longer ones are errors.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from svs_cli.errors import ScoreError
from svs_cli.score.bars import Bar, RawNote, Syllable
from svs_cli.score.compass import HIGHEST_MIDI, LOWEST_MIDI
from svs_cli.score.dynamics import accented_onsets
from svs_cli.score.model import SyllablePosition
from svs_cli.score.timeline import Timeline
from svs_cli.score.unroll import Visit
from svs_cli.score.verses import VerseReader
from svs_cli.score.voices import Line

ROUNDING_QUARTERS = Fraction(1, 16)


@dataclass
class Event:
    """A note on its way from print to song."""

    onset: Fraction
    duration: Fraction
    raw: RawNote
    visit: int
    syllable: Syllable | None
    bar: Bar
    bar_pass: int
    tie_starts: bool
    fermata: bool
    breath_after: bool
    articulations: frozenset[str]
    before_grace: bool = False  # a grace note that leads into this one sounds right before

    @property
    def end(self) -> Fraction:
        return self.onset + self.duration

    @property
    def has_text(self) -> bool:
        return self.syllable is not None and bool(self.syllable.text)


def collect_events(line: Line, timeline: Timeline, reader: VerseReader) -> list[Event]:
    """All notes of a line where they sound. Raises ScoreError for overlaps, zero durations and pitches out of range."""
    events: list[Event] = []
    end = Fraction(-1)
    for number, visit in enumerate(timeline.visits):
        if visit.index >= len(line.bars):
            continue
        notes = line.notes_of(visit.index, reader.wanted(visit.verse_pass))
        bar = line.part.bars[visit.index]
        accents = accented_onsets(line.part, visit.index, line.key[0])
        for raw in notes:
            _check(raw, line.name, bar.number)
            onset = timeline.starts[number] + raw.onset
            if not reader.sings(raw, notes, visit.verse_pass, contiguous=onset <= end):
                reader.unsung_bars.append(bar.number)
                end = max(end, onset + raw.duration)
                continue
            syllable = reader.read(raw, notes, visit.verse_pass)
            event = _event(raw, onset, number, visit, bar, syllable)
            if raw.onset in accents and raw.grace is None:
                event.articulations |= {"accent"}
            if events:
                _check_overlap(events, event, line.name)
            events.append(event)
            end = max(end, event.end)
    return events


def _event(raw: RawNote, onset: Fraction, number: int, visit: Visit, bar: Bar, syllable: Syllable | None) -> Event:
    return Event(
        onset, raw.duration, raw, number, syllable, bar, visit.bar_pass, raw.tie_starts, raw.fermata, raw.breath_after,
        raw.articulations,
    )  # fmt: skip


def _check(raw: RawNote, part: str, bar: str) -> None:
    if raw.grace is None and raw.duration <= 0:
        raise ScoreError("a note has no duration", part=part, bar=bar, fix="give it a length in your notation program")
    if not LOWEST_MIDI <= raw.midi <= HIGHEST_MIDI:
        raise ScoreError(
            f"MIDI note {raw.midi:g} is outside what is sung ({LOWEST_MIDI} to {HIGHEST_MIDI})",
            part=part,
            bar=bar,
            fix="transpose the part by octaves into range",
        )


def _check_overlap(events: list[Event], event: Event, part: str) -> None:
    """Trim what is rounding; what really sounds together is no single voice."""
    before = next((e for e in reversed(events) if e.raw.grace is None), None)
    if before is None or before.end <= event.onset:
        return
    if event.raw.grace is not None and event.raw.onset < before.raw.onset + before.raw.duration:
        event.onset = before.end
        return
    if before.end - event.onset > ROUNDING_QUARTERS or before.onset >= event.onset:
        raise ScoreError(
            f"two notes of one voice overlap (MIDI {before.raw.midi:g} and {event.raw.midi:g}, "
            f"{float(before.end - event.onset):.3g} quarters)",
            part=part,
            bar=event.bar.number,
            fix="put the second note into another voice, or make them a chord",
        )
    before.duration = event.onset - before.onset


def merge_ties(events: Sequence[Event]) -> tuple[list[Event], list[str]]:
    """The events with tied notes joined, and the bars whose ties lead nowhere."""
    merged: list[Event] = []
    unended: list[str] = []
    for event in events:
        before = merged[-1] if merged else None
        if before is not None and before.raw.grace is None and before.tie_starts:
            same = before.end == event.onset and before.raw.midi == event.raw.midi and event.raw.grace is None
            if same and not event.has_text:
                before.duration += event.duration
                before.tie_starts = event.tie_starts
                before.fermata |= event.fermata
                before.breath_after = event.breath_after
                continue
            if not same and event.raw.grace is None:
                unended.append(before.bar.number)
        merged.append(event)
    if merged and merged[-1].tie_starts:
        unended.append(merged[-1].bar.number)
    return merged, unended


def spread_typed_hyphens(events: Sequence[Event]) -> None:
    """Two syllables typed under one note ("Bee-tes") go to this note and the next, if the next has none of its own."""
    for event, after in zip(events, events[1:], strict=False):
        syllable = event.syllable
        bare = after.syllable is None and after.onset == event.end and not after.raw.slurred
        if syllable is None or not bare or syllable.elided or syllable.text.count("-") != 1:
            continue
        first, second = syllable.text.split("-")
        if first and second:
            opens = syllable.position in ("single", "begin")
            event.syllable = replace(syllable, text=first, position="begin" if opens else "middle", word_goes_on=True)
            place: SyllablePosition = "middle" if syllable.word_goes_on else "end"
            after.syllable = replace(syllable, text=second, position=place)
