"""Which lines of a score are sung, and each as one note at a time.

Conventions
-----------
- Every voice (staff and voice number) that carries lyrics is a line, except small second voices on the main voice's
  staff that rewrite it for one verse (see `verse_variants`): they belong to the main voice's line.
- A second voice without lyrics on a texted staff is a line too if it is there in at least SUBSTANTIAL_SHARE of the
  bars; it takes the lyrics of the texted voice where both move together. Less than that is an ossia or divisi, and is
  left out with a warning.
- Bars in which a voice isn't written at all (no note, no rest) are unison: it sings what its staff's other voice sings.
- Parts that are vocal by name or sound but have no lyrics borrow them from the first line they move together with.
- If nothing has lyrics, the vocal parts are the lines, else all single-staff pitched parts, else the top voices.
- Lines come in score order, but those that sing less than MINOR_SHARE of the busiest line's syllables (ossia staves,
  a few bars of chorus) come last, because by default the first line is sung.
- Of a chord one note is sung; lyrics, slurs and marks of the others move to it. Cue notes without lyrics are not sung.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from svs_cli.score.bars import RawNote, RawPart, Syllable, VoiceKey
from svs_cli.score.line import ChordChoice
from svs_cli.score.lyric_text import verse_order
from svs_cli.score.verse_variants import is_variant, with_variant

SUBSTANTIAL_SHARE = 0.25
MINOR_SHARE = 0.2
TOGETHER_SHARE = 0.6
REGISTERS = {"s": "Soprano", "a": "Alto", "t": "Tenor", "b": "Bass"}
REGISTER_NAME = re.compile(
    r"(sopran|mezzo|alt|contralt|tenor|bari|bass|cant|disc|desc|treble)\w*\.?( ?\d)?", re.IGNORECASE
)


@dataclass
class Line:
    """One singer's bars, by printed bar; notes are sorted by onset, graces before their principal."""

    id: str
    name: str
    part: RawPart
    key: VoiceKey
    bars: list[list[RawNote]]
    variants: list[list[list[RawNote]]] = field(default_factory=list)  # bars of small voices for other verses
    borrows: bool = False  # its lyrics were taken from another line
    lent: dict[str, str] = field(default_factory=dict)  # of each verse that it has from another line, whose it is
    warnings: list[str] = field(default_factory=list)

    @property
    def has_text(self) -> bool:
        return any(has_text(note) for bar in self.bars for note in bar)

    @property
    def verses(self) -> tuple[str, ...]:
        """All verses that the line has text for, in order."""
        notes = (note for bars in (self.bars, *self.variants) for bar in bars for note in bar)
        found = {verse for note in notes for verse, syllable in note.syllables.items() if syllable.text}
        return tuple(sorted(found, key=verse_order))

    def notes_of(self, bar: int, verse: str) -> list[RawNote]:
        """The notes of a printed bar as a verse sings them."""
        notes = self.bars[bar] if bar < len(self.bars) else []
        for variant in self.variants:
            if variant[bar]:
                notes = with_variant(notes, variant[bar], verse)
        return notes


def has_text(note: RawNote) -> bool:
    """Whether a note carries a syllable of its own in any verse."""
    return any(syllable.text for syllable in note.syllables.values())


def singing_lines(parts: Sequence[RawPart], chord: ChordChoice) -> list[Line]:
    """The lines to sing, in score order; empty if nothing in the score has pitch."""
    lines: list[Line] = []
    texted = [part for part in parts if any(has_text(note) for bar in part.bars for note in bar.notes)]
    if texted:
        for part in parts:
            if part in texted:
                lines += _lines_of_texted_part(part, chord)
            elif part.is_vocal and _voice_keys(part):
                lines += _name_lines(part, [_line(part, key, chord) for key in _voice_keys(part)])
        for line in lines:
            if not line.has_text:
                _borrow_from_any(line, [other for other in lines if other.has_text and not other.borrows])
        lines = [line for line in lines if any(line.bars)]
        busiest = max((_syllable_count(line) for line in lines), default=0)
        return sorted(lines, key=lambda line: _syllable_count(line) < MINOR_SHARE * busiest)
    chosen = [part for part in parts if part.is_vocal and _voice_keys(part)]
    chosen = chosen or [part for part in parts if len({key[0] for key in _voice_keys(part)}) == 1]
    for part in chosen or [part for part in parts if _voice_keys(part)]:
        top_of_staff = {key[0]: key for key in reversed(_voice_keys(part))}
        lines += _name_lines(part, [_line(part, key, chord) for key in sorted(top_of_staff.values())])
    return lines


