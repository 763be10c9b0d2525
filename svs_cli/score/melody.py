"""One line in singing order: ties merged, grace notes timed, every note with a syllable or held.

Conventions
-----------
- A note without a syllable is held (`continues`) if it directly follows a note and a slur, a hyphen, an extender line, a
  beam or a grace note joins it to the syllable before; otherwise it sings DEFAULT_SYLLABLE and is warned of.
- A tie joins notes of one pitch, unless the second has a syllable of its own (ties drawn for another verse).
- The syllable of a note with grace notes before it is sung from the first grace note on.
- Overlaps up to ROUNDING_QUARTERS are rounding of the program that wrote the file; longer ones are errors.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

from svs_cli.errors import ScoreError
from svs_cli.score.bars import Bar, RawNote, Syllable
from svs_cli.score.dynamics import accented_onsets
from svs_cli.score.grace import grace_durations
from svs_cli.score.line import DEFAULT_SYLLABLE
from svs_cli.score.lyric_text import primary_language
from svs_cli.score.model import HIGHEST_MIDI, LOWEST_MIDI, Lyric, Note, TempoMap
from svs_cli.score.timeline import Timeline
from svs_cli.score.unroll import Visit
from svs_cli.score.verses import VerseReader
from svs_cli.score.voices import Line

ROUNDING_QUARTERS = Fraction(1, 16)
MOST_LISTED_BARS = 8


@dataclass
class _Event:
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


@dataclass
class Melody:
    """The notes of a line, and what had to be warned of."""

    notes: list[Note]
    warnings: list[str] = field(default_factory=list)


def sing_line(line: Line, timeline: Timeline, tempo: TempoMap, reader: VerseReader) -> Melody:
    """All notes of a line in singing order. Raises ScoreError for overlaps, zero durations and pitches out of range."""
    melody = Melody([])
    events = _merge_ties(_events(line, timeline, reader), line, melody)
    events = _time_graces(events, tempo)
    _settle(events, line, timeline, melody)
    return melody


def _events(line: Line, timeline: Timeline, reader: VerseReader) -> list[_Event]:
    events: list[_Event] = []
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
            syllable = reader.read(raw, notes, visit.verse_pass, contiguous=onset <= end)
            event = _event(raw, onset, number, visit, bar, syllable)
            if raw.onset in accents and raw.grace is None:
                event.articulations |= {"accent"}
            if events:
                _check_overlap(events, event, line.name)
            events.append(event)
            end = max(end, event.end)
    return events


def _event(raw: RawNote, onset: Fraction, number: int, visit: Visit, bar: Bar, syllable: Syllable | None) -> _Event:
    return _Event(
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


def _check_overlap(events: list[_Event], event: _Event, part: str) -> None:
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


def _merge_ties(events: Sequence[_Event], line: Line, melody: Melody) -> list[_Event]:
    merged: list[_Event] = []
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
            if not same:
                unended.append(before.bar.number)
        merged.append(event)
    if merged and merged[-1].tie_starts:
        unended.append(merged[-1].bar.number)
    if unended:
        melody.warnings.append(f"{len(unended)} ties lead to no note of the same pitch (bars {_listed(unended)})")
    return merged


def _time_graces(events: list[_Event], tempo: TempoMap) -> list[_Event]:
    """Give grace notes the time that they take from their host, and the host's syllable if they lead into it."""
    timed: list[_Event] = []
    i = 0
    while i < len(events):
        group = []
        while i < len(events) and events[i].raw.grace is not None:
            group.append(events[i])
            i += 1
        principal = events[i] if i < len(events) else None
        if group:
            after = _after_graces(group, timed, principal)
            _steal_from_previous(group[:after], timed, tempo, keep_syllables=True)
            _steal_from_principal(group[after:], timed, principal, tempo)
            timed += [event for event in group if event.duration > 0]
        if i < len(events):
            timed.append(events[i])
            i += 1
    return timed


def _after_graces(group: Sequence[_Event], timed: Sequence[_Event], principal: _Event | None) -> int:
    """How many notes of a group, from its start, belong to the note before it."""
    if principal is None or principal.onset != group[-1].onset:
        return len(group)
    closing = sum(event.visit != principal.visit for event in group)
    if closing or not timed or timed[-1].end != group[0].onset:
        return closing
    goes_on = principal.raw.slurred or any(event.has_text for event in group)
    return len(group) if not goes_on and all(event.raw.slurred for event in group) else 0


def _steal_from_previous(group: Sequence[_Event], timed: list[_Event], tempo: TempoMap, *, keep_syllables: bool) -> None:
    host = timed[-1] if timed else None
    graces = [event.raw.grace for event in group if event.raw.grace is not None]
    if host is None or not group or host.end != group[0].onset:
        return
    durations = grace_durations(graces, host.duration, host.onset, tempo, after=True)
    host.duration -= sum(durations, Fraction(0))
    position = host.end
    for event, duration in zip(group, durations, strict=True):
        event.onset, event.duration = position, duration
        event.before_grace = keep_syllables
        position += duration
    group[-1].breath_after, host.breath_after = host.breath_after, False


