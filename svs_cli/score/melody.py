"""One line in singing order: every note with a syllable or held, words joined.

Conventions
-----------
- A note without a syllable is held (`continues`) if it directly follows a note and a slur, a hyphen, an extender line,
  a beam or a grace note joins it to the syllable before; otherwise it sings DEFAULT_SYLLABLE and is warned of.
- Places in words are made consistent: a word that the next syllable doesn't go on with is ended.
- Beats of a pickup count from the missing beginning of its bar.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

from svs_cli.score.bars import Syllable
from svs_cli.score.characters import CharacterLine
from svs_cli.score.events import Event, collect_events, merge_ties, spread_typed_hyphens
from svs_cli.score.grace import time_graces
from svs_cli.score.line import DEFAULT_SYLLABLE
from svs_cli.score.lyric_text import primary_language
from svs_cli.score.model import Lyric, Note, TempoMap
from svs_cli.score.timeline import Timeline
from svs_cli.score.verses import VerseReader
from svs_cli.score.voices import Line

MOST_LISTED_BARS = 8


@dataclass
class Melody:
    """The notes of a line, and what had to be warned of."""

    notes: list[Note]
    warnings: list[str] = field(default_factory=list)


def sing_line(line: Line, timeline: Timeline, tempo: TempoMap, reader: VerseReader) -> Melody:
    """All notes of a line in singing order. Raises ScoreError for overlaps, zero durations and pitches out of range."""
    melody = Melody([])
    events, unended = merge_ties(collect_events(line, timeline, reader))
    if unended:
        melody.warnings.append(f"{len(unended)} ties lead to no note of the same pitch (bars {_listed(unended)})")
    if reader.unsung_bars:
        count, bars = len(reader.unsung_bars), _listed(reader.unsung_bars)
        notes, are = ("note has", "is") if count == 1 else ("notes have", "are")
        melody.warnings.append(f"{count} {notes} words of other verses alone and {are} left out (bars {bars})")
    spread_typed_hyphens(events)
    events = time_graces(events, tempo)
    _settle(events, line, timeline, melody)
    return melody


def _settle(events: Sequence[Event], line: Line, timeline: Timeline, melody: Melody) -> None:
    """Make Notes: decide which hold the syllable before, and make the places in words consistent."""
    held: Syllable | None = None
    end = Fraction(-1)
    word_open = False
    texted = any(event.has_text for event in events)
    characters = CharacterLine(timeline, line)
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
        note = _note(event, lyric, contiguous, timeline)
        melody.notes.append(replace(note, character=characters.at(event.onset)))
        end = event.end
    _close_word(melody.notes, opens=word_open, continues=False)
    if defaulted and not texted:
        melody.warnings.append(f"it has no lyrics: every note sings {DEFAULT_SYLLABLE!r}")
    elif defaulted:
        bars = _listed(defaulted)
        notes, sing = ("1 note", "sings") if len(defaulted) == 1 else (f"{len(defaulted)} notes", "sing")
        melody.warnings.append(f"{notes} without a lyric {sing} {DEFAULT_SYLLABLE!r} (bars {bars})")


def _is_joined(event: Event, held: Syllable, own: Syllable | None, *, texted: bool) -> bool:
    raw = event.raw
    joined_in_print = raw.slurred or raw.tie_stops or event.before_grace
    # Without any lyrics beams follow the beat, not the syllables.
    joined_in_print |= texted and raw.beamed_to_previous
    return joined_in_print or held.word_goes_on or held.extends or own is not None


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


def _note(event: Event, lyric: Lyric | None, contiguous: bool, timeline: Timeline) -> Note:
    bar = event.bar
    index = timeline.visits[event.visit].index
    in_bar = event.onset - timeline.starts[event.visit] + bar.begun_quarters
    length = timeline.lengths[index]
    if bar.expected_quarters and index == 0 and length < bar.expected_quarters:
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