def _voice_keys(part: RawPart) -> list[VoiceKey]:
    """Voices that have notes of their own (not only cues), by staff and number."""
    keys = {note.key for bar in part.bars for note in bar.notes if not note.cue or has_text(note)}
    return sorted(keys, key=lambda key: (key[0], len(key[1]), key[1]))


def _lines_of_texted_part(part: RawPart, chord: ChordChoice) -> list[Line]:
    texted = {note.key for bar in part.bars for note in bar.notes if has_text(note)}
    staves = sorted({staff for staff, _ in texted})
    lines: list[Line] = []
    for staff in staves:
        voices = [_line(part, key, chord) for key in _voice_keys(part) if key[0] == staff]
        lines += _lines_of_staff(part, voices)
    return _name_lines(part, lines)


def _lines_of_staff(part: RawPart, voices: list[Line]) -> list[Line]:
    """The voices of one texted staff that are lines of their own; small ones join the main voice or are left out."""
    main = max(voices, key=lambda voice: _syllable_count(voice))
    staff_bars = sum(1 for i in range(len(part.bars)) if any(voice.bars[i] for voice in voices))
    lines = []
    for voice in voices:
        sounding = [i for i, bar in enumerate(voice.bars) if bar]
        substantial = len(sounding) >= SUBSTANTIAL_SHARE * staff_bars
        if voice is main or (substantial and not is_variant(main.bars, voice.bars)):
            lines.append(voice)
        elif voice.has_text:
            main.variants.append(voice.bars)
        else:
            bars = ", ".join(list(dict.fromkeys(part.bars[i].number for i in sounding))[:8])
            part.warnings.append(f"a second voice without lyrics (bars {bars}) is left out as an ossia")
    for line in lines:
        _borrow_by_bar(line, [other for other in lines if other is not line and other.has_text])
    original = {line.key: list(line.bars) for line in lines}
    for line in lines:
        for i, bar in enumerate(part.bars):
            if line.key not in bar.voices:
                line.bars[i] = next((bars[i] for bars in original.values() if bars[i]), [])
    return lines


def _syllable_count(line: Line) -> int:
    return sum(has_text(note) for bar in line.bars for note in bar)


def _name_lines(part: RawPart, lines: list[Line]) -> list[Line]:
    """Names and ids that tell the lines of one part apart."""
    names = [part.name or "Voice"]
    if len(lines) > 1:
        pieces = [piece for piece in re.split(r"\s*[/,&+\n]\s*|\s+(?:and|und|et|e|y)?\s*", part.name) if piece]
        compact = part.name.lower().replace(".", "").replace(" ", "")
        if len(pieces) == len(lines) and all(REGISTER_NAME.fullmatch(piece) for piece in pieces):
            names = pieces
        elif len(compact) == len(lines) and all(letter in REGISTERS for letter in compact):
            names = [REGISTERS[letter] for letter in compact]
        else:
            form = "{} ({})" if part.name[-1:].isdigit() else "{} {}"
            names = [form.format(part.name or "Voice", number) for number in range(1, len(lines) + 1)]
    for number, (line, name) in enumerate(zip(lines, names, strict=True), 1):
        line.name, line.id = name, part.id if len(lines) == 1 else f"{part.id}.{number}"
    return lines


def _line(part: RawPart, key: VoiceKey, chord: ChordChoice) -> Line:
    bars = []
    for bar in part.bars:
        chords: list[list[RawNote]] = []
        for note in bar.notes:
            if note.key != key or (note.cue and not has_text(note)):
                continue
            if note.in_chord and chords and bool(note.grace) == bool(chords[-1][0].grace):
                chords[-1].append(note)
            else:
                chords.append([note])
        bars.append(sorted((_reduced(notes, chord) for notes in chords), key=lambda note: note.onset))
    line = Line(id=part.id, name=part.name, part=part, key=key, bars=bars)
    _pair_slurs(line)
    return line