def _steal_from_principal(group: Sequence[_Event], timed: list[_Event], principal: _Event | None, tempo: TempoMap) -> None:
    if principal is None or not group:
        return
    graces = [event.raw.grace for event in group if event.raw.grace is not None]
    contiguous = bool(timed) and timed[-1].end == principal.onset
    if contiguous and any(grace.steal_previous is not None for grace in graces):
        _steal_from_previous(group, timed, tempo, keep_syllables=False)
    else:
        durations = grace_durations(graces, principal.duration, principal.onset, tempo)
        for event, duration in zip(group, durations, strict=True):
            event.onset, event.duration = principal.onset, duration
            principal.onset += duration
            principal.duration -= duration
    if principal.has_text and not any(event.has_text for event in group):
        group[0].syllable, principal.syllable = principal.syllable, None
    elif principal.raw.beamed_to_previous and not group[0].has_text:
        group[0].before_grace = True
    for event in [*group[1:], principal]:
        event.before_grace = True


def _settle(events: Sequence[_Event], line: Line, timeline: Timeline, melody: Melody) -> None:
    """Make Notes: decide which hold the syllable before, and make the places in words consistent."""
    held: Syllable | None = None
    end = Fraction(-1)
    word_open = False
    texted = any(event.has_text for event in events)
    defaulted: list[str] = []
    for event in events:
        syllable = event.syllable
        contiguous = event.onset == end
        if syllable is not None and syllable.text:
            _close_word(melody.notes, opens=word_open, continues=syllable.position in ("middle", "end"))
            lyric = _lyric(syllable, line, after_open=word_open)
            word_open, held = syllable.word_goes_on, syllable
        elif contiguous and held is not None and _is_joined(event, held, syllable, texted=texted):
            lyric = None
            if syllable is not None and not syllable.extends:
                held = replace(held, extends=False)
        else:
            defaulted.append(event.bar.number)
            _close_word(melody.notes, opens=word_open, continues=False)
            lyric, word_open, held = Lyric(DEFAULT_SYLLABLE), False, Syllable(DEFAULT_SYLLABLE)
        melody.notes.append(_note(event, lyric, contiguous, timeline))
        end = event.end
    _close_word(melody.notes, opens=word_open, continues=False)
    if defaulted and not texted:
        melody.warnings.append(f"it has no lyrics: every note sings {DEFAULT_SYLLABLE!r}")
    elif defaulted:
        bars = _listed(defaulted)
        melody.warnings.append(f"{len(defaulted)} notes without a lyric sing {DEFAULT_SYLLABLE!r} (bars {bars})")


def _is_joined(event: _Event, held: Syllable, own: Syllable | None, *, texted: bool) -> bool:
    raw = event.raw
    joined_in_print = raw.slurred or raw.tie_stops or event.before_grace
    # Without any lyrics beams follow the beat, not the syllables.
    return joined_in_print or (texted and raw.beamed_to_previous) or held.word_goes_on or held.extends or own is not None


def _close_word(notes: list[Note], *, opens: bool, continues: bool) -> None:
    """End a word that the next syllable doesn't go on with."""
    if not opens or continues:
        return
    for i in range(len(notes) - 1, -1, -1):
        lyric = notes[i].lyric
        if lyric is not None:
            if not lyric.elided:
                ended: dict[str, str] = {"begin": "single", "middle": "end"}
                position = ended.get(lyric.position, lyric.position)
                notes[i] = replace(notes[i], lyric=replace(lyric, position=position))  # type: ignore[arg-type]
            return


def _lyric(syllable: Syllable, line: Line, *, after_open: bool) -> Lyric:
    position = syllable.position
    if not after_open and position in ("middle", "end"):
        position = "begin" if position == "middle" else "single"
    elif after_open and syllable.hyphenated_by_text and position == "begin":
        position = "middle"
    languages = line.part.lyric_languages
    return Lyric(syllable.text, position, syllable.elided, syllable.language or primary_language(languages.get("")))


def _note(event: _Event, lyric: Lyric | None, contiguous: bool, timeline: Timeline) -> Note:
    bar = event.bar
    in_bar = event.onset - timeline.starts[event.visit]
    length = timeline.lengths[timeline.visits[event.visit].index]
    if bar.expected_quarters and event.visit == 0 and length < bar.expected_quarters:
        in_bar += bar.expected_quarters - length  # a pickup counts from its bar's missing beginning
    return Note(
        onset_quarters=event.onset,
        duration_quarters=event.duration,
        midi=event.raw.midi,
        lyric=lyric,
        continues=lyric is None,
        bar=bar.number,
        bar_pass=event.bar_pass,
        beat=float(in_bar / bar.beat_quarters) + 1.0,
        grace=event.raw.grace is not None,
        slurred=contiguous and (event.raw.slurred or event.before_grace),
        fermata=event.fermata,
        breath_after=event.breath_after,
        articulations=event.articulations,
    )


def _listed(bars: Sequence[str]) -> str:
    unique = list(dict.fromkeys(bars))
    return ", ".join(unique[:MOST_LISTED_BARS]) + (" ..." if len(unique) > MOST_LISTED_BARS else "")
