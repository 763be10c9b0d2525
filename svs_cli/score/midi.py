"""MIDI and karaoke files (`.mid`, `.kar`): which lines sing, and what.

Conventions
-----------
- A line is what one channel plays on one track. Channel 10 (drums) never sings.
- If any line has words, only lines with words are parts; otherwise every monophonic line is, on the default syllable.
- A note without a syllable, right after another, continues it: MIDI has no other sign for a melisma.
- SMPTE time has no quarters: 120 quarters a minute are taken, which keeps every time in seconds.
- Type 2 files hold independent pieces; the first one with words is read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from svs_cli.errors import ScoreError
from svs_cli.score import karaoke
from svs_cli.score.encodings import guess_encoding
from svs_cli.score.line import ChordChoice, LooseNote, Meter, build_part
from svs_cli.score.midi_events import DRUM_CHANNEL, MidiContent, MidiNote, Track, read_midi_events
from svs_cli.score.model import Part, Quarters, Score, TempoMap

SINGER_NAMES = ("melod", "vocal", "voice", "sing", "lead", "voix", "gesang", "canto", "sopran", "歌", "メロディ")
NO_TITLES = frozenset({"", "master track", "conductor", "conductor track", "tempo", "tempo track", "untitled"})
MELODY_CHANNEL = 4  # where karaoke files put it by custom
LONGEST_TICK = 2**31
FASTEST_MICROSECONDS = 600  # a quarter; faster than any tempo that `TempoMap` allows


@dataclass(frozen=True)
class Line:
    """What one channel plays on one track, with the words laid on it."""

    track: int
    channel: int
    name: str
    notes: tuple[MidiNote, ...]
    words: tuple[karaoke.Syllable, ...] = ()

    @property
    def onset_ticks(self) -> list[int]:
        return sorted({note.start_tick for note in self.notes})


@dataclass(frozen=True)
class Clock:
    """Ticks as exact fractions of a quarter."""

    ticks_per_quarter: Fraction

    def quarters(self, tick: int) -> Quarters:
        return Fraction(tick) / self.ticks_per_quarter

    def ticks(self, quarters: Fraction) -> int:
        return max(1, int(quarters * self.ticks_per_quarter))


def read_midi(path: Path, *, chord: ChordChoice = "top") -> Score:
    """The score in a MIDI file. Raises ScoreError, with the bar, for anything that cannot be sung."""
    content = read_midi_events(path)
    warnings: list[str] = []
    if content.kind == 2:
        content = first_piece(content, warnings)
    clock = Clock(ticks_per_quarter(content.division))
    if max(track.end_tick for track in content.tracks) > LONGEST_TICK:
        raise ScoreError(f"{path.name}: the last event is absurdly late; the file is damaged")
    codec = guess_encoding(b"\n".join(text for t in content.tracks for _, text in [*t.lyrics, *t.texts, (0, t.name)]))
    lines = lines_of(content.tracks, codec)
    if not lines:
        raise ScoreError(f"{path.name} has no notes to sing (drums don't count)")
    _warn_of_notes(content.tracks, warnings)
    header = karaoke.karaoke_header([text.decode(codec) for track in content.tracks for _, text in track.texts])
    meter = meter_of(content, clock)
    sung = give_words(lines, word_tracks(content.tracks, codec), clock, warnings)
    parts = parts_of(sung, clock, meter, chord, header.language, warnings)
    first_name = content.tracks[0].name.decode(codec).strip("\0 \r\n") if content.kind == 1 else ""
    title = header.title or ("" if first_name.lower() in NO_TITLES else first_name) or path.stem
    last_tick = max(track.end_tick for track in content.tracks)
    end = max(clock.quarters(last_tick), *(part.notes[-1].end_quarters for part in parts))
    return Score(title, tuple(parts), tempo_map_of(content, clock), end, path.name, tuple(warnings))


def first_piece(content: MidiContent, warnings: list[str]) -> MidiContent:
    """The first track with words (or else with notes) of a type 2 file."""
    ranked = sorted(content.tracks, key=lambda t: (not (t.notes and (t.lyrics or t.texts)), not t.notes))
    if len(content.tracks) > 1:
        warnings.append(f"a type 2 file with {len(content.tracks)} independent pieces: only one of them is read")
    return replace(content, tracks=(ranked[0],))


def ticks_per_quarter(division: int) -> Fraction:
    """Ticks a quarter; for SMPTE time, ticks in half a second (a quarter at 120 a minute)."""
    if division > 0:
        return Fraction(division)
    frames = -(division >> 8)
    rate = Fraction(30_000, 1001) if frames == 29 else Fraction(frames)
    return rate * (division & 0xFF) / 2


def tempo_map_of(content: MidiContent, clock: Clock) -> TempoMap:
    """Tempo changes of all tracks; 120 until the first. Raises ScoreError for a tempo of zero."""
    changes: dict[Quarters, float] = {Fraction(0): 120.0}
    if content.division > 0:
        for tick, microseconds in sorted(change for track in content.tracks for change in track.tempos):
            if microseconds <= FASTEST_MICROSECONDS:
                raise ScoreError(f"a tempo of {microseconds} microseconds a quarter at tick {tick} cannot be played")
            changes[clock.quarters(tick)] = 60e6 / microseconds
    return TempoMap(tuple(sorted(changes.items())))


def meter_of(content: MidiContent, clock: Clock) -> Meter:
    """Bars from the time signatures of all tracks; nonsense (0 beats) is skipped."""
    found = sorted(signature for track in content.tracks for signature in track.signatures)
    return Meter.of((clock.quarters(t), beats, unit) for t, beats, unit in found if beats > 0 and 1 <= unit <= 256)


def lines_of(tracks: Sequence[Track], codec: str) -> list[Line]:
    """Every line that could sing, in file order."""
    lines = []
    for index, track in enumerate(tracks):
        name = track.name.decode(codec).replace("\0", "").strip() or f"Track {index + 1}"
        channels = {channel: notes for channel, notes in sorted(track.notes.items()) if channel != DRUM_CHANNEL}
        for channel, notes in channels.items():
            label = name if len(channels) == 1 else f"{name}, channel {channel}"
            lines.append(Line(index, channel, label, tuple(sorted(notes, key=lambda n: (n.start_tick, n.midi)))))
    return lines


def word_tracks(tracks: Sequence[Track], codec: str) -> list[tuple[int, list[karaoke.Syllable]]]:
    """(track index, syllables) of every track with words: lyric events, or else karaoke texts; longest first."""
    lyrics = [(index, [(tick, text.decode(codec)) for tick, text in t.lyrics]) for index, t in enumerate(tracks)]
    texts = [(index, [(tick, text.decode(codec)) for tick, text in t.texts]) for index, t in enumerate(tracks)]
    sung_texts = [(index, events) for index, events in texts if karaoke.is_karaoke([text for _, text in events])]
    chosen = lyrics if any(len(events) > 1 for _, events in lyrics) or not sung_texts else sung_texts
    found = [(index, karaoke.syllables_of(events)) for index, events in chosen]
    return sorted(((i, s) for i, s in found if any(x.lyric for x in s)), key=lambda pair: -len(pair[1]))


def give_words(
    lines: list[Line],
    words: list[tuple[int, list[karaoke.Syllable]]],
    clock: Clock,
    warnings: list[str],
) -> list[Line]:
    """The lines that have words, or all lines if there are no words."""
    given: dict[int, Line] = {}
    near = clock.ticks(Fraction(1, 8))
    for track, syllables in words:
        own = [i for i, line in enumerate(lines) if line.track == track]
        free = [i for i in own or range(len(lines)) if i not in given]
        if not free:
            warnings.append(f"track {track + 1}: its words are left out, because other words are sung to these notes")
            continue
        best = max(free, key=lambda i: _suits(lines[i], syllables, near))
        quality = karaoke.fit(syllables, lines[best].onset_ticks, near)
        if quality < 0.5:
            warnings.append(
                f"the words fit no line well; {lines[best].name!r} fits best ({quality:.0%} of notes and words)"
            )
        given[best] = replace(lines[best], words=tuple(syllables))
    return [given[i] for i in sorted(given)] if given else lines


def _suits(line: Line, syllables: Sequence[karaoke.Syllable], near_ticks: int) -> tuple[float, bool, bool, int]:
    named = any(name in line.name.lower() for name in SINGER_NAMES)
    fits = round(karaoke.fit(syllables, line.onset_ticks, near_ticks), 2)
    return fits, named, line.channel == MELODY_CHANNEL, -line.track


def parts_of(
    lines: list[Line], clock: Clock, meter: Meter, chord: ChordChoice, language: str | None, warnings: list[str]
) -> list[Part]:
    """Parts of the lines. Without any words, lines that cannot be sung are left out as long as one can."""
    with_words = any(line.words for line in lines)
    parts: list[Part] = []
    first_error: ScoreError | None = None
    for number, line in enumerate(lines, 1):
        loose, lost = loose_notes(line, clock, meter)
        try:
            part, more = build_part(
                loose,
                id=f"P{number}",
                name=line.name,
                meter=meter,
                chord=chord,
                bare_notes_continue=bool(line.words),
                language=language,
            )
        except ScoreError as error:
            if with_words:
                raise
            first_error = first_error or error
            warnings.append(f"left out: {error}")
            continue
        parts.append(part)
        warnings += [*lost, *more]
    if not parts and first_error is not None:
        raise first_error
    return parts


def loose_notes(line: Line, clock: Clock, meter: Meter) -> tuple[list[LooseNote], list[str]]:
    """Notes in quarters with their syllables, and a warning if syllables found no note within half a quarter."""
    laid, lost = karaoke.lay(line.words, line.onset_ticks, clock.ticks(Fraction(1, 2)))
    notes = []
    for note in line.notes:
        start, end = clock.quarters(note.start_tick), clock.quarters(note.end_tick)
        lyric = laid.get(note.start_tick)
        continues = lyric is None and note.start_tick in laid
        notes.append(LooseNote(start, end - start, float(note.midi), lyric, continues))
    if not lost:
        return notes, []
    bars = dict.fromkeys(meter.place(clock.quarters(syllable.tick))[0] for syllable in lost)
    where = ", ".join(list(bars)[:8])
    return notes, [f"part {line.name!r}: {len(lost)} syllables have no note (bars {where})"]


def _warn_of_notes(tracks: Sequence[Track], warnings: list[str]) -> None:
    if zero := sum(track.zero_length_notes for track in tracks):
        warnings.append(f"{zero} notes of no length are left out")
    if unended := sum(track.unended_notes for track in tracks):
        warnings.append(f"{unended} notes never end: they last to the end of their track")