def _reduced(notes: list[RawNote], chord: ChordChoice) -> RawNote:
    """The chosen note of a chord, with what the other notes carry for all."""
    if len(notes) == 1:
        return notes[0]
    ordered = sorted(notes, key=lambda note: -note.midi)
    index = {"top": 0, "bottom": len(ordered) - 1}[chord] if isinstance(chord, str) else chord - 1
    syllables: dict[str, Syllable] = {}
    for note in notes:
        syllables = {**note.syllables, **syllables}
    return replace(
        ordered[min(max(index, 0), len(ordered) - 1)],
        duration=notes[0].duration,  # the first note moves the cursor, so it says how long the chord is
        syllables=syllables,
        slur_starts=frozenset().union(*(note.slur_starts for note in notes)),
        slur_stops=frozenset().union(*(note.slur_stops for note in notes)),
        beamed_to_previous=any(note.beamed_to_previous for note in notes),
        fermata=any(note.fermata for note in notes),
        breath_after=any(note.breath_after for note in notes),
        articulations=frozenset().union(*(note.articulations for note in notes)),
    )


def _pair_slurs(line: Line) -> None:
    """Mark the notes that a slur joins to the note before; a slur without both ends joins nothing."""
    places = [(b, n) for b, bar in enumerate(line.bars) for n in range(len(bar))]
    joined = [0] * (len(places) + 1)  # differences: +1 where a slur's reach begins, -1 after its end
    open_at: dict[str, int] = {}
    for i, (b, n) in enumerate(places):
        note = line.bars[b][n]
        for number in note.slur_stops:
            if (start := open_at.pop(number, None)) is not None:
                joined[start + 1] += 1
                joined[i + 1] -= 1
        for number in note.slur_starts:
            open_at[number] = i
    depth = 0
    for i, (b, n) in enumerate(places):
        depth += joined[i]
        if depth:
            line.bars[b][n] = replace(line.bars[b][n], slurred=True)


def _borrow_by_bar(line: Line, donors: Sequence[Line]) -> None:
    """Give a voice its sibling's lyrics in bars where it has none and moves exactly as the sibling does."""
    for i, bar in enumerate(line.bars):
        if not bar or any(has_text(note) for note in bar) or any(note.cue for note in bar):
            continue
        for donor in donors:
            onsets = {note.onset for note in donor.bars[i]}
            together = all(note.onset in onsets for note in bar)
            if any(has_text(note) for note in donor.bars[i]) and (together or not line.has_text):
                line.bars[i] = _with_lyrics_of(bar, donor.bars[i])
                break


def _borrow_from_any(line: Line, donors: Sequence[Line]) -> None:
    """Give a vocal part without lyrics those of the first line that mostly moves with it."""
    own = {(i, note.onset) for i, bar in enumerate(line.bars) for note in bar}
    for donor in donors:
        if not line.part.is_vocal:
            return
        others = {(i, note.onset) for i, bar in enumerate(donor.bars) for note in bar if has_text(note)}
        if own and others and len(own & others) >= TOGETHER_SHARE * len(own):
            empty: list[RawNote] = []
            line.bars = [
                _with_lyrics_of(bar, donor.bars[i] if i < len(donor.bars) else empty) for i, bar in enumerate(line.bars)
            ]
            line.borrows = True
            line.warnings.append(f"it has no lyrics of its own and sings those of {donor.name!r}")
            return


def _with_lyrics_of(bar: list[RawNote], donors: list[RawNote]) -> list[RawNote]:
    """Notes with the syllables that the donors have at the same onsets, held over notes in between."""
    by_onset: Counter[object] = Counter()
    syllables = {note.onset: note.syllables for note in donors if note.syllables and note.grace is None}
    lent = []
    for note in bar:
        take = note.grace is None and note.onset in syllables and not by_onset[note.onset]
        by_onset[note.onset] += 1
        held = {v: replace(s, extends=True) for v, s in syllables[note.onset].items()} if take else note.syllables
        lent.append(replace(note, syllables=held))
    return lent
